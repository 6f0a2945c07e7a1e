"""The status of a figure, and what one cost line comes to from its sums at each status.

A thing that is pledged, then approved, then paid is one cost at three stages, not three costs.
Pure arithmetic; sums may be Decimal pounds or int pence, as long as they are not mixed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

Sum = TypeVar("Sum", Decimal, int)


class Stage(models.TextChoices):
    """How far a sum has come; each entry of the ledger stands at one of these."""

    #: Somebody says so. Never in a total.
    ALLEGED = "alleged", _("alleged")
    #: The council or the supplier forecasts it.
    ESTIMATED = "estimated", _("estimated")
    #: A body has said it will provide it.
    PLEDGED = "pledged", _("pledged")
    #: A decision authorises it.
    APPROVED = "approved", _("approved")
    #: Ordered or contracted.
    COMMITTED = "committed", _("committed")
    #: Billed.
    INVOICED = "invoiced", _("invoiced")
    #: Left the bank.
    PAID = "paid", _("paid")
    #: Service credit or deduction given by the supplier.
    CREDITED = "credited", _("credited")
    #: Money back.
    RECOVERED = "recovered", _("recovered")
    #: Accepted as lost; shown, changes no total.
    WRITTEN_OFF = "written_off", _("written off")


#: What a split by status lists, in its order; each adds what it has above those before it.
SPLIT_ORDER = (
    Stage.PAID,
    Stage.INVOICED,
    Stage.COMMITTED,
    Stage.APPROVED,
    Stage.PLEDGED,
    Stage.ESTIMATED,
)
FIRM = frozenset({Stage.APPROVED, Stage.COMMITTED, Stage.INVOICED, Stage.PAID})
AT_RISK = frozenset(SPLIT_ORDER)
OFFSETS = frozenset({Stage.CREDITED, Stage.RECOVERED})
#: Stages of money that has moved: never negative but by a reversal.
MOVED = frozenset({Stage.PAID, Stage.WRITTEN_OFF}) | OFFSETS


@dataclass(frozen=True)
class LineTotals(Generic[Sum]):
    """What one cost line comes to; none of the three falls below zero."""

    firm: Sum
    at_risk: Sum
    paid: Sum

    def __add__(self, other: "LineTotals[Sum]") -> "LineTotals[Sum]":
        return LineTotals(
            self.firm + other.firm, self.at_risk + other.at_risk, self.paid + other.paid
        )


def line_totals(nets: Mapping[str, Sum]) -> LineTotals[Sum]:
    """Firm, at risk and paid of one line, from its sum at each stage (absent: nothing)."""
    nothing = _nothing(nets)
    offset = nets.get(Stage.CREDITED, nothing) + nets.get(Stage.RECOVERED, nothing)
    paid = nets.get(Stage.PAID, nothing)
    firm = max(
        nothing,
        paid,
        nets.get(Stage.INVOICED, nothing),
        nets.get(Stage.COMMITTED, nothing),
        nets.get(Stage.APPROVED, nothing),
    )
    at_risk = max(firm, nets.get(Stage.PLEDGED, nothing), nets.get(Stage.ESTIMATED, nothing))
    return LineTotals(
        max(nothing, firm - offset), max(nothing, at_risk - offset), max(nothing, paid - offset)
    )


def split_by_stage(nets: Mapping[str, Sum], among: Iterable[str] = AT_RISK) -> dict[Stage, Sum]:
    """The parts of a line's total that stand at each of some stages; they add up to the total.

    From paid down to estimated, each stage shows what it adds above those before it; credits and
    recoveries come off in the same order.
    """
    wanted = set(among)
    nothing = _nothing(nets)
    offset = nets.get(Stage.CREDITED, nothing) + nets.get(Stage.RECOVERED, nothing)
    reached, parts = nothing, {}
    for stage in SPLIT_ORDER:
        net = nets.get(stage, nothing)
        if stage in wanted and net > reached:
            added, reached = net - reached, net
            taken = min(added, max(offset, nothing))
            offset -= taken
            if added - taken > 0:
                parts[stage] = added - taken
    return parts


def beyond_approval(nets: Mapping[str, Sum]) -> Sum:
    """What was paid, before credits, beyond what was approved; zero where nothing was."""
    nothing = _nothing(nets)
    return max(nothing, nets.get(Stage.PAID, nothing) - nets.get(Stage.APPROVED, nothing))


def fall_of(stage: str, amount: Decimal) -> Decimal:
    """By how much at most an entry can lower a total: what a dip in a month is bounded by."""
    if stage in OFFSETS:
        return max(Decimal(0), amount)
    return max(Decimal(0), -amount) if stage in AT_RISK else Decimal(0)


def _nothing(nets: Mapping[str, Sum]) -> Sum:
    """Zero of the kind the sums are of, never Decimal's -0.00."""
    return 0 * abs(next(iter(nets.values()), 0))  # type: ignore[return-value]
