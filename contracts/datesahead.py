"""The dates of a contract that somebody must not miss, and when to say so."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from dateutil.relativedelta import relativedelta

#: Months before a date at which it is brought up.
REMINDERS = (12, 6, 3, 1)


class Occasion(Enum):
    """What falls on a date."""

    NOTICE = "Last day to give notice"
    REVIEW = "Review"
    END = "Last day of the contract"


@dataclass(frozen=True)
class DateAhead:
    """A date, how many days off it is, and the reminder that is due.

    `reminder` is the smallest of REMINDERS whose moment has come, in months; None while the date
    is more than the largest away. `days` is 0 on the day itself.
    """

    occasion: Occasion
    falls_on: dt.date
    days: int
    reminder: int | None

    @property
    def is_due(self) -> bool:
        """Whether it is near enough to be brought up."""
        return self.reminder is not None


def dates_ahead(
    on: dt.date,
    ends_on: dt.date | None,
    notice_months: int | None = None,
    review_on: dt.date | None = None,
) -> list[DateAhead]:
    """The dates not yet past on a day, nearest first.

    Notice of n months is given at the latest on the same day of the month n months before the
    last day, or on that month's last day where it is shorter (31 August less six months is
    28 February). A reminder falls due by the same rule.
    """
    falls: list[tuple[dt.date, Occasion]] = []
    if ends_on and notice_months is not None:
        falls.append((ends_on - relativedelta(months=notice_months), Occasion.NOTICE))
    if review_on:
        falls.append((review_on, Occasion.REVIEW))
    if ends_on:
        falls.append((ends_on, Occasion.END))
    return [
        DateAhead(occasion, day, (day - on).days, _reminder(day, on))
        for day, occasion in sorted(falls, key=lambda fall: fall[0])
        if day >= on
    ]


def _reminder(day: dt.date, on: dt.date) -> int | None:
    come = [months for months in REMINDERS if day - relativedelta(months=months) <= on]
    return min(come, default=None)
