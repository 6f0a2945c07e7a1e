"""How the totals of cost lines came about: what moved on which day, and what that came to."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db.models import Sum

from barnetwatch.lib.dates import end_of_day, month_of
from barnetwatch.lib.money import NOTHING
from costs.models import CostEntry, StageTotal
from costs.stages import LineTotals, line_totals
from costs.totals import Nets


class Movement(NamedTuple):
    """What was added to one line at one stage, by a day."""

    on: dt.date
    line: int
    stage: str
    amount: Decimal


@dataclass(frozen=True)
class Step:
    """What some lines come to together from a day on, until the next step."""

    on: dt.date
    totals: LineTotals[Decimal]


def movements(lines: Sequence[int], on: dt.date, known_on: dt.date | None = None) -> list[Movement]:
    """What moved on some lines by the end of a day, in order; one query, however many entries.

    Read from the stored months, each at the last day something in it counts from. With
    `known_on`, from the entries recorded by the end of that day.
    """
    if known_on is not None:
        known = CostEntry.all_rows.filter(
            line__in=lines, effective_on__lte=on, recorded_at__lt=end_of_day(known_on)
        )
        rows = known.order_by().values_list("effective_on", "line", "stage").annotate(Sum("amount"))
        return sorted(Movement(*row) for row in rows)
    stored = StageTotal.objects.filter(line__in=lines, month__lte=on)
    found = [
        Movement(*row) for row in stored.values_list("last_on", "line", "stage", "net").order_by()
    ]
    running = {(each.line, each.stage) for each in found if each.on > on}
    done = [each for each in found if each.on <= on]
    return sorted(done + (_of_the_month(running, on) if running else []))


def _of_the_month(wanted: set[tuple[int, str]], on: dt.date) -> list[Movement]:
    """Entries of the month that holds the day, where some of it are still to come."""
    rows = CostEntry.all_rows.filter(
        line__in={line for line, _ in wanted}, effective_on__range=(month_of(on), on)
    ).values_list("effective_on", "line", "stage", "amount")
    return [Movement(*row) for row in rows if (row[1], row[2]) in wanted]


def nets_after(moved: Iterable[Movement]) -> Nets:
    """What each line stands at by stage once all that moved is added up."""
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for each in moved:
        stages = nets[each.line]
        stages[each.stage] = stages.get(each.stage, NOTHING) + each.amount
    return nets


def steps(moved: Iterable[Movement]) -> list[Step]:
    """The totals of all lines together after each day on which something moved, in order."""
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    of_line: dict[int, LineTotals[Decimal]] = {}
    total, found = LineTotals(NOTHING, NOTHING, NOTHING), []
    for day, same_day in groupby(sorted(moved), key=lambda each: each.on):
        touched = set()
        for each in same_day:
            stages = nets[each.line]
            stages[each.stage] = stages.get(each.stage, NOTHING) + each.amount
            touched.add(each.line)
        for line in touched:
            before = of_line.get(line, LineTotals(NOTHING, NOTHING, NOTHING))
            of_line[line] = now = line_totals(nets[line])
            total = LineTotals(
                total.firm - before.firm + now.firm,
                total.at_risk - before.at_risk + now.at_risk,
                total.paid - before.paid + now.paid,
            )
        found.append(Step(day, total))
    return found
