"""How much was agreed by a day: the contracted sums and variations, spread over their days.

Everything here is a pure function of the figures and days it is given.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from barnetwatch.lib.money import PENNY


@dataclass(frozen=True)
class Spread:
    """A sum in pounds laid evenly over days, both ends inclusive."""

    amount: Decimal | Fraction
    starts_on: dt.date
    ends_on: dt.date

    def by(self, on: dt.date) -> Fraction:
        """The exact part of the sum that falls on the days up to and including `on`."""
        if on < self.starts_on:
            return Fraction(0)
        if on >= self.ends_on:
            return Fraction(self.amount)
        passed = (on - self.starts_on).days + 1
        return Fraction(self.amount) * passed / ((self.ends_on - self.starts_on).days + 1)


@dataclass(frozen=True)
class Change:
    """The part of a variation that moves money or days.

    `amount` is the value after less the value before, in pounds; `ends_on` the new last day.
    """

    takes_effect_on: dt.date
    amount: Decimal | None = None
    ends_on: dt.date | None = None


def last_day(ends_on: dt.date, changes: Iterable[Change], on: dt.date | None = None) -> dt.date:
    """The last day of the term once the changes in effect by `on` (all, if not given) are made."""
    for change in sorted(changes, key=lambda change: change.takes_effect_on):
        if change.ends_on and (on is None or change.takes_effect_on <= on):
            ends_on = change.ends_on
    return ends_on


def spreads(base: Sequence[Spread], ends_on: dt.date, changes: Iterable[Change]) -> list[Spread]:
    """The contracted sums with every change laid over its days.

    A change of value is spread from the day it takes effect to the end of the term as it then
    stands; the sum of an extension over the added days only. Where a term is cut short, nothing
    more accrues after its new last day.
    """
    laid = list(base)
    for change in sorted(changes, key=lambda change: change.takes_effect_on):
        first, until = change.takes_effect_on, ends_on
        if change.ends_on:
            if change.ends_on > ends_on:
                first = ends_on + dt.timedelta(days=1)
            else:
                laid = [part for spread in laid for part in _cut(spread, change.ends_on)]
            until = ends_on = change.ends_on
        if change.amount:
            laid.append(Spread(change.amount, min(first, until), until))
    return laid


def contracted_to_date(laid: Iterable[Spread], on: dt.date) -> Decimal:
    """Pounds agreed for the days up to and including `on`, rounded half-up to the penny once."""
    exact = sum((spread.by(on) for spread in laid), Fraction(0))
    pence = exact * 100
    whole = Decimal(pence.numerator) / Decimal(pence.denominator)
    return (whole.quantize(Decimal(1), ROUND_HALF_UP) * PENNY).quantize(PENNY)


def _cut(spread: Spread, on: dt.date) -> list[Spread]:
    if spread.ends_on <= on:
        return [spread]
    if spread.starts_on > on:
        return []
    # The exact part, not rounded: days before the cut keep their figures to the penny.
    return [Spread(spread.by(on), spread.starts_on, on)]


@dataclass(frozen=True)
class ChangeSize:
    """How far a variation moves value and term, in per cent of what they were; None if unmoved.

    Procurement Act 2023, section 75 and Schedule 8: no contract change notice where the value
    moves by at most 10% (15% for works) or the term by at most 10% of the maximum.
    """

    value: Decimal | None
    term: Decimal | None


def change_size(
    value_before: Decimal | None,
    value_after: Decimal | None,
    starts_on: dt.date | None,
    end_before: dt.date | None,
    end_after: dt.date | None,
) -> ChangeSize:
    """Both percentages of a variation, to two decimals; which one decides is for the officer."""
    value = term = None
    if value_before and value_after is not None:
        value = abs(value_after - value_before) * 100 / value_before
    if starts_on and end_before and end_after:
        days = (end_before - starts_on).days + 1
        term = Decimal(abs((end_after - end_before).days)) * 100 / days
    return ChangeSize(*(part and part.quantize(PENNY, ROUND_HALF_UP) for part in (value, term)))
