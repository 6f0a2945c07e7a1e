"""The main job: what a contract's supplementary spend comes to, and whether that is too much.

`position` answers for any day, as known on any day. `check` holds today's totals against the
thresholds and keeps the alerts: one episode for each unbroken run above a mark.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.awards import standing_award
from contracts.models import Contract, Recheck
from contracts.register import ask_recheck
from costs import crossings
from costs.models import (
    AlertAcknowledgement,
    AlertRevision,
    CostLine,
    Measure,
    OverrunAlert,
    Threshold,
)
from costs.sentences import percentage, sum_in_words
from costs.stages import AT_RISK, FIRM, LineTotals, Stage, line_totals, split_by_stage
from costs.totals import Nets, nets_on, nets_today

if TYPE_CHECKING:
    from accounts.models import User

_NOTHING = Decimal("0.00")
_AMONG = {Measure.FIRM: FIRM, Measure.AT_RISK: AT_RISK}
NO_PAYMENTS = _("no payments imported")

#: The open alerts of one contract, by threshold and basis.
Standing = dict[tuple[int, str], OverrunAlert]


@dataclass(frozen=True)
class MeasurePosition:
    """One measure on a day. `total` is None, and `why_not` says why, where it is not evaluated."""

    measure: Measure
    total: Decimal | None
    split: dict[Stage, Decimal] = field(default_factory=dict)
    baseline: Decimal | None = None
    exceeded: tuple[Threshold, ...] = ()
    why_not: str = ""

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
    unless given. Payments over plan is not evaluated until payments are imported.
    """
    seen = CostLine.objects.all() if lines is None else lines
    rows = list(seen.filter(contract=contract).order_by("title", "pk"))
    nets = nets_on([line.pk for line in rows], on, known_on)
    placed = [
        LinePosition(line, found, line_totals(found))
        for line in rows
        if (found := dict(nets.get(line.pk, {}))) or known_on is None
    ]
    counted = tuple(place for place in placed if place.line.is_supplementary)
    award = standing_award(contract, known_on)
    marks = list(Threshold.all_rows.watching(contract))
    measures = [
        _measured(measure, [place.nets for place in counted], award and award.amount, marks)
        for measure in (Measure.FIRM, Measure.AT_RISK)
    ]
    measures.append(MeasurePosition(Measure.OVER_PLAN, None, why_not=str(NO_PAYMENTS)))
    apart = tuple(place for place in placed if not place.line.is_supplementary)
    return Position(contract, on, known_on, tuple(measures), counted, apart)


def _measured(
    measure: Measure,
    nets: list[dict[str, Decimal]],
    baseline: Decimal | None,
    marks: list[Threshold],
) -> MeasurePosition:
    split: dict[Stage, Decimal] = {}
    for of_line in nets:
        for stage, amount in split_by_stage(of_line, _AMONG[measure]).items():
            split[stage] = split.get(stage, _NOTHING) + amount
    total = sum(split.values(), _NOTHING)
    exceeded = tuple(
        mark
        for mark in marks
        if mark.measure == measure and (limit := mark.limit(baseline)) is not None and total > limit
    )
    return MeasurePosition(measure, total, split, baseline, exceeded)


@dataclass
class Outcome:
    """What one check did to a contract's alerts."""

    raised: list[OverrunAlert] = field(default_factory=list)
    cleared: list[OverrunAlert] = field(default_factory=list)
    revised: list[OverrunAlert] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.raised or self.cleared or self.revised)


@dataclass(frozen=True)
class _Basis:
    """The supplementary lines an alert may rest on, with what they stand at today."""

    name: str
    lines: list[int]
    nets: Nets
    measures: dict[str, MeasurePosition]


def check(
    contract: Contract, *, on: dt.date, at: dt.datetime, moved_on: dt.date | None = None
) -> Outcome:
    """Hold a contract's totals on a day against its thresholds and bring its alerts up to date.

    `at` is the moment the alerts are raised or cleared; `moved_on` the earliest day on which a
    total moved since the last check, where that is known. Doing it twice changes nothing.
    Raises IntegrityError where another worker raised the same alert at the same moment; the
    transaction is undone and the next sweep does the contract again.
    """
    with transaction.atomic(savepoint=False):
        marks = list(Threshold.all_rows.watching(contract))
        award = standing_award(contract)
        by_mark = {mark.pk: mark for mark in marks}
        standing: Standing = {}
        for alert in OverrunAlert.all_rows.standing().filter(contract=contract):
            if alert.threshold_id in by_mark:
                alert.threshold = by_mark[alert.threshold_id]
            standing[alert.threshold_id, alert.basis] = alert
        outcome, kept, above = Outcome(), set(), set[int]()
        for basis in _bases(contract, on, marks, award and award.amount):
            for found in basis.measures.values():
                mine = [mark for mark in found.exceeded if mark.pk not in above]
                above |= {mark.pk for mark in mine}
                kept |= {(mark.pk, basis.name) for mark in mine}
            _bring_up(contract, basis, kept, standing, outcome, on, at, moved_on)
        for key, alert in standing.items():
            if key not in kept:
                outcome.cleared.append(_clear(alert, by_mark, outcome.raised, at))
        return outcome


