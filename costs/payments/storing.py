"""Rows of a file into the database, some thousands at a time, as fast as each database takes them.

On PostgreSQL by COPY, elsewhere by INSERT, many at a time: a model object for each row would take
several times as long. Sums by name and month are made of them where they lie.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import Count, DateField, Func, Max, Sum

from costs.models import FileTotal, Payee, Payment, PaymentFile, UnreadableRow
from costs.payments.names import key_of
from costs.payments.shape import Columns, Piece, Problem

#: Payments written at a time.
BATCH = 20_000
#: Values that go with one statement: the least that any SQLite takes.
_MOST_VALUES = 999
#: Names that are held in memory.
MOST_NAMES = 200_000

#: What COPY takes for nothing.
NULL = "\\N"
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
        self._pieces: list[Piece] = []
        self._held = 0
        self._problems: list[Problem] = []
        self._payees: dict[str, str] = {}
        #: The publisher's names. Nobody else adds one meanwhile: the caller holds the publisher.
        self._known = Payee.objects.filter(publisher=file.publisher_id).order_by()
        self._last = self._known.aggregate(last=Max("pk"))["last"] or 0
        self._knows_all = self._known.count() <= MOST_NAMES
        if self._knows_all:
            self._payees = _ids(self._known)
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
        self._pieces.append(piece)
        self._problems += [other for other in piece.others if isinstance(other, Problem)]
        self._held += piece.size + len(piece.others)
        self._way.go_on()
        if self._held >= BATCH:
            self._write()
            self.between()
            self._begin()

    def _finish(self) -> None:
        self._write()
        self._begin()
        self._way.end()
        add_up(self.file)

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

    def _begin(self) -> None:
        pieces, self._pieces, self._held = self._pieces, [], 0
        pieces = [piece for piece in pieces if piece.size]
        if not pieces:
            return
        self._find_payees(set().union(*(piece.names for piece in pieces)))
        if connection.vendor == "postgresql":
            self._way.send(map(self._as_text, pieces))
        else:
            for piece in pieces:
                self._way.insert(zip(*self._columns(piece), strict=True))

    def _as_text(self, piece: Piece) -> str:
        """Payments as COPY reads them."""
        # A payment's texts stand in its raw one: what none of those holds, none of them does.
        return _as_lines(self._columns(piece), piece.columns[1])

    def _columns(self, piece: Piece) -> Columns:
        """A piece as the table's columns."""
        line, raw, paid_on, precision, supplier, *others = piece.columns
        payee = list(map(self._payees.__getitem__, supplier))
        file = [str(self.file.pk)] * len(payee)
        return (file, line, raw, paid_on, precision, payee, *others)

    def _find_payees(self, names: set[str]) -> None:
        """The rows of these names; those never met before are made."""
        if len(self._payees) > MOST_NAMES:
            self._payees, self._knows_all = {}, False
        unknown = sorted(names - self._payees.keys())
        if not self._knows_all:
            for start in range(0, len(unknown), 500):  # Fewer than a statement takes values.
                self._payees |= _ids(self._known.filter(name__in=unknown[start : start + 500]))
            unknown = [name for name in unknown if name not in self._payees]
        if unknown:
            publisher = self.file.publisher_id
            new = [(publisher, name, key_of(name)) for name in unknown]
            _Way(Payee._meta.db_table, ("publisher_id", "name", "key")).put(new)
            made = _ids(self._known.filter(pk__gt=self._last))
            self._payees |= made
            self._last = max(map(int, made.values()))


def _ids(payees: Any) -> dict[str, str]:
    """Names to ids, written as a COPY is sent them."""
    return {name: str(pk) for name, pk in payees.values_list("name", "pk")}


class _FirstOfMonth(Func):
    """The first day of a day's month; nothing of nothing."""

    output_field = DateField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="date(%(expressions)s, 'start of month')", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Of a moment without a time zone: the day's own, and three times as fast.
        template = "date_trunc('month', %(expressions)s::timestamp)::date"
        return self.as_sql(compiler, connection, template=template, **context)


def add_up(file: PaymentFile) -> None:
    """Write what a file's payments come to, by name and month, from the payments themselves."""
    payments = Payment.objects.filter(file=file).order_by().annotate(month=_FirstOfMonth("paid_on"))
    sums = payments.values_list("file", "payee", "directorate", "expenditure_type", "month")
    sums = sums.annotate(Sum("amount"), Count("pk"), Max("paid_on"))
    select, values = sums.query.sql_with_params()
    columns = ", ".join(f'"{column}"' for column in _OF_TOTALS)
    table = FileTotal._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({columns}) {select}', values)


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

    def send(self, texts: Iterator[str]) -> None:
        """Put rows on their way by COPY; those before must have ended."""
        cursor = self._open.enter_context(connection.cursor())
        statement = f'COPY "{self.table}" ({self.names}) FROM STDIN'
        self._copy = self._open.enter_context(cursor.copy(statement))
        self._rest = texts

    def put(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows and wait until they are in."""
        if connection.vendor == "postgresql":
            self.send(iter([_as_lines(tuple(zip(*rows, strict=True)))]))
            self.end()
        else:
            self.insert(rows)

    def insert(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows, as many with a statement as it takes values for."""
        many, left = _MOST_VALUES // self.width, iter(rows)
        packs = [tuple(some) for some in iter(lambda: list(islice(left, many)), [])]
        full = [pack for pack in packs if len(pack) == many]
        with connection.cursor() as cursor:
            for some in (full, packs[len(full) :]):
                if some:
                    values = [list(chain.from_iterable(pack)) for pack in some]
                    cursor.executemany(self._insert_of(len(some[0])), values)

    def _insert_of(self, rows: int) -> str:
        places = ", ".join(["%s"] * self.width)
        several = ", ".join([f"({places})"] * rows)
        return f'INSERT INTO "{self.table}" ({self.names}) VALUES {several}'  # noqa: S608

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


def _as_lines(columns: Columns, texts: Sequence[str] = ()) -> str:
    """Rows as COPY reads them; `texts` hold every mark that the columns hold, where given."""
    written = [_as_texts(column) for column in columns]
    held = "".join(texts) if texts else "".join(map("".join, written))
    if any(mark in held for mark in "\\\t\n\r"):
        written = [
            list(map(_escaped, column)) if set(map(type, kept)) == {str} else column
            for column, kept in zip(written, columns, strict=True)
        ]
    return "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"


def _as_texts(column: Sequence[Any]) -> Sequence[str]:
    """The values of a column as COPY reads them."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return column
    if kinds == {bool}:
        return ["t" if value else "f" for value in column]
    return [NULL if value is None else str(value) for value in column]


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")
