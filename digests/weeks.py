"""ISO weeks, and the moment at which each is told: 07:00 in London on the Monday after it."""

import datetime as dt
import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.dates import LONDON, in_words

#: London time on Mondays, on the clock: summer time moves it with everybody's.
TOLD_AT = dt.time(7)


@dataclass(frozen=True, order=True)
class Week:
    """A week by ISO 8601: Monday to Sunday, in the year that holds its Thursday."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"

    @classmethod
    def named(cls, name: str) -> "Week":
        """The week of a name that was made from one."""
        year, _, number = name.partition("-W")
        return cls(int(year), int(number))

    @property
    def monday(self) -> dt.date:
        """Its first day."""
        return dt.date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> dt.date:
        """Its last day."""
        return dt.date.fromisocalendar(self.year, self.number, 7)

    @property
    def cut(self) -> dt.datetime:
        """The moment its digest is cut: what is recorded before it is told in it."""
        return dt.datetime.combine(self.sunday + dt.timedelta(days=1), TOLD_AT, LONDON)

    @property
    def in_words(self) -> str:
        """Its days: 1 to 7 October 2018, 29 October to 4 November 2018."""
        first, last = self.monday, self.sunday
        begin = f"{first.day}"
        if first.month != last.month:
            begin += f" {first:%B}"
        if first.year != last.year:
            begin += f" {first.year}"
        return f"{begin} to {last.day} {last:%B %Y}"


def week_of(day: dt.date) -> Week:
    """The week a day lies in."""
    year, number, _weekday = day.isocalendar()
    return Week(year, number)


def latest_told(at: dt.datetime) -> Week:
    """The latest week whose cut has come by a moment."""
    week = week_of(at.astimezone(LONDON).date() - dt.timedelta(days=7))
    if week.cut > at:
        week = week_of(week.monday - dt.timedelta(days=1))
    return week


def parse_week(text: str, at: dt.datetime) -> Week:
    """A week that has been cut by a moment, from its name such as 2018-W40.

    Raises ValidationError, with the remedy, for anything else.
    """
    found = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text.strip())
    try:
        week = Week(int(found[1]), int(found[2])) if found else None
        if week is None or week.monday.year < 2000:
            raise ValueError
        cut = week.cut
    except ValueError:
        raise ValidationError(
            _("“%(text)s” is not a week. Write its year and number, such as 2018-W40."),
            params={"text": text[:20]},
        ) from None
    if cut > at:
        raise ValidationError(
            _("The digest of week %(week)s is made on Monday %(day)s at 7am, not before."),
            params={"week": week, "day": in_words(cut.date())},
        )
    return week
