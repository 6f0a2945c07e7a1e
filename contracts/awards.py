"""Which of the awards that sources give is the figure to reckon with."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Max, Q

from barnetwatch.lib.dates import end_of_day
from contracts.models import Award, Contract


def standing_award(contract: Contract, known_on: dt.date | None = None) -> Award | None:
    """The award marked preferred, or the only one there is; else None: sources disagree.

    With `known_on`, as things were known at the end of that day.
    """
    return standing_awards([contract.pk], known_on).get(contract.pk)


def standing_awards(contracts: Iterable[int], known_on: dt.date | None = None) -> dict[int, Award]:
    """The same for several contracts, by id; those without such an award are absent."""
    mark = Q(preferences__isnull=False, preferences__withdrawal__isnull=True)
    if known_on is not None:
        known = end_of_day(known_on)
        mark = Q(preferences__recorded_at__lt=known) & (
            Q(preferences__withdrawal__isnull=True)
            | Q(preferences__withdrawal__recorded_at__gte=known)
        )
    awards: dict[int, list[Award]] = defaultdict(list)
    for award in (
        Award.all_rows.standing(known_on)
        .filter(contract__in=contracts)
        .annotate(
            marked_at=Max("preferences__recorded_at", filter=mark),
            last_mark=Max("preferences", filter=mark),
        )
    ):
        awards[award.contract_id].append(award)
    chosen = {}
    for contract, found in awards.items():
        marked = [award for award in found if award.marked_at is not None]
        if marked:
            chosen[contract] = max(marked, key=lambda award: (award.marked_at, award.last_mark))
        elif len(found) == 1:
            chosen[contract] = found[0]
    return chosen
