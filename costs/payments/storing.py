"""What a file holds into its tables, while it is read."""

from collections import deque
from collections.abc import Iterable
from itertools import count, islice
from typing import Any

from django.db import connection
from django.db.models import Max

from costs.models import FileTotal, Payee, Payment, PaymentFile, UnreadableRow
from costs.payments import filetotals, sending
from costs.payments.filetotals import FileTotals
from costs.payments.names import key_of
from costs.payments.sending import Into
from costs.payments.shape import Columns, Piece, Problem

#: Names that are held in memory.
MOST_NAMES = 200_000
#: Ids for new names that are asked for at first; each time more are, twice as many.
FIRST_IDS = 2_000
#: Characters kept of a row that cannot be read.
_LONGEST = 20_000

#: What is the same in most rows comes last: see sending.as_lines.
PAYMENTS = Into(
    Payment._meta.db_table,
    (
        "line",
        "raw",
        "paid_on",
        "payee_id",
        "amount",
        "reference",
        "directorate",
        "department",
        "expenditure_type",
        "purpose",
        "contract_reference",
        "precision",
        "redacted",
        "file_id",
    ),
)
PROBLEMS = Into(UnreadableRow._meta.db_table, (*Problem._fields, "file_id"))
PAYEES = Into(Payee._meta.db_table, ("id", "name", "key", "publisher_id"))
TOTALS = Into(FileTotal._meta.db_table, filetotals.COLUMNS)


class Store:
    """Where the rows of one import go. The caller holds the transaction and the publisher, and
    leaves the connection alone meanwhile.
    """

    def __init__(self, file: PaymentFile) -> None:
        self.file = str(file.pk)
        self._way = sending.a_way()
        self._payees = _Payees(file.publisher_id, self._way)
        self._totals = FileTotals(file.pk)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        """All is in; where something was raised, what is on its way is given up."""
        if raised:
            self._way.give_up(raised)
        else:
            self._send_totals()
            self._way.settle()

    def take(self, piece: Piece) -> None:
        """What stands in a piece of the file."""
        problems = [other for other in piece.others if isinstance(other, Problem)]
        if problems:
            kept = [problem._replace(raw=problem.raw[:_LONGEST]) for problem in problems]
            columns = (*zip(*kept, strict=True), [self.file] * len(kept))
            self._way.put_later(PROBLEMS, columns)
        if piece.size:
            self._payees.find(piece.names)
            self._way.put(PAYMENTS, self._columns(piece), piece.columns[1])
        if self._totals.is_full:
            self._send_totals()

    def _send_totals(self) -> None:
        if columns := self._totals.taken():
            self._way.put_later(TOTALS, columns)

    def _columns(self, piece: Piece) -> Columns:
        """A piece as the table's columns, counted into the totals."""
        line, raw, paid_on, precision, supplier, amount, *texts, redacted = piece.columns
        payee = self._payees.ids_of(supplier)
        _, directorate, _, expenditure_type, *_ = texts
        self._totals.add(payee, paid_on, amount, directorate, expenditure_type)
        file = [self.file] * len(payee)
        return (line, raw, paid_on, payee, amount, *texts, precision, redacted, file)


class _Payees:
    """A publisher's names and their ids, as texts. Nobody else adds a name meanwhile: the
    import's caller holds the publisher.
    """

    def __init__(self, publisher: int, way: sending.Way) -> None:
        self._publisher, self._way = str(publisher), way
        self._known = Payee.objects.filter(publisher=publisher).order_by()
        self._knows_all = self._known.count() <= MOST_NAMES
        self._ids: dict[str, str] = _ids(self._known) if self._knows_all else {}
        self._free: deque[str] = deque()
        self._many = FIRST_IDS

    def ids_of(self, names: Iterable[str]) -> list[str]:
        """The ids of names that were found before."""
        return list(map(self._ids.__getitem__, names))

    def find(self, names: set[str]) -> None:
        """Make sure of these names; those never met before are made."""
        if len(self._ids) > MOST_NAMES:
            self._ids, self._knows_all = {}, False
        unknown = sorted(names - self._ids.keys())
        if unknown and not self._knows_all:
            self._way.settle()
            for start in range(0, len(unknown), 500):  # Fewer than a statement takes values.
                self._ids |= _ids(self._known.filter(name__in=unknown[start : start + 500]))
            unknown = [name for name in unknown if name not in self._ids]
        if unknown:
            ids = self._take_ids(len(unknown))
            self._ids |= zip(unknown, ids, strict=True)
            publisher = [self._publisher] * len(ids)
            self._way.put_later(PAYEES, (ids, unknown, list(map(key_of, unknown)), publisher))

    def _take_ids(self, many: int) -> list[str]:
        """So many ids that no row has and that none will be given."""
        if many > len(self._free):
            self._way.settle()
            self._many = max(self._many, many)
            self._free = deque(_new_ids(self._many))
            self._many *= 2
        return [self._free.popleft() for _ in range(many)]


def _ids(payees: Any) -> dict[str, str]:
    """Names to ids, written as a COPY is sent them."""
    return {name: str(pk) for name, pk in payees.values_list("name", "pk")}


def _new_ids(many: int) -> list[str]:
    """Ids of names that no row has and that none will be given."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [PAYEES.table, many],
            )
            return [str(pk) for (pk,) in cursor.fetchall()]
    # One writes at a time, and no name was ever deleted.
    last = Payee.objects.aggregate(last=Max("pk"))["last"] or 0
    return list(map(str, islice(count(last + 1), many)))
