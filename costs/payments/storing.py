"""Rows of a file into the database, some thousands at a time, as fast as each database takes them.

On PostgreSQL by COPY, elsewhere by one prepared INSERT: a model object for each row would take
several times as long. Sums by name and month are made on the way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from django.db import connection

from costs.models import FileTotal, Payee, Payment, PaymentFile, UnreadableRow
from costs.payments.names import key_of
from costs.payments.reading import Piece
from costs.payments.shape import PlainRow, Problem

#: Payments written at a time, and how many of them are sent at once.
BATCH, _SENT = 5_000, 1_000
#: Names, and sums, that are held in memory.
MOST_NAMES, MOST_SUMS = 200_000, 50_000

_COLUMNS = (
    "file_id",
    "line",
    "raw",
    "paid_on",
    "precision",
    "payee_id",
    "amount",
    "reference",
    "directorate",
    "department",
    "expenditure_type",
    "purpose",
    "contract_reference",
    "redacted",
)
_OF_TOTALS = (
    "file_id",
    "payee_id",
    "directorate",
    "expenditure_type",
    "month",
    "amount",
    "payments",
    "last_on",
)


class Store:
    """Where the rows of one import go. The caller holds the transaction and the publisher.

    `between` is called after each batch, when the connection is free for other questions.
    """

    def __init__(self, file: PaymentFile, between: Callable[[], None]) -> None:
        self.file, self.between = file, between
        self._payments: list[PlainRow] = []
        self._problems: list[Problem] = []
        self._payees: dict[str, int] = {}
        #: Payee, directorate, type and month to the sum in pence, the payments, the last day.
        self._sums: dict[tuple[int, str, str, str | None], list[Any]] = {}
        self._way = _Way(Payment._meta.db_table, _COLUMNS)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        """Write what is held; where something was raised, give up what is on its way."""
        if raised:
            self._way.give_up(raised)
        else:
            self._finish()

    def take(self, piece: Piece) -> None:
        """What stands in a piece of the file, written with its batch."""
        self._payments += piece.payments
        self._problems += [other for other in piece.others if isinstance(other, Problem)]
        self._way.go_on()
        if len(self._payments) + len(self._problems) >= BATCH:
            self._write()
            self.between()
            self._begin()

    def _finish(self) -> None:
        self._write()
        self._begin()
        self._way.end()
        self._write_sums()

    def _write(self) -> None:
        """All that is not payments; those of the batch before are in when this returns."""
        self._way.end()
        UnreadableRow.objects.bulk_create(
            (
                UnreadableRow(file=self.file, **problem._asdict() | {"raw": problem.raw[:20_000]})
                for problem in self._problems
            ),
            batch_size=500,
        )
        self._problems = []
        if len(self._sums) > MOST_SUMS:
            self._write_sums()

    def _begin(self) -> None:
        payments, self._payments = self._payments, []
        if payments:
            self._find_payees({row[4] for row in payments})
            self._add_up(payments)
            self._way.begin(payments, self._values)

    def _values(self, row: PlainRow) -> tuple[Any, ...]:
        line, raw, paid_on, precision, supplier, *others = row
        return (self.file.pk, line, raw, paid_on, precision, self._payees[supplier], *others)

    def _find_payees(self, names: set[str]) -> None:
        """The rows of these names; those never met before are made."""
        if len(self._payees) > MOST_NAMES:
            self._payees.clear()
        unknown = sorted(names - self._payees.keys())
        publisher = self.file.publisher
        for start in range(0, len(unknown), 500):  # Fewer names than a statement takes values.
            some = unknown[start : start + 500]
            there = Payee.objects.filter(publisher=publisher, name__in=some)
            found = dict(there.values_list("name", "pk"))
            made = Payee.objects.bulk_create(
                Payee(publisher=publisher, name=name, key=key_of(name))
                for name in some
                if name not in found
            )
            self._payees |= found | {payee.name: payee.pk for payee in made}

    def _add_up(self, payments: list[PlainRow]) -> None:
        sums, payees = self._sums, self._payees
        for row in payments:
            paid_on = row[2]
            key = (payees[row[4]], row[7], row[9], paid_on and paid_on[:7])
            found = sums.get(key)
            if found is None:
                sums[key] = [row[5], 1, paid_on]
            else:
                found[0] += row[5]
                found[1] += 1
                if paid_on and paid_on > found[2]:
                    found[2] = paid_on

    def _write_sums(self) -> None:
        way = _Way(FileTotal._meta.db_table, _OF_TOTALS)
        way.begin(list(self._sums.items()), self._total)
        way.end()
        self._sums.clear()

    def _total(self, item: tuple[tuple[int, str, str, str | None], list[Any]]) -> tuple[Any, ...]:
        (payee, directorate, kind, month), (pence, payments, last_on) = item
        first = month and f"{month}-01"
        return (self.file.pk, payee, directorate, kind, first, pence, payments, last_on)


class _Way:
    """The way of rows into a table.

    PostgreSQL takes them in while the file is read on: a batch is sent in pieces, and waited for
    only when the next one is to begin.
    """

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table, self.names = table, ", ".join(f'"{column}"' for column in columns)
        self.width = len(columns)
        self._open = ExitStack()
        self._rest: Iterator[str] | None = None

    def begin(self, rows: list[Any], values: Callable[[Any], tuple[Any, ...]]) -> None:
        """Put a batch on its way; the one before must have ended."""
        cursor = self._open.enter_context(connection.cursor())
        if connection.vendor == "postgresql":
            statement = f'COPY "{self.table}" ({self.names}) FROM STDIN'
            self._copy = self._open.enter_context(cursor.copy(statement))
            self._rest = _as_text(rows, values)
        else:
            places = ", ".join(["%s"] * self.width)
            statement = f'INSERT INTO "{self.table}" ({self.names}) VALUES ({places})'  # noqa: S608
            cursor.executemany(statement, list(map(values, rows)))

    def go_on(self) -> None:
        """Send the next piece of the batch on its way, if there is one."""
        if self._rest and (text := next(self._rest, "")):
            self._copy.write(text)

    def end(self) -> None:
        """Send the rest and wait until it is in."""
        for text in self._rest or ():
            self._copy.write(text)
        self._rest = None
        self._open.close()

    def give_up(self, raised: BaseException) -> None:
        """End at once; what was sent of the batch is not kept."""
        self._rest = None
        self._open.__exit__(type(raised), raised, raised.__traceback__)


def _as_text(rows: list[Any], values: Callable[[Any], tuple[Any, ...]]) -> Iterator[str]:
    """Rows as COPY reads them."""
    for start in range(0, len(rows), _SENT):
        yield "".join([_line(values(row)) for row in rows[start : start + _SENT]])


def _line(values: tuple[Any, ...]) -> str:
    line = "\t".join(["\\N" if value is None else str(value) for value in values])
    if "\\" in line or line.count("\t") >= len(values) or "\n" in line or "\r" in line:
        line = "\t".join(["\\N" if value is None else _escaped(str(value)) for value in values])
    return line + "\n"


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")
