"""What was paid under several contracts, and what was contracted: each in so many queries however
many contracts there are.

The same rules and days as `paid_under` and `plan_position` have for one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from barnetwatch.lib.dates import Precision, counts_from
from barnetwatch.lib.money import NOTHING
from contracts.models import Award, Contract, ContractedSum, Variation
from contracts.plan import Spread
from costs.models import AttributionRule, FileReading, Payee, PaymentFile
from costs.payments.attributing import Group, decide, groups
from costs.payments.decided import by_name, is_undecided
from costs.payments.paid import Paid
from costs.payments.plan import Agreed, PlanPosition
from costs.payments.plan import agreed as laid_by

NONE_PAID = Paid()


@dataclass(frozen=True)
class Attributed:
    """What the rules give to a contract; `at` is the last day that counts, None before any file."""

    at: dt.date | None = None
    paid: Paid = NONE_PAID
    #: Every rule that speaks of a name which one of the contract's rules speaks of.
    rules: tuple[AttributionRule, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One contract's payments beside its plan."""

    attributed: Attributed
    agreed: Agreed | None
    position: PlanPosition

    @property
    def laid(self) -> tuple[Spread, ...]:
        """The contracted sums over their days; empty where none is known."""
        return self.agreed.laid if self.agreed else ()


def attributed(
    contracts: Collection[int], on: dt.date, known_on: dt.date | None = None
) -> dict[int, Attributed]:
    """What was paid under some contracts that the caller was let through to, by their ids.

    Those of which no rule speaks are absent. Two queries, or one more for every further publisher
    whose files reach to another day.
    """
    ids = set(contracts)
    rules = _rules(Q(contract__in=ids), known_on)
    own: dict[int, list[Any]] = defaultdict(list)
    for rule in rules:
        if rule.contract_id in ids:
            own[rule.contract_id].append(rule)
    ends: dict[dt.date | None, set[int]] = defaultdict(set)
    for pk, of_one in own.items():
        covered = max((rule.covers for rule in of_one if rule.covers), default=None)
        ends[covered and min(on, covered)].add(pk)
    found = {}
    for at, some in ends.items():
        keys = {rule.key for pk in some for rule in own[pk]}
        paid = _paid(some, keys, rules, at, known_on) if at else {}
        for pk in some:
            names = {rule.key for rule in own[pk]}
            speak = tuple(rule for rule in rules if rule.key in names)
            found[pk] = Attributed(at, paid.get(pk, NONE_PAID), speak)
    return found


def agreed(contracts: Mapping[int, tuple[Contract, Decimal | None]]) -> dict[int, Agreed | None]:
    """What was contracted under some contracts, by their ids, given each one's award: one query."""
    sums: dict[int, list[ContractedSum]] = defaultdict(list)
    variations: dict[int, list[Variation]] = defaultdict(list)
    for kind, contract, before, amount, starts_on, ends_on in _sums_and_variations(contracts):
        if kind:
            variations[contract].append(
                Variation(
                    kind=kind,
                    takes_effect_on=starts_on,
                    end_after=ends_on,
                    value_before=before,
                    value_after=amount,
                )
            )
        else:
            sums[contract].append(
                ContractedSum(amount=amount, starts_on=starts_on, ends_on=ends_on)
            )
    return {
        pk: laid_by(
            contract,
            None if award is None else Award(amount=award),
            sums[pk],
            variations[pk],
        )
        for pk, (contract, award) in contracts.items()
    }


def plans(
    contracts: Mapping[int, tuple[Contract, Decimal | None]], on: dt.date, imported: bool
) -> dict[int, Plan]:
    """Both, and where each contract stands; three queries. `imported`: whether any file counts."""
    paid, laid = attributed(contracts, on), agreed(contracts)
    return {
        pk: Plan(
            paid.get(pk, Attributed()),
            laid[pk],
            stands(paid.get(pk), laid[pk], imported=imported),
        )
        for pk in contracts
    }


def stands(found: Attributed | None, laid: Agreed | None, *, imported: bool) -> PlanPosition:
    """Where a contract's payments stand against its plan, from what was read of it already.

    `found` is None where no rule speaks of it; `imported`: whether any file counts.
    """
    if found is None and imported:
        return PlanPosition(why_not=_("no payments attributed to it yet"))
    if found is None or found.at is None:
        return PlanPosition(why_not=_("no payments imported"))
    if laid is None:
        total = found.paid.total
        return PlanPosition(found.at, total, why_not=_("what was contracted is not known"))
    return laid.against(found.at, found.paid.total)


