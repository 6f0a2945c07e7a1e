"""Bytes of a payment file to its rows, its problems and what was left out. Knows no model.

Whatever the bytes, reading ends in a report: a file that cannot be read is one problem at line 0.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import merge
from itertools import repeat, zip_longest
from operator import itemgetter
from typing import BinaryIO

from barnetwatch.lib.exports import original_text
from barnetwatch.lib.money import NOTHING, to_pence, to_pounds
from costs.payments.amounts import read_amount
from costs.payments.cells import NO_DAY, TOTAL, Days, Names, Sums
from costs.payments.dates import read_date
from costs.payments.detecting import Forms, Opened, open_file, settled
from costs.payments.layouts import Layout, layout_of
from costs.payments.shape import (
    NO_COLUMNS,
    CannotRead,
    Detected,
    LeftOut,
    Lines,
    Meaning,
    PaymentRow,
    Piece,
    PlainRow,
    Problem,
    Profile,
    Record,
    Row,
)

_TOTAL_OF = re.compile(r".* (sub-?)?total", re.IGNORECASE)
_NIL = re.compile(r"nil( returns?)?|no (payments|spend|transactions|data)\b.*", re.IGNORECASE)
#: Cells of a row from which on its block is read row by row: no payment has as many.
_WIDEST = 500
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
        self.opened, self.table, self.detected = opened, opened.table, opened.detected
        self.width = len(opened.layout.headers)
        self._days = Days(self.detected.order)
        self._sums = Sums(self.detected.marks)
        self._blank: LeftOut | None = None
        #: In pence: of all payments so far, and of those before the last total.
        self._above = self._at_total = 0
        self._imprecise = False
        self._use(opened.layout)

    def items(self) -> Iterator[Item]:
        """Each payment, each problem, each row left out."""
        for piece in self.pieces():
            payments = map(_in_pounds, piece.payments())
            yield from merge(payments, piece.others, key=itemgetter(0))

    def pieces(self) -> Iterator[Piece]:
        """The same, many at a time, with payments as the database takes them."""
        for block in self.table.blocks(self.width):
            if isinstance(block, Lines):
                yield self._at_once(block) or self._read(block.rows())
            else:
                yield self._read(block)
        yield Piece(NO_COLUMNS, self._end_of_blank())
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
        self._names = Names(undated=self._date < 0)
        self._days.begin(undated=self._date < 0)

    def _at_once(self, lines: Lines) -> Piece | None:
        """A block by whole columns, where each of its rows is a payment; else None.

        Three times as fast as row by row, and the same: nearly all of a file is read so.
        """
        if max(map(len, lines.cells)) > _WIDEST:
            return None
        columns = list(zip_longest(*lines.cells, fillvalue=""))
        rounded = self._sums.rounded
        blank = [""] * len(lines.cells)

        def held(column: int) -> list[str]:
            return list(map(str.strip, columns[column])) if 0 <= column < len(columns) else blank

        days = list(map(self._days.__getitem__, held(self._date)))
        names = list(map(self._names.__getitem__, held(self._supplier)))
        pence = self._sums.of(held(self._amount))
        if None in days or None in names or None in pence:
            self._sums.rounded = rounded
            return None
        on, precision = zip(*days, strict=True)
        supplier, redacted = zip(*names, strict=True)
        texts = [held(column) for column in self._texts]
        if "'" in "".join(lines.raws):
            texts = [list(map(original_text, text)) for text in texts]
        if self._flag >= 0:
            flags = ["redact" in flag.lower() for flag in held(self._flag)]
            redacted = tuple(map(max, redacted, flags))
        raws = list(map(str.rstrip, lines.raws, repeat("\r\n")))
        self._above += sum(pence)  # type: ignore[arg-type]
        self._imprecise |= set(precision) != {"day"}
        numbers = range(lines.first, lines.first + len(raws))
        found = (numbers, raws, on, precision, supplier, pence, *texts, redacted)
        return Piece(found, self._end_of_blank())

    def _read(self, block: Iterable[Row]) -> Piece:
        """A block row by row, parted into payments and others."""
        payments: list[PlainRow] = []
        others: list[Problem | LeftOut] = []
        rows = iter(block)
        while other := self._payments(rows, payments.append):
            self._other(Record(*other), others)
        return Piece(tuple(zip(*payments, strict=True)) or NO_COLUMNS, others)

    def _payments(self, rows: Iterator[Row], add: Callable[[PlainRow], None]) -> Row | None:
        """Take rows as long as they are payments; the first that is none, or None at the end.

        Whatever it does for a payment is done a million times in a file with something else in
        each of its blocks, so it asks only what it must.
        """
        date, money, payee, flag = self._date, self._amount, self._supplier, self._flag
        days, sums, names, plain = self._days, self._sums, self._names, self._sums.plain
        one, two, three, four, five, six = self._texts
        width = max(date, money, payee, flag, *self._texts) + 1
        above = 0
        found = None
        for row in rows:
            line, cells, raw, _ = row
            held = list(map(str.strip, cells))
            if len(held) < width:
                held += [""] * (width - len(held))
            held.append("")  # What a column holds that the file does not have.
            day, name, amount = days[held[date]], names[held[payee]], held[money]
            if day is None or name is None:
                found = row
                break
            pence = int(amount[:-3] + amount[-2:]) if plain(amount) else sums[amount]
            if pence is None:
                found = row
                break
            above += pence
            on, precision = day
            if precision != "day":
                self._imprecise = True
            if "'" in raw:
                held = list(map(original_text, held))
            add(
                (
                    line, raw.rstrip("\r\n"), on, precision, name[0], pence,
                    held[one], held[two], held[three], held[four], held[five], held[six],
                    name[1] or (flag >= 0 and "redact" in held[flag].lower()),
                )
            )  # fmt: skip
        self._above += above
        return found

    def _other(self, record: Record, others: list[Problem | LeftOut]) -> None:
        """A row that is no payment: left out where that is plain, else a problem."""
        found, run = self._judged(record), self._blank
        is_blank = isinstance(found, LeftOut) and found.kind == "blank"
        if is_blank and run and record.line == (run.until or run.line) + 1:
            self._blank = run._replace(until=record.line)
            return
        others.extend(self._end_of_blank())
        if isinstance(found, LeftOut) and is_blank:
            self._blank = found
        else:
            others.append(found)

    def _end_of_blank(self) -> list[Problem | LeftOut]:
        run, self._blank = self._blank, None
        return [run] if run else []

    def _judged(self, record: Record) -> Problem | LeftOut:
        line = record.line
        held = [cell.strip() for cell in record.cells if cell.strip()]
        if not held:
            return LeftOut(line, "blank") if not record.broken else self._broken(record)
        if self._is_header(record):
            return LeftOut(line, "header", _short(held))
        amount = read_amount(self._cell(record, self._amount), self.detected.marks)
        dated = self._days[self._cell(record, self._date).strip()] not in (None, NO_DAY)
        if not dated and self._is_total(record, held, amount):
            self._at_total = self._above
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
        reason = read_date(value, self.detected.order)
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
        if any(TOTAL.fullmatch(cell) for cell in held):
            return True
        if any(_TOTAL_OF.fullmatch(cell) for cell in held) and len(held) <= 3:
            return True
        if isinstance(amount, str) or self._cell(record, self._supplier).strip():
            return False
        return bool(amount) and to_pence(amount) in (self._above, self._above - self._at_total)

    def _note(self) -> None:
        self.opened.settle(self._days.seen(), odd_sums=self._sums.odd)
        if self._imprecise:
            self.detected.notes.append(_MONTH_KINDS)
        if rounded := self._sums.rounded:
            several = "amount has" if rounded == 1 else "amounts have"
            self.detected.notes.append(
                f"{rounded} {several} fractions of a penny, and were rounded to the penny."
            )


def _in_pounds(row: PlainRow) -> PaymentRow:
    line, raw, on, precision, supplier, pence = row[:6]
    day = dt.date.fromisoformat(on) if on else None
    return PaymentRow(line, raw, day, precision, supplier, to_pounds(pence), *row[6:])


def _short(held: list[str]) -> str:
    return " | ".join(held)[:200]


@dataclass
class Reading:
    """Everything about one file: for a dry run and tests. `rows` may be left out of it."""

    detected: Detected = field(default_factory=Detected)
    rows: list[PaymentRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    #: How many payments there are, what they come to, and their first and last day.
    payments: int = 0
    total: Decimal = NOTHING
    days: tuple[dt.date | None, dt.date | None] = (None, None)

    @property
    def is_nil(self) -> bool:
        """Whether the file says that nothing was paid: a header and no row, or the word nil."""
        return bool(self.detected.header_line) and not self.payments and not self.problems

    @property
    def can_import(self) -> bool:
        """Whether something was read, or the file says that nothing was paid."""
        return bool(self.payments) or self.is_nil

    def add(self, piece: Piece, *, keep_rows: bool) -> None:
        """What stands in a piece of the file."""
        self.payments += piece.size
        self.total += to_pounds(piece.pence)
        found = [dt.date.fromisoformat(day) for day in piece.days]
        if found := [*found, *filter(None, self.days)]:
            self.days = (min(found), max(found))
        if keep_rows:
            self.rows += map(_in_pounds, piece.payments())
        for other in piece.others:
            if isinstance(other, LeftOut):
                self.left_out.append(other)
            else:
                self.problems.append(other if keep_rows else other._replace(raw=""))


def open_payments(
    file: BinaryIO, profile: Profile | None = None, forms: Forms | None = None
) -> Reader:
    """A file opened to be walked through once, by `settled`; CannotRead where nothing can be
    read.
    """
    return Reader(open_file(file, profile or Profile(), forms))


def read(file: BinaryIO, profile: Profile | None = None, *, keep_rows: bool = True) -> Reading:
    """A file read whole. Without its rows, memory does not grow with them."""
    reading = Reading()

    def walk(forms: Forms | None) -> Reading:
        nonlocal reading
        reading = Reading()
        reader = open_payments(file, profile, forms)
        reading.detected = reader.detected
        for piece in reader.pieces():
            reading.add(piece, keep_rows=keep_rows)
        return reading

    try:
        return settled(walk)
    except CannotRead as refusal:
        return Reading(reading.detected, problems=[Problem(0, "", "", str(refusal))])
