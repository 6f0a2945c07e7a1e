"""What on a contract waits for somebody: no award to reckon with, and dates that come near."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from contracts.awards import standing_awards
from contracts.datesahead import DateAhead, Occasion, dates_ahead
from contracts.models import Award, Contract, Variation
from contracts.plan import Change, last_day

NONE_KNOWN = "No award is known."
SOURCES_DISAGREE = "Sources give different awards, and none is marked as preferred."


def without_award(contracts: Any, user: Any) -> dict[int, str]:
    """Of some contracts that a person sees, those without an award to reckon with, and why.

    Percentages of the award are not evaluated for these.
    """
    ids = contracts.order_by().values("pk")
    found = standing_awards(ids)
    given = set(
        Award.objects.visible_to(user)
        .standing()
        .filter(contract__in=ids)
        .order_by()
        .values_list("contract", flat=True)
    )
    return {
        pk: SOURCES_DISAGREE if pk in given else NONE_KNOWN
        for pk in contracts.values_list("pk", flat=True)
        if pk not in found
    }


@dataclass(frozen=True)
class NearDate:
    """A date of a contract that has come near, or its last day that has passed unnoticed."""

    contract: Contract
    occasion: Occasion
    falls_on: dt.date
    days: int

    @property
    def has_passed(self) -> bool:
        """Whether it lies behind, though the contract is still marked as in force."""
        return self.days < 0


def near_dates(contracts: Any, user: Any, on: dt.date) -> list[NearDate]:
    """The dates that are due to be brought up on a day, of contracts in force, nearest first."""
    rows = list(contracts.filter(status__in=(Contract.Status.AWARDED, Contract.Status.RUNNING)))
    changes = _changes_of_term(contracts, user)
    found = [date for row in rows for date in _of_contract(row, changes[row.pk], on)]
    return sorted(found, key=lambda date: (date.falls_on, date.contract.reference))


def end_of(contract: Contract, changes: list[Change]) -> dt.date | None:
    """The last day of a contract once all changes of its term are made; None if not known."""
    if contract.ends_on is None and not changes:
        return None
    return last_day(contract.ends_on or dt.date.min, changes)


def _changes_of_term(contracts: Any, user: Any) -> dict[int, list[Change]]:
    changes: dict[int, list[Change]] = defaultdict(list)
    for pk, day, end in (
        Variation.objects.visible_to(user)
        .standing()
        .filter(kind=Variation.Kind.TERM, contract__in=contracts.order_by().values("pk"))
        .values_list("contract", "takes_effect_on", "end_after")
    ):
        changes[pk].append(Change(day, ends_on=end))
    return changes


def _of_contract(contract: Contract, changes: list[Change], on: dt.date) -> list[NearDate]:
    end = end_of(contract, changes)
    ahead: list[DateAhead] = dates_ahead(on, end, contract.notice_months, contract.review_on)
    near = [
        NearDate(contract, date.occasion, date.falls_on, date.days) for date in ahead if date.is_due
    ]
    if end is not None and end < on:
        near.insert(0, NearDate(contract, Occasion.END, end, (end - on).days))
    return near
