"""Signing in as each role, signing out, and a session that ends in the middle of a form."""

import pytest
from django.urls import reverse

from accounts import secondfactor
from accounts.models import Role
from contracts.models import Contract
from incidents import drafts
from tests import factories
from tests.authenticator import code_of, with_a_phone

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "three words together"


def types_name_and_password(visitor, person) -> None:
    visitor.page.get_by_label("Email address").fill(person.email)
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.presses("Sign in")


def types_the_code(visitor, code) -> None:
    visitor.page.get_by_label("Code").fill(code)
    visitor.presses("Continue")


@pytest.mark.parametrize("role", Role)
def test_each_role_signs_in_and_out(a_visitor, role):
    person = factories.a_person("Robin Page", role, password=PASSWORD)
    visitor = a_visitor()
    visitor.at("admin:index")
    assert visitor.heading() == "Sign in"

    key = with_a_phone(person) if role in secondfactor.REQUIRED else ""
    types_name_and_password(visitor, person)
    if key:
        assert visitor.heading() == "Enter a code"
        types_the_code(visitor, code_of(key))
    assert visitor.path == "/"
    visitor.sees("Robin")

    visitor.leaves_by(visitor.page.get_by_role("button", name="Sign out"))
    visitor.sees("You are signed out")
    visitor.at("admin:index")
    assert visitor.heading() == "Sign in"


def test_a_wrong_password_is_said_first_and_leads_to_its_field(a_visitor):
    person = factories.a_person("Robin Page", Role.COUNCILLOR, password=PASSWORD)
    visitor = a_visitor()
    visitor.at("admin:login")
    visitor.presses("Sign in")

    # The summary takes the focus, so that whoever hears the page hears it first.
    assert visitor.page.title().startswith("Error: ")
    assert "There is a problem" in visitor.page.locator(":focus").inner_text()
    visitor.page.get_by_role("link", name="Enter your password.").click()
    assert visitor.page.locator(":focus").get_attribute("name") == "password"

    types_name_and_password(visitor, person)
    assert visitor.path == "/"


def test_nothing_typed_is_lost_when_the_session_ends_in_the_middle_of_a_form(
    record, a_visitor, scripts
):
    officer = factories.a_person("Robin Page", Role.INCIDENT_OFFICER, password=PASSWORD)
    key = with_a_phone(officer)
    csg = Contract.objects.get(reference="CSG")
    drafts.keep(officer, "contract", {"where": [str(csg.pk)]}, at=factories.moment("2018-10-01"))
    visitor = a_visitor(officer, scripts=scripts)
    page = visitor.at("admin:failure_report_step", "what")
    page.get_by_label("In a few words").fill("Mosaic cannot bill clients")
    page.get_by_label("What should have happened").fill("It should bill clients and does not.")
    visitor.lose_session()
    visitor.presses("Continue")

    assert visitor.heading() == "Sign in"
    visitor.sees("what you typed is back on its page")
    types_name_and_password(visitor, officer)
    types_the_code(visitor, code_of(key))

    assert visitor.path == reverse("admin:failure_report_step", args=["what"])
    visitor.sees("What you typed is still here")
    assert page.get_by_label("In a few words").input_value() == "Mosaic cannot bill clients"
    said = page.get_by_label("What should have happened").input_value()
    assert said == "It should bill clients and does not."
