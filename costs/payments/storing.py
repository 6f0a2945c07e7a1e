"""Rows of a file into the database, a few thousand at a time, as fast as each database takes them.

On PostgreSQL by COPY, elsewhere by one prepared INSERT: a model object for each row would take
several times as long.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from barnetwatch.lib.money import to_pence
from costs.models import Payee, Payment, PaymentFile, UnreadableRow
from costs.payments.names import key_of
from costs.payments.shape import PaymentRow, Problem

#: Rows held in memory at once.
BATCH = 5_000

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


class Store:
    """Where the rows of one import go. The caller holds the transaction and the publisher."""

    def __init__(self, file: PaymentFile) -> None:
        self.file = file
        self._payments: list[PaymentRow] = []
        self._payees: dict[str, int] = {}

    def add(self, row: PaymentRow) -> None:
        """A payment, written with the next batch."""
        self._payments.append(row)
        if len(self._payments) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._payments:
            self._find_payees({row.supplier for row in self._payments})
            _insert(Payment._meta.db_table, _COLUMNS, map(self._values, self._payments))
            self._payments = []

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Keep the rows that could not be read, each with its reason."""
        UnreadableRow.objects.bulk_create(
            (UnreadableRow(file=self.file, **problem._asdict()) for problem in problems),
            batch_size=500,
        )

    def _values(self, row: PaymentRow) -> tuple[Any, ...]:
        return (
            self.file.pk,
            row.line,
            row.raw,
            row.paid_on,
            row.precision,
            self._payees[row.supplier],
            to_pence(row.amount),
            *row[6:],
        )

    def _find_payees(self, names: set[str]) -> None:
        """The rows of these names; those never met before are made."""
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


def _insert(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608
            cursor.executemany(statement, list(rows))
