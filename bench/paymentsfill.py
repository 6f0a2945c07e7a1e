"""A published payment file of any length, and payments by SQL, millions in seconds."""

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

from django.db import connection
from django.utils import timezone

from accounts.models import User
from barnetwatch.lib import appendonly
from contracts.models import Contract
from costs.models import FileReading, Payee, Payment, PaymentFile, Publisher
from costs.payments import attributing
from tests import factories

HEADER = (
    "Directorate,Department,Expenditure Type,Ref.Doc.1,Vendor Name,"
    "Expenditure Amount (exc VAT),Payment Date\r\n"
)
#: As Barnet publishes them: payments a month, and the parts that their names come from.
A_MONTH, NAMES, DIRECTORATES, DEPARTMENTS, TYPES = 12_800, 8_000, 8, 60, 80
#: How unevenly names, and what is bought of each, are spread: so that 100 payments come to 31
#: sums by name and month, as the 94,635 payments of real files that were counted come to 29,774.
OF_NAMES, OF_KINDS = 8, 4
#: One sum in so many is written with commas, and as many are credits.
GROUPED, CREDIT = 10, 20
FIRST_MONTH = dt.date(2013, 4, 1)
FILES = 160
TABLES = ("costs_payment", "costs_filetotal", "costs_filereading", "costs_paymentfile")


def write(path: Path, rows: int, seed: int = 5) -> None:
    """A file of so many payments, a few names of which have most, as in real ones."""
    chance = random.Random(seed)  # noqa: S311  Chance that can be repeated.
    with path.open("w", newline="") as out:
        out.write(HEADER)
        for row in range(rows):
            out.write(_row(row, chance))


def _row(row: int, chance: random.Random) -> str:
    years, month = divmod(FIRST_MONTH.month - 1 + row // A_MONTH, 12)
    name = int(NAMES * chance.random() ** OF_NAMES)
    kind = name * 7919 + int(3 * chance.random() ** OF_KINDS)
    pounds = chance.randrange(1, 5_000_000) / 100
    amount = f"{pounds:.2f}"
    if chance.randrange(CREDIT) == 0:
        amount = f"-{amount}"
    elif chance.randrange(GROUPED) == 0:
        amount = f'"{pounds:,.2f}"'
    return (
        f"Directorate {kind % DIRECTORATES},Department of things {kind % DEPARTMENTS},"
        f"Expenditure type {kind % TYPES},{5_100_000_000 + row},Supplier {name} Limited,{amount},"
        f"{1 + chance.randrange(28):02}/{month + 1:02}/{FIRST_MONTH.year + years}\r\n"
    )


def clear() -> None:
    """Nothing imported any more, so that every job begins alike."""
    with appendonly.lifted(connection), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"TRUNCATE {', '.join(TABLES)}, costs_payee, costs_unreadablerow CASCADE"
            )
        else:
            for table in (*TABLES, "costs_payee"):
                cursor.execute(f"DELETE FROM {table}")


def fill(rows: int, publisher: Publisher, by: User) -> Contract:
    """Payments of one name in many monthly files, all of one contract."""
    contract = factories.a_contract("BENCH", supplier=factories.a_supplier("Supplier of all"))
    payee = Payee.objects.create(publisher=publisher, name="Supplier of all", key="supplier of all")
    attributing.confirm(
        payee.name, supplier=contract.supplier, contract=contract, reason="Bench.", by=by
    )
    files = [
        PaymentFile.objects.create(
            publisher=publisher, name=f"{n}.csv", sha256=f"{n:064}", size=1, recorded_by=by
        )
        for n in range(FILES)
    ]
    for file in files:
        FileReading(
            file=file,
            first=file,
            detected={},
            rows=rows // FILES,
            unreadable=0,
            amount=Decimal(0),
            covers_to=timezone.localdate(),
        ).save()
    _payments(rows, payee, files[0].pk)
    return contract


def _payments(rows: int, payee: Payee, first_file: int) -> None:
    """Rows and their sums, in a statement each."""
    days = f"'{FIRST_MONTH}', '+' || (n.i % {FILES}) || ' months', '+' || (n.i % 28) || ' days'"
    day = f"date({days})"
    month = "date(paid_on, 'start of month')"
    if connection.vendor == "postgresql":
        day = f"(DATE '{FIRST_MONTH}' + (n.i % {FILES}) * INTERVAL '1 month')::date + (n.i % 28)"
        month = "date_trunc('month', paid_on)::date"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO costs_payment (file_id, line, raw, paid_on, precision, payee_id, amount,"
            " reference, directorate, department, expenditure_type, purpose, contract_reference,"
            " redacted) WITH RECURSIVE n(i) AS"
            f" (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows})"
            f" SELECT {first_file} + n.i % {FILES}, 2 + n.i / {FILES}, 'as it stands', {day},"
            f" 'day', {payee.pk}, 100 + n.i % 50000, '', 'Directorate ' || (n.i % {DIRECTORATES}),"
            f" '', 'Type ' || (n.i % 9), '', '', false FROM n"
        )
        cursor.execute(
            "INSERT INTO costs_filetotal (file_id, payee_id, directorate, expenditure_type, month,"
            " amount, payments, last_on)"
            f" SELECT file_id, payee_id, directorate, expenditure_type, {month}, SUM(amount),"
            " COUNT(*), MAX(paid_on) FROM costs_payment WHERE payee_id = %s"
            " GROUP BY 1, 2, 3, 4, 5",
            [payee.pk],
        )
        cursor.execute("ANALYZE")


def objects(number: int) -> list[Payment]:
    """Payments of the import, as objects that were never saved."""
    rows = Payment.objects.order_by("pk")[:number]
    fields = [field.attname for field in Payment._meta.concrete_fields if not field.primary_key]
    return [Payment(**{name: getattr(row, name) for name in fields}) for row in rows]
