"""What a contract's supplementary spend comes to on a day, as known on a day."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.money import NOTHING
from contracts.awards import standing_award
from contracts.models import Contract
from costs.models import CostLine, Measure, Threshold
from costs.payments.plan import PlanPosition, plan_position
from costs.sentences import percentage, sum_in_words
from costs.stages import AT_RISK, FIRM, LineTotals, Stage, line_totals, split_by_stage
from costs.totals import Nets, nets_on

#: The measures of supplementary spend, with the stages that enter each.
SUPPLEMENTARY = {Measure.FIRM: FIRM, Measure.AT_RISK: AT_RISK}
NO_PAYMENTS = _("no payments imported")


@dataclass(frozen=True)
class MeasurePosition:
    """One measure on a day. `total` is None, and `why_not` says why, where it is not evaluated."""

    measure: Measure
    total: Decimal | None
    split: dict[Stage, Decimal] = field(default_factory=dict)
    baseline: Decimal | None = None
    exceeded: tuple[Threshold, ...] = ()
    why_not: str = ""
    #: The sum as a sentence, where it is no sum of statuses.
    words: str = ""

    @property
    def amount(self) -> Decimal:
        """The total, in pounds; nothing where it is not evaluated."""
        return NOTHING if self.total is None else self.total

    @property
    def percentage(self) -> Decimal | None:
        """The total in per cent of the baseline, to two decimals; None where none is known."""
        if self.total is None or not self.baseline:
            return None
        return percentage(self.total, self.baseline)

    @property
    def in_words(self) -> str:
        """The sum as a sentence, with its split by status."""
        if self.total is None:
            return f"{self.measure.label}: {self.why_not}"
        if self.words:
            return self.words
        return sum_in_words(self.measure, self.split, self.baseline)


@dataclass(frozen=True)
class LinePosition:
    """One cost line on a day: its sum at each stage and what that comes to."""

    line: CostLine
    nets: dict[str, Decimal]
    totals: LineTotals[Decimal]


@dataclass(frozen=True)
class Position:
    """Where a contract stands on a day, as known at the end of `known_on` (None: as known now).

    `lines` are the supplementary ones; `apart` those that enter no measure.
    """

    contract: Contract
    on: dt.date
    known_on: dt.date | None
    measures: tuple[MeasurePosition, ...]
    lines: tuple[LinePosition, ...]
    apart: tuple[LinePosition, ...]

    def measure(self, measure: str) -> MeasurePosition:
        """One of the measures by name."""
        return next(found for found in self.measures if found.measure == measure)


def position(
    contract: Contract, on: dt.date, known_on: dt.date | None = None, *, lines: Any = None
) -> Position:
    """Every measure of a contract by the end of a day, from the rows known by the end of another.

    `lines` are the cost lines a reader may see (`CostLine.objects.visible_to(user)`); open ones
    unless given. Payments over plan is not evaluated until payments are imported and attributed.
    """
    seen = CostLine.objects.all() if lines is None else lines
    rows = list(seen.filter(contract=contract).order_by("title", "pk"))
    nets = nets_on([line.pk for line in rows], on, known_on)
    award = standing_award(contract, known_on)
    marks = list(Threshold.all_rows.watching(contract))
    plan = plan_position(contract, on, known_on)
    return position_of(contract, on, known_on, rows, nets, award and award.amount, marks, plan)


def position_of(
    contract: Contract,
    on: dt.date,
    known_on: dt.date | None,
    lines: Iterable[CostLine],
    nets: Nets,
    award: Decimal | None,
    marks: Iterable[Threshold] = (),
    plan: PlanPosition | None = None,
) -> Position:
    """The same from what was read already: the lines a reader may see and what each stands at.

    Lines of which nothing was known by `known_on` are left out.
    """
    placed = [
        LinePosition(line, found, line_totals(found))
        for line in lines
        if (found := dict(nets.get(line.pk, {}))) or known_on is None
    ]
    counted = tuple(place for place in placed if place.line.is_supplementary)
    marks = list(marks)
    measures = [
        measured(measure, [place.nets for place in counted], award, marks)
        for measure in SUPPLEMENTARY
    ]
    measures.append(over_plan(plan or PlanPosition(why_not=str(NO_PAYMENTS)), marks))
    apart = tuple(place for place in placed if not place.line.is_supplementary)
    return Position(contract, on, known_on, tuple(measures), counted, apart)


def over_plan(found: PlanPosition, marks: Iterable[Threshold]) -> MeasurePosition:
    """Payments beyond what was contracted; its percentages are of what was contracted by then."""
    exceeded = tuple(
        mark for mark in marks if mark.measure == Measure.OVER_PLAN and found.exceeds(mark)
    )
    return MeasurePosition(
        Measure.OVER_PLAN,
        found.over,
        baseline=found.contracted,
        exceeded=exceeded,
        why_not=found.why_not,
        words=found.in_words,
    )


def measured(
    measure: Measure,
    nets: Iterable[Mapping[str, Decimal]],
    baseline: Decimal | None,
    marks: Iterable[Threshold],
) -> MeasurePosition:
    """One measure over lines, given what each stands at by stage, with the marks it lies above."""
    split: dict[Stage, Decimal] = {}
    for of_line in nets:
        for stage, amount in split_by_stage(of_line, SUPPLEMENTARY[measure]).items():
            split[stage] = split.get(stage, NOTHING) + amount
    total = sum(split.values(), NOTHING)
    exceeded = tuple(
        mark
        for mark in marks
        if mark.measure == measure and (limit := mark.limit(baseline)) is not None and total > limit
    )
    return MeasurePosition(measure, total, split, baseline, exceeded)
