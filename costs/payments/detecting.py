"""How a file is to be read, decided for the whole of it.

Where its dates and sums leave a choice, its beginning decides; a walk that ends having met proof
of the other is begun again with that. So nearly every file is read once.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

from costs.payments.amounts import marks_of
from costs.payments.dates import order_of
from costs.payments.decoding import MIXED, encoding_of
from costs.payments.headers import words_of
from costs.payments.layouts import Layout, find_layout, layout_of, may_be_header
from costs.payments.records import DELIMITERS, TextTable
from costs.payments.shape import (
    CannotRead,
    Detected,
    Lines,
    Marks,
    Meaning,
    Order,
    Profile,
    Record,
    Row,
)
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

_T = TypeVar("_T")


class Table(Protocol):
    """Rows, as often as they are asked for."""

    @property
    def sheet(self) -> str: ...

    @property
    def delimiter(self) -> str | None: ...

    def records(self, width: int = 0) -> Iterator[Record]: ...

    def blocks(self, width: int = 0) -> Iterator[Lines | Iterable[Row]]: ...


class Forms(NamedTuple):
    """How all dates, and all sums, of a file are written."""

    order: str
    marks: str


class Unsettled(Exception):
    """The whole file proves another form than its beginning did: it is to be walked again so."""

    def __init__(self, forms: Forms) -> None:
        super().__init__(forms)
        self.forms = forms


@dataclass(frozen=True)
class Opened:
    """A file with everything decided, as far as its beginning says."""

    table: Table
    layout: Layout
    detected: Detected
    profile: Profile
    #: Whether the whole file has been asked for its forms.
    settled: bool

    def settle(self, dates: Iterable[str], *, odd_sums: bool) -> None:
        """At the end of a walk: notes where the dates leave a doubt; Unsettled where the file
        proves another form than its beginning. `odd_sums` says that a sum spoke against the
        mark it was read with.
        """
        detected, profile = self.detected, self.profile
        dates = list(islice(dates, _FORMS))
        order, notes = order_of(dates)
        if order == Order.MONTH_FIRST and any(re.match(r"\d{4}-", text) for text in dates):
            notes.append(
                "Some dates are year-month-day beside others with the month first: a spreadsheet "
                "may have swapped day and month in them."
            )
        if not self.settled:
            marks = _marks_in(self.table, self.layout) if odd_sums else detected.marks
            found = Forms(profile.order or order, profile.marks or marks)
            if found != (detected.order, detected.marks):
                raise Unsettled(found)
        if not profile.order:
            detected.notes += notes
        if Meaning.PAID_ON not in self.layout.columns:
            detected.notes.append("No column holds a payment date; the payments have none.")
        if Meaning.SUPPLIER not in self.layout.columns:
            detected.notes.append("No column names the supplier.")


def settled(take: Callable[[Forms | None], _T]) -> _T:
    """What a walk through a file comes to, begun again where its end contradicts its beginning.

    `take` walks with the forms it is given; with none, by the file's beginning.
    """
    try:
        return take(None)
    except Unsettled as found:
        return take(found.forms)


def open_file(file: BinaryIO, profile: Profile, forms: Forms | None = None) -> Opened:
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
    detected.order, detected.marks = forms or _forms_at_first(table, layout, profile)
    return Opened(table, layout, detected, profile, settled=forms is not None)


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


def _forms_at_first(table: Table, layout: Layout, profile: Profile) -> Forms:
    """The forms that the beginning of a file speaks for."""
    date, dates = layout.columns.get(Meaning.PAID_ON, -1), []
    if date >= 0:
        for block in islice(table.blocks(len(layout.headers)), 1):
            dates = [cells[date] for cells in _cells_of(block) if date < len(cells)]
    order, _ = order_of(dict.fromkeys(dates))
    return Forms(profile.order or order, profile.marks or _marks_in(table, layout, blocks=1))


def _marks_in(table: Table, layout: Layout, blocks: int | None = None) -> Marks:
    """The mark before the pence, as all of a file's sums speak for it, or those in some blocks."""
    sums: dict[str, None] = {}
    amount = layout.columns[Meaning.AMOUNT]
    for block in islice(table.blocks(len(layout.headers)), blocks):
        held = [cells[amount] for cells in _cells_of(block) if amount < len(cells)]
        sums |= dict.fromkeys([text for text in held if "," in text])
        if len(sums) >= _FORMS:
            break
    return marks_of(sums)


def _cells_of(block: Lines | Iterable[Row]) -> list[list[str]]:
    return block.cells if isinstance(block, Lines) else [cells for _, cells, _, _ in block]
