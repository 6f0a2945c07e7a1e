"""What a drawing of sums over time consists of."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from barnetwatch.lib.money import NOTHING

#: Marks of one kind that a chart holds; the rest stand in their sections.
MARKED = 12


@dataclass(frozen=True)
class Point:
    """A sum on a day, with the letter or number it is known by below the chart."""

    on: dt.date
    amount: Decimal
    key: str = ""
    #: Whether it is of this contract; drawn hollow where it counts others too.
    is_own: bool = True


@dataclass(frozen=True)
class Mark:
    """A sum that a total must not exceed, and on which days it came to lie above it."""

    amount: Decimal
    label: str
    crossed: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class Chart:
    """One drawing: its lines by name, points and marks between two days."""

    name: str
    title: str
    says: str
    starts: dt.date
    ends: dt.date
    lines: dict[str, list[Point]]
    points: list[Point] = field(default_factory=list)
    flags: list[Point] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    #: Which lines stay level between two days and jump on the second.
    stepped: bool = False

    @property
    def top(self) -> Decimal:
        """The largest sum on it."""
        sums = [point.amount for line in self.lines.values() for point in line]
        sums += [point.amount for point in self.points]
        reached = max(sums, default=NOTHING)
        return max([reached, *(mark.amount for mark in self.marks if mark.crossed)])


def within(day: dt.date | None, starts: dt.date, ends: dt.date) -> bool:
    """Whether a day that may not be known lies between two."""
    return day is not None and starts <= day <= ends
