"""Payments as a list by what the rules decide of them: of a contract, a supplier, or of nobody yet.

The same groups as every total rests on, put into a condition that the database can page through.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from barnetwatch.lib.money import NOTHING
from costs.models import AttributionRule, Payee
from costs.payments.attributing import decide, groups, standing

NOTHING_AT_ALL = Q(pk__in=[])


def of_contract(contract: int) -> Q:
    """Payments of a contract that the caller was let through to, as its total counts them."""
    own = AttributionRule.all_rows.standing().filter(contract=contract)
    rules = standing(set(own.values_list("key", flat=True)))
    return given(rules, lambda rule: rule is not None and rule.contract_id == contract)


def of_supplier(supplier: int, seen: Any) -> Q:
    """Payments of a supplier by the rules a reader may see, whatever contract they are of."""
    rules = ruled(seen, seen.standing().filter(supplier=supplier))
    return given(rules, lambda rule: is_seen(rule) and rule.supplier_id == supplier)


def not_attributed(seen: Any) -> Q:
    """Payments to names that a rule speaks of, which no rule the reader may see gives to a
    contract: what `undecided` adds up.
    """
    return given(ruled(seen), is_undecided)


def waiting(seen: Any) -> tuple[Any, int]:
    """What those come to in pounds, and how many they are; two queries."""
    rules = ruled(seen)
    by_key = by_name(rules)
    found = [
        group
        for group in (groups(by_key, rules) if rules else ())
        if is_undecided(decide(group, by_key[group.key]))
    ]
    return sum((group.amount for group in found), NOTHING), sum(g.payments for g in found)


def by_supplier(suppliers: Collection[int], seen: Any) -> dict[int, tuple[Decimal, Decimal]]:
    """What was paid under contracts of some suppliers, and what was paid to them that no rule the
    reader may see gives to a contract; in pounds. Suppliers of which no rule speaks are absent.
    """
    rules = ruled(seen, seen.standing().filter(supplier__in=list(suppliers)))
    by_key = by_name(rules)
    whose = {rule.key: rule.supplier_id for rule in rules if rule.is_seen}
    found = {rule.supplier_id: [NOTHING, NOTHING] for rule in rules if rule.is_seen}
    for group in groups(by_key, rules) if rules else ():
        rule: Any = decide(group, by_key[group.key])
        waits = is_undecided(rule)
        found[whose[group.key] if waits else rule.supplier_id][waits] += group.amount
    return {pk: (paid, waiting) for pk, (paid, waiting) in found.items()}


def ruled(seen: Any, among: Any = None) -> list[Any]:
    """Every rule about the names that the rules a reader may see speak of, or some among these;
    each with whether the reader may see it, as `is_seen`.
    """
    shown = seen.standing() if among is None else among
    rules = AttributionRule.all_rows.standing().filter(key__in=shown.order_by().values("key"))
    own = seen.order_by().filter(pk=OuterRef("pk"))
    return list(rules.select_related("supplier", "contract").annotate(is_seen=Exists(own)))


def is_seen(rule: Any) -> bool:
    """Whether a rule decides that the reader may see; what another decides is as undecided."""
    return rule is not None and rule.is_seen


def is_undecided(rule: Any) -> bool:
    """Whether it leaves a payment in no contract, as far as the reader may see."""
    return not is_seen(rule) or rule.contract_id is None


def by_name(rules: Iterable[AttributionRule]) -> dict[str, list[AttributionRule]]:
    """Rules by the key they speak of."""
    found: dict[str, list[AttributionRule]] = defaultdict(list)
    for rule in rules:
        found[rule.key].append(rule)
    return found


def given(rules: Collection[Any], wanted: Callable[[Any], bool]) -> Q:
    """The payments to the names of some rules of which `wanted` is true, asked with the rule that
    decides, or None.
    """
    if not rules:
        return NOTHING_AT_ALL
    by_key = by_name(rules)
    payees: dict[str, list[int]] = defaultdict(list)
    for pk, key in Payee.objects.filter(key__in=list(by_key)).values_list("pk", "key"):
        payees[key].append(pk)
    # What no rule of a name asks does not tell its payments apart.
    asked = {key: _asked(of_key) for key, of_key in by_key.items()}
    parts: dict[str, dict[tuple[Any, ...], bool]] = defaultdict(dict)
    for group in groups(by_key, rules):
        alike = tuple(getattr(group, name) for name in asked[group.key])
        parts[group.key][alike] = wanted(decide(group, by_key[group.key]))
    condition, references = NOTHING_AT_ALL, {rule.reference for rule in rules} - {""}
    for key, found in parts.items():
        condition |= Q(payee__in=payees[key]) & _within(found, asked[key], references)
    return condition


def _asked(rules: Iterable[AttributionRule]) -> tuple[str, ...]:
    """What some rule of a name asks for besides the name; last the type, which has most values."""
    rules = list(rules)
    names = ("reference", "directorate", "expenditure_type")
    return tuple(name for name in names if any(getattr(rule, name) for rule in rules))


def _within(
    found: Mapping[tuple[Any, ...], bool], asked: tuple[str, ...], references: set[str]
) -> Q:
    """Which of the payments of one name: all of them, or those alike in what rules ask."""
    if all(found.values()):
        return Q()
    together: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for alike, yes in found.items():
        if yes:
            together[alike[:-1]].append(alike[-1])
    condition = NOTHING_AT_ALL
    for first, last in together.items():
        part = _one_of(asked[-1], last, references)
        for name, value in zip(asked, first, strict=False):
            part &= _one_of(name, [value], references)
        condition |= part
    return condition


def _one_of(name: str, values: list[Any], references: set[str]) -> Q:
    """A column is one of some values; a reference that no rule asks for stands as an empty one."""
    if name != "reference" or "" not in values:
        return Q(**{f"{name}__in": values})
    return ~Q(reference__in=references - set(values))
