"""The feed: meetings, promises due and dates of contracts, as its owner may see them just now."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from accounts import reading
from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.pages.meetings.due import contracts_due, promises_due
from contracts.attention import near_dates
from contracts.models import Contract
from scrutiny.calendars import whose
from scrutiny.models import Meeting, Promise

#: Days for which what is over stays in the calendar.
KEPT = 90
#: Entries of one kind at most.
MOST = 300
#: The address of a row's page, whole.
Whole = Callable[[str], str]
Entry = tuple[Event, list[Any]]
#: A calendar asks for the feed by itself, many times a day: that it had a row is kept once a day.
SAME = dt.timedelta(days=1)


@login_not_required
@never_cache
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever the link was made for; 404 where it is unknown or taken back."""
    user = whose(token)
    if user is None:
        raise Http404
    on = timezone.localdate()
    calendar = Calendar()
    calendar.add("prodid", "-//BarnetWatch//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "BarnetWatch")
    told: list[Any] = []
    for event, rows in entries(user, on, request.build_absolute_uri):
        calendar.add_component(event)
        told.extend(rows)
    reading.note(told, by=user, at=timezone.now(), again_after=SAME)
    answer = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="meetings.ics"'
    return answer


def entries(user: Any, on: dt.date, whole: Whole) -> Iterator[Entry]:
    """Every entry that a person may see, with the rows it tells of; the number of queries does not
    grow with them.
    """
    if user.has_perm("scrutiny.view_meeting"):
        yield from _meetings(user, on, whole)
    if user.has_perm("scrutiny.view_promise"):
        yield from _promises(user, on, whole)
    if user.has_perm("contracts.view_contract"):
        yield from _contracts(user, on, whole)


def _meetings(user: Any, on: dt.date, whole: Whole) -> Iterator[Entry]:
    since = on - dt.timedelta(days=KEPT)
    rows = Meeting.objects.visible_to(user).filter(held_on__gte=since).select_related("body")
    meetings = list(rows.order_by("held_on", "pk")[:MOST])
    promises, contracts = promises_due(meetings, user), contracts_due(meetings, user)
    for row in meetings:
        words = [f"Promise: “{each.words}”" for each in promises[row.pk]]
        words += [f"Contract: {each}: {each.title}" for each in contracts.get(row.pk, ())]
        name = f"{row.body}: {row.title}" if row.title else str(row.body)
        if row.held_precision != Precision.DAY:
            name = f"{name} (some day in {row.held})"
        event = _event(f"meeting-{row.pk}", row.held_on, name, words, row.recorded_at)
        event.add("url", whole(row.get_absolute_url()))
        event.add("status", "CANCELLED" if row.cancelled else "CONFIRMED")
        if row.place:
            event.add("location", row.place)
        yield event, [row, *promises[row.pk], *contracts.get(row.pk, ())]


def _promises(user: Any, on: dt.date, whole: Whole) -> Iterator[Entry]:
    since = on - dt.timedelta(days=KEPT)
    rows = rows_seen(Promise, user).unkept().filter(due_on__gte=since)
    for row in rows.select_related("body").order_by("due_on", "pk")[:MOST]:
        to = f", to the {row.body}" if row.body else ""
        said = f"{row.made_by}{to}. Due: {row.due}."
        words = f"Promise due: “{row.words}”"
        event = _event(f"promise-{row.pk}", row.due_on, words, [said], row.recorded_at)
        event.add("url", whole(row.get_absolute_url()))
        yield event, [row]


def _contracts(user: Any, on: dt.date, whole: Whole) -> Iterator[Entry]:
    made = dt.datetime.combine(on, dt.time(), dt.UTC)
    for each in near_dates(rows_seen(Contract, user), user, on)[:MOST]:
        key = f"contract-{each.contract.pk}-{each.occasion.name.lower()}"
        name = f"{each.contract}: {each.occasion.value.lower()}"
        words = [f"{each.contract.title}, {in_words(each.falls_on)}."]
        event = _event(key, each.falls_on, name, words, made)
        event.add("url", whole(each.contract.get_absolute_url()))
        yield event, [each.contract]


def _event(key: str, day: dt.date, name: str, words: list[str], at: dt.datetime) -> Event:
    """An entry for a whole day."""
    event = Event()
    event.add("uid", f"{key}@barnetwatch")
    event.add("dtstamp", at.astimezone(dt.UTC))
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))
    event.add("summary", name)
    event.add("transp", "TRANSPARENT")
    if words:
        event.add("description", "\n".join(words))
    return event


OPEN_PAGES = [("calendar/<str:token>/meetings.ics", "calendar_feed", feed)]
