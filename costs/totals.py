"""Reading the ledger's totals: what lines stand at on a day, as known on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from accounts.visibility import OPEN_ONLY
from barnetwatch.lib.dates import end_of_day, month_of
from barnetwatch.lib.money import NOTHING
from costs.models import CostEntry, CostLine, RunningTotal, StageTotal
from costs.stages import Stage

#: For each line, its sum at each stage, in pounds.
Nets = Mapping[int, dict[str, Decimal]]


_STAGES = Stage.values


def nets_today(contract: Any, on: dt.date) -> tuple[Nets, dict[int, bool]]:
    """What a contract's supplementary lines stand at on a day, and which of them are open.

    One query, unless rows are dated after the day. Lines without entries are absent.
    """
    rows = list(
        RunningTotal.objects.filter(line__contract=contract, line__kind__in=CostLine.SUPPLEMENTARY)
        .annotate(is_open=OPEN_ONLY.flag(CostLine, "line__"))
        .values_list("line", "last_on", "is_open", *_STAGES)
    )
    is_open = {row[0]: row[2] for row in rows}
    if any(row[1] > on for row in rows):
        return nets_on(list(is_open), on), is_open
    return {row[0]: _by_stage(row[3:]) for row in rows}, is_open


def nets_on(lines: Any, on: dt.date, known_on: dt.date | None = None) -> Nets:
    """What each of some lines stands at, by stage, by the end of a day.

    `lines` is a queryset or a list of ids. With `known_on`, only rows recorded by the end of that
    day count. Stages where nothing stands may be absent.
    """
    if known_on is not None:
        return _collect(
            CostEntry.all_rows.filter(
                line__in=lines, effective_on__lte=on, recorded_at__lt=end_of_day(known_on)
            )
            .order_by()
            .values_list("line", "stage")
            .annotate(Sum("amount"))
        )
    rows = RunningTotal.objects.filter(line__in=lines).values_list("line", "last_on", *_STAGES)
    nets, late = {}, []
    for line, last_on, *sums in rows:
        if last_on > on:
            late.append(line)
        else:
            nets[line] = _by_stage(sums)
    return nets | _until(late, on) if late else nets


def _until(lines: list[int], on: dt.date) -> Nets:
    """The same for lines with entries after the day: by month, and its last month by row."""
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    partial = set()
    for line, stage, net, last_on in StageTotal.objects.filter(
        line__in=lines, month__lte=on
    ).values_list("line", "stage", "net", "last_on"):
        if last_on > on:
            partial.add((line, stage))
        else:
            _add(nets, line, stage, net)
    if partial:
        for line, stage, amount in CostEntry.all_rows.filter(
            line__in={line for line, _ in partial},
            effective_on__range=(month_of(on), on),
        ).values_list("line", "stage", "amount"):
            if (line, stage) in partial:
                _add(nets, line, stage, amount)
    return nets


def drift() -> list[str]:
    """Stored totals that differ from the ledger's rows, each as a sentence; empty if none do."""
    wanted: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    last: dict[tuple[Any, ...], dt.date] = {}
    for line, stage, day, amount in CostEntry.all_rows.values_list(
        "line", "stage", "effective_on", "amount"
    ).iterator(chunk_size=5000):
        for key in ((line, stage, month_of(day)), (line, stage)):
            wanted[key] += amount
        for key in ((line, stage, month_of(day)), (line,)):
            last[key] = max(day, last.get(key, day))
    stored, stored_last = _stored()
    found = []
    for key in sorted(wanted.keys() | stored.keys(), key=str):
        says, comes_to = stored.get(key, NOTHING), wanted.get(key, NOTHING)
        if says != comes_to:
            month = f" of {key[2]:%B %Y}" if len(key) > 2 else ""
            found.append(
                f"Line {key[0]}, {key[1]}: the stored total{month} says £{says:,.2f}, "
                f"the entries come to £{comes_to:,.2f}."
            )
    for key, day in sorted(last.items(), key=str):
        if stored_last.get(key) != day:
            found.append(
                f"Line {key[0]}: the stored total ends on {stored_last.get(key)}, "
                f"the entries on {day}."
            )
    return found


def _stored() -> tuple[dict[tuple[Any, ...], Decimal], dict[tuple[Any, ...], dt.date]]:
    """The stored totals and last days, by line, stage and month, and by line alone."""
    totals: dict[tuple[Any, ...], Decimal] = {}
    last: dict[tuple[Any, ...], dt.date] = {}
    for line, stage, month, net, last_on in StageTotal.objects.values_list(
        "line", "stage", "month", "net", "last_on"
    ).iterator(chunk_size=5000):
        totals[line, stage, month], last[line, stage, month] = net, last_on
    for line, last_on, *sums in RunningTotal.objects.values_list(
        "line", "last_on", *_STAGES
    ).iterator(chunk_size=5000):
        last[line,] = last_on
        totals |= {(line, stage): net for stage, net in _by_stage(sums).items()}
    return totals, last


def _by_stage(sums: Any) -> dict[str, Decimal]:
    return {stage: net for stage, net in zip(_STAGES, sums, strict=True) if net}


def _collect(rows: Any) -> Nets:
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for line, stage, net in rows:
        nets[line][stage] = net
    return nets


def _add(nets: dict[int, dict[str, Decimal]], line: int, stage: str, net: Decimal) -> None:
    stages = nets[line]
    stages[stage] = stages.get(stage, NOTHING) + net
