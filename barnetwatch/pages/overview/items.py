"""What the lists of the overview are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One row: what it is, where it leads, what is to be known about it, and its figure."""

    title: str
    url: str
    words: str = ""
    figure: str = ""
    is_late: bool = False
    #: The row, or rows, that it tells of.
    tells: Any = None


@dataclass(frozen=True)
class Listing:
    """The first rows of a list, how many there are in all, and where the rest are."""

    title: str
    items: Sequence[Item] = ()
    count: int = 0
    rest: str = ""
    explains: str = ""
    empty: str = ""
    anchor: str = ""

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.count - len(self.items))


def first_of(rows: Any, shown: int, said: Callable[[Any], Item]) -> dict[str, Any]:
    """The first rows as items, with the count of all: two questions, however many there are."""
    return {"items": [said(row) for row in rows[:shown]], "count": rows.order_by().count()}
