"""How a file is to be read, decided for the whole of it before any row is taken."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Protocol

from costs.payments.amounts import marks_of
from costs.payments.dates import order_of
from costs.payments.decoding import MIXED, encoding_of
from costs.payments.headers import words_of
from costs.payments.layouts import Layout, find_layout, layout_of, may_be_header
from costs.payments.records import DELIMITERS, TextTable
from costs.payments.shape import CannotRead, Detected, Meaning, Order, Profile, Record, Row
from costs.payments.workbooks import is_packed, sheets_of

#: Rows, blank ones not counted, in which a header is looked for first.
_SAMPLE = 400
#: Different dates, and different sums of an unusual form, that are asked how they are written.
_FORMS = 20_000

_NO_HEADER = (
    "No header was found: a row that names a column for the amount, and one for the supplier or "
    "the date."
)
_HTML = re.compile(r"\s*<(!doctype|html|table|\?xml)", re.IGNORECASE)


class Table(Protocol):
    """Rows, as often as they are asked for."""

    @property
    def sheet(self) -> str: ...

    @property
    def delimiter(self) -> str | None: ...

    def records(self, width: int = 0) -> Iterator[Record]: ...

    def blocks(self, width: int = 0) -> Iterator[Iterable[Row]]: ...


@dataclass(frozen=True)
class Opened:
    """A file with everything decided."""

    table: Table
    layout: Layout
    detected: Detected


def open_file(file: BinaryIO, profile: Profile) -> Opened:
    """Decide how a file is read; CannotRead where nothing can be."""
    notes: list[str] = []
    if is_packed(file):
        table, layout = _best_sheet(file, profile)
        encoding = "xlsx"
    else:
        found = encoding_of(file, profile.encoding)
        tables = [TextTable(file, found, mark) for mark in (profile.delimiter or "") or DELIMITERS]
        table, layout = _best_text(tables, profile)
        encoding = found.name
        if found.errors == MIXED:
            notes = ["Some bytes are not UTF-8; they are read as Windows-1252."]
    _refuse_register(layout)
    detected = Detected(
        encoding=encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        header_line=layout.line,
        columns=layout.names,
        notes=notes,
    )
    _settle_forms(table, layout, detected, profile)
    return Opened(table, layout, detected)


def _refuse_register(layout: Layout) -> None:
    """A list of contracts has sums and suppliers too, and the days on which they begin and end."""
    said = {words_of(header) for header in layout.headers}
    if Meaning.PAID_ON not in layout.columns and {"start date", "end date"} <= said:
        raise CannotRead("This is a list of contracts, not of payments.")


def _best_sheet(file: BinaryIO, profile: Profile) -> tuple[Table, Layout]:
    sheets = sheets_of(file)
    for sheet in sheets:
        if layout := find_layout(_sample(sheet), profile):
            return sheet, layout
    for sheet in sheets:
        if layout := _further_down(sheet, profile):
            return sheet, layout
    raise CannotRead(_NO_HEADER)


def _best_text(tables: list[TextTable], profile: Profile) -> tuple[Table, Layout]:
    """The delimiter under which the header says most."""
    found: list[tuple[TextTable, Layout]] = []
    widths: dict[TextTable, int] = {}
    for table in tables:
        sample = _sample(table)
        widths[table] = sum(len(record.cells) for record in sample)
        if layout := find_layout(sample, profile):
            found.append((table, layout))
    if found:
        return max(found, key=lambda pair: pair[1].rank)
    widest = max(tables, key=lambda table: widths[table])
    if layout := _further_down(widest, profile):
        return widest, layout
    begins = next((record.raw for record in widest.records()), "")
    if not begins.strip() and not any(record.raw.strip() for record in widest.records()):
        raise CannotRead("The file is empty.")
    if _HTML.match(begins):
        raise CannotRead("This is a web page, not a table. Save the file behind its link.")
    raise CannotRead(_NO_HEADER)


def _sample(table: Table) -> list[Record]:
    return list(islice(_filled(table), _SAMPLE))


def _filled(table: Table) -> Iterator[Record]:
    return (record for record in table.records() if any(map(str.strip, record.cells)))


def _further_down(table: Table, profile: Profile) -> Layout | None:
    """A header below the sample: its last line at times, with every payment above it."""
    above: list[Record] = []
    for record in _filled(table):
        if may_be_header(record.cells) and (layout := layout_of(record, above, profile)):
            return layout
        above = [*above[-40:], record]
    return None


def _settle_forms(table: Table, layout: Layout, detected: Detected, profile: Profile) -> None:
    """One form for all dates, one for all sums; notes where the file leaves a doubt."""
    dates: dict[str, None] = {}
    sums: dict[str, None] = {}
    date, amount = layout.columns.get(Meaning.PAID_ON, -1), layout.columns[Meaning.AMOUNT]
    for block in table.blocks(len(layout.headers)):
        for _, cells, _, _ in block:
            if 0 <= date < len(cells) and len(dates) < _FORMS:
                dates[cells[date]] = None
            if amount < len(cells) and "," in cells[amount] and len(sums) < _FORMS:
                sums[cells[amount]] = None
    order, notes = order_of(dates)
    if order == Order.MONTH_FIRST and any(re.match(r"\d{4}-", text) for text in dates):
        notes.append(
            "Some dates are year-month-day beside others with the month first: a spreadsheet may "
            "have swapped day and month in them."
        )
    detected.order = profile.order or order
    detected.marks = profile.marks or marks_of(sums)
    if not profile.order:
        detected.notes += notes
    if date < 0:
        detected.notes.append("No column holds a payment date; the payments have none.")
    if Meaning.SUPPLIER not in layout.columns:
        detected.notes.append("No column names the supplier.")
