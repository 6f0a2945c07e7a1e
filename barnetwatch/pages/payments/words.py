"""How a payments file was read, in plain words."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import in_table
from costs.payments.shape import Marks, Meaning, Order

#: What each column means.
MEANINGS = {
    Meaning.PAID_ON: "Day of payment",
    Meaning.SUPPLIER: "Supplier",
    Meaning.AMOUNT: "Amount",
    Meaning.REFERENCE: "Reference",
    Meaning.DIRECTORATE: "Directorate",
    Meaning.DEPARTMENT: "Department",
    Meaning.EXPENDITURE_TYPE: "Type of spending",
    Meaning.PURPOSE: "Purpose",
    Meaning.CONTRACT_REFERENCE: "Contract reference",
    Meaning.REDACTION: "Redaction",
}
ENCODINGS = {
    "utf-8": "UTF-8, as most files today",
    "cp1252": "Windows (1252), as Excel saves in Western Europe",
    "cp437": "DOS (437), as old ledgers write",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16, the other way round",
}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright bars"}
ORDERS = {
    Order.DAY_FIRST: "day first: 5/4/2018 is 5 April",
    Order.MONTH_FIRST: "month first: 5/4/2018 is 4 May",
}
MARKS = {
    Marks.POINT: "a point before the pence: 1,234.56",
    Marks.COMMA: "a comma before the pence: 1.234,56",
}
_LEFT_OUT = {
    "blank": "blank",
    "header": "the header once more",
    "nil": "says that nothing was paid",
    "text": "plain text",
}


def how_read(detected: dict[str, Any]) -> list[tuple[str, str]]:
    """What was decided about a file as a whole: label and words."""
    encoding = detected.get("encoding", "")
    if encoding == "xlsx":
        kind = [("Kind of file", "Excel workbook"), ("Sheet", detected.get("sheet") or "the first")]
    else:
        kind = [
            ("Characters", ENCODINGS.get(encoding, encoding)),
            ("Columns are parted by", DELIMITERS.get(detected.get("delimiter") or "", "nothing")),
        ]
    return [
        *kind,
        ("Header", f"line {detected.get('header_line')}"),
        ("Dates", ORDERS.get(detected.get("order", ""), "")),
        ("Sums", MARKS.get(detected.get("marks", ""), "")),
    ]


def columns_read(columns: dict[str, str]) -> dict[str, Any]:
    """The meanings that a column holds, each with its header, and those that none holds."""
    held = [(label, columns[each]) for each, label in MEANINGS.items() if columns.get(each)]
    others = [label.lower() for each, label in MEANINGS.items() if not columns.get(each)]
    return {"held": held, "not_held": ", ".join(others)}


def time_covered(first: dt.date | None, last: dt.date | None) -> str:
    """The months of a file: April 2018, or April 2018 to March 2019."""
    if first is None or last is None:
        return "no day given"
    begins, ends = in_words(first, Precision.MONTH), in_words(last, Precision.MONTH)
    return begins if begins == ends else f"{begins} to {ends}"


def left_out_rows(rows: Iterable[dict[str, Any]], header_line: int) -> list[str]:
    """Each row that is no payment, and why: “line 5: a total of £1,250.50”; but for the header."""
    others = (row for row in rows if (row["kind"], row["line"]) != ("header", header_line))
    return [f"{_lines(row)}: {_why(row)}" for row in others]


def _lines(row: dict[str, Any]) -> str:
    line, until = row["line"], row.get("until") or row["line"]
    return f"line {line:,}" if until == line else f"lines {line:,} to {until:,}"


def _why(row: dict[str, Any]) -> str:
    kind, value = row["kind"], row.get("value", "")
    if kind == "total":
        return f"a total of {in_table(Decimal(value))}" if value else "a total"
    said = _LEFT_OUT.get(kind, kind)
    return f"{said} (“{value}”)" if kind == "text" and value else said


def day(text: str | None) -> dt.date | None:
    """A day as a report keeps it."""
    return dt.date.fromisoformat(text) if text else None


def counted(number: int, one: str, several: str = "") -> str:
    """1 payment, 2 payments, 12,800 payments."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
