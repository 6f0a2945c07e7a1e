"""What pages say where payments would stand, before they are imported and after."""

import io

import pytest
from django.urls import reverse

from accounts.models import Role
from costs.payments import importing
from tests import factories
from tests.actors import as_role
from tests.costs.payments.files import TABLE

pytestmark = pytest.mark.django_db

NONE, SOME = "no payments imported", "payments are imported, but not shown here yet"


def pages() -> list[str]:
    councillor = as_role(Role.COUNCILLOR)
    contract = factories.a_contract("CSG", award=320_000_000)
    found = [reverse("admin:contract", args=[contract.pk]), reverse("admin:contracts")]
    return [" ".join(councillor.get(page).content.decode().split()) for page in found]


def test_without_any_they_say_so():
    for html in pages():
        assert NONE in html
        assert SOME not in html


def test_once_they_are_imported_no_page_denies_it():
    importing.import_file(
        io.BytesIO(TABLE.encode()),
        name="april.csv",
        publisher=importing.publisher_of("Barnet"),
        by=factories.the_officer(),
        at=factories.moment("2018-06-01 09:30"),
    )

    for html in pages():
        assert SOME in html
        assert NONE not in html
        assert "No payments are imported" not in html
