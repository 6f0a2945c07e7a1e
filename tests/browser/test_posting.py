"""A finance officer posts a cost, and the overrun arrives by itself."""

import pytest
from django.utils import timezone

from accounts.models import Role
from costs import rechecks
from costs.models import CostLine, OverrunAlert
from tests.browser.visits import a_sum_to_check

#: Milliseconds: beat asks for a sweep every 15 seconds, the page every 3.
A_SWEEP = 60_000
BEING_CHECKED = "The overruns of CSG are being checked just now."
ARRIVED = "Firm: £564,176 approved beside a contract of £320,000,000: 0.18%, over the £500,000 mark"


@pytest.fixture
def line(record) -> CostLine:
    return CostLine.objects.get(kind=CostLine.Kind.ASSURANCE, contract__reference="CSG")


def posts_400_000(visitor, line: CostLine) -> None:
    """From the cost's page to the page of what it would do, and back when it is done."""
    visitor.at("admin:cost_line", line.pk)
    visitor.follows("Post a sum")
    a_sum_to_check(visitor.page)
    visitor.sees("Would be raised", ARRIVED)
    assert not OverrunAlert.objects.filter(threshold__amount=500_000, threshold__measure="firm")
    visitor.presses("Post it")
    visitor.sees("Posted:", "£564,176.00", BEING_CHECKED)


def test_a_finance_officer_posts_a_cost_and_sees_the_overrun_arrive(line, as_role):
    visitor = as_role(Role.FINANCE_OFFICER)
    posts_400_000(visitor, line)

    rechecks.sweep(timezone.now())  # As the worker does it; a real one is below.

    visitor.sees("Checked: CSG is over 6 marks", ARRIVED)
    visitor.follows("See its overruns")
    visitor.sees("£500,000")


def test_without_scripts_the_overrun_is_there_when_the_page_is_loaded_again(line, as_role):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=False)
    posts_400_000(visitor, line)
    visitor.sees("Load the page again in half a minute")

    rechecks.sweep(timezone.now())

    visitor.page.reload()
    assert not visitor.page.get_by_text(BEING_CHECKED).count()
    visitor.at("admin:alerts")
    visitor.sees(ARRIVED)


@pytest.mark.served
def test_the_overrun_arrives_from_a_real_worker_by_itself(line, as_role, a_worker, a_beat):
    a_worker()
    a_beat()
    visitor = as_role(Role.FINANCE_OFFICER)
    posts_400_000(visitor, line)
    arrived = visitor.page.get_by_text("Checked: CSG is over 6 marks")
    arrived.wait_for(timeout=A_SWEEP)


def test_a_mistake_is_said_and_what_was_typed_stays(line, as_role, scripts):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    page = visitor.at("admin:cost_post", line.pk)
    page.get_by_label("Said by").fill("The council")
    page.get_by_label("Sum", exact=True).fill("about four hundred")
    visitor.presses("Continue")
    visitor.sees("There is a problem")
    assert page.get_by_label("Sum", exact=True).input_value() == "about four hundred"
    assert page.get_by_label("Said by").input_value() == "The council"