def of_one(
    contract: Contract, seen: Any, on: dt.date, known_on: dt.date | None = None
) -> tuple[Attributed | None, Decimal]:
    """What was paid under a contract (None where no rule speaks of it), and what was paid to its
    supplier that no rule gives to any contract, as far as a reader may see; two queries.

    `seen` are the rules that the reader may see (`AttributionRule.objects.visible_to(user)`).
    """
    of_either = Q(contract=contract) | Q(supplier=contract.supplier_id)
    rules = _rules(of_either, known_on, seen)
    own = [rule for rule in rules if rule.contract_id == contract.pk]
    covered = max((rule.covers for rule in own or rules if rule.covers), default=None)
    at = covered and min(on, covered)
    months: dict[dt.date, Decimal] = defaultdict(lambda: NOTHING)
    payments, waiting = 0, NOTHING
    by_key = by_name(rules)
    for month, group in _groups(by_key, rules, at, known_on) if at else ():
        rule = decide(group, by_key[group.key])
        if rule is not None and rule.contract_id == contract.pk:
            months[month] += group.amount
            payments += group.payments
        elif is_undecided(rule) and _speak_of(contract.supplier_id, by_key[group.key]):
            waiting += group.amount
    if not own:
        return None, waiting
    names = {rule.key for rule in own}
    speak = tuple(rule for rule in rules if rule.key in names)
    return Attributed(at, Paid(dict(months), payments=payments), speak), waiting


def _speak_of(supplier: int, rules: Iterable[Any]) -> bool:
    """Whether a rule that the reader may see says that a name is a supplier's."""
    return any(rule.supplier_id == supplier and rule.is_seen for rule in rules)


def _rules(speaking: Q, known_on: dt.date | None, seen: Any = None) -> list[Any]:
    """The rules that speak of what is asked and all others of the same names, each with the last
    day that the files of the publishers cover who have paid its name.
    """
    rules = AttributionRule.all_rows.standing(known_on)
    keys = rules.filter(speaking).values("key")
    if seen is not None:
        rules = rules.annotate(is_seen=Exists(seen.order_by().filter(pk=OuterRef("pk"))))
    theirs = Payee.objects.filter(key=OuterRef(OuterRef("key"))).values("publisher")
    covers = (
        FileReading.objects.filter(
            file__in=PaymentFile.objects.current(known_on).values("pk"),
            file__publisher__in=theirs,
        )
        .order_by()
        .annotate(together=Value(1))
        .values("together")
        .annotate(last=Max("covers_to"))
        .values("last")
    )
    return list(rules.filter(key__in=keys).annotate(covers=Subquery(covers)))


def _paid(
    contracts: Collection[int],
    keys: Collection[str],
    rules: Iterable[AttributionRule],
    at: dt.date,
    known_on: dt.date | None,
) -> dict[int, Paid]:
    by_key = by_name(rule for rule in rules if rule.key in keys)
    asked = [rule for of_key in by_key.values() for rule in of_key]
    months: dict[int, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(lambda: NOTHING))
    counts: dict[int, int] = defaultdict(int)
    for month, group in _groups(keys, asked, at, known_on):
        decides = decide(group, by_key[group.key])
        pk = decides.contract_id if decides else None
        if pk is not None and pk in contracts:
            months[pk][month] += group.amount
            counts[pk] += group.payments
    return {pk: Paid(dict(found), payments=counts[pk]) for pk, found in months.items()}


def _groups(
    keys: Collection[str], rules: Iterable[AttributionRule], at: dt.date, known_on: dt.date | None
) -> list[tuple[dt.date, Group]]:
    """The payments up to a day, by their months.

    Whole months are cut here, so that no database looks whether one goes on after its last day.
    """
    whole = counts_from(at, Precision.MONTH) == at
    found = groups(keys, rules, until=None if whole else at, known_on=known_on)
    return [(each.month, each) for each in found if each.month is not None and each.month <= at]


def _sums_and_variations(contracts: Collection[int]) -> Any:
    """Kind (empty for a contracted sum), contract, value before, value, first day, last day."""
    nothing = Cast(Value(None), output_field=ContractedSum._meta.get_field("amount"))
    sums = (
        ContractedSum.all_rows.standing()
        .filter(contract__in=contracts)
        .order_by()
        .annotate(row_kind=Value(""), before=nothing)
        .values_list("row_kind", "contract", "before", "amount", "starts_on", "ends_on")
    )
    variations = (
        Variation.all_rows.standing()
        .filter(contract__in=contracts)
        .order_by()
        .values_list(
            "kind", "contract", "value_before", "value_after", "takes_effect_on", "end_after"
        )
    )
    return sums.union(variations, all=True)
