"""One promise: its words, to whom, how old, how late, and everything that became of it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown, unseen
from barnetwatch.lib.byrole import names_for
from barnetwatch.lib.dates import SourceDate, in_words
from barnetwatch.pages.failures.words import days
from barnetwatch.pages.page import Crumbs, needs, site_page
from barnetwatch.pages.promises.words import age_of, overdue, status_tag
from scrutiny.models import Meeting, Promise, PromiseChange

VIEW, CHANGE = "scrutiny.view_promise", "scrutiny.add_promisechange"
_Kind = PromiseChange.Kind


@dataclass(frozen=True)
class Change:
    """One change as the page prints it; what its reader may not see is not named."""

    row: PromiseChange

    @property
    def what(self) -> str:
        """What changed, from what to what."""
        row = self.row
        match row.kind:
            case _Kind.DATE_GIVEN:
                return f"Date given: {row.due}. Before: {row.was_due}."
            case _Kind.RESCHEDULED:
                return f"Moved from {row.was_due} to {row.due}{self._slip}."
            case _Kind.REWORDED:
                return f"Words put right. Before: “{row.was_words}”"
            case _Kind.REOPENED:
                return f"Opened again. Before: {row.get_was_status_display().lower()}."
        return f"{row.get_status_display()}."

    @property
    def _slip(self) -> str:
        slipped = self.row.days_slipped
        if not slipped:
            return ""
        return f", {days(abs(slipped))} {'later' if slipped > 0 else 'earlier'}"

    @property
    def who(self) -> str:
        """Who said so, and when."""
        row = self.row
        when = f", {row.changed}" if row.changed_on else ""
        said = f"Said by {row.said_by}{when}. " if row.said_by else ""
        on = in_words(timezone.localdate(row.recorded_at))
        return f"{said}Recorded by {row.recorded_by} on {on}."

    @property
    def source(self) -> Any:
        """Where it was read."""
        return None if "source" in unseen(self.row) else self.row.source

    @property
    def successor(self) -> Any:
        """The promise that took its place, where the reader may see it."""
        return None if "superseded_by" in unseen(self.row) else self.row.superseded_by


def the_promise(user: Any, pk: int) -> Any:
    """One promise as a person may see it; else as if there were none."""
    found = rows_shown(Promise, user).select_related("body", "recorded_by", "contract", "incident")
    row = found.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def crumbs(promise: Promise | None = None) -> Crumbs:
    """The pages above those of promises, or of one."""
    above = [("Scrutiny", reverse("admin:scrutiny")), ("Promises", reverse("admin:promises"))]
    return [*above, ("The promise", promise.get_absolute_url())] if promise else above


@needs(VIEW)
def promise_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is known of a promise."""
    user, today = request.user, timezone.localdate()
    promise = the_promise(user, pk)
    rows = rows_shown(PromiseChange, user).filter(promise=promise).select_related("recorded_by")
    changes = [Change(row) for row in rows.order_by("recorded_at", "pk")]
    return site_page(
        request,
        "site/promises/promise.html",
        "A promise",
        about=promise,
        crumbs=crumbs(),
        promise=promise,
        names=names_for([promise], user),
        source=None if "source" in unseen(promise) else promise.source,
        status_tag=status_tag(promise),
        age=age_of(promise, today),
        overdue=overdue(promise, today),
        changes=changes,
        given=_date_given_by(changes),
        slipped=_slips(changes),
        closed=SourceDate(promise.closed_on) if promise.closed_on else None,
        evidence=_evidence(promise, changes),
        meetings=_meetings(promise, user, today),
        may_change=user.has_perm(CHANGE),
    )


def _date_given_by(changes: list[Change]) -> str:
    """Who gave a promise without a date one, as long as that stands."""
    found = [each for each in changes if each.row.kind == _Kind.DATE_GIVEN]
    return f"The date was given by {found[-1].row.said_by}." if found else ""


def _slips(changes: list[Change]) -> str:
    moved = [each.row for each in changes if each.row.kind == _Kind.RESCHEDULED]
    if not moved:
        return ""
    times = "once" if len(moved) == 1 else f"{len(moved)} times"
    total = sum(row.days_slipped or 0 for row in moved)
    together = "" if len(moved) == 1 else "together "
    by = f", {together}by {days(total)}" if total > 0 else ""
    return f"The date was moved {times}{by}."


def _evidence(promise: Promise, changes: list[Change]) -> Change | None:
    """What closed it."""
    if promise.status == Promise.Status.OPEN:
        return None
    found = [each for each in changes if each.row.kind == _Kind.CLOSED]
    return found[-1] if found else None


def _meetings(promise: Promise, user: Any, on: Any) -> list[Meeting]:
    """Meetings ahead at which it may be asked after."""
    asked = Q(promises=promise)
    if promise.body_id and promise.status == Promise.Status.OPEN:
        due = Q() if promise.due_on is None else Q(held_on__gte=promise.due_on)
        asked |= Q(body=promise.body_id) & due
    rows = Meeting.objects.visible_to(user).ahead(on).filter(asked).select_related("body")
    return list(rows.distinct()[:3])


PAGES = [("promises/<int:pk>/", "promise", promise_page)]
