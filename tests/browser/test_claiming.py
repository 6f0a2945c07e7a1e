"""An officer records a claim and its answer; both stand side by side on the failure's page."""

import pytest
from playwright.sync_api import Page

from accounts.models import Role
from contracts.models import Commitment
from incidents.models import Incident
from scrutiny.models import ClaimState, Statement

WORDS = "Nobody told the adults team when Mosaic would work"
ANSWER = "The team was told each week"


@pytest.fixture
def mosaic(record) -> Incident:
    return Incident.objects.get(title__startswith="Mosaic")


def says_who_and_what(page: Page, who: str, words: str) -> None:
    page.get_by_label("Who said it").fill(who)
    page.get_by_label("What was said", exact=True).fill(words)


def test_a_claim_with_a_mistake_is_mended_answered_and_seen_beside_its_answer(
    mosaic, as_role, scripts
):
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page = visitor.at("admin:failure", mosaic.pk)
    visitor.follows("Record a claim about it")
    says_who_and_what(page, "UNISON", WORDS)
    said = page.get_by_role("group", name="When it was said")
    said.get_by_label("Day").fill("31")
    said.get_by_label("Month").fill("September")
    said.get_by_label("Year").fill("2018")
    page.get_by_label("Source").select_option(index=1)
    page.get_by_label("Whom it concerns").fill("Capita")
    visitor.presses("Record the claim")

    assert page.title().startswith("Error: ")
    visitor.sees("There is a problem", "31 9 2018 is not a date in the calendar.")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.locator(":focus, :target").first.wait_for()
    assert page.get_by_label("What was said", exact=True).input_value() == WORDS
    said.get_by_label("Day").fill("30")
    visitor.presses("Record the claim")

    visitor.sees("The claim is on the record.", "No answer is on the record", "Capita")
    claim = Statement.objects.get(words=WORDS)
    assert claim.incident == mosaic

    visitor.follows("Record an answer")
    page.get_by_label("Capita", exact=True).check()
    says_who_and_what(page, "Capita", ANSWER)
    page.get_by_label("Source").select_option(index=1)
    visitor.presses("Record the answer")

    visitor.sees("The answer stands beside the claim.", ANSWER)
    visitor.at("admin:failure", mosaic.pk)
    visitor.sees(WORDS, ANSWER)
    left = page.locator(".bw-claim__side", has_text=WORDS).bounding_box()
    right = page.locator(".bw-claim__side", has_text=ANSWER).bounding_box()
    assert abs(left["y"] - right["y"]) < 40
    assert left["x"] + left["width"] <= right["x"]


def test_a_claim_is_withdrawn_with_the_reason(mosaic, as_role, scripts):
    claim = Statement.objects.get(words__startswith="Mosaic “could cost”")
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page = visitor.at("admin:claim", claim.pk)
    visitor.follows("Say where it stands")
    visitor.presses("Record it")
    visitor.sees("There is a problem", "Choose where the claim stands.")
    page.get_by_label("Withdrawn").check()
    page.get_by_label("Who says so").fill("Labour group")
    page.get_by_label("What they said that makes it so").fill("The figure was another.")
    page.get_by_label("Source").select_option(index=1)
    visitor.presses("Record it")
    visitor.sees("Withdrawn, says Labour group: The figure was another.")
    assert ClaimState.objects.get().claim == claim


def test_a_measurement_moves_a_commitment_out_of_breach(record, as_role, scripts):
    due = Commitment.objects.get(tier="silver", measure="rto")
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page = visitor.at("admin:commitments")
    visitor.sees("Not recoverable", "+48 hours, ×2.0", "+23 hours, ×24")
    page = visitor.at("admin:commitment", due.pk)
    visitor.sees("Last found: 96 hours (+48 hours, ×2.0)")
    visitor.follows("Record a measurement")
    page.get_by_label("A figure", exact=True).check()
    page.get_by_role("textbox", name="The figure").fill("48")
    page.get_by_label("Tested").check()
    measured = page.get_by_role("group", name="When it was measured")
    measured.get_by_label("Year").fill("2017")
    page.get_by_label("Who measured it or says so").fill("Internal audit")
    page.get_by_label("Source").select_option(index=1)
    visitor.presses("Record the measurement")
    visitor.sees("The measurement is on the record.", "Last found: 48 hours, 2017.")
    assert page.get_by_text("Met", exact=True).count() >= 1
