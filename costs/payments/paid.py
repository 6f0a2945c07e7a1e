"""What was paid under a contract, what of a supplier is not yet attributed, and what may match."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max, Sum

from barnetwatch.lib.money import NOTHING
from contracts.models import Contract, Supplier, SupplierName
from costs.models import AttributionRule, FileReading, FileTotal, Payee, PaymentFile
from costs.payments.attributing import Group, decide, groups, standing
from costs.payments.names import key_of


@dataclass(frozen=True)
class Paid:
    """What was paid under a contract, month by month; a credit is a negative payment.

    `undated` are payments of files that give no day: in no month and in no total.
    """

    months: dict[dt.date, Decimal] = field(default_factory=dict)
    undated: Decimal = NOTHING
    payments: int = 0

    @property
    def total(self) -> Decimal:
        """All of it together, in pounds."""
        return sum(self.months.values(), NOTHING)


@dataclass(frozen=True)
class Undecided:
    """Payments to a published name that no rule gives to a contract."""

    key: str
    amount: Decimal
    payments: int
    #: The supplier whose name a rule says it is.
    supplier: Supplier


@dataclass(frozen=True)
class Proposal:
    """A published name that is, but for case, marks and legal form, that of a known supplier."""

    key: str
    name: str
    supplier: Supplier
    contracts: tuple[Contract, ...]
    amount: Decimal
    payments: int


def paid_under(
    contract: Contract, *, until: dt.date | None = None, known_on: dt.date | None = None
) -> Paid:
    """What the files that count say was paid under a contract that the caller was let through to.

    The same for every reader: rules that some of them may not see take what is theirs away too.
    """
    own = AttributionRule.all_rows.standing(known_on).filter(contract=contract)
    rules = standing(set(own.values_list("key", flat=True)), known_on)
    months: dict[dt.date, Decimal] = defaultdict(lambda: NOTHING)
    undated, count = NOTHING, 0
    keys = {rule.key for rule in rules}
    for group in groups(keys, rules, until=until, known_on=known_on) if rules else ():
        rule = decide(group, rules)
        if rule is None or rule.contract_id != contract.pk:
            continue
        if group.month is None:
            undated += group.amount
        else:
            months[group.month] += group.amount
        count += group.payments
    return Paid(dict(months), undated, count)


def covered_until(
    known_on: dt.date | None = None, keys: Iterable[str] | None = None
) -> dt.date | None:
    """The last day that the imported files cover; None before the first import.

    With `keys`, of the publishers that have paid these names.
    """
    files = PaymentFile.objects.current(known_on)
    if keys is not None:
        files = files.filter(publisher__in=Payee.objects.filter(key__in=keys).values("publisher"))
    readings = FileReading.objects.filter(file__in=files.values("pk"))
    last: dt.date | None = readings.aggregate(last=Max("covers_to"))["last"]
    return last


def undecided(seen: Any) -> list[Undecided]:
    """Of the names that a rule speaks of, what no rule gives to a contract; largest sum first.

    `seen` are the rules a reader may see (`AttributionRule.objects.visible_to(user)`). What
    another decided is to that reader as if nothing had.
    """
    shown = {rule.pk: rule for rule in seen.standing().select_related("supplier")}
    whose = {rule.key: rule.supplier for rule in shown.values()}
    rules = standing(whose)
    found: dict[str, list[Group]] = defaultdict(list)
    for group in groups(whose, rules):
        rule = decide(group, rules)
        if rule is None or rule.contract_id is None or rule.pk not in shown:
            found[group.key].append(group)
    rows = [
        Undecided(
            key,
            sum((group.amount for group in several), NOTHING),
            sum(group.payments for group in several),
            whose[key],
        )
        for key, several in found.items()
    ]
    return sorted(rows, key=lambda row: (-abs(row.amount), row.key))


def proposals(
    suppliers: Iterable[Supplier], names: Iterable[SupplierName], contracts: Iterable[Contract]
) -> list[Proposal]:
    """Published names that are those of known suppliers and have no rule yet; largest sum first.

    What is given is what a reader may see. A name that several suppliers have is not proposed.
    """
    known = {supplier.pk: supplier for supplier in suppliers}
    theirs: dict[int, list[Contract]] = defaultdict(list)
    for contract in contracts:
        theirs[contract.supplier_id].append(contract)
    keys: dict[str, set[int]] = defaultdict(set)
    for supplier in known.values():
        keys[key_of(supplier.name)].add(supplier.pk)
    for other in names:
        if other.supplier_id in known:
            keys[key_of(other.name)].add(other.supplier_id)
    ruled = {rule.key for rule in standing(keys)}
    wanted = {key: pks.pop() for key, pks in keys.items() if key not in ruled and len(pks) == 1}
    sums = (
        FileTotal.objects.counted()
        .filter(payee__key__in=list(wanted))
        .order_by()
        .values_list("payee__key")
        .annotate(Max("payee__name"), Sum("amount"), Sum("payments"))
    )
    found = [
        Proposal(key, name, known[wanted[key]], tuple(theirs[wanted[key]]), amount, count)
        for key, name, amount, count in sums
    ]
    return sorted(found, key=lambda row: (-abs(row.amount), row.key))
