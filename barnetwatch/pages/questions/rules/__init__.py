"""The rules that propose questions, in the order of the page."""

import datetime as dt
from typing import Any

from barnetwatch.pages.questions.rules.claims import ClaimUnanswered
from barnetwatch.pages.questions.rules.commitments import (
    CommitmentNeverMeasured,
    DeclaredMetWhileBreached,
    MeasuredBySupplierOnly,
)
from barnetwatch.pages.questions.rules.conflicts import AwardsConflict, FiguresConflict
from barnetwatch.pages.questions.rules.failures import FailureSilent, NotWorkingForAYear
from barnetwatch.pages.questions.rules.money import (
    ApprovalWithoutSpend,
    PledgeWithoutDecision,
    SpendBeyondApproval,
)
from barnetwatch.pages.questions.rules.overruns import AlertUnacknowledged
from barnetwatch.pages.questions.rules.payments import PaymentsUnexplained
from barnetwatch.pages.questions.rules.promises import PromiseOverdue, PromiseWithoutDate
from barnetwatch.pages.questions.rules.rule import Proposal, Rule

__all__ = ["BY_SLUG", "RULES", "Proposal", "Rule", "proposed"]

RULES: tuple[Rule, ...] = (
    PromiseOverdue(),
    PromiseWithoutDate(),
    AlertUnacknowledged(),
    PaymentsUnexplained(),
    SpendBeyondApproval(),
    PledgeWithoutDecision(),
    ApprovalWithoutSpend(),
    NotWorkingForAYear(),
    FailureSilent(),
    DeclaredMetWhileBreached(),
    CommitmentNeverMeasured(),
    MeasuredBySupplierOnly(),
    ClaimUnanswered(),
    FiguresConflict(),
    AwardsConflict(),
)
BY_SLUG = {rule.slug: rule for rule in RULES}


def proposed(user: Any, on: dt.date) -> list[tuple[Rule, list[Proposal]]]:
    """What each rule proposes to a person on a day; rules without a question are left out."""
    found = [(rule, rule.propose(user, on)) for rule in RULES]
    return [(rule, questions) for rule, questions in found if questions]
