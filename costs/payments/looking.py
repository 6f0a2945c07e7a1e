"""What an officer is shown of a file before it is imported: read whole, row by row, never held."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from barnetwatch.lib.money import to_pounds
from costs.payments.decoding import encoding_of
from costs.payments.detecting import Forms, settled
from costs.payments.importing import MOST_PROBLEMS, reasons
from costs.payments.reading import Reader, open_payments
from costs.payments.records import DELIMITERS, TextTable
from costs.payments.shape import CannotRead, LeftOut, Piece, PlainRow, Problem, Profile
from costs.payments.workbooks import is_packed, sheets_of

#: Payments shown as they were read, and rows left out that are listed one by one.
SHOWN, MOST_LISTED = 10, 1_000
#: Rows between two times of telling how far it has come.
OFTEN = 5_000
#: Rows shown of a file in which no header was found, and cells of each.
_SAMPLE, _CELLS = 12, 20

Report = dict[str, Any]


@dataclass
class _Walk:
    """What one walk through a file comes to; memory does not grow with its payments."""

    rows: int = 0
    #: Payments and pence of each month, written 2018-04; None where the file gives no day.
    months: dict[str | None, tuple[int, int]] = field(default_factory=dict)
    first_on: str | None = None
    last_on: str | None = None
    first: list[PlainRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreadable: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        """Count some payments. Their days are text in the order of the calendar."""
        self.first += islice(piece.payments(), SHOWN - len(self.first))
        self.rows += piece.size
        if days := piece.days:
            self.first_on = min(days | {self.first_on or max(days)})
            self.last_on = max(days | {self.last_on or min(days)})
        months = [day and day[:7] for day in piece.columns[2]]
        for month, amount in zip(months, piece.columns[5], strict=True):
            rows, pence = self.months.get(month, (0, 0))
            self.months[month] = rows + 1, pence + amount

    def add_other(self, other: Problem | LeftOut) -> None:
        """Keep a row that is no payment, as far as they are listed one by one."""
        if isinstance(other, Problem):
            self.unreadable += 1
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.append(other)
        elif len(self.left_out) < MOST_LISTED:
            self.left_out.append(other)


def look_at(
    source: BinaryIO, profile: Profile, tell: Callable[[int], None] | None = None
) -> Report:
    """How a file would be read and what it comes to; whatever the bytes, it ends in a report.

    `why_not` is empty where it can be imported, as far as the file itself says. `tell` is called
    with the rows so far; what it raises ends the look.
    """

    def look(forms: Forms | None) -> tuple[Reader, list[str], _Walk]:
        reader = open_payments(source, profile, forms)
        return reader, list(reader.layout.headers), _walk(reader, tell)

    try:
        reader, headers, walk = settled(look)
    except CannotRead as refusal:
        return {"why_not": str(refusal), "rows": 0, "sample": sample_of(source, profile)}
    detected = reader.detected
    return {
        "why_not": _why_not(walk),
        "encoding": detected.encoding,
        "delimiter": detected.delimiter,
        "sheet": detected.sheet,
        "header_line": detected.header_line,
        "columns": detected.columns,
        "order": str(detected.order),
        "marks": str(detected.marks),
        "headers": headers,
        "notes": detected.notes,
        **_figures(walk),
    }


def _walk(reader: Reader, tell: Callable[[int], None] | None) -> _Walk:
    walk = _Walk()
    read = told = 0
    for piece in reader.pieces():
        walk.add(piece)
        for other in piece.others:
            walk.add_other(other)
        read += piece.size + len(piece.others)
        if tell and read - told >= OFTEN:
            told = read
            tell(read)
    return walk


def _why_not(walk: _Walk) -> str:
    if walk.problems and not walk.rows:
        return "Not one payment could be read."
    if walk.unreadable > max(MOST_PROBLEMS, walk.rows):
        return f"{walk.unreadable:,} rows could not be read, more than could."
    return ""


def _figures(walk: _Walk) -> Report:
    months = sorted(walk.months.items(), key=lambda pair: (pair[0] is None, pair[0] or ""))
    return {
        "rows": walk.rows,
        "total": _pounds(sum(pence for _, pence in walk.months.values())),
        "first_on": walk.first_on,
        "last_on": walk.last_on,
        "months": [
            {"month": month and f"{month}-01", "rows": rows, "total": _pounds(pence)}
            for month, (rows, pence) in months
        ],
        "first": [_shown(row) for row in walk.first],
        "unreadable": walk.unreadable,
        "rejected": reasons(walk.problems),
        "left_out": [
            {"line": left.line, "until": left.until, "kind": left.kind, "value": left.value}
            for left in walk.left_out
        ],
    }


def _shown(row: PlainRow) -> Report:
    line, _raw, paid_on, precision, supplier, pence = row[:6]
    reference, directorate, department, kind, purpose, *_others = row[6:]
    return {
        "line": line,
        "paid_on": paid_on,
        "precision": precision,
        "supplier": supplier,
        "amount": _pounds(pence),
        "reference": reference,
        "directorate": directorate or department,
        "purpose": purpose or kind,
    }


def _pounds(pence: int) -> str:
    return f"{to_pounds(pence):.2f}"


def sample_of(source: BinaryIO, profile: Profile) -> list[list[str]]:
    """The first rows of a file, for an officer to say what its columns mean.

    Empty where it is no table at all, so that nothing an officer says could help.
    """
    with suppress(CannotRead):
        if is_packed(source):
            return _rows(sheets_of(source)[0].records())
        found = encoding_of(source, profile.encoding)
        tables = (
            _rows(TextTable(source, found, mark).records())
            for mark in (profile.delimiter or "") or DELIMITERS
        )
        rows = max(tables, key=lambda rows: sum(map(len, rows)))
        if not any(_is_no_text(cell) for cells in rows for cell in cells):
            return rows
    return []


def _is_no_text(cell: str) -> bool:
    """Whether a cell is of a web page or of no text at all."""
    return cell.startswith("<") or any(char < " " and not char.isspace() for char in cell)


def _rows(records: Iterator[Any]) -> list[list[str]]:
    """Rows of two cells or more; none where there are none."""
    filled = ([cell.strip()[:200] for cell in record.cells[:_CELLS]] for record in records)
    several = (cells for cells in filled if sum(map(bool, cells)) > 1)
    return list(islice(several, _SAMPLE))
