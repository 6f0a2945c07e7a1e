"""Which of the awards that sources give is the figure to reckon with."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.models import Award, AwardPreference, Contract


def standing_award(contract: Contract, known_on: dt.date | None = None) -> Award | None:
    """The award marked preferred, or the only one there is; else None: sources disagree.

    With `known_on`, as things were known at the end of that day.
    """
    return standing_awards([contract.pk], known_on).get(contract.pk)


def standing_awards(contracts: Iterable[int], known_on: dt.date | None = None) -> dict[int, Award]:
    """The same for several contracts, by id; those without such an award are absent."""
    awards: dict[int, list[Award]] = defaultdict(list)
    for award in Award.all_rows.standing(known_on).filter(contract__in=contracts).order_by():
        awards[award.contract_id].append(award)
    chosen = {contract: found[0] for contract, found in awards.items() if len(found) == 1}
    disputed = {a.pk: a for found in awards.values() if len(found) > 1 for a in found}
    if disputed:
        marks = AwardPreference.all_rows.standing(known_on).filter(award__in=disputed)
        for award in marks.order_by("recorded_at", "pk").values_list("award", flat=True):
            chosen[disputed[award].contract_id] = disputed[award]
    return chosen


def award_among(awards: Sequence[Any]) -> Award | None:
    """The same choice among the standing awards of one contract, from `with_preference`."""
    if len(awards) == 1:
        return awards[0]
    marked = [award for award in awards if award.preferred_at is not None]
    return max(marked, key=lambda award: (award.preferred_at, award.preferred_by), default=None)
