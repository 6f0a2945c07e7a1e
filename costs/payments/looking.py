"""What an officer is shown of a file before it is imported: read whole, row by row, never held."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from barnetwatch.lib.money import NOTHING
from costs.payments.decoding import encoding_of
from costs.payments.importing import MOST_PROBLEMS, reasons
from costs.payments.reading import Reader, open_payments
from costs.payments.records import DELIMITERS, TextTable
from costs.payments.shape import CannotRead, LeftOut, PaymentRow, Problem, Profile
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
    months: dict[dt.date | None, tuple[int, Decimal]] = field(default_factory=dict)
    days: tuple[dt.date, dt.date] | None = None
    first: list[PaymentRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreadable: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, row: PaymentRow) -> None:
        """Count a payment."""
        self.rows += 1
        day = row.paid_on
        month = day and day.replace(day=1)
        rows, total = self.months.get(month, (0, NOTHING))
        self.months[month] = rows + 1, total + row.amount
        if day:
            first, last = self.days or (day, day)
            self.days = min(first, day), max(last, day)
        if len(self.first) < SHOWN:
            self.first.append(row)


def look_at(
    source: BinaryIO, profile: Profile, tell: Callable[[int], None] | None = None
) -> Report:
    """How a file would be read and what it comes to; whatever the bytes, it ends in a report.

    `why_not` is empty where it can be imported, as far as the file itself says. `tell` is called
    with the rows so far; what it raises ends the look.
    """
    try:
        reader = open_payments(source, profile)
        headers = list(reader.layout.headers)
        walk = _walk(reader, tell)
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
    for seen, item in enumerate(reader.items(), 1):
        match item:
            case PaymentRow():
                walk.add(item)
            case Problem():
                walk.unreadable += 1
                if len(walk.problems) < MOST_PROBLEMS:
                    walk.problems.append(item)
            case LeftOut() if len(walk.left_out) < MOST_LISTED:
                walk.left_out.append(item)
        if tell and seen % OFTEN == 0:
            tell(seen)
    return walk


def _why_not(walk: _Walk) -> str:
    if walk.problems and not walk.rows:
        return "Not one payment could be read."
    if walk.unreadable > max(MOST_PROBLEMS, walk.rows):
        return f"{walk.unreadable:,} rows could not be read, more than could."
    return ""


def _figures(walk: _Walk) -> Report:
    first_on, last_on = walk.days or (None, None)
    months = sorted(walk.months.items(), key=lambda pair: (pair[0] is None, pair[0] or dt.date.max))
    return {
        "rows": walk.rows,
        "total": _pounds(sum((total for _, total in walk.months.values()), NOTHING)),
        "first_on": first_on and first_on.isoformat(),
        "last_on": last_on and last_on.isoformat(),
        "months": [
            {"month": month and month.isoformat(), "rows": rows, "total": _pounds(total)}
            for month, (rows, total) in months
        ],
        "first": [_shown(row) for row in walk.first],
        "unreadable": walk.unreadable,
        "rejected": reasons(walk.problems),
        "left_out": [
            {"line": left.line, "until": left.until, "kind": left.kind, "value": left.value}
            for left in walk.left_out
        ],
    }


def _shown(row: PaymentRow) -> Report:
    return {
        "line": row.line,
        "paid_on": row.paid_on and row.paid_on.isoformat(),
        "precision": row.precision,
        "supplier": row.supplier,
        "amount": _pounds(row.amount),
        "reference": row.reference,
        "directorate": row.directorate or row.department,
        "purpose": row.purpose or row.expenditure_type,
    }


def _pounds(amount: Decimal) -> str:
    return f"{amount:.2f}"


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
