"""The story of a failure in order: what happened, what was said, decided and spent on it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.dates import SourceDate
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.failures.claims import Said
from barnetwatch.pages.failures.costing import Ladder
from barnetwatch.pages.failures.finding import source_of
from costs.models import CostEntry
from incidents.casework import COST_ATTRIBUTED
from incidents.models import Incident, IncidentCost, IncidentUpdate
from scrutiny.models import Decision, Promise, Statement

#: Entries of the ledger that a story holds at most; the rest stand on the cost's own page.
ENTRIES = 100
#: Of one day, what was recorded on it comes after what happened on it.
BEFORE = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Event:
    """One line of the story; `day` may be known to the month or the year, or not at all."""

    day: SourceDate
    kind: str
    words: str
    url: str = ""
    detail: str = ""
    source: Any = None
    #: When it was recorded, where that is its day.
    at: dt.datetime = BEFORE

    @property
    def sorts_by(self) -> tuple[bool, dt.date, dt.datetime]:
        """In order of the days they count from; what has no date comes last."""
        return (self.day.day is None, self.day.day or dt.date.min, self.at)


def timeline(
    failure: Incident,
    user: Any,
    *,
    costs: Ladder,
    decisions: Sequence[Decision],
    statements: Sequence[Statement],
    promises: Sequence[Promise],
) -> list[Event]:
    """Every event that a person may see, oldest first."""
    events = [
        *_its_dates(failure),
        *(_decided(each) for each in decisions),
        *(_said(each) for each in statements),
        *(_promised(each) for each in promises),
        *_spent(costs, user),
        *_attributed(failure, user),
        *_updated(failure, user),
    ]
    return sorted(events, key=lambda event: event.sorts_by)


def _its_dates(failure: Incident) -> Iterator[Event]:
    for day, words in (
        (failure.occurred, "It happened."),
        (failure.noticed, "It was noticed."),
        (failure.reported, "It was first reported."),
    ):
        if day.day is not None:
            yield Event(day, "The failure", words)


def _decided(decision: Decision) -> Event:
    by = decision.body or decision.taken_by
    outcome = decision.get_outcome_display().lower()
    return Event(
        decision.taken,
        "Decision",
        decision.title,
        url=decision.get_absolute_url(),
        detail=f"{by}: {outcome}. {decision.get_kind_display()}.",
        source=source_of(decision),
    )


def _said(statement: Statement) -> Event:
    said = Said(statement)
    return Event(
        statement.said,
        str(statement.get_kind_display()),
        f"{said.by}: {said.words}",
        detail=f"{said.sum}." if said.sum else "",
        source=said.source,
    )


def _promised(promise: Promise) -> Event:
    return Event(
        promise.made,
        "Promise",
        f"{promise.made_by}: “{promise.words}”",
        detail=f"Due: {promise.due}. {promise.get_status_display()}.",
        source=source_of(promise),
    )


def _spent(costs: Ladder, user: Any) -> Iterator[Event]:
    """What was posted on the costs it caused, without what was cancelled again."""
    lines = {rung.line.pk: rung.line for rung in costs.rungs}
    if not lines:
        return
    entries = rows_shown(CostEntry, user).filter(
        line__in=lines, reverses__isnull=True, reversal__isnull=True
    )
    for entry in entries.order_by("-effective_on", "-pk")[:ENTRIES]:
        less = "less " if entry.amount < 0 else ""
        yield Event(
            entry.effective,
            "Cost",
            f"{in_sentence(abs(entry.amount))} {less}{entry.get_stage_display()}: "
            f"{lines[entry.line_id].title}",
            url=lines[entry.line_id].get_absolute_url(),
            detail=f"Said by {entry.stated_by}.",
            source=source_of(entry),
        )


def _attributed(failure: Incident, user: Any) -> Iterable[Event]:
    claims = IncidentCost.objects.visible_to(user).filter(incident=failure)
    return [
        Event(
            SourceDate(timezone.localdate(claim.recorded_at)),
            "Cost attributed",
            claim.line.title,
            url=claim.line.get_absolute_url(),
            detail=claim.why,
            at=claim.recorded_at,
        )
        for claim in claims.select_related("line")
    ]


def _updated(failure: Incident, user: Any) -> Iterator[Event]:
    """Its updates, but for those that only say that a cost was attributed: whoever may see the
    cost reads of it by name, and nobody else reads of it at all.
    """
    updates = IncidentUpdate.objects.visible_to(user).filter(incident=failure)
    for update in updates.exclude(text=str(COST_ATTRIBUTED)).select_related("recorded_by"):
        by = f"Recorded by {update.recorded_by}."
        is_first = bool(update.status_after) and not update.status_before
        yield Event(
            SourceDate(timezone.localdate(update.recorded_at)),
            _kind(update),
            by if is_first else update.text,
            detail="" if is_first else by,
            at=update.recorded_at,
        )


def _kind(update: IncidentUpdate) -> str:
    if update.status_before:
        return f"Now {update.get_status_after_display().lower()}"
    return "Entered here" if update.status_after else "Update"
