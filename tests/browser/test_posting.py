"""A finance officer posts a cost, sees what it moves, and the overrun arrives by itself."""

import pytest

from accounts.models import Role
from costs.models import CostLine, OverrunAlert
from tests.workers.conftest import a_beat, a_worker, start
from tests.workers.processes import wait_until

__all__ = ["a_beat", "a_worker", "start"]  # Fixtures: a real worker and a real scheduler.

RAISED = "over the £1,000,000 mark since July 2018"


@pytest.fixture
def mosaic(record) -> CostLine:
    return CostLine.objects.get(title__startswith="Mosaic")


def posts_three_million(visitor, line: CostLine) -> None:
    """From the page of a cost to its page again, by way of a mistake and of what it would do."""
    page = visitor.at("admin:cost_line", line.pk)
    visitor.follows("Post a sum")
    page.get_by_label("Status").select_option("approved")
    page.get_by_label("Sum").fill("3 million")
    page.get_by_label("Month", exact=True).fill("July")
    page.get_by_label("Year", exact=True).fill("2018")
    page.get_by_label("Source").select_option(index=1)
    page.get_by_label("Said by").fill("Policy and Resources Committee")
    visitor.presses("Continue")
    visitor.sees("There is a problem")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.get_by_label("Sum").fill("£3,000,000")
    visitor.presses("Continue")

    visitor.sees("Check what this would do", "is not posted yet", "Would be raised", RAISED)
    assert not OverrunAlert.objects.filter(threshold__measure="firm", total_now__gt=1_000_000)
    visitor.presses("Post it")
    visitor.sees("Posted: £3,000,000.00 approved, counting from July 2018")


def test_the_overrun_arrives_from_the_worker_by_itself(mosaic, as_role, a_worker, a_beat):
    visitor = as_role(Role.FINANCE_OFFICER)
    posts_three_million(visitor, mosaic)
    visitor.sees("are being checked")

    a_worker()
    a_beat()

    visitor.page.get_by_text("Checked: CSG is over").wait_for(timeout=60_000)
    visitor.sees(RAISED)
    visitor.follows("See its overruns")
    visitor.sees("£3,164,176.00")


def test_without_scripts_it_is_there_when_the_page_is_loaded_again(
    mosaic, as_role, a_worker, a_beat
):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=False)
    posts_three_million(visitor, mosaic)
    visitor.sees("are being checked", "Load the page again")

    a_worker()
    a_beat()

    raised = OverrunAlert.objects.filter(threshold__amount=1_000_000, threshold__measure="firm")
    wait_until(raised.exists, "the worker raises the overrun")
    visitor.at("admin:alerts")
    visitor.sees(RAISED)


def test_a_wrong_entry_is_reversed_and_its_overruns_would_be_cleared(mosaic, as_role, scripts):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    page = visitor.at("admin:cost_line", mosaic.pk)
    visitor.follows("Reverse")
    page.get_by_label("What was wrong with the entry").fill("It was never pledged.")
    visitor.presses("Continue")
    visitor.sees("Would be cleared", "£1,000,000, supplementary spend, at risk")
    visitor.presses("Back to the form")
    assert page.get_by_label("What was wrong").input_value() == "It was never pledged."
    visitor.presses("Continue")
    visitor.presses("Post it")
    visitor.sees("Posted: -£4,200,000.00 pledged")
