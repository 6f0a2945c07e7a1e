"""Bytes of a payment file to its rows, its problems and what was left out. Knows no model.

Whatever the bytes, reading ends in a report: a file that cannot be read is one problem at line 0.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from barnetwatch.lib.money import NOTHING
from costs.payments.amounts import is_rounded, read_amount
from costs.payments.dates import Day, read_date
from costs.payments.detecting import Opened, open_file
from costs.payments.layouts import Layout, layout_of
from costs.payments.names import LONGEST
from costs.payments.shape import (
    CannotRead,
    Detected,
    LeftOut,
    Meaning,
    PaymentRow,
    Problem,
    Profile,
    Record,
)

_TOTAL = re.compile(
    r"((grand|sub|overall|report|page|file|final|sum|net|gross)[ -]?)?totals?"
    r"( (for|of|amount|spend|value|payments?|net|gross)\b.*)?\s*:?",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(r".* (sub-?)?total", re.IGNORECASE)
_NIL = re.compile(r"nil( returns?)?|no (payments|spend|transactions|data)\b.*", re.IGNORECASE)
_REDACTED = re.compile(r"redact|withheld|personal data|commercial confiden", re.IGNORECASE)
#: What an export puts before a text that a spreadsheet would take for a formula.
_ESCAPED = re.compile(r"'(?=\s*[=+\-@|\t\r＝＋－＠])")
_MOST_KEPT = 50_000
_MONTH_KINDS = "Some dates give no day; those payments count from the last day of their period."

Item = PaymentRow | Problem | LeftOut
_TEXTS = (
    Meaning.REFERENCE,
    Meaning.DIRECTORATE,
    Meaning.DEPARTMENT,
    Meaning.EXPENDITURE_TYPE,
    Meaning.PURPOSE,
    Meaning.CONTRACT_REFERENCE,
)


class Reader:
    """The rows of one opened file, in their order; one walk."""

    def __init__(self, opened: Opened) -> None:
        self.table, self.detected = opened.table, opened.detected
        self.width = len(opened.layout.headers)
        self._days: dict[str, Day | str] = {}
        self._above = self._since_total = NOTHING
        self._imprecise = False
        self._rounded = 0
        self._use(opened.layout)

    def items(self) -> Iterator[Item]:
        """Each payment, each problem, each row left out."""
        blank: LeftOut | None = None
        for record in self.table.records(self.width):
            item = self._payment(record) or self._other(record)
            if isinstance(item, LeftOut) and item.kind == "blank":
                blank = item if blank is None else blank._replace(until=item.line)
                continue
            if blank:
                yield blank
                blank = None
            yield item
        if blank:
            yield blank
        self._note()

    def _use(self, layout: Layout) -> None:
        self.layout = layout
        columns = layout.columns
        self._amount = columns[Meaning.AMOUNT]
        self._date = columns.get(Meaning.PAID_ON, -1)
        self._supplier = columns.get(Meaning.SUPPLIER, -1)
        self._flag = columns.get(Meaning.REDACTION, -1)
        self._texts = [columns.get(meaning, -1) for meaning in _TEXTS]
        self._rows_of_header = layout.rows

    def _day(self, text: str) -> Day | str:
        found = self._days.get(text)
        if found is None:
            if len(self._days) > _MOST_KEPT:
                self._days.clear()
            found = self._days[text] = read_date(text, self.detected.order)
        return found

    def _payment(self, record: Record) -> PaymentRow | None:
        """The row as a payment; None for anything else."""
        cells = record.cells
        last = len(cells)
        if self._amount >= last:
            return None
        amount = read_amount(cells[self._amount], self.detected.marks)
        if isinstance(amount, str):
            return None
        day = self._day(cells[self._date]) if 0 <= self._date < last else None
        if isinstance(day, str) or (day is None and self._date >= 0):
            return None
        supplier = cells[self._supplier].strip() if 0 <= self._supplier < last else ""
        if day is None and (not supplier or _TOTAL.fullmatch(supplier)):
            return None
        if len(supplier) > LONGEST:
            return None
        if not cells[self._amount].isascii() or cells[self._amount][-3:-2] != ".":
            self._rounded += is_rounded(cells[self._amount], self.detected.marks)
        self._imprecise |= day is not None and day.precision != "day"
        self._above += amount
        self._since_total += amount
        flag = cells[self._flag] if 0 <= self._flag < last else ""
        texts = [
            _ESCAPED.sub("", cells[column].strip(), count=1) if 0 <= column < last else ""
            for column in self._texts
        ]
        return PaymentRow(
            record.line,
            record.raw,
            day.on if day else None,
            day.precision if day else "day",
            _ESCAPED.sub("", supplier, count=1),
            amount,
            reference=texts[0],
            directorate=texts[1],
            department=texts[2],
            expenditure_type=texts[3],
            purpose=texts[4],
            contract_reference=texts[5],
            redacted=bool(_REDACTED.search(supplier) or "redact" in flag.lower()),
        )

    def _other(self, record: Record) -> Problem | LeftOut:
        """A row that is no payment: left out where that is plain, else a problem."""
        line = record.line
        held = [cell.strip() for cell in record.cells if cell.strip()]
        if not held:
            return LeftOut(line, "blank") if not record.broken else self._broken(record)
        if self._is_header(record):
            return LeftOut(line, "header", _short(held))
        amount = read_amount(self._cell(record, self._amount), self.detected.marks)
        dated = isinstance(self._day(self._cell(record, self._date)), Day)
        if not dated and self._is_total(record, held, amount):
            self._since_total = NOTHING
            value = str(amount) if isinstance(amount, Decimal) else ""
            return LeftOut(line, "total", value)
        if isinstance(amount, str) and any(_NIL.fullmatch(cell) for cell in held):
            return LeftOut(line, "nil", _short(held))
        if isinstance(amount, str) and not dated:
            before = line < self.layout.line
            if not record.broken and (len(held) <= 2 or before):
                return LeftOut(line, "text", _short(held))
        return self._problem(record, amount)

    def _problem(self, record: Record, amount: Decimal | str) -> Problem:
        if record.broken and isinstance(amount, str):
            return self._broken(record)
        names = self.layout.headers
        if isinstance(amount, str):
            value = self._cell(record, self._amount)
            return Problem(record.line, names[self._amount], value[:200], amount, record.raw)
        value = self._cell(record, self._date)
        reason = self._day(value)
        if isinstance(reason, str) and self._date >= 0:
            return Problem(record.line, names[self._date], value[:200], reason, record.raw)
        name = names[self._supplier] if self._supplier >= 0 else ""
        value = self._cell(record, self._supplier)
        reason = "This is too long to be a name." if value else "There is no supplier."
        return Problem(record.line, name, value[:200], reason, record.raw)

    def _broken(self, record: Record) -> Problem:
        reason = "A quotation mark does not close, or a cell is too long."
        return Problem(record.line, "", record.raw[:200].strip(), reason, record.raw[:20_000])

    def _cell(self, record: Record, column: int) -> str:
        return record.cells[column] if 0 <= column < len(record.cells) else ""

    def _is_header(self, record: Record) -> bool:
        """The header itself, the same once more, or that of another report below the first."""
        if record.line == self.layout.line:
            self._rows_of_header = self.layout.rows - 1
            return True
        if self._rows_of_header and self.layout.rows > 1 and record.line > self.layout.line:
            self._rows_of_header -= 1
            return True
        if self.layout.says_the_same(record.cells):
            return True
        if len([cell for cell in record.cells if cell.strip()]) < 3:
            return False
        other = layout_of(record, (), Profile())
        if other is None or not {Meaning.PAID_ON, Meaning.SUPPLIER} <= other.columns.keys():
            return False
        self._use(other)
        return True

    def _is_total(self, record: Record, held: list[str], amount: Decimal | str) -> bool:
        """Said to be a total; or a sum without supplier or day that the rows above come to."""
        if any(_TOTAL.fullmatch(cell) for cell in held):
            return True
        if any(_TOTAL_OF.fullmatch(cell) for cell in held) and len(held) <= 3:
            return True
        if isinstance(amount, str) or self._cell(record, self._supplier).strip():
            return False
        return bool(amount) and amount in (self._above, self._since_total)

    def _note(self) -> None:
        if self._imprecise:
            self.detected.notes.append(_MONTH_KINDS)
        if self._rounded:
            several = "amount has" if self._rounded == 1 else "amounts have"
            self.detected.notes.append(
                f"{self._rounded} {several} fractions of a penny, and were rounded to the penny."
            )


def _short(held: list[str]) -> str:
    return " | ".join(held)[:200]


@dataclass
class Reading:
    """Everything about one file, held at once: for a preview, a dry run and tests."""

    detected: Detected = field(default_factory=Detected)
    rows: list[PaymentRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What the payments come to."""
        return sum((row.amount for row in self.rows), NOTHING)

    @property
    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """The first and the last day of a payment."""
        found = [row.paid_on for row in self.rows if row.paid_on]
        return (min(found), max(found)) if found else (None, None)

    @property
    def is_nil(self) -> bool:
        """Whether the file says that nothing was paid: a header and no row, or the word nil."""
        return bool(self.detected.header_line) and not self.rows and not self.problems

    @property
    def can_import(self) -> bool:
        """Whether something was read, or the file says that nothing was paid."""
        return bool(self.rows) or self.is_nil


def open_payments(file: BinaryIO, profile: Profile | None = None) -> Reader:
    """A file opened to be walked through once; CannotRead where nothing can be read."""
    return Reader(open_file(file, profile or Profile()))


def read(file: BinaryIO, profile: Profile | None = None) -> Reading:
    """A file read whole."""
    reading = Reading()
    try:
        reader = open_payments(file, profile)
        reading.detected = reader.detected
        for item in reader.items():
            match item:
                case PaymentRow():
                    reading.rows.append(item)
                case Problem():
                    reading.problems.append(item)
                case LeftOut():
                    reading.left_out.append(item)
    except CannotRead as refusal:
        reading.rows.clear()
        reading.problems = [Problem(0, "", "", str(refusal))]
    return reading
