"""What stands: the failures open longest, promises not kept, dates of contracts that come near."""

import datetime as dt
from typing import Any

from django.urls import reverse

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.pages.failures.words import days
from barnetwatch.pages.meetings.due import promises_due
from barnetwatch.pages.overview.items import Item, Listing, first_of
from barnetwatch.pages.overview.words import times
from contracts.attention import NearDate, near_dates
from contracts.models import Contract
from incidents.models import Incident
from scrutiny.models import Meeting, Promise

SHOWN = 5


def open_failures(user: Any, on: dt.date) -> Listing:
    """Failures that nobody has resolved, the longest open first."""
    rows = rows_seen(Incident, user).unfinished().with_course(on)
    rows = rows.select_related("contract", "supplier").order_by("began_on", "pk")
    return Listing(
        title="Failures open longest",
        anchor="failures",
        rest=reverse("admin:failures"),
        empty="No failure is open. Everything that was reported has been put right or closed.",
        **first_of(rows, SHOWN, _failure),
    )


def _failure(row: Any) -> Item:
    under = row.contract or row.supplier
    least = "" if _began_precisely(row) else "at least "
    return Item(
        f"{row.title} ({row.reference})",
        row.get_absolute_url(),
        f"{under}. {row.get_severity_display()}, {row.get_status_display().lower()}. "
        f"{_first_known(row)}.",
        f"{least}{days(max(0, row.course.days))}",
        tells=row,
    )


def _began_precisely(row: Any) -> bool:
    """Whether the day it began is known, and not only when it was noticed or reported."""
    if row.occurred_on:
        return bool(row.occurred_precision == Precision.DAY)
    return not (row.noticed_on or row.reported_on)


def _first_known(row: Any) -> str:
    for words, date in (
        ("Happened", row.occurred),
        ("Noticed", row.noticed),
        ("First reported", row.reported),
    ):
        if date.day is not None:
            return f"{words} {'on' if date.precision == Precision.DAY else 'in'} {date}"
    return f"Recorded on {in_words(row.began_on)}; when it happened is not known"


def late_promises(user: Any, on: dt.date) -> Listing:
    """Open promises whose day has passed, the longest overdue first."""
    rows = rows_seen(Promise, user).late(on)
    return Listing(
        title="Past their date",
        rest=reverse("admin:promises") + "?due=late",
        **first_of(rows.select_related("body"), SHOWN, lambda row: _late_promise(row, on)),
    )


def _late_promise(row: Promise, on: dt.date) -> Item:
    overdue = (on - (row.due_on or on)).days
    words = f"{_said(row)} Due: {row.due}."
    return Item(str(row), row.get_absolute_url(), words, f"{days(overdue)} overdue", tells=row)


def dateless_promises(user: Any, on: dt.date) -> Listing:
    """Open promises that name no day, the oldest first."""
    rows = rows_seen(Promise, user).dateless()
    return Listing(
        title="With no date",
        rest=reverse("admin:promises") + "?due=dateless",
        **first_of(rows.select_related("body"), SHOWN, lambda row: _dateless_promise(row, on)),
    )


def _dateless_promise(row: Promise, on: dt.date) -> Item:
    age = row.age_in_days(on)
    due = f" Due: {row.due}." if row.due_words else ""
    # A date known to the month counts from its last day: the promise may be older than that.
    least = "" if row.made_precision == Precision.DAY else "at least "
    figure = "age not known" if age is None else f"{least}{days(age)} old"
    return Item(str(row), row.get_absolute_url(), f"{_said(row)}{due}", figure, tells=row)


def _said(row: Promise) -> str:
    told = f" to the {row.body}" if row.body else ""
    if row.made_on is None:
        return f"{row.made_by}{told}; when is not known."
    return f"{row.made_by}{told}, {row.made}."


def coming_up(user: Any, on: dt.date) -> Listing:
    """The next meetings of bodies, and what may be asked after there."""
    rows = Meeting.objects.visible_to(user).ahead(on).select_related("body")
    meetings = list(rows[:SHOWN])
    promises = promises_due(meetings, user)
    return Listing(
        title="Coming up",
        anchor="meetings",
        items=[_meeting(row, len(promises[row.pk]), on) for row in meetings],
        count=rows.order_by().count() if len(meetings) == SHOWN else len(meetings),
        rest=reverse("admin:meetings") + "?when=ahead",
        empty="No meeting to come is on the record.",
    )


def _meeting(row: Meeting, promises: int, on: dt.date) -> Item:
    asked = f"{times(promises, 'promise')} to ask after" if promises else "No promise is due there"
    place = f", {row.place}" if row.place else ""
    ahead = (row.held_on - on).days
    words = f"{row.held}{place}. {asked}."
    return Item(
        row.title or str(row.body),
        row.get_absolute_url(),
        words,
        f"in {days(ahead)}" if ahead else "today",
        tells=row,
    )


def dates_ahead(user: Any, on: dt.date) -> Listing:
    """Dates of contracts in force that somebody must not miss, nearest first."""
    found = near_dates(rows_seen(Contract, user), user, on)
    return Listing(
        title="Contract dates to watch",
        anchor="dates",
        items=[_date(each) for each in found[:SHOWN]],
        count=len(found),
        rest=reverse("admin:contracts_contract_changelist") + "?dates=near",
        empty="No contract ends, falls due for review or needs notice in the next 12 months.",
    )


def _date(date: NearDate) -> Item:
    words = f"{date.occasion.value}: {in_words(date.falls_on)}."
    if date.has_passed:
        words = f"{words} The contract is still marked as in force."
    figure = "today" if not date.days else f"in {days(date.days)}"
    if date.has_passed:
        figure = f"{days(-date.days)} ago"
    row = date.contract
    return Item(f"{row}: {row.title}", row.get_absolute_url(), words, figure, tells=row)
