"""An officer is warned of an NHS number, loses nothing, and keeps it with a reason."""

import pytest
from playwright.sync_api import Page

from accounts.models import Role
from incidents.models import Incident
from scrutiny.models import Statement
from tests.browser.axe import violations

NHS = "943 476 5919"
WORDS = f"The bill of {NHS} was wrong"


@pytest.fixture
def mosaic(record) -> Incident:
    return Incident.objects.get(title__startswith="Mosaic")


def test_a_number_is_asked_about_and_kept_with_a_reason_or_taken_out(mosaic, as_role, scripts):
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page: Page = visitor.at("admin:failure", mosaic.pk)
    visitor.follows("Record a claim about it")
    page.get_by_label("Who said it").fill("UNISON")
    page.get_by_label("What was said", exact=True).fill(WORDS)
    page.get_by_label("Source").select_option(index=1)
    visitor.presses("Record the claim")

    visitor.sees(f"“{NHS}” looks like an NHS number")
    words = page.get_by_label("What was said", exact=True)
    assert words.input_value() == WORDS
    assert not Statement.objects.filter(words=WORDS).exists()
    if scripts:  # Without them axe has no clock to wait by.
        assert violations(page) == []

    page.get_by_label("Keep it in “What was said”").check()
    visitor.presses("Record the claim")
    visitor.sees("Say why it must be kept")
    assert page.get_by_label("Keep it in “What was said”").is_checked()
    page.get_by_label("Why “What was said” must hold it").fill("The tribunal published it")
    visitor.presses("Record the claim")
    visitor.sees("The claim is on the record.")
    assert Statement.objects.filter(words=WORDS).exists()
