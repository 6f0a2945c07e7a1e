"""How payments stood against the plan month by month, and since when they lie above a mark.

Read from monthly sums, never per payment: files are of months, so a month is as precise as it
gets. A month that no file covers is passed over: it neither begins a run nor ends one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from barnetwatch.lib.dates import Precision, counts_from, month_of
from barnetwatch.lib.money import NOTHING
from contracts.awards import standing_awards
from contracts.models import Contract, ContractedSum, Variation
from costs.crossings import Crossing
from costs.models import AttributionRule, FileReading, Payee, PaymentFile, Threshold
from costs.payments.attributing import decide, groups, standing
from costs.payments.paid import paid_under
from costs.payments.plan import Agreed, PlanPosition, agreed, agreed_under, not_known


def course(contract: Contract, on: dt.date) -> list[PlanPosition]:
    """Where a contract stood at the end of each month that the files cover, in order, up to a day.

    The last is that of the last day covered, or of the day itself where that is earlier. Empty
    where nothing is attributed to the contract, no file covers a month, or no sum is known.
    """
    rules = AttributionRule.all_rows.standing().filter(contract=contract)
    covered = months_covered(set(rules.values_list("key", flat=True)))
    if not covered:
        return []
    plan = agreed_under(contract)
    if plan is None:
        return []
    at = min(on, counts_from(max(covered), Precision.MONTH))
    return _along(plan, paid_under(contract, until=at).months, covered, at)


def _along(
    plan: Agreed, paid: dict[dt.date, Decimal], covered: Collection[dt.date], at: dt.date
) -> list[PlanPosition]:
    points, total = [], NOTHING
    for month in sorted({*paid, *covered, month_of(at)}):
        total += paid.get(month, NOTHING)
        if month < month_of(at) and month in covered:
            points.append(plan.against(counts_from(month, Precision.MONTH), total))
        elif month == month_of(at):
            points.append(plan.against(at, total))
    return points


def crossing_of(points: Sequence[PlanPosition], mark: Threshold) -> Crossing:
    """Since when the last of some points, which lies above a mark, has done so unbroken."""
    first = points[-1]
    for point in reversed(points):
        if not point.exceeds(mark):
            break
        first = point
    if first.at is None or first.over is None:
        raise LookupError(f"the last month is not over {mark}")
    day = counts_from(first.at, Precision.MONTH)
    return Crossing(day, Precision.MONTH, None, first.over, first.contracted)


def months_covered(keys: Collection[str]) -> set[dt.date]:
    """The months, by their first days, that the files cover of the publishers that paid these
    names.
    """
    publishers = Payee.objects.filter(key__in=list(keys)).values("publisher")
    files = PaymentFile.objects.current().filter(publisher__in=publishers)
    ranges = FileReading.objects.filter(file__in=files.values("pk"))
    found: set[dt.date] = set()
    for first, last in ranges.values_list("covers_from", "covers_to"):
        month = first and month_of(first)
        while month and last and month <= last:
            found.add(month)
            month = month_of(counts_from(month, Precision.MONTH) + dt.timedelta(days=1))
    return found


@dataclass(frozen=True)
class Stands:
    """Where a contract stands at the last day covered, and what was paid in that day's month."""

    plan: PlanPosition
    in_month: Decimal


def positions_on(on: dt.date, contracts: Collection[int] | None = None) -> dict[int, Stands]:
    """Where every contract stands that payments are attributed to, or some of them, on a day.

    As `plan_position` has it, in a constant number of queries; those of which no file covers a
    month are left out.
    """
    own = AttributionRule.all_rows.standing().filter(contract__isnull=False)
    if contracts is not None:
        own = own.filter(contract__in=contracts)
    keys: dict[int, set[str]] = defaultdict(set)
    for pk, key in own.values_list("contract", "key"):
        keys[pk].add(key)
    last_days = _last_days({key for of in keys.values() for key in of})
    days = {
        pk: min(on, max(known))
        for pk, of in keys.items()
        if (known := [last_days[key] for key in of if key in last_days])
    }
    plans = _plans(days) if days else {}
    paid = _paid_by_month({key for pk in plans for key in keys[pk]}) if plans else {}
    found = {}
    for pk, plan in plans.items():
        at, months = days[pk], paid.get(pk, {})
        if at != counts_from(at, Precision.MONTH):  # The file covers days still to come.
            months = paid_under(Contract.all_rows.get(pk=pk), until=at).months
        total = sum((sum_ for month, sum_ in months.items() if month <= at), NOTHING)
        stands = plan.against(at, total) if plan else PlanPosition(at, total, why_not=not_known())
        found[pk] = Stands(stands, months.get(month_of(at), NOTHING))
    return found


def _last_days(keys: Collection[str]) -> dict[str, dt.date]:
    """The last day covered by the files of each name's publishers."""
    lasts = dict(
        FileReading.objects.filter(
            file__in=PaymentFile.objects.current().values("pk"), covers_to__isnull=False
        )
        .order_by()
        .values_list("file__publisher")
        .annotate(Max("covers_to"))
    )
    found: dict[str, dt.date] = {}
    payees = Payee.objects.filter(key__in=list(keys)).order_by()
    for key, publisher in payees.values_list("key", "publisher").distinct():
        if publisher in lasts:
            found[key] = max(found.get(key, dt.date.min), lasts[publisher])
    return found


def _plans(contracts: Iterable[int]) -> dict[int, Agreed | None]:
    rows = Contract.all_rows.in_bulk(list(contracts))
    awards = standing_awards(rows)
    sums: dict[int, list[ContractedSum]] = defaultdict(list)
    for each in ContractedSum.all_rows.standing().filter(contract__in=rows):
        sums[each.contract_id].append(each)
    changes: dict[int, list[Variation]] = defaultdict(list)
    for change in Variation.all_rows.standing().filter(contract__in=rows):
        changes[change.contract_id].append(change)
    return {
        pk: agreed(contract, awards.get(pk), sums[pk], changes[pk]) for pk, contract in rows.items()
    }


def _paid_by_month(keys: Collection[str]) -> dict[int, dict[dt.date, Decimal]]:
    """What was paid under each contract in each month, of payments to some names."""
    of_name: dict[str, list[AttributionRule]] = defaultdict(list)
    rules = standing(keys)
    for rule in rules:
        of_name[rule.key].append(rule)
    found: dict[int, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(lambda: NOTHING))
    for group in groups(keys, rules):
        decides = decide(group, of_name[group.key])
        if decides is not None and decides.contract_id is not None and group.month is not None:
            found[decides.contract_id][group.month] += group.amount
    return found
