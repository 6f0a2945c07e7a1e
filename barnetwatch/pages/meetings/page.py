"""One meeting: when, where, and what is due there."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown, unseen
from barnetwatch.lib.dates import Precision
from barnetwatch.pages.failures.words import days
from barnetwatch.pages.meetings.due import promises_due
from barnetwatch.pages.meetings.register import state_of
from barnetwatch.pages.page import Crumbs, needs, site_page
from barnetwatch.pages.promises.words import age_of, overdue, status_tag
from scrutiny.models import Decision, Meeting

VIEW, CHANGE = "scrutiny.view_meeting", "scrutiny.change_meeting"


def the_meeting(user: Any, pk: int) -> Any:
    """One meeting as a person may see it; else as if there were none."""
    found = rows_shown(Meeting, user).select_related("body", "recorded_by")
    row = found.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def crumbs() -> Crumbs:
    """The pages above those of one meeting."""
    return [("Scrutiny", reverse("admin:scrutiny")), ("Meetings", reverse("admin:meetings"))]


@needs(VIEW)
def meeting_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is due at a meeting."""
    user, today = request.user, timezone.localdate()
    meeting = the_meeting(user, pk)
    due = promises_due([meeting], user)[meeting.pk]
    return site_page(
        request,
        "site/meetings/meeting.html",
        str(meeting),
        about=meeting,
        crumbs=crumbs(),
        meeting=meeting,
        state=state_of(meeting, today),
        in_days=days((meeting.held_on - today).days) if meeting.held_on > today else "",
        promises=[(row, status_tag(row), age_of(row, today), overdue(row, today)) for row in due],
        contracts=list(meeting.contracts.all()),
        decisions=_decisions(meeting, user),
        source=None if "papers" in unseen(meeting) else meeting.papers,
        may_change=user.has_perm(CHANGE),
    )


def _decisions(meeting: Meeting, user: Any) -> list[Decision]:
    """What its body decided on that very day."""
    if meeting.held_precision != Precision.DAY:
        return []
    taken = {"taken_on": meeting.held_on, "taken_precision": Precision.DAY}
    rows = Decision.objects.visible_to(user).filter(body=meeting.body_id, **taken)
    return list(rows.order_by("pk"))


PAGES = [("meetings/<int:pk>/", "meeting", meeting_page)]
