"""How a promise stands, in words: its state, its age, how late it is."""

import datetime as dt

from django.utils.html import format_html

from barnetwatch.lib.dates import Precision
from barnetwatch.pages.failures.words import days
from scrutiny.models import Promise

_Status = Promise.Status
COLOURS: dict[str, str] = {
    _Status.KEPT: "green",
    _Status.PARTLY: "yellow",
    _Status.BROKEN: "red",
    _Status.SUPERSEDED: "grey",
}


def status_tag(promise: Promise) -> str:
    """What became of it, as a tag: always a word, with a colour beside it."""
    colour = COLOURS.get(promise.status, "")
    label = promise.get_status_display()
    kind = f" govuk-tag--{colour}" if colour else ""
    return format_html('<strong class="govuk-tag{}">{}</strong>', kind, label)


def age_of(promise: Promise, on: dt.date) -> str:
    """How old it is: at least 2,884 days; when it was closed, how old it was then.

    Day 1 is the day after it was made.
    """
    if promise.status != _Status.OPEN:
        if promise.closed_on is None:
            return ""
        on = promise.closed_on
    age = promise.age_in_days(on)
    if age is None:
        return ""
    return ("" if promise.made_precision == Precision.DAY else "at least ") + days(age)


def overdue(promise: Promise, on: dt.date) -> str:
    """How late it is: 12 days; empty where it is not. Day 1 is the day after."""
    late = promise.days_overdue(on)
    return days(late) if late else ""
