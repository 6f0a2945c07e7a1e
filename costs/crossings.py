"""Since when a total lies above a mark: a walk back through the months, by day where it matters.

The run that is asked for is the current unbroken one by effective date. Months are read from the
stored totals, newest first; a month's own days are read only where the total stood at or below
the mark within it, or may have: it cannot have dipped where its start less all its falls is still
above the mark.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Min

from barnetwatch.lib.dates import counts_from, month_of
from barnetwatch.lib.money import NOTHING
from costs.models import CostEntry, Measure, StageTotal
from costs.stages import LineTotals, line_totals
from costs.totals import Nets

#: Months read at first when nothing says how far back to look; each further read doubles it.
_FIRST_READ = 12

_PART: dict[str, Callable[[LineTotals[Decimal]], Decimal]] = {
    Measure.FIRM: lambda totals: totals.firm,
    Measure.AT_RISK: lambda totals: totals.at_risk,
}


@dataclass(frozen=True)
class Mark:
    """A sum in pounds that one measure of a contract lies above today."""

    measure: str
    limit: Decimal


@dataclass(frozen=True)
class Moved:
    """How totals moved since they were last looked at.

    `since` is the earliest day on which one did (None: any day may be); `only_rose`: none fell.
    """

    since: dt.date | None = None
    only_rose: bool = False


ANY_DAY = Moved()


@dataclass(frozen=True)
class Crossing:
    """The start of the current run above a mark.

    `entry` is the one that did it, `total` what the measure came to at the end of that day.
    Payments over plan have no such entry; `baseline` is what they were held against then.
    """

    on: dt.date
    precision: str
    entry: int | None
    total: Decimal
    baseline: Decimal | None = None


@dataclass
class Running:
    """The totals of some lines at one moment of the walk, kept up line by line."""

    nets: dict[int, dict[str, Decimal]]
    totals: dict[int, LineTotals[Decimal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.totals = {line: line_totals(nets) for line, nets in self.nets.items()}

    def move(self, line: int, stage: str, by: Decimal) -> None:
        """Change one line's sum at a stage."""
        nets = self.nets.setdefault(line, {})
        nets[stage] = nets.get(stage, NOTHING) + by
        self.totals[line] = line_totals(nets)

    def copy(self) -> "Running":
        """The same totals, to be moved on their own."""
        return Running({line: dict(nets) for line, nets in self.nets.items()})

    def of(self, measure: str) -> Decimal:
        """The measure over all the lines."""
        return sum(map(_PART[measure], self.totals.values()), NOTHING)


def find(
    lines: list[int],
    nets: Nets,
    on: dt.date,
    marks: set[Mark],
    moved: Moved = ANY_DAY,
    known: Mapping[Mark, dt.date] = MappingProxyType({}),
) -> dict[Mark, Crossing | None]:
    """Since when each mark, exceeded by `nets` on the day `on`, has been exceeded.

    `known` gives the days of an earlier look. None answers a mark whose known day holds: nothing
    moved up to that day, and no dip below the mark is found since.
    """
    floor = month_of(moved.since) if moved.since else dt.date.min
    holds = {mark for mark in marks if mark in known and known[mark] < floor}
    found: dict[Mark, Crossing | None] = {}
    if moved.since and moved.only_rose:
        found = {mark: None for mark in marks if mark in known and known[mark] < moved.since}
    open_marks = marks - found.keys()
    if not open_marks:
        return found
    now = Running({line: dict(nets[line]) for line in lines if line in nets})
    for month, rows in _months_back(lines, on, floor if holds else None):
        if month < floor:
            found |= dict.fromkeys(holds & open_marks)
            open_marks -= holds
        if not open_marks:
            return found
        _through_month(lines, now, month, rows, on, open_marks, found)
    if open_marks:
        raise LookupError(f"no entry leads above {open_marks}")
    return found


def _through_month(
    lines: list[int],
    now: Running,
    month: dt.date,
    rows: list[tuple[Any, ...]],
    on: dt.date,
    open_marks: set[Mark],
    found: dict[Mark, Crossing | None],
) -> None:
    """Take `now` from the month's end to its start, answering the marks crossed within it."""
    partial = any(last_on > on for *_, last_on in rows)
    start = now.copy()
    falls = NOTHING
    for line, stage, net, fell, _ in rows:
        start.move(line, stage, -net)
        falls += fell
    if partial or any(start.of(mark.measure) - falls <= mark.limit for mark in open_marks):
        start = _through_days(lines, now, month, on, open_marks, found)
    now.nets, now.totals = start.nets, start.totals


def _through_days(
    lines: list[int],
    now: Running,
    month: dt.date,
    on: dt.date,
    open_marks: set[Mark],
    found: dict[Mark, Crossing | None],
) -> Running:
    last = min(on, counts_from(month, "month"))
    entries = (
        CostEntry.all_rows.filter(line__in=lines, effective_on__range=(month, last))
        .order_by("-effective_on", "-pk")
        .values_list("effective_on", "pk", "line", "stage", "amount", "precision")
    )
    state = now.copy()
    for day, of_day in groupby(entries, key=lambda row: row[0]):
        postings = list(of_day)
        end = {mark: state.of(mark.measure) for mark in open_marks}
        trail: dict[Mark, tuple[int, str]] = {}
        above = dict.fromkeys(open_marks, True)
        for _, pk, line, stage, amount, precision in postings:
            state.move(line, stage, -amount)
            for mark in open_marks:
                was, is_above = above[mark], state.of(mark.measure) > mark.limit
                if was and not is_above and mark not in trail:
                    trail[mark] = (pk, precision)
                above[mark] = is_above
        for mark in [mark for mark in open_marks if not above[mark]]:
            entry, precision = trail[mark]
            found[mark] = Crossing(day, precision, entry, end[mark])
            open_marks.discard(mark)
    return state


def _months_back(
    lines: list[int], on: dt.date, floor: dt.date | None
) -> Iterator[tuple[dt.date, list[tuple[Any, ...]]]]:
    """Each month with entries by the day, newest first, with its rows of stored totals."""
    held = StageTotal.objects.filter(line__in=lines)
    before, span = month_of(on) + relativedelta(months=1), _FIRST_READ
    since = floor or before - relativedelta(months=span)
    earliest: dt.date | None = None
    while True:
        rows = held.filter(month__gte=since, month__lt=before).order_by("-month")
        for month, of_month in groupby(
            rows.values_list("line", "stage", "net", "falls", "last_on", "month"),
            key=lambda row: row[5],
        ):
            yield month, [row[:5] for row in of_month]
        if floor and since == floor:
            # A marker that the floor is passed: a caller with its answers stops here.
            yield since - relativedelta(months=1), []
        if earliest is None:
            earliest = held.aggregate(first=Min("month"))["first"]
            if earliest is None:
                return
        if since <= earliest:
            return
        span *= 2
        before, since = since, since - relativedelta(months=span)
