"""Which of the awards that sources give is the figure to reckon with."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from barnetwatch.lib.money import PoundsField
from contracts.models import Award, AwardPreference, Contract


def standing_award(contract: Contract, known_on: dt.date | None = None) -> Award | None:
    """The award marked preferred, or the only one there is; else None: sources disagree.

    With `known_on`, as things were known at the end of that day.
    """
    return standing_awards([contract.pk], known_on).get(contract.pk)


@cache
def award_figure() -> Any:
    """The sum of the same award, as a column of a queryset of contracts."""
    standing = Award.all_rows.standing().filter(contract=OuterRef("pk")).order_by()
    only = standing.values("contract").annotate(Count("pk")).filter(pk__count=1)
    marked = (
        AwardPreference.all_rows.standing()
        .filter(award__contract=OuterRef("pk"), award__withdrawal__isnull=True)
        .order_by("-recorded_at", "-pk")
    )
    return Coalesce(
        Subquery(only.annotate(Max("amount")).values("amount__max")),
        Subquery(marked.values("award__amount")[:1]),
        output_field=PoundsField(),
    )


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
