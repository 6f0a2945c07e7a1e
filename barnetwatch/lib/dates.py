"""Dates as the sources give them: to the day, the month or the year, sometimes without the year.

An imprecise date counts from its last day (a sum pledged in July counts from 31 July), so a
column holds that last day and a second one says how much of it is known.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

LONDON = ZoneInfo("Europe/London")


class Precision(models.TextChoices):
    """How much of a date its source gives."""

    DAY = "day", _("to the day")
    MONTH = "month", _("to the month")
    YEAR = "year", _("to the year")


def precision_field(**options: Any) -> models.CharField:
    """The column beside a date that says how much of it is known."""
    return models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text=_("How much of the date the source gives."),
        **options,
    )


def year_inferred_field(**options: Any) -> models.BooleanField:
    """The column beside a date that says its year was worked out, not read."""
    return models.BooleanField(
        default=False,
        help_text=_("The source names no year; it was inferred from the source's own date."),
        **options,
    )


def counts_from(day: dt.date, precision: str) -> dt.date:
    """The day an imprecise date counts from: the last of its month or year, else itself."""
    if precision == Precision.YEAR:
        return dt.date(day.year, 12, 31)
    if precision == Precision.MONTH:
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day


def may_begin(day: dt.date, precision: str) -> dt.date:
    """The first day an imprecise date may mean, as counts_from is the last."""
    if precision == Precision.YEAR:
        return dt.date(day.year, 1, 1)
    return month_of(day) if precision == Precision.MONTH else day


def month_of(day: dt.date) -> dt.date:
    """The first day of the month, which names the month."""
    return day.replace(day=1)


def in_words(day: dt.date | None, precision: str = Precision.DAY, inferred: bool = False) -> str:
    """The date with no more certainty than it has: 20 September 2018, July [2018], 2017, not known.

    A year in square brackets was inferred.
    """
    if day is None:
        return "not known"
    year = f"[{day.year}]" if inferred else str(day.year)
    if precision == Precision.YEAR:
        return year
    month = f"{calendar.month_name[day.month]} {year}"
    return month if precision == Precision.MONTH else f"{day.day} {month}"


@dataclass(frozen=True)
class SourceDate:
    """A date as a source gives it; `day` is the day it counts from."""

    day: dt.date | None
    precision: str = Precision.DAY
    inferred: bool = False

    def __str__(self) -> str:
        return in_words(self.day, self.precision, self.inferred)


def source_date(row: models.Model, stem: str) -> SourceDate:
    """The three columns `<stem>_on`, `<stem>_precision`, `<stem>_year_inferred` of a row as one."""
    return SourceDate(
        getattr(row, f"{stem}_on"),
        getattr(row, f"{stem}_precision"),
        getattr(row, f"{stem}_year_inferred"),
    )


def settle(row: models.Model, *stems: str) -> None:
    """Move each imprecise date of a row to the day it counts from."""
    for stem in stems:
        day = getattr(row, f"{stem}_on")
        if day is not None:
            setattr(row, f"{stem}_on", counts_from(day, getattr(row, f"{stem}_precision")))


def parse_day(text: str) -> dt.date:
    """A day written as 2018-10-01; ValidationError, with the remedy, for anything else."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValidationError(
        _("“%(text)s” is not a date. Write it as year-month-day, such as 2018-10-01."),
        code="invalid",
        params={"text": text[:40]},
    )


def end_of_day(day: dt.date) -> dt.datetime:
    """The midnight, London time, that ends a day: what was recorded before it was known on it."""
    if day == dt.date.max:  # The calendar's end: there is no midnight after it.
        return dt.datetime.combine(day, dt.time.max, LONDON)
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LONDON)


def start_of_day(day: dt.date) -> dt.datetime:
    """The midnight, London time, that begins a day."""
    return dt.datetime.combine(day, dt.time(), LONDON)
