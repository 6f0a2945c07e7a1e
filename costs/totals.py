"""Reading the ledger's totals: what lines stand at on a day, as known on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from accounts.visibility import OPEN_ONLY
from barnetwatch.lib.dates import end_of_day, month_of
from costs.models import CostEntry, CostLine, RunningTotal, StageTotal

#: For each line, its sum at each stage, in pounds.
Nets = Mapping[int, dict[str, Decimal]]


def nets_today(contract: Any, on: dt.date) -> tuple[Nets, dict[int, bool]]:
    """What a contract's supplementary lines stand at on a day, and which of them are open.

    One query, unless rows are dated after the day. Lines without entries are absent.
    """
    rows = list(
        RunningTotal.objects.filter(line__contract=contract, line__kind__in=CostLine.SUPPLEMENTARY)
        .annotate(is_open=OPEN_ONLY.flag(CostLine, "line__"))
        .values_list("line", "stage", "net", "last_on", "is_open")
    )
    is_open = {row[0]: row[4] for row in rows}
    if any(row[3] > on for row in rows):
        return nets_on(list(is_open), on), is_open
    return _collect(row[:3] for row in rows), is_open


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
    rows = list(
        RunningTotal.objects.filter(line__in=lines).values_list("line", "stage", "net", "last_on")
    )
    nets = _collect(row[:3] for row in rows if row[3] <= on)
    late = [(line, stage) for line, stage, _, last_on in rows if last_on > on]
    if late:
        _add_until(nets, late, on)
    return nets


def _add_until(nets: Nets, late: list[tuple[int, str]], on: dt.date) -> None:
    """Add the lines and stages that have entries after the day: by month, and its last by row."""
    wanted = set(late)
    lines = {line for line, _ in late}
    partial = set()
    for line, stage, net, last_on in StageTotal.objects.filter(
        line__in=lines, month__lte=on
    ).values_list("line", "stage", "net", "last_on"):
        if (line, stage) not in wanted:
            continue
        if last_on > on:
            partial.add((line, stage))
        else:
            _add(nets, line, stage, net)
    if partial:
        for line, stage, amount in CostEntry.all_rows.filter(
            line__in={line for line, _ in partial},
            effective_on__gte=month_of(on),
            effective_on__lte=on,
        ).values_list("line", "stage", "amount"):
            if (line, stage) in partial:
                _add(nets, line, stage, amount)


def drift() -> list[str]:
    """Stored totals that differ from the ledger's rows, each as a sentence; empty if none do."""
    found = []
    monthly: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    running: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    last: dict[tuple[Any, ...], dt.date] = {}
    for line, stage, day, amount in CostEntry.all_rows.values_list(
        "line", "stage", "effective_on", "amount"
    ).iterator(chunk_size=5000):
        monthly[line, stage, month_of(day)] += amount
        running[line, stage] += amount
        for key in ((line, stage), (line, stage, month_of(day))):
            last[key] = max(day, last.get(key, day))
    for name, wanted, stored in (
        (
            "month",
            monthly,
            StageTotal.objects.values_list("line", "stage", "month", "net", "last_on"),
        ),
        ("running", running, RunningTotal.objects.values_list("line", "stage", "net", "last_on")),
    ):
        seen = set()
        for *key, net, last_on in stored.iterator(chunk_size=5000):
            seen.add(tuple(key))
            if wanted.get(tuple(key)) != net or last.get(tuple(key)) != last_on:
                found.append(
                    f"Line {key[0]}, {key[1]}: the {name} total says £{net:,.2f}, the entries "
                    f"come to £{wanted.get(tuple(key), Decimal(0)):,.2f}."
                )
        found += [
            f"Line {key[0]}, {key[1]}: the {name} total is missing." for key in wanted.keys() - seen
        ]
    return found


def _collect(rows: Any) -> Nets:
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for line, stage, net in rows:
        nets[line][stage] = net
    return nets


def _add(nets: Nets, line: int, stage: str, net: Decimal) -> None:
    stages = nets[line]
    stages[stage] = stages.get(stage, Decimal("0.00")) + net
