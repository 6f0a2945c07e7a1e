"""A finance officer says whose payments they are; a councillor reads why, down to the line."""

import pytest

from accounts.models import Role
from contracts.models import Contract
from tests.browser import paymentpages
from tests.costs.payments.test_importing import bring


@pytest.fixture
def csg(record) -> Contract:
    """The contract of the public record, and a file that nobody has matched."""
    bring(paymentpages.a_file(), name="capita.csv")
    return Contract.objects.get(reference="CSG")


def confirms_the_proposal(visitor) -> None:
    """From the first page's worklist to the contract it is."""
    visitor.at("admin:index")
    visitor.sees("Payments not yet attributed: 2")
    visitor.follows("CAPITA BUSINESS SERVICES LIMITED")
    visitor.follows("Confirm: CAPITA BUSINESS")
    visitor.sees("What this would move", "is the name under which the council publishes")
    visitor.presses("Confirm")
    visitor.sees("Confirmed: payments to CAPITA BUSINESS SERVICES LIMITED belong to CSG.")


def test_a_confirmed_match_is_on_the_contract_s_page_and_a_councillor_reads_why(
    csg, as_role, scripts
):
    officer = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    confirms_the_proposal(officer)
    officer.at("admin:contract", csg.pk)
    officer.sees("By 30 April 2018 £", "Paid to date")

    councillor = as_role(Role.COUNCILLOR, scripts=scripts)
    councillor.at("admin:contract", csg.pk)
    councillor.follows("each payment with its line in its file")  # The first click.
    councillor.follows("CAPITA BUSINESS SERVICES LIMITED")  # The second: one payment.
    councillor.sees("of capita.csv", "belong to CSG", "confirmed by Pat Finance officer")
    councillor.follows("capita.csv")  # The third: its file.
    councillor.sees("How it was read")


def test_who_changes_what_is_proposed_sees_anew_what_it_would_move(csg, as_role, scripts):
    officer = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    page = officer.at("admin:payments_matching")
    officer.follows("Confirm: CAPITA BUSINESS")
    page.get_by_label("Only of the directorate").select_option("Adults")
    officer.presses("Confirm")
    officer.sees("£48,250.00 in 1 payment")
    page.get_by_label("Why these payments").fill("Adults’ payments are for CSG.")
    officer.presses("Confirm")
    officer.sees("Confirmed: payments to")

    page = officer.at("admin:payments_rules")
    officer.follows("Take back")
    officer.presses("Take it back")
    officer.sees("There is a problem", "Say why the rule is taken back.")
    page.get_by_label("What was wrong with it").fill("They are not.")
    officer.presses("Take it back")
    officer.sees("Taken back: the rule on payments to capita business services.")
