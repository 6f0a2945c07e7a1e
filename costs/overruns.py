"""The main job: is what is spent beside a contract more than it should be?

`position` says what it comes to on a day; `check` holds today's totals against the thresholds and
keeps the alerts: one episode for each unbroken run above a mark.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import audit
from accounts.audit import Act
from contracts.awards import standing_award
from contracts.models import Contract
from costs import crossings
from costs.crossings import ANY_DAY, Crossing, Mark, Moved
from costs.models import AlertAcknowledgement, AlertRevision, Measure, OverrunAlert, Threshold
from costs.payments.course import course, crossing_of
from costs.positions import (
    SUPPLEMENTARY,
    MeasurePosition,
    Position,
    measured,
    over_plan,
    position,
)
from costs.totals import Nets, nets_today

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["Outcome", "Position", "acknowledge", "check", "position"]

#: A threshold and the rows its total rests on.
Key = tuple[int, str]


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
    measures: list[MeasurePosition]


def check(contract: Contract, *, on: dt.date, at: dt.datetime, moved: Moved = ANY_DAY) -> Outcome:
    """Hold a contract's totals on a day against its thresholds and bring its alerts up to date.

    `at` is the moment the alerts are raised or cleared; `moved` what is known of how the totals
    moved since the last check. Doing it twice changes nothing. Raises IntegrityError where
    another worker raised the same alert at the same moment; the transaction is undone and the
    next sweep does the contract again.
    """
    with transaction.atomic(savepoint=False):
        return _Check(contract, on, at, moved).run()


class _Check:
    """One check of one contract: what stands, what should, and the steps between them."""

    def __init__(self, contract: Contract, on: dt.date, at: dt.datetime, moved: Moved) -> None:
        self.contract, self.on, self.at, self.moved = contract, on, at, moved
        self.marks = {mark.pk: mark for mark in Threshold.all_rows.watching(contract)}
        award = standing_award(contract)
        self.baseline = None if award is None else award.amount
        self.contracted: Decimal | None = None
        self.standing: dict[Key, OverrunAlert] = {}
        for alert in OverrunAlert.all_rows.standing().filter(contract=contract):
            if alert.threshold_id in self.marks:
                alert.threshold = self.marks[alert.threshold_id]
            self.standing[alert.threshold_id, alert.basis] = alert
        self.outcome = Outcome()

    def run(self) -> Outcome:
        above: set[int] = set()
        kept: set[Key] = set()
        for basis in self.bases():
            exceeded = {
                mark.pk: found
                for found in basis.measures
                for mark in found.exceeded
                if mark.pk not in above
            }
            above |= exceeded.keys()
            kept |= {(pk, basis.name) for pk in exceeded}
            self.bring_up(basis, exceeded)
        kept |= self.over_plan()
        for key in self.standing.keys() - kept:
            self.clear(self.standing[key])
        return self.outcome

    def over_plan(self) -> set[Key]:
        """Bring up the alerts of payments over plan, and say which hold. Payments are open rows."""
        marks = [mark for mark in self.marks.values() if mark.measure == Measure.OVER_PLAN]
        points = course(self.contract, self.on) if marks else []
        if not points:
            return set()
        found = over_plan(points[-1], marks)
        self.contracted = None if found.total is None else found.baseline
        basis = OverrunAlert.Basis.OPEN
        stand = {mark.pk: self.standing.get((mark.pk, basis)) for mark in found.exceeded}
        self.refresh([alert for alert in stand.values() if alert is not None], found)
        for mark in found.exceeded:
            alert, crossing = stand[mark.pk], crossing_of(points, mark)
            if alert is None:
                self.outcome.raised.append(self.raise_(basis, mark, found, crossing))
            else:
                self.move(alert, crossing)
        return {(mark.pk, basis) for mark in found.exceeded}

    def bases(self) -> list[_Basis]:
        """Open rows; then all rows, where that differs: what open rows do needs no other alert."""
        nets, lines = nets_today(self.contract, self.on)
        found = [self.basis(OverrunAlert.Basis.OPEN, [pk for pk in lines if lines[pk]], nets)]
        if not all(lines.values()):
            found.append(self.basis(OverrunAlert.Basis.ALL, list(lines), nets))
        return found

    def basis(self, name: str, lines: list[int], nets: Nets) -> _Basis:
        stands = [nets[line] for line in lines if line in nets]
        marks = self.marks.values()
        measures = [measured(each, stands, self.baseline, marks) for each in SUPPLEMENTARY]
        return _Basis(name, lines, nets, measures)

    def bring_up(self, basis: _Basis, exceeded: dict[int, MeasurePosition]) -> None:
        """Refresh the alerts of one basis that stand, and raise those that do not."""
        since = self.since(basis, exceeded)
        for found in basis.measures:
            self.refresh(
                [
                    self.standing[pk, basis.name]
                    for pk in exceeded
                    if exceeded[pk] is found and (pk, basis.name) in self.standing
                ],
                found,
            )
        for pk, found in exceeded.items():
            alert, crossing = self.standing.get((pk, basis.name)), since[pk]
            if alert is not None:
                self.move(alert, crossing)
            elif crossing is not None:
                self.outcome.raised.append(self.raise_(basis.name, self.marks[pk], found, crossing))
            else:
                raise RuntimeError(f"{self.contract}: over {self.marks[pk]}, but nothing led there")

    def since(
        self, basis: _Basis, exceeded: dict[int, MeasurePosition]
    ) -> dict[int, Crossing | None]:
        """Since when each threshold is exceeded; None where the standing alert's day holds."""
        marks = {
            pk: Mark(found.measure, self.marks[pk].limit(found.baseline) or Decimal(0))
            for pk, found in exceeded.items()
        }
        stand = {pk: self.standing.get((pk, basis.name)) for pk in marks}
        unknown = {marks[pk] for pk, alert in stand.items() if alert is None}
        known = {
            marks[pk]: alert.exceeded_on
            for pk, alert in stand.items()
            if alert is not None and marks[pk] not in unknown
        }
        found = crossings.find(
            basis.lines, basis.nets, self.on, set(marks.values()), self.moved, known
        )
        return {pk: found[mark] for pk, mark in marks.items()}

    def raise_(
        self, basis: str, mark: Threshold, found: MeasurePosition, since: Crossing
    ) -> OverrunAlert:
        return OverrunAlert.objects.create(
            contract=self.contract,
            threshold=mark,
            basis=basis,
            exceeded_on=since.on,
            exceeded_precision=since.precision,
            crossing_entry_id=since.entry,
            total_then=since.total,
            baseline_then=since.baseline or found.baseline,
            total_now=found.amount,
            baseline_now=found.baseline,
            sum_in_words=found.in_words,
            raised_at=self.at,
        )

    def refresh(self, alerts: list[OverrunAlert], found: MeasurePosition) -> None:
        """Take over today's total, which all alerts of one measure and basis share."""
        words = found.in_words
        stale = [alert for alert in alerts if alert.sum_in_words != words]
        for alert in stale:
            alert.total_now, alert.baseline_now = found.amount, found.baseline
            alert.sum_in_words = words
        if stale:
            OverrunAlert.all_rows.filter(pk__in=[alert.pk for alert in stale]).update(
                total_now=found.amount, baseline_now=found.baseline, sum_in_words=words
            )

    def move(self, alert: OverrunAlert, since: Crossing | None) -> None:
        """Take over since when the total is above; where that day has moved, keep both."""
        if since is None:
            return
        day, precision = alert.exceeded_on, alert.exceeded_precision
        stood = (day, precision, alert.crossing_entry_id, alert.total_then)
        then = since.baseline or alert.baseline_then
        moved = stood != (since.on, since.precision, since.entry, since.total)
        if not moved and then == alert.baseline_then:
            return
        alert.exceeded_on, alert.exceeded_precision = since.on, since.precision
        alert.crossing_entry_id, alert.total_then = since.entry, since.total
        alert.baseline_then = then
        alert.save()
        if since.on != day:
            AlertRevision.objects.create(
                alert=alert,
                exceeded_before=day,
                precision_before=precision,
                exceeded_after=since.on,
                precision_after=since.precision,
                crossing_entry_id=since.entry,
                recorded_at=self.at,
            )
            self.outcome.revised.append(alert)

    def clear(self, alert: OverrunAlert) -> None:
        alert.cleared_at = max(self.at, alert.raised_at)
        instead = [new for new in self.outcome.raised if new.threshold_id == alert.threshold_id]
        mark = self.marks.get(alert.threshold_id)
        over_plan = mark is not None and mark.measure == Measure.OVER_PLAN
        baseline = self.contracted if over_plan else self.baseline
        if mark is None or mark.limit(baseline) is None:
            alert.ending = OverrunAlert.Ending.RETIRED
        elif alert.basis == OverrunAlert.Basis.ALL and instead:
            alert.ending, alert.superseded_by = OverrunAlert.Ending.SUPERSEDED, instead[0]
        else:
            alert.ending = OverrunAlert.Ending.BACK
        alert.save()
        self.outcome.cleared.append(alert)


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
    audit.record(Act.ADDED, by=by, subject=row)
    return row
