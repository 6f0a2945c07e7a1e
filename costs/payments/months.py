"""What was contracted and paid month by month and year by year, up to a last day.

Pure functions of the figures and days they are given. Financial years run from April to March.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from barnetwatch.lib.money import NOTHING
from contracts.plan import Spread, contracted_to_date
from costs.sentences import percentage

#: The first month of a financial year: April.
FIRST_MONTH = 4


@dataclass(frozen=True)
class Month:
    """A month, up to the last day that is covered: what fell in it, and what that came to."""

    #: Its first day, and the last one that counts.
    starts_on: dt.date
    until: dt.date
    contracted: Decimal
    paid: Decimal
    contracted_to_date: Decimal
    paid_to_date: Decimal

    @property
    def name(self) -> str:
        """April 2018."""
        return f"{calendar.month_name[self.starts_on.month]} {self.starts_on.year}"

    @property
    def over(self) -> Decimal:
        """Paid to date beyond contracted to date; negative where it is less."""
        return self.paid_to_date - self.contracted_to_date


@dataclass(frozen=True)
class Year:
    """A financial year of at least one month."""

    months: tuple[Month, ...]

    @property
    def name(self) -> str:
        """2018/19."""
        first = first_year_of(self.months[0].starts_on)
        return f"{first}/{(first + 1) % 100:02}"

    @property
    def contracted(self) -> Decimal:
        """What was contracted in it."""
        return sum((month.contracted for month in self.months), NOTHING)

    @property
    def paid(self) -> Decimal:
        """What was paid in it."""
        return sum((month.paid for month in self.months), NOTHING)

    @property
    def last(self) -> Month:
        """Its last month, which says what came of it to date."""
        return self.months[-1]


def first_year_of(day: dt.date) -> int:
    """The calendar year in which a day's financial year began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def months_of(
    laid: Sequence[Spread], paid: Mapping[dt.date, Decimal], until: dt.date
) -> list[Month]:
    """Each month from the first with a plan or a payment to that of the last day covered.

    `paid` by the first day of each month. What was contracted is cut at `until`, to the penny.
    """
    first = min([*(spread.starts_on for spread in laid), *paid], default=None)
    if first is None or first > until:
        return []
    found, contracted, paid_to_date = [], NOTHING, NOTHING
    for starts_on in _first_days(first, until):
        ends_on = min(_last_day(starts_on), until)
        by_now = contracted_to_date(laid, ends_on)
        in_it = paid.get(starts_on, NOTHING)
        paid_to_date += in_it
        found.append(Month(starts_on, ends_on, by_now - contracted, in_it, by_now, paid_to_date))
        contracted = by_now
    return found


def years_of(months: Iterable[Month]) -> list[Year]:
    """The same months by financial year."""
    by_year = groupby(months, key=lambda month: first_year_of(month.starts_on))
    return [Year(tuple(of_year)) for _year, of_year in by_year]


def added_up(several: Iterable[Mapping[dt.date, Decimal]]) -> dict[dt.date, Decimal]:
    """The payments of several contracts by month."""
    found: dict[dt.date, Decimal] = {}
    for of_one in several:
        for month, amount in of_one.items():
            found[month] = found.get(month, NOTHING) + amount
    return found


def share(over: Decimal, contracted: Decimal | None) -> Decimal | None:
    """A sum over plan in per cent of what was contracted; None where nothing was."""
    return percentage(over, contracted) if contracted else None


def _first_days(first: dt.date, until: dt.date) -> list[dt.date]:
    count = (until.year - first.year) * 12 + until.month - first.month + 1
    months = (first.month - 1 + number for number in range(count))
    return [dt.date(first.year + month // 12, month % 12 + 1, 1) for month in months]


def _last_day(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
