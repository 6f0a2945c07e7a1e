"""How rows of the record are told in a timeline; each was read through the door."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.text import capfirst

from accounts.backoffice.rows import rows_seen, rows_shown
from barnetwatch.lib.dates import SourceDate
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.failures.claims import Said
from barnetwatch.pages.failures.finding import source_of
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.timeline.events import Event, Group
from contracts.models import Capability, CapabilityGap, Source
from costs.models import CostEntry
from incidents.casework import COST_ATTRIBUTED
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Decision, Promise, PromiseChange, Statement

#: Entries of the ledger that a story holds at most; the rest stand on the cost's own page.
ENTRIES = 100


def decided(decision: Decision) -> Event:
    """A decision, by whom, and how it came out."""
    by = decision.body or decision.taken_by
    outcome = decision.get_outcome_display().lower()
    return Event(
        decision.taken,
        "Decision",
        decision.title,
        Group.DECISIONS,
        url=decision.get_absolute_url(),
        detail=f"{by}: {outcome}. {decision.get_kind_display()}.",
        source=source_of(decision),
        tells=decision,
    )


def said(statement: Statement) -> Event:
    """A claim, a response or a statement, whose it is, and the sum it names."""
    one = Said(statement)
    return Event(
        statement.said,
        str(statement.get_kind_display()),
        f"{one.by}: {one.words}",
        Group.STATEMENTS,
        detail=f"{one.sum}." if one.sum else "",
        source=one.source,
        tells=statement,
    )


def promised(promise: Promise) -> Event:
    """A promise in its words, and how it stands."""
    return Event(
        promise.made,
        "Promise",
        f"{promise.made_by}: “{promise.words}”",
        Group.PROMISES,
        url=promise.get_absolute_url(),
        detail=f"Due: {promise.due}. {promise.get_status_display()}.",
        source=source_of(promise),
        tells=promise,
    )


def changed(promises: Iterable[Promise], user: Any) -> Iterator[Event]:
    """What became of some promises."""
    by_key = {promise.pk: promise for promise in promises}
    if not by_key:
        return
    rows = rows_seen(PromiseChange, user).filter(promise__in=by_key)
    for row in rows.prefetch_related(Prefetch("source", rows_seen(Source, user))):
        is_known = row.changed_on is not None
        moved = row.kind in (PromiseChange.Kind.RESCHEDULED, PromiseChange.Kind.DATE_GIVEN)
        what = f"now due {row.due}" if moved else row.get_status_display().lower()
        yield Event(
            row.changed if is_known else SourceDate(timezone.localdate(row.recorded_at)),
            "Promise",
            f"{row.get_kind_display()}: “{by_key[row.promise_id].words}”",
            Group.PROMISES,
            url=by_key[row.promise_id].get_absolute_url(),
            detail=f"{capfirst(what)}. {row.reason}",
            source=source_of(row),
            tells=row,
            **({} if is_known else {"at": row.recorded_at}),
        )


def posted(lines: Iterable[Any], user: Any) -> Iterator[Event]:
    """What was posted on some costs, without what was cancelled again."""
    by_key = {line.pk: line for line in lines}
    if not by_key:
        return
    entries = rows_shown(CostEntry, user).filter(
        line__in=by_key, reverses__isnull=True, reversal__isnull=True
    )
    for entry in entries.order_by("-effective_on", "-pk")[:ENTRIES]:
        less = "less " if entry.amount < 0 else ""
        yield Event(
            entry.effective,
            "Cost",
            f"{in_sentence(abs(entry.amount))} {less}{entry.get_stage_display()}: "
            f"{by_key[entry.line_id].title}",
            Group.COSTS,
            url=by_key[entry.line_id].get_absolute_url(),
            detail=f"Said by {entry.stated_by}.",
            source=source_of(entry),
            tells=entry,
        )


def dates_of(failure: Incident, *, by_name: bool = False) -> Iterator[Event]:
    """When a failure happened, was noticed and reported; `by_name` where others stand beside it."""
    it = f"{failure.title} ({failure.reference})" if by_name else "It"
    for day, verb in (
        (failure.occurred, "happened"),
        (failure.noticed, "was noticed"),
        (failure.reported, "was first reported"),
    ):
        if day.day is not None:
            yield Event(
                day,
                "Failure" if by_name else "The failure",
                f"{it}: {verb}" if by_name else f"{it} {verb}.",
                url=failure.get_absolute_url() if by_name else "",
                tells=failure,
            )


def updated(failures: Iterable[Incident], user: Any, *, by_name: bool = False) -> Iterator[Event]:
    """The updates of failures, but for those that only say that a cost was attributed: whoever may
    see the cost reads of it by name, and nobody else reads of it at all.
    """
    by_key = {failure.pk: failure for failure in failures}
    if not by_key:
        return
    updates = IncidentUpdate.objects.visible_to(user).filter(incident__in=by_key)
    for update in updates.exclude(text=str(COST_ATTRIBUTED)).select_related("recorded_by"):
        by = f"Recorded by {update.recorded_by}."
        failure = by_key[update.incident_id]
        is_first = bool(update.status_after) and not update.status_before
        yield Event(
            SourceDate(timezone.localdate(update.recorded_at)),
            _kind(update),
            _text(update, failure, by_name),
            url=failure.get_absolute_url() if by_name else "",
            detail=by if by_name or not is_first else "",
            at=update.recorded_at,
            tells=(failure, update),
        )


def _text(update: IncidentUpdate, failure: Incident, by_name: bool) -> str:
    is_first = bool(update.status_after) and not update.status_before
    if not by_name:
        return f"Recorded by {update.recorded_by}." if is_first else update.text
    return f"{failure.reference}: {failure.title if is_first else update.text}"


def _kind(update: IncidentUpdate) -> str:
    if update.status_before:
        return f"Now {update.get_status_after_display().lower()}"
    return "Entered here" if update.status_after else "Update"


def delivered(services: Any, user: Any) -> Iterator[Event]:
    """What of some services went live, and what was reported not to work; two queries.

    Capabilities of one service that went live together are one line, and so are gaps.
    """
    rows = Capability.objects.visible_to(user).filter(service__in=services, live_on__isnull=False)
    rows = rows.select_related("service").order_by("service__name", "live_on", "name")
    for (service, live), found in groupby(rows, key=lambda row: (row.service.name, row.live)):
        gone_live = list(found)
        names = listed(row.name.lower() for row in gone_live)
        yield Event(live, "Live", f"{service}: {names}", Group.DELIVERY, tells=gone_live)
    gaps = rows_shown(CapabilityGap, user).filter(capability__service__in=services)
    gaps = gaps.order_by("capability__service__name", "first_reported_on", "capability__name")
    for (service, day, bound), each in groupby(gaps, key=_reported):
        missing = list(each)
        names = listed(gap.capability.name.lower() for gap in missing)
        since = f"Since when is not known, {bound}." if bound else ""
        yield Event(
            SourceDate(day),
            "Reported not working",
            f"{service}: {names}",
            Group.DELIVERY,
            detail=since,
            source=source_of(missing[0]),
            tells=missing,
        )


def _reported(gap: CapabilityGap) -> tuple[Any, ...]:
    return (gap.capability.service.name, gap.first_reported_on, gap.not_before)
