"""Rows on their way into tables, given as columns.

On PostgreSQL by COPY, elsewhere by INSERT, many at a time. A model object for each row would take
several times as long.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from django.db import connection

from costs.payments.shape import Columns

#: What COPY takes for nothing, and what it does not take as it stands.
NULL = "\\N"
_MARKS = "\\\t\n\r"
#: Rows that go with one INSERT: as many as any SQLite takes the values of, and what is left. Of a
#: few sizes only, for a statement of a new size is compiled anew.
_AT_ONCE = (64, 8, 1)
#: In kilobytes; SQLite's own choice is 2,000.
_ROOM = 96_000
#: Characters of rows that are kept for later.
_MOST_KEPT = 16_000_000


class Into(NamedTuple):
    """A table and those of its columns that rows are given for."""

    table: str
    columns: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """As SQL names them."""
        names = ", ".join(f'"{column}"' for column in self.columns)
        return f'"{self.table}" ({names})'


class Way(Protocol):
    """A way of rows into tables; nothing else may use the connection before it is settled."""

    def put(self, into: Into, columns: Columns, texts: Sequence[str] = ()) -> None:
        """Send rows; `texts` hold every mark that the columns hold, where given."""

    def put_later(self, into: Into, columns: Columns) -> None:
        """Send rows when it is settled next."""

    def settle(self) -> None:
        """Return when all is in; until the next `put`, others may use the connection."""

    def give_up(self, raised: BaseException) -> None:
        """End at once, because something was raised; the caller rolls back what was sent."""


@contextmanager
def room_for_indexes() -> Iterator[None]:
    """Where the database works in this process: memory for the indexes that grow during a block,
    else their pages are written and read again many times.
    """
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA cache_size").fetchone()
        cursor.execute(f"PRAGMA cache_size = -{_ROOM}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")


def a_way() -> Way:
    """The way into the database of the connection."""
    return Copies() if connection.vendor == "postgresql" else Inserts()


class Copies:
    """By COPY, which the database works on while the caller makes the next rows."""

    def __init__(self) -> None:
        self._into: Into | None = None
        self._open = ExitStack()
        self._copy: Any = None
        self._later: list[tuple[Into, str]] = []

    def put(self, into: Into, columns: Columns, texts: Sequence[str] = ()) -> None:
        """Send rows; where those before went into another table, wait until they are in."""
        self._write(into, as_lines(columns, texts))

    def put_later(self, into: Into, columns: Columns) -> None:
        """Keep rows, for none of another table can be sent now without a wait; not too many."""
        self._later.append((into, as_lines(columns)))
        if sum(len(text) for _, text in self._later) > _MOST_KEPT:
            self.settle()

    def settle(self) -> None:
        """Send what was kept, and wait until all is in."""
        later, self._later = self._later, []
        for into, text in sorted(later, key=itemgetter(0)):
            self._write(into, text)
        self._end()

    def give_up(self, raised: BaseException) -> None:
        """Tell the database that no more comes."""
        self._copy = None
        self._open.__exit__(type(raised), raised, raised.__traceback__)

    def _write(self, into: Into, text: str) -> None:
        if self._copy is None or into != self._into:
            self._end()
            cursor = self._open.enter_context(connection.cursor())
            statement = f"COPY {into.in_words} FROM STDIN"
            self._into, self._copy = into, self._open.enter_context(cursor.copy(statement))
        self._copy.write(text)

    def _end(self) -> None:
        self._copy = None
        self._open.close()


class Inserts:
    """As many rows with a statement as it takes values for, at once."""

    def put(self, into: Into, columns: Columns, texts: Sequence[str] = ()) -> None:
        """Write rows."""
        rows = list(zip(*columns, strict=True))
        begin = 0
        with connection.cursor() as cursor:
            for many in _AT_ONCE:
                end = len(rows) - (len(rows) - begin) % many
                packs = [
                    list(chain.from_iterable(rows[start : start + many]))
                    for start in range(begin, end, many)
                ]
                cursor.executemany(self._insert(into, many), packs)
                begin = end

    def put_later(self, into: Into, columns: Columns) -> None:
        """Write rows."""
        self.put(into, columns)

    def settle(self) -> None:
        """All are in already."""

    def give_up(self, raised: BaseException) -> None:
        """Nothing is on its way."""

    def _insert(self, into: Into, rows: int) -> str:
        places = ", ".join(["%s"] * len(into.columns))
        several = ", ".join([f"({places})"] * rows)
        return f"INSERT INTO {into.in_words} VALUES {several}"  # noqa: S608


def as_lines(columns: Columns, texts: Sequence[str] = ()) -> str:
    """Rows as COPY reads them; `texts` hold every mark that the columns hold, where given.

    The values of a column are of one kind, or None. What is the same in all rows is written with
    a line's end.
    """
    kept, end = list(columns), "\n"
    while len(kept) > 1 and kept[-1].count(kept[-1][0]) == len(kept[-1]):
        end = f"\t{_as_text(kept.pop()[0])}{end}"
    held = "".join(texts or map(str, chain.from_iterable(kept)))
    is_plain = not any(mark in held for mark in _MARKS)
    try:
        # What a column holds is told by its first value: asking each takes as long as joining.
        return _joined([_as_texts(column, is_plain) for column in kept], end)
    except TypeError:  # One that holds values of several kinds: some are lacking.
        return _joined([_as_texts(column, False) for column in kept], end)


def _joined(columns: list[Sequence[str]], end: str) -> str:
    return end.join(map("\t".join, zip(*columns, strict=True))) + end


def _as_texts(column: Sequence[Any], is_plain: bool) -> Sequence[str]:
    kind = type(column[0])
    if is_plain and kind in (str, int):
        return column if kind is str else list(map(int.__repr__, column))
    return list(map(_as_text, column))


def _as_text(value: Any) -> str:
    """A value as COPY reads it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if not isinstance(value, str):
        return NULL if value is None else str(value)
    escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")
