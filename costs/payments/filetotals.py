"""What a file paid each name in a month, added up while its payments are on their way.

The database could do it when they have come, but until then this process is the one that waits.
"""

from collections.abc import Sequence
from typing import Any

from costs.payments.shape import Columns

#: Sums that are held in memory; more are written in parts. Of the same name and month there are
#: then several.
MOST_HELD = 50_000

COLUMNS = (
    "payee_id",
    "month",
    "amount",
    "payments",
    "last_on",
    "directorate",
    "expenditure_type",
    "file_id",
)


class FileTotals:
    """The sums of one file, by name, directorate, type and month: days as 2018-10-01, in pence."""

    def __init__(self, file: int) -> None:
        self.file = str(file)
        self._months: dict[str | None, str | None] = {None: None}
        self._begin()

    def _begin(self) -> None:
        #: Where each sum stands in the three lists.
        self._places: dict[tuple[Any, ...], int] = {}
        self._amounts: list[int] = []
        self._payments: list[int] = []
        self._last: list[str | None] = []

    @property
    def is_full(self) -> bool:
        """Whether it is time to write what is held."""
        return len(self._amounts) >= MOST_HELD

    def add(
        self,
        payees: Sequence[str],
        days: Sequence[str | None],
        pence: Sequence[int],
        directorates: Sequence[str],
        types: Sequence[str],
    ) -> None:
        """Count payments in; each column has one value for each of them."""
        months = self._months
        for day in set(days) - months.keys():
            months[day] = f"{day:.8}01"
        place_of = self._places.setdefault
        amounts, payments, last = self._amounts, self._payments, self._last
        new = len(amounts)
        keys = zip(payees, directorates, types, map(months.__getitem__, days), strict=True)
        for key, day, amount in zip(keys, days, pence, strict=True):
            place = place_of(key, new)
            if place == new:
                amounts.append(amount)
                payments.append(1)
                last.append(day)
                new += 1
                continue
            amounts[place] += amount
            payments[place] += 1
            if day and day > (last[place] or ""):
                last[place] = day

    def taken(self) -> Columns:
        """What is held, as the table's COLUMNS; it is held no longer. None at all is ()."""
        if not self._places:
            return ()
        payees, directorates, types, months = zip(*self._places, strict=True)
        files = [self.file] * len(payees)
        found = (self._amounts, self._payments, self._last, directorates, types, files)
        self._begin()
        return (payees, months, *found)
