"""Reading the ledger's totals: what lines stand at on a day, as known on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, Sum
from django.db.models.functions import Coalesce

from accounts.visibility import OPEN_ONLY, Sight, kept_by_sight, sight_of
from barnetwatch.lib.dates import end_of_day, month_of
from barnetwatch.lib.money import NOTHING, PoundsField, to_pounds
from barnetwatch.lib.prepared import Prepared
from costs.models import CostEntry, CostLine, RunningTotal, StageTotal
from costs.models.total import measure_columns, measure_columns_on
from costs.stages import LineTotals, Stage, fall_of

#: For each line, its sum at each stage, in pounds.
Nets = Mapping[int, dict[str, Decimal]]
#: For each contract or supplier, what its lines come to.
Totals = dict[int, LineTotals[Decimal]]

_STAGES = Stage.values
_NOTHING = LineTotals(NOTHING, NOTHING, NOTHING)


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


def by_contract(lines: Any, on: dt.date) -> Totals:
    """What some supplementary lines come to on a day, added up by contract; others are absent.

    One query, however many contracts and rows there are; two where some are still to come.
    """
    rows = _added_up(lines.filter(contract__isnull=False), ["contract"], on)
    return {contract: totals for (contract,), totals in rows}


def of_contracts(contracts: Iterable[int], sight: Sight, on: dt.date) -> Totals:
    """The same of some contracts by their ids, as far as a sight shows their lines."""
    wanted = list(contracts)
    found = _seen_sums(sight).of(wanted)
    if any(last_on > on for *_, last_on in found):
        return by_contract(CostLine.objects.seen_by(sight).filter(contract__in=wanted), on)
    return {contract: _pounds(*sums) for contract, *sums, _last_on in found}


@kept_by_sight(64)
def _seen_sums(sight: Sight) -> Prepared:
    """Put together once for all who see alike: that takes longer than asking for fifty."""
    return Prepared(
        _sums(_counted(CostLine.objects.seen_by(sight)), ["contract"], _TODAY), "contract"
    )


def by_supplier(lines: Any, on: dt.date) -> tuple[Totals, Totals]:
    """The same by supplier: of those beside its contracts, and of those that are paid to it and
    that the record puts beside no contract.
    """
    beside: Totals = {}
    in_no_contract: Totals = {}
    for (holds, paid), totals in _added_up(lines, ["contract__supplier", "supplier"], on):
        found, supplier = (in_no_contract, paid) if holds is None else (beside, holds)
        found[supplier] = found.get(supplier, _NOTHING) + totals
    return beside, in_no_contract


def _added_up(
    lines: Any, keys: list[str], on: dt.date
) -> Iterator[tuple[list[int], LineTotals[Decimal]]]:
    found = list(_sums(_counted(lines), keys, _TODAY))
    if any(last_on > on for *_, last_on in found):
        found = list(_sums(_counted(lines), keys, measure_columns_on("running_total", on)))
    for *row, firm, at_risk, paid, _last_on in found:
        yield row, _pounds(firm, at_risk, paid)


_TODAY = measure_columns("running_total")


def _counted(lines: Any) -> Any:
    return lines.supplementary().filter(running_total__isnull=False).order_by()


def _sums(rows: Any, keys: list[str], columns: dict[str, Any]) -> Any:
    sums = {f"sum_of_{name}": Sum(column) for name, column in columns.items()}
    return rows.values_list(*keys).annotate(**sums).annotate(Max("running_total__last_on"))


def _pounds(firm: int, at_risk: int, paid: int) -> LineTotals[Decimal]:
    return LineTotals(to_pounds(firm), to_pounds(at_risk), to_pounds(paid))


def with_total(
    rows: Any, measure: str, user: Any, on: dt.date, *, lines: str, only: Q | None = None
) -> Any:
    """Rows with a measure of the supplementary lines at the end of a path, as far as a person may
    see them: a column of the measure's name, by which the database can sort. `only` narrows them.

    It joins the lines; rows that join another list as well would count them several times.
    """
    column = measure_columns_on(f"{lines}__running_total", on)[measure]
    seen = sight_of(user).of(CostLine, f"{lines}__")
    counted = seen & Q(**{f"{lines}__kind__in": CostLine.SUPPLEMENTARY}) & (only or Q())
    total = Coalesce(Sum(column, filter=counted), 0, output_field=PoundsField())
    return rows.annotate(**{measure: total})


def drift() -> list[str]:
    """Stored totals that differ from the ledger's rows, each as a sentence; empty if none do.

    The sentences name no sums: whoever reads them may not be cleared for the line.
    """
    wanted, ends = _from_rows()
    stored, stored_ends = _stored()
    found = [
        f"Line {key[0]}, {key[1]}: the stored {key[2]} is not what the entries come to."
        for key in sorted(wanted.keys() | stored.keys())
        if wanted.get(key, NOTHING) != stored.get(key, NOTHING)
    ]
    return found + [
        f"Line {key[0]}: the stored {key[1]} does not end on the day the entries do."
        for key in sorted(ends)
        if stored_ends.get(key) != ends[key]
    ]


#: Sums by line, stage and name of a stored total, and the day the entries under it end on.
_Totals = tuple[dict[tuple[int, str, str], Decimal], dict[tuple[int, str], dt.date]]


def _from_rows() -> _Totals:
    sums: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)
    ends: dict[tuple[int, str], dt.date] = {}
    for line, stage, day, amount in CostEntry.all_rows.values_list(
        "line", "stage", "effective_on", "amount"
    ).iterator(chunk_size=5000):
        month = f"{stage} of {day:%Y-%m}"
        sums[line, stage, "running total"] += amount
        sums[line, stage, f"total of {day:%Y-%m}"] += amount
        sums[line, stage, f"falls of {day:%Y-%m}"] += fall_of(stage, amount)
        for key in ((line, "running total"), (line, month)):
            ends[key] = max(day, ends.get(key, day))
    return sums, ends


def _stored() -> _Totals:
    sums: dict[tuple[int, str, str], Decimal] = {}
    ends: dict[tuple[int, str], dt.date] = {}
    for line, stage, month, net, falls, last_on in StageTotal.objects.values_list(
        "line", "stage", "month", "net", "falls", "last_on"
    ).iterator(chunk_size=5000):
        sums[line, stage, f"total of {month:%Y-%m}"] = net
        sums[line, stage, f"falls of {month:%Y-%m}"] = falls
        ends[line, f"{stage} of {month:%Y-%m}"] = last_on
    for line, last_on, *nets in RunningTotal.objects.values_list(
        "line", "last_on", *_STAGES
    ).iterator(chunk_size=5000):
        ends[line, "running total"] = last_on
        for stage, net in _by_stage(nets).items():
            sums[line, stage, "running total"] = net
    return sums, ends


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
