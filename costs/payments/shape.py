"""What a payment file turns into: how it was read, its rows, and what could not be read."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import count, repeat
from typing import Any, NamedTuple


class Meaning(StrEnum):
    """What a column holds, whatever its publisher calls it."""

    PAID_ON = "paid_on"
    AMOUNT = "amount"
    SUPPLIER = "supplier"
    REFERENCE = "reference"
    DIRECTORATE = "directorate"
    DEPARTMENT = "department"
    EXPENDITURE_TYPE = "expenditure_type"
    PURPOSE = "purpose"
    CONTRACT_REFERENCE = "contract_reference"
    REDACTION = "redaction"


class Order(StrEnum):
    """Which comes first in a date of three numbers."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class Marks(StrEnum):
    """What stands before the pence: 1,234.56 or 1.234,56."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True)
class Profile:
    """What an officer has corrected for a publisher; what is empty is detected."""

    encoding: str = ""
    delimiter: str = ""
    #: Meaning to the header as it stands in the file.
    columns: dict[str, str] = field(default_factory=dict)
    order: str = ""
    marks: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Profile":
        """From what a publisher's row keeps; what it does not know is passed over."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if kept.get(name)}
        return cls(**known)


class Record(NamedTuple):
    """A row as it stands in the file."""

    line: int
    cells: list[str]
    raw: str
    #: Quotation marks that do not close, or a cell too long to be one.
    broken: bool = False


#: The same as a plain tuple: a file has millions of them.
Row = tuple[int, list[str], str, bool]


class Lines(NamedTuple):
    """Rows one below another, each of which is a line of its own and can be read."""

    first: int
    cells: list[list[str]]
    raws: list[str]

    def rows(self) -> Iterator[Row]:
        """The same, one by one."""
        return zip(count(self.first), self.cells, self.raws, repeat(False))


class PaymentRow(NamedTuple):
    """A payment as the file has it, in pounds."""

    line: int
    raw: str
    paid_on: dt.date | None
    precision: str
    supplier: str
    amount: Decimal
    reference: str = ""
    directorate: str = ""
    department: str = ""
    expenditure_type: str = ""
    purpose: str = ""
    contract_reference: str = ""
    redacted: bool = False


#: A payment as the database takes it, in the order of PaymentRow: the day as 2018-10-01, the sum
#: in pence.
PlainRow = tuple[int, str, str | None, str, str, int, str, str, str, str, str, str, bool]
#: Such rows turned on their side: a column for each part of them.
Columns = tuple[Sequence[Any], ...]
NO_COLUMNS: Columns = ((),) * len(PaymentRow._fields)


class Problem(NamedTuple):
    """What could not be read, where, and why; line 0 is the file as a whole."""

    line: int
    column: str
    value: str
    reason: str
    raw: str = ""


class LeftOut(NamedTuple):
    """A row that is no payment: a total, a blank one, a header said again, or plain text."""

    line: int
    kind: str
    value: str = ""
    #: The last of a run of blank rows.
    until: int = 0


class Piece(NamedTuple):
    """What stands in a piece of a file, some hundreds of rows long."""

    columns: Columns
    others: list[Problem | LeftOut]

    @property
    def size(self) -> int:
        """How many payments it holds."""
        return len(self.columns[0])

    @property
    def days(self) -> set[str]:
        """The days of its payments, written so that they sort as they follow one another."""
        return {day for day in set(self.columns[2]) if day}

    @property
    def names(self) -> set[str]:
        return set(self.columns[4])

    @property
    def pence(self) -> int:
        """What its payments come to."""
        return sum(self.columns[5])

    def payments(self) -> Iterator[PlainRow]:
        """Its payments, one by one."""
        return zip(*self.columns, strict=True)


class CannotRead(Exception):
    """The file as a whole cannot be read; the sentence is for the officer."""


@dataclass
class Detected:
    """How a file is read, decided for the whole of it before any row is taken."""

    encoding: str = ""
    #: None for a workbook.
    delimiter: str | None = None
    sheet: str = ""
    header_line: int = 0
    #: Meaning to the header as it stands in the file.
    columns: dict[str, str] = field(default_factory=dict)
    order: str = Order.DAY_FIRST
    marks: str = Marks.POINT
    #: What an officer should know of how it was read.
    notes: list[str] = field(default_factory=list)
