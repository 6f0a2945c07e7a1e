"""Days as files write them. Day first or month first is decided once, for the whole file."""

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple

from barnetwatch.lib.dates import Precision, counts_from
from costs.payments.shape import Order

#: Years in which a payment may lie.
FIRST, LAST = dt.date(1990, 1, 1), dt.date(2099, 12, 31)
#: Excel's day 0, as its serial numbers count.
_SERIAL_ZERO = dt.date(1899, 12, 30)

_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_TIME = re.compile(
    r"(?<=[0-9])(?:t|\s)\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:\s*[ap]m)?\s*(?:z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[,.\s]\s*")
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b")
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})")
_NUMBERS = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})[-/. ]*([a-z]{3,9})\.?[-/., ]*([0-9]{4}|[0-9]{2})")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?[-/ ]*([0-9]{1,2})[-/., ]+([0-9]{4}|[0-9]{2})")
_MONTH = re.compile(r"([a-z]{3,9})\.?[-/., ]*'?([0-9]{4}|[0-9]{2})")
_RANGE = re.compile(r"(.+?[0-9]{2,4})\s*(?:-|–|—|to)\s*(.*[a-z].*[0-9]{2,4})")
_SEVERAL = re.compile(r"\s*[|;&\n]\s*|\s+and\s+")
_SERIAL = re.compile(r"([34567][0-9]{4})(?:\.[0-9]*)?")
_LONGEST = 80

BLANK = "There is no date."
UNKNOWN = "This is not a date."


class Day(NamedTuple):
    """A day, and how much of it the file gives; an imprecise one is its last day."""

    on: dt.date
    precision: str = Precision.DAY


def order_of(texts: Iterable[str]) -> tuple[Order, list[str]]:
    """Day first unless the file proves month first; and what an officer should know of that."""
    day = month = either = 0
    for text in texts:
        if found := _NUMBERS.fullmatch(_bare(text)):
            first, second = int(found[1]), int(found[3])
            day += first > 12
            month += second > 12
            either += first <= 12 and second <= 12 and first != second
    order = Order.MONTH_FIRST if month > day else Order.DAY_FIRST
    if day and month:
        return order, [
            f"Some dates can only be day first and others only month first; read {order}."
        ]
    if either and not (day or month):
        return order, [
            "Every date could be read day first or month first; they are read day first."
        ]
    return order, (["Dates are month first, as in the United States."] if month else [])


def read_date(text: str, order: str = Order.DAY_FIRST) -> Day | str:
    """The day, or why there is none to read."""
    if not text.strip():
        return BLANK
    if len(text) > _LONGEST:
        return "This is too long to be a date."
    pieces = [piece for piece in _SEVERAL.split(text.strip().lower()) if piece]
    if len(pieces) > 1:
        return _several([read_date(piece, order) for piece in pieces])
    try:
        found = _one(_bare(text), order)
    except (ValueError, OverflowError):
        return "There is no such day."
    if found is None:
        return UNKNOWN
    return found if FIRST <= found.on <= LAST else "This year is not one of a payment."


def _several(found: list[Day | str]) -> Day | str:
    """Several days in one cell: known to the month where they lie in one, else not to be read."""
    days = [day.on for day in found if isinstance(day, Day)]
    if len(days) < len(found):
        return UNKNOWN
    if len({(day.year, day.month) for day in days}) > 1:
        return "Two dates of different months stand here."
    return Day(counts_from(days[0], Precision.MONTH), Precision.MONTH)


def _bare(text: str) -> str:
    """Lower case, without weekday, ordinals and time of day."""
    body = " ".join(text.replace("\u00a0", " ").lower().split()).strip("' ")
    body = _ORDINAL.sub("", _WEEKDAY.sub("", body))
    return _TIME.sub("", body).strip(" ,")


def _one(body: str, order: str) -> Day | None:
    if found := _NUMBERS.fullmatch(body):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        if order == Order.MONTH_FIRST:
            first, second = second, first
        return Day(dt.date(year, second, first))
    if found := _ISO.fullmatch(body):
        year, month, day = (int(part) for part in found.groups() if part)
        return Day(dt.date(year, month, day))
    if found := _DAY_MONTH.fullmatch(body):
        return _named(found[2], found[3], int(found[1]))
    if found := _MONTH_DAY.fullmatch(body):
        return _named(found[1], found[3], int(found[2]))
    if found := _MONTH.fullmatch(body):
        return _named(found[1], found[2])
    if found := _SERIAL.fullmatch(body):
        return Day(_SERIAL_ZERO + dt.timedelta(days=int(found[1])))
    if found := _RANGE.fullmatch(body):
        first_day, last_day = _one(found[1].strip(), order), _one(found[2].strip(), order)
        if first_day and last_day and first_day.on <= last_day.on:
            return Day(counts_from(last_day.on, Precision.MONTH), Precision.MONTH)
    return None


def _named(name: str, year: str, day: int = 0) -> Day | None:
    month = _MONTHS.get(name)
    if month is None:
        return None
    if not day:
        first = dt.date(_year(year), month, 1)
        return Day(counts_from(first, Precision.MONTH), Precision.MONTH)
    return Day(dt.date(_year(year), month, day))


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 70 else 1900)