def _bring_up(
    contract: Contract,
    basis: _Basis,
    kept: set[tuple[int, str]],
    standing: Standing,
    outcome: Outcome,
    on: dt.date,
    at: dt.datetime,
    moved_on: dt.date | None,
) -> None:
    """Raise or refresh the alerts of one basis."""
    exceeded = {
        mark.pk: (mark, found)
        for found in basis.measures.values()
        for mark in found.exceeded
        if (mark.pk, basis.name) in kept
    }
    since = _since(basis, exceeded, standing, on, moved_on)
    for found in basis.measures.values():
        known = [
            standing[mark.pk, basis.name]
            for mark in found.exceeded
            if (mark.pk, basis.name) in kept & standing.keys()
        ]
        _refresh(known, found)
    for pk, (mark, found) in exceeded.items():
        alert, crossing = standing.get((pk, basis.name)), since[pk]
        if alert is None:
            outcome.raised.append(_raise(contract, mark, basis, found, crossing, at))
        elif crossing is not None and _move(alert, crossing, at):
            outcome.revised.append(alert)


def _bases(
    contract: Contract, on: dt.date, marks: list[Threshold], baseline: Decimal | None
) -> list[_Basis]:
    """Open rows; then all rows, where that differs: what open rows do needs no other alert."""
    nets, lines = nets_today(contract, on)

    def basis(name: str, of: list[int]) -> _Basis:
        stands = [nets[line] for line in of if line in nets]
        measures = {
            measure: _measured(measure, stands, baseline, marks)
            for measure in (Measure.FIRM, Measure.AT_RISK)
        }
        return _Basis(name, of, nets, measures)

    found = [basis(OverrunAlert.Basis.OPEN, [line for line, is_open in lines.items() if is_open])]
    if not all(lines.values()):
        found.append(basis(OverrunAlert.Basis.ALL, list(lines)))
    return found


def _since(
    basis: _Basis,
    exceeded: dict[int, tuple[Threshold, MeasurePosition]],
    standing: Standing,
    on: dt.date,
    moved_on: dt.date | None,
) -> dict[int, crossings.Crossing | None]:
    """Since when each threshold is exceeded; None where the standing alert's day still holds."""
    marks = {
        pk: crossings.Mark(mark.measure, mark.limit(found.baseline) or _NOTHING)
        for pk, (mark, found) in exceeded.items()
    }
    if not marks:
        return {}
    known = {
        mark: standing[pk, basis.name].exceeded_on
        for pk, mark in marks.items()
        if (pk, basis.name) in standing
    }
    found = crossings.find(
        basis.lines, basis.nets, on, set(marks.values()), moved_on, known if moved_on else None
    )
    return {pk: found[mark] for pk, mark in marks.items()}


def _raise(
    contract: Contract,
    mark: Threshold,
    basis: _Basis,
    found: MeasurePosition,
    since: crossings.Crossing | None,
    at: dt.datetime,
) -> OverrunAlert:
    if since is None or found.total is None:
        raise RuntimeError(f"{contract}: over {mark}, but no entry took it there.")
    return OverrunAlert.objects.create(
        contract=contract,
        threshold=mark,
        basis=basis.name,
        exceeded_on=since.on,
        exceeded_precision=since.precision,
        crossing_entry_id=since.entry,
        total_then=since.total,
        baseline_then=found.baseline,
        total_now=found.total,
        baseline_now=found.baseline,
        sum_in_words=_sum_of(found),
        raised_at=at,
    )


def _refresh(alerts: list[OverrunAlert], found: MeasurePosition) -> None:
    """Take over today's total, which is the same for all the alerts of one measure and basis."""
    words = _sum_of(found)
    stale = [alert for alert in alerts if alert.sum_in_words != words]
    for alert in stale:
        alert.total_now, alert.baseline_now = found.total, found.baseline
        alert.sum_in_words = words
    if stale:
        OverrunAlert.all_rows.filter(pk__in=[alert.pk for alert in stale]).update(
            total_now=found.total, baseline_now=found.baseline, sum_in_words=words
        )


