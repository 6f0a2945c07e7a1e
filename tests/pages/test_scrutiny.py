"""The way into scrutiny: one number a register, of what the reader may see."""

import re

import pytest
from django.urls import reverse

from accounts.models import Role
from scrutiny import claiming
from tests import factories
from tests.actors import as_role, signed_in
from tests.pages.test_claims import a_claim, an_answer
from tests.scrutiny.test_promises import a_promise, close

pytestmark = pytest.mark.django_db


def numbers(client) -> list[str]:
    page = client.get(reverse("admin:scrutiny"))
    assert page.status_code == 200
    return re.findall(r"<strong>([^<]+)</strong>", page.content.decode())


def test_each_register_says_one_number():
    contract = factories.a_contract("CSG")
    withdrawn = a_claim(contract)
    claiming.settle_state(
        withdrawn,
        state="withdrawn",
        stated_by="Labour group",
        reason="They say so.",
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    an_answer(a_claim(contract))
    a_claim(contract)
    a_promise()
    close(a_promise())
    assert numbers(as_role(Role.COUNCILLOR)) == [
        "0 decisions",
        "1 promise open",
        "1 claim unanswered",
        "0 commitments",
        "0 meetings to come",
    ]


def test_what_is_hidden_is_in_no_number():
    hidden = factories.a_contract("CSG", **factories.exempt(1))
    a_claim(hidden)
    a_promise(contract=hidden)
    assert numbers(as_role(Role.COUNCILLOR))[1:3] == ["0 promises open", "0 claims unanswered"]
    cleared = factories.a_person("Pat Cleared", Role.AUDITOR, cleared=(1,))
    assert numbers(signed_in(cleared))[1:3] == ["1 promise open", "1 claim unanswered"]


def test_who_may_read_none_of_its_registers_is_told_so():
    nobody = factories.a_person("No Role", is_staff=True)
    assert signed_in(nobody).get(reverse("admin:scrutiny")).status_code == 403
