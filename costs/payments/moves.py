"""What a rule decides, what confirming or taking back one would move, and where two disagree."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Sum

from barnetwatch.lib.money import NOTHING
from costs.models import AttributionRule, FileTotal, Payee, Payment
from costs.payments.attributing import Group, decide, groups, standing
from costs.payments.decided import by_name, ruled

#: Names that are read beyond those wanted, because some of the largest are kept back.
_KEPT_BACK = 20


@dataclass
class Weight:
    """How many payments, and what they come to in pounds."""

    payments: int = 0
    amount: Decimal = NOTHING

    def add(self, group: Group) -> None:
        """With those of a group."""
        self.payments += group.payments
        self.amount += group.amount


@dataclass
class Moves:
    """What a change of the rules of one name would move. `contracts`: by how much what is paid
    under each would change; `decided` what the rule in question gives away or takes.
    """

    decided: Weight = field(default_factory=Weight)
    contracts: dict[int, Decimal] = field(default_factory=dict)

    @property
    def moves_nothing(self) -> bool:
        """Whether every payment stays where it is."""
        return not self.decided.payments


@dataclass(frozen=True)
class Conflict:
    """Rules that ask as much of the same payments and say different things."""

    key: str
    rules: tuple[AttributionRule, ...]
    weight: Weight


@dataclass(frozen=True)
class Published:
    """A name as files write it, with what was paid to it."""

    key: str
    name: str
    payee: int
    amount: Decimal
    payments: int


def if_confirmed(rule: AttributionRule) -> Moves:
    """What a rule that is not saved yet would move."""
    before = standing([rule.key])
    return _moves(before, [*before, rule], rule)


def if_taken_back(rule: AttributionRule) -> Moves:
    """What taking a rule back would move."""
    before = standing([rule.key])
    return _moves(before, [each for each in before if each.pk != rule.pk], rule)


def weights(rules: Collection[AttributionRule]) -> dict[int, Weight]:
    """What each of some rules decides, by its id; two queries, however many rules."""
    every = standing({rule.key for rule in rules})
    by_key = by_name(every)
    found: dict[int, Weight] = defaultdict(Weight)
    for group in groups(by_key, every) if every else ():
        if (rule := decide(group, by_key[group.key])) is not None:
            found[rule.pk].add(group)
    return dict(found)


def conflicts(seen: Any) -> list[Conflict]:
    """Where the rules a reader may see disagree and none decides; largest sum first.

    `seen` are those rules (`AttributionRule.objects.visible_to(user)`).
    """
    rules = ruled(seen)
    by_key = {key: of_key for key, of_key in by_name(rules).items() if len(of_key) > 1}
    several = [rule for of_key in by_key.values() for rule in of_key]
    found: dict[tuple[int, ...], Conflict] = {}
    for group in groups(by_key, several) if several else ():
        fitting: list[Any] = [rule for rule in by_key[group.key] if decide(group, [rule])]
        if not fitting or decide(group, fitting) is not None:
            continue
        at_odds = tuple(rule for rule in fitting if not _asks_less(rule, fitting, group))
        if all(rule.is_seen for rule in at_odds):
            pks = tuple(rule.pk for rule in at_odds)
            found.setdefault(pks, Conflict(group.key, at_odds, Weight())).weight.add(group)
    return sorted(found.values(), key=lambda each: -abs(each.weight.amount))


def names_paid(words: Sequence[str], without: Collection[str], most: int) -> list[Published]:
    """Published names with every one of some words, largest sum first; those kept back left out."""
    payees = Payee.objects.exclude(key__in=list(without))
    for word in words:
        payees = payees.filter(name__icontains=word)
    rows = FileTotal.objects.counted()
    if words:
        rows = rows.filter(payee__in=payees.values("pk"))
    elif without:
        rows = rows.exclude(payee__in=Payee.objects.filter(key__in=list(without)).values("pk"))
    sums = (
        rows.order_by()
        .values_list("payee__key")
        .annotate(Max("payee__name"), Min("payee"), Sum("amount"), Sum("payments"))
        .order_by("-amount__sum", "payee__key")
    )
    found = [Published(*row) for row in sums[: most + _KEPT_BACK]]
    named = _named({row.key for row in found})
    return [row for row in found if row.key in named][:most]


def _named(keys: Collection[str]) -> set[str]:
    """Of some names those that the publisher does not keep back in every payment."""
    shown = Payment.objects.filter(payee=OuterRef("pk"), redacted=False)
    payees = Payee.objects.filter(Exists(shown), key__in=list(keys)).order_by()
    return set(payees.values_list("key", flat=True))


def payees_of(keys: Iterable[str]) -> dict[str, Payee]:
    """One payee of each key, by which pages name it."""
    return {payee.key: payee for payee in Payee.objects.filter(key__in=list(keys)).order_by("-pk")}


def _moves(
    before: list[AttributionRule], after: list[AttributionRule], rule: AttributionRule
) -> Moves:
    found = Moves()
    for group in groups([rule.key], [*before, rule]):
        was, becomes = decide(group, before), decide(group, after)
        if was != becomes:
            found.decided.add(group)
        if group.month is None:
            continue
        for each, sign in ((was, -1), (becomes, 1)):
            if each is not None and each.contract_id is not None:
                moved = found.contracts.get(each.contract_id, NOTHING)
                found.contracts[each.contract_id] = moved + sign * group.amount
    found.contracts = {pk: moved for pk, moved in found.contracts.items() if moved}
    return found


def _asks_less(rule: AttributionRule, fitting: list[AttributionRule], group: Group) -> bool:
    """Whether another of them goes before it."""
    return any(
        other is not rule
        and decide(group, [rule, other]) is other
        and (other.supplier_id, other.contract_id) != (rule.supplier_id, rule.contract_id)
        for other in fitting
    )