def _move(alert: OverrunAlert, since: crossings.Crossing, at: dt.datetime) -> bool:
    """Take over since when the total is above; True where that day has moved, which is kept."""
    before = (alert.exceeded_on, alert.exceeded_precision)
    found = (since.on, since.precision, since.entry, since.total)
    if found == (*before, alert.crossing_entry_id, alert.total_then):
        return False
    alert.exceeded_on, alert.exceeded_precision = since.on, since.precision
    alert.crossing_entry_id, alert.total_then = since.entry, since.total
    alert.save()
    if since.on == before[0]:
        return False
    AlertRevision.objects.create(
        alert=alert,
        exceeded_before=before[0],
        precision_before=before[1],
        exceeded_after=since.on,
        precision_after=since.precision,
        crossing_entry_id=since.entry,
        recorded_at=at,
    )
    return True


def _sum_of(found: MeasurePosition) -> str:
    return sum_in_words(found.measure, found.split, found.baseline)


def _clear(
    alert: OverrunAlert, marks: dict[int, Threshold], raised: list[OverrunAlert], at: dt.datetime
) -> OverrunAlert:
    alert.cleared_at = max(at, alert.raised_at)
    alert.ending = OverrunAlert.Ending.BACK
    instead = [other for other in raised if other.threshold_id == alert.threshold_id]
    if alert.threshold_id not in marks:
        alert.ending = OverrunAlert.Ending.RETIRED
    elif alert.basis == OverrunAlert.Basis.ALL and instead:
        alert.ending, alert.superseded_by = OverrunAlert.Ending.SUPERSEDED, instead[0]
    alert.save()
    return alert


class _Undo(Exception):
    """Ends a trial without a trace."""


@dataclass(frozen=True)
class Trial:
    """What an act would do: the position before and after, and the alerts it would move."""

    before: Position
    after: Position
    outcome: Outcome


def try_out(
    contract: Contract,
    act: Callable[[], Any],
    *,
    on: dt.date,
    at: dt.datetime,
    lines: Callable[[], Any] | None = None,
) -> Trial:
    """Do an act on a contract's ledger, see what it moves, and undo it.

    Raises what the act raises. `lines` gives the cost lines the reader may see, asked for anew
    before and after.
    """
    seen = lines or CostLine.objects.all
    trial: list[Trial] = []
    try:
        with transaction.atomic():
            check(contract, on=on, at=at)
            before = position(contract, on, lines=seen())
            act()
            outcome = check(contract, on=on, at=at)
            trial.append(Trial(before, position(contract, on, lines=seen()), outcome))
            raise _Undo
    except _Undo:
        return trial[0]


@transaction.atomic
def acknowledge(
    alert: OverrunAlert, *, note: str, by: "User", at: dt.datetime | None = None
) -> AlertAcknowledgement:
    """Record that an officer has seen an alert, and what is being done about it."""
    row = AlertAcknowledgement(alert=alert, note=note.strip(), recorded_by=by)
    if at is not None:
        row.recorded_at = at
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def set_threshold(
    *,
    measure: str,
    severity: str,
    percentage: Decimal | None = None,
    amount: Decimal | None = None,
    contract: Contract | None = None,
) -> Threshold:
    """Set a mark over one contract or, without one, over all; asks for the rechecks it needs.

    Raises ValidationError for 0 or less, for more than 1,000%, and for a mark already in force.
    """
    threshold = Threshold(
        measure=measure,
        severity=severity,
        percentage=percentage,
        amount=amount,
        contract=contract,
    )
    threshold.full_clean()
    threshold.save()
    _recheck_watched(threshold)
    return threshold


@transaction.atomic
def retire_threshold(threshold: Threshold, *, at: dt.datetime | None = None) -> None:
    """Take a mark out of force; its open alerts are cleared by the next check."""
    if threshold.retired_at is not None:
        raise ValidationError(_("This threshold was retired already."))
    threshold.retired_at = at or timezone.now()
    threshold.save(update_fields=["retired_at"])
    _recheck_watched(threshold)


def _recheck_watched(threshold: Threshold) -> None:
    if threshold.contract is not None:
        ask_recheck(threshold.contract)
        return
    Recheck.objects.bulk_create(Recheck(contract=contract) for contract in Contract.all_rows.all())
