"""Paid against plan as rows: of each contract, of each supplier with its group, of the council."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from accounts.visibility import sight_of
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_table
from barnetwatch.pages.payments.extras import NO_EXTRAS, Extras, extras_of
from contracts.awards import award_figure
from contracts.models import Contract, Supplier
from costs.models import AttributionRule
from costs.payments.months import share
from costs.payments.paid import undecided
from costs.payments.plan import PlanPosition
from costs.payments.plans import plans


@dataclass(frozen=True)
class Figures:
    """Both sides at a day, in pounds; `at` is None where days differ or no side is known."""

    contracted: Decimal | None
    paid: Decimal
    at: dt.date | None
    #: Extras with a decision, taken off what is over plan.
    decided: Decimal = NOTHING
    why_not: str = ""

    @property
    def over(self) -> Decimal | None:
        """Paid beyond contracted; negative where it is less, None where it is not said."""
        return None if self.why_not or self.contracted is None else self.paid - self.contracted

    @property
    def share(self) -> Decimal | None:
        """The same in per cent of what was contracted."""
        return None if self.over is None else share(self.over, self.contracted)

    @property
    def unexplained(self) -> Decimal | None:
        """What of it no decision stands behind."""
        return None if self.over is None else self.over - self.decided

    @property
    def day(self) -> str:
        """30 April 2018."""
        return in_words(self.at) if self.at else ""


@dataclass(frozen=True)
class ContractPlan:
    """One contract's row."""

    contract: Contract
    figures: Figures


@dataclass
class Group:
    """A supplier, or a group of companies, with the contracts that payments are given to."""

    supplier: Supplier
    contracts: list[ContractPlan] = field(default_factory=list)
    not_attributed: Decimal = NOTHING

    @property
    def together(self) -> Figures:
        """All contracts of it that have both sides."""
        return added_up(row.figures for row in self.contracts)


@dataclass(frozen=True)
class Council:
    """All there is."""

    groups: Sequence[Group]
    together: Figures
    counted: int
    not_attributed: Decimal


def signed(over: Decimal | None) -> str:
    """“£12.00 over” or “£30.00 under”; nothing where it is not said."""
    if over is None:
        return ""
    return f"{in_table(abs(over))} {'under' if over < 0 else 'over'}" if over else in_table(over)


def figures(position: PlanPosition, extras: Extras = NO_EXTRAS) -> Figures:
    """A contract's figures from where it stands."""
    return Figures(
        position.contracted, position.paid, position.at, extras.decided, position.why_not
    )


def added_up(several: Iterable[Figures]) -> Figures:
    """Those of several that have both sides, whether or not a percentage is said of each."""
    both = [each for each in several if each.contracted is not None and each.at]
    if not both:
        return Figures(None, NOTHING, None, why_not="no contract has both sides")
    days = {each.at for each in both}
    return Figures(
        sum((each.contracted or NOTHING for each in both), NOTHING),
        sum((each.paid for each in both), NOTHING),
        days.pop() if len(days) == 1 else None,
        sum((each.decided for each in both), NOTHING),
    )


def council(user: Any, on: dt.date) -> Council:
    """Every contract that a rule speaks of and a person may see, by supplier and group."""
    seen = AttributionRule.objects.visible_to(user)
    rows = _contracts(user, seen)
    read = plans({row.pk: (row, row.award) for row in rows}, on, imported=True)
    extras = extras_of({pk: found.attributed for pk, found in read.items()}, user)
    groups: dict[int, Group] = {}
    for row in rows:
        supplier = _group_of(row.supplier, row.group_seen)
        group = groups.setdefault(supplier.pk, Group(supplier))
        shown = figures(read[row.pk].position, extras.get(row.pk, NO_EXTRAS))
        group.contracts.append(ContractPlan(row, shown))
    waiting = _waiting(seen)
    for supplier, amount in waiting.values():
        holder = groups.get(supplier.group_id or 0) or groups.get(supplier.pk)
        holder = holder or groups.setdefault(supplier.pk, Group(supplier))
        holder.not_attributed += amount
    every = [each.figures for group in groups.values() for each in group.contracts]
    return Council(
        sorted(groups.values(), key=lambda group: group.supplier.name.casefold()),
        added_up(every),
        sum(1 for each in every if each.contracted is not None and each.at),
        sum((amount for _supplier, amount in waiting.values()), NOTHING),
    )


def _contracts(user: Any, seen: Any) -> list[Any]:
    ruled = seen.standing().filter(contract=OuterRef("pk"))
    rows = (
        Contract.objects.visible_to(user)
        .filter(Exists(ruled))
        .annotate(
            award=award_figure(), group_seen=sight_of(user).flag(Supplier, "supplier__group__")
        )
    )
    return list(rows.select_related("supplier__group").order_by("reference", "pk"))


def _group_of(supplier: Supplier, is_seen: bool) -> Supplier:
    return supplier.group if supplier.group and is_seen else supplier


def _waiting(seen: Any) -> dict[int, tuple[Supplier, Decimal]]:
    """What is not yet attributed, by supplier."""
    found: dict[int, tuple[Supplier, Decimal]] = {}
    for row in undecided(seen):
        _supplier, before = found.get(row.supplier.pk, (row.supplier, NOTHING))
        found[row.supplier.pk] = (row.supplier, before + row.amount)
    return found
