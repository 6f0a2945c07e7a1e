"""Payment files of our own writing, one for each kind of dirt, and the real ones where they are."""

import csv
import io
from decimal import Decimal

import pytest
from django.conf import settings
from openpyxl import Workbook

from costs.payments.reading import Reading, read
from costs.payments.shape import Profile

#: The public files, where they stand beside the checkout or beside a folder that holds it.
SHARED = next(
    (place for up in settings.BASE_DIR.parents if (place := up / "shared" / "data").is_dir()),
    settings.BASE_DIR.parent / "shared" / "data",
)
HEADER = (
    "Directorate,Department,Expenditure Type,Ref.Doc.1,Vendor Name,"
    "Expenditure Amount (exc VAT),Payment Date"
)
ROWS = (
    "Resources,IT,Support,5100001,Capita Business Services Ltd,1000.50,05/04/2018",
    "Adults,Care,Homes,5100002,Care & Co,250.00,16/04/2018",
)
TABLE = "\r\n".join((HEADER, *ROWS)) + "\r\n"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real files are not beside this checkout"
)


def table(*rows: str, header: str = HEADER) -> str:
    """A file of these rows under Barnet's header."""
    return "\n".join((header, *rows)) + "\n"


def read_text(text: str, profile: Profile | None = None, encoding: str = "utf-8") -> Reading:
    """What a text is read as."""
    return read(io.BytesIO(text.encode(encoding)), profile)


def dated(*days: str) -> Reading:
    """What a file is read as in which one payment after another bears these dates."""
    rows = [["Date", "Supplier", "Amount"], *([day, "A Ltd", "1.00"] for day in days)]
    return read_text(as_csv(rows))


def summed(*sums: str) -> Reading:
    """The same for sums."""
    rows = [["Date", "Supplier", "Amount"], *(["20/04/2018", "A Ltd", text] for text in sums)]
    return read_text(as_csv(rows))


def as_csv(rows: list[list[str]]) -> str:
    """Rows as a comma-separated text."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def workbook(*sheets: list[list[object]]) -> bytes:
    """An .xlsx of these sheets."""
    book = Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def amounts(reading: Reading) -> list[Decimal]:
    """The sums that were read."""
    return [row.amount for row in reading.rows]
