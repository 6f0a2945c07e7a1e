"""The story of a failure in order: what happened, what was said, decided and spent on it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from barnetwatch.lib.dates import SourceDate
from barnetwatch.pages.failures.costing import Ladder
from barnetwatch.pages.timeline import told
from barnetwatch.pages.timeline.events import Event, Group, in_order
from incidents.models import Incident
from scrutiny.models import Decision, Promise, Statement


def timeline(
    failure: Incident,
    user: Any,
    *,
    services: Sequence[Any],
    costs: Ladder,
    decisions: Sequence[Decision],
    statements: Sequence[Statement],
    promises: Sequence[Promise],
) -> list[Event]:
    """Every event that a person may see, oldest first."""
    return in_order(
        [
            *told.dates_of(failure),
            *told.delivered(services, user),
            *(told.decided(each) for each in decisions),
            *(told.said(each) for each in statements),
            *(told.promised(each) for each in promises),
            *told.changed(promises, user),
            *told.posted((rung.line for rung in costs.rungs), user),
            *_attributed(costs),
            *told.updated([failure], user),
        ]
    )


def _attributed(costs: Ladder) -> Iterable[Event]:
    return [
        Event(
            SourceDate(timezone.localdate(rung.attributed_at)),
            "Cost attributed",
            rung.line.title,
            Group.COSTS,
            url=rung.line.get_absolute_url(),
            detail=rung.why,
            at=rung.attributed_at,
            tells=rung.line,
        )
        for rung in costs.rungs
    ]
