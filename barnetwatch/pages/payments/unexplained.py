"""What was paid beyond the plan, less what somebody decided: the number nobody has explained."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from barnetwatch.lib.dates import end_of_day, in_words
from barnetwatch.lib.money import NOTHING, in_sentence
from contracts.models import Contract
from costs.models import PaymentAllocation
from costs.payments.allocating import allocated_under
from costs.payments.plan import PlanPosition
from scrutiny.models import DecisionCost


@dataclass(frozen=True)
class Unexplained:
    """Paid, less contracted, less extras with a decision; `why_not` says why it is not known.

    `decided` are payments allocated to a cost that a decision authorises, `undecided` those
    allocated to a cost that none does.
    """

    at: dt.date | None
    paid: Decimal
    contracted: Decimal | None
    decided: Decimal = NOTHING
    undecided: Decimal = NOTHING
    why_not: str = ""

    @property
    def amount(self) -> Decimal | None:
        """In pounds; negative where less was paid than contracted and decided."""
        if self.why_not or self.contracted is None:
            return None
        return self.paid - self.contracted - self.decided

    @property
    def in_words(self) -> str:
        """“£10 unexplained by 30 April 2018: £130 paid, less £100 contracted, less £20 of extras
        with a decision”.
        """
        if self.amount is None or self.contracted is None or self.at is None:
            return self.why_not
        word = "under plan" if self.amount < 0 else "unexplained"
        return (
            f"{in_sentence(abs(self.amount))} {word} by {in_words(self.at)}: "
            f"{in_sentence(self.paid)} paid, less {in_sentence(self.contracted)} contracted, "
            f"less {in_sentence(self.decided)} of extras with a decision"
        )


def unexplained(
    contract: Contract, user: Any, plan: PlanPosition, known_on: dt.date | None = None
) -> Unexplained:
    """The number of a contract that the reader sees, from its plan on a day (`plan_position`).

    Only costs and decisions that the reader sees count as extras with a decision.
    """
    if plan.over is None or plan.at is None:
        return Unexplained(plan.at, plan.paid, plan.contracted, why_not=plan.why_not)
    rows = allocated_under(contract, until=plan.at, known_on=known_on)
    seen = set(
        PaymentAllocation.objects.visible_to(user)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    links = DecisionCost.objects.visible_to(user).filter(line__in={r.entry.line_id for r in rows})
    if known_on is not None:
        links = links.filter(recorded_at__lt=end_of_day(known_on))
    with_decision = set(links.values_list("line", flat=True))
    decided = undecided = NOTHING
    for row in rows:
        if row.pk in seen and row.entry.line_id in with_decision:
            decided += row.payment.amount
        elif row.pk in seen:
            undecided += row.payment.amount
    return Unexplained(plan.at, plan.paid, plan.contracted, decided, undecided)
