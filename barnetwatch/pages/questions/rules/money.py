"""Money that was pledged, approved or paid, where one of the three does not fit the others."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef

from barnetwatch.lib.dates import SourceDate
from barnetwatch.lib.money import NOTHING, in_sentence
from barnetwatch.pages.questions.rules.rule import Rule
from barnetwatch.pages.questions.words import beside, when
from costs.models import CostEntry, CostLine
from costs.stages import Stage, beyond_approval
from costs.totals import nets_on
from scrutiny.models import Decision, DecisionCost


@dataclass(frozen=True)
class Standing:
    """What one cost stands at; `first` is when it first came to the status in question."""

    line: CostLine
    nets: dict[str, Decimal]
    first: SourceDate | None = None

    def at(self, stage: str) -> Decimal:
        """Its sum at one status."""
        return self.nets.get(stage, NOTHING)


class _OfCosts(Rule):
    permission = "costs.view_costline"

    def lines(self, user: Any) -> Any:
        """Supplementary lines that a person may see, with what their questions name."""
        seen = CostLine.objects.visible_to(user).supplementary()
        return seen.select_related("contract", "supplier").order_by("pk")

    def rows(self, found: Standing) -> Iterable[CostLine]:
        return (found.line,)

    def contract(self, found: Standing) -> int | None:
        return found.line.contract_id


class PledgeWithoutDecision(_OfCosts):
    """A sum is pledged, nothing is approved, and no decision that was agreed names the cost."""

    slug = "pledge-without-decision"
    name = "Pledges without a decision"
    reason = "The money has been promised, and no decision on the record authorises it."

    def query(self, user: Any, on: dt.date) -> Iterator[Standing]:
        decided = DecisionCost.objects.visible_to(user).filter(
            line=OuterRef("pk"), decision__outcome=Decision.Outcome.AGREED
        )
        lines = list(self.lines(user).filter(~Exists(decided)))
        firsts = _first_at(Stage.PLEDGED, lines, user, on)
        for line, nets in _with_nets(lines, on):
            if nets.get(Stage.PLEDGED, NOTHING) > 0 and nets.get(Stage.APPROVED, NOTHING) <= 0:
                yield Standing(line, nets, firsts.get(line.pk))

    def sentence(self, found: Standing, on: dt.date) -> str:
        return (
            f"{in_sentence(found.at(Stage.PLEDGED))} was pledged{_since(found)} for "
            f"{beside(found.line)}, and no decision that authorises it is on the record. "
            "Who decides it, when, and on which report?"
        )


class ApprovalWithoutSpend(_OfCosts):
    """Approved more than six months ago, and nothing has been paid."""

    slug = "approval-without-spend"
    name = "Approved, and nothing spent"
    reason = "Six months after a sum was approved, no payment of any of it is on the record."
    MONTHS = 6

    def query(self, user: Any, on: dt.date) -> Iterator[Standing]:
        lines = list(self.lines(user))
        firsts = _first_at(Stage.APPROVED, lines, user, on)
        for line, nets in _with_nets(lines, on):
            first = firsts.get(line.pk)
            if nets.get(Stage.APPROVED, NOTHING) <= 0 or nets.get(Stage.PAID, NOTHING) > 0:
                continue
            if first and first.day and on > first.day + relativedelta(months=self.MONTHS):
                yield Standing(line, nets, first)

    def sentence(self, found: Standing, on: dt.date) -> str:
        return (
            f"{in_sentence(found.at(Stage.APPROVED))} was approved{_since(found)} for "
            f"{beside(found.line)}, and no payment of it is on the record. "
            "Has it been spent, and if not, is it still needed?"
        )


class SpendBeyondApproval(_OfCosts):
    """What was paid, before credits, exceeds what was approved."""

    slug = "spend-beyond-approval"
    name = "Paid beyond what was approved"
    reason = "More has left the bank than any decision on the record approved."

    def query(self, user: Any, on: dt.date) -> Iterator[Standing]:
        for line, nets in _with_nets(list(self.lines(user)), on):
            if beyond_approval(nets) > 0:
                yield Standing(line, nets)

    def sentence(self, found: Standing, on: dt.date) -> str:
        paid, approved = found.at(Stage.PAID), found.at(Stage.APPROVED)
        said = f"{in_sentence(paid)} has been paid for {beside(found.line)}"
        if approved <= 0:
            return f"{said}, and no approval of it is on the record. Who authorised it?"
        return (
            f"{said}, {in_sentence(beyond_approval(found.nets))} more than the "
            f"{in_sentence(approved)} that was approved. Who authorised the difference?"
        )


def _with_nets(lines: list[CostLine], on: dt.date) -> Iterator[tuple[CostLine, dict[str, Decimal]]]:
    nets = nets_on([line.pk for line in lines], on)
    for line in lines:
        yield line, nets.get(line.pk, {})


def _first_at(stage: str, lines: list[CostLine], user: Any, on: dt.date) -> dict[int, SourceDate]:
    """Since when each of some lines stands at a stage: by its earliest entry not reversed."""
    rows = CostEntry.objects.visible_to(user).standing()
    rows = rows.filter(line__in=lines, stage=stage, amount__gt=0, effective_on__lte=on)
    return {row.line_id: row.effective for row in rows.order_by("-effective_on", "-pk")}


def _since(found: Standing) -> str:
    return f" {when(found.first)}" if found.first else ""
