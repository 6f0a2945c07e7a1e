"""An officer reports a failure with a mistake in it, mends it, and finds it again."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role
from contracts.models import Contract
from incidents.models import Incident

TITLE = "Parking permits cannot be renewed"


@pytest.fixture
def csg(record) -> Contract:
    return Contract.objects.get(reference="CSG")


def test_an_officer_reports_a_failure_with_a_mistake_mends_it_and_finds_it_again(
    csg, as_role, scripts
):
    visitor = as_role(Role.INCIDENT_OFFICER, scripts=scripts)
    page = visitor.at("admin:failures")
    visitor.follows("Report a failure")
    page.get_by_label("Contract").select_option(str(csg.pk))
    visitor.presses("Continue")
    visitor.presses("Continue")  # No one service is known.
    says_what_failed(page)
    visitor.presses("Continue")

    when = page.get_by_role("group", name="When it happened")
    when.get_by_label("Day").fill("31")
    when.get_by_label("Month").fill("6")
    when.get_by_label("Year").fill("2018")
    visitor.presses("Continue")
    assert page.title().startswith("Error: ")
    visitor.sees("There is a problem")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.locator(":focus, :target").first.wait_for()
    assert when.get_by_label("Year").input_value() == "2018"
    when.get_by_label("Day").fill("30")
    visitor.presses("Continue")

    page.get_by_label("There is no source yet").check()
    visitor.presses("Continue")
    visitor.presses("Continue")  # No obligation is known.
    page.get_by_label("No, anybody who may sign in may see it").check()
    visitor.presses("Continue")
    visitor.sees("Check your answers", TITLE, "30 June 2018")
    visitor.presses("Report the failure")

    failure = Incident.objects.get(title=TITLE)
    visitor.sees("Failure reported", failure.reference, "What happens next")
    visitor.at("admin:contract", csg.pk)
    visitor.sees(TITLE)
    visitor.at("admin:digest_preview")
    visitor.sees(TITLE)


def says_what_failed(page: Page) -> None:
    page.get_by_label("In a few words").fill(TITLE)
    page.get_by_label("System does not work").check()
    page.get_by_label("What should have happened").fill("Permits should be renewed online.")
    page.get_by_label("Major", exact=False).check()


def test_a_draft_waits_for_its_officer_until_it_is_thrown_away(csg, as_role, scripts):
    visitor = as_role(Role.INCIDENT_OFFICER, scripts=scripts)
    page = visitor.at("admin:failure_report")
    page.get_by_label("Contract").select_option(str(csg.pk))
    visitor.presses("Continue")
    visitor.at("admin:index")

    visitor.at("admin:failure_report")
    visitor.follows("Continue")
    assert visitor.path != reverse("admin:failure_report_step", args=["contract"])
    visitor.at("admin:failure_report")
    visitor.presses("Start again")
    assert page.get_by_label("Contract").input_value() == ""
