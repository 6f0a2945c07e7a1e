"""The site's one writer of files to download: CSV, XLSX and JSON, safe to open in a spreadsheet.

The type of a cell decides how it is written. A Decimal, an int and a date stay what they are;
anything else is text, and no text of the record becomes a formula, whatever opens the file.
"""

import csv
import datetime as dt
import json
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NamedTuple

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from barnetwatch.lib.dates import LONDON

#: What a spreadsheet may take for the beginning of a formula, in the form that NFKC gives it.
FORMULA_SIGNS = frozenset("=+-@|\t\n\N{MINUS SIGN}")
#: Control characters but tab and line ends, halves of surrogate pairs, and what XML forbids.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
#: Rows a sheet of XLSX holds under its heading; the others go on a next sheet.
SHEET_ROWS = 1_048_575
#: The first year that XLSX has days for; an older day is written as text.
_FIRST_YEAR = 1900


class Column(NamedTuple):
    """A column's heading in plain words, and whether its numbers are pounds."""

    heading: str
    is_pounds: bool = False


Rows = Iterable[Sequence[Any]]


def export(
    kind: str, columns: Sequence[Column], rows: Rows, filename: str
) -> StreamingHttpResponse:
    """Rows as a file to download; `kind` is one of FORMATS, `filename` comes without its ending.

    Rows are taken as they are written, so that memory does not grow with them.
    """
    write, content_type = FORMATS[kind]
    answer = write(columns, rows)
    answer["Content-Type"] = content_type
    answer["Content-Disposition"] = content_disposition_header(True, f"{filename}.{kind}") or ""
    return answer


def safe_text(value: Any) -> str:
    """A value as text without control characters, an apostrophe before what may be a formula.

    That is text which begins, perhaps after spaces or marks nobody sees, with = + - @ | or a tab
    or a line end, in any width.
    """
    text = _printable(value)
    return f"'{text}" if _may_be_formula(text) else text


def reversible_text(value: Any) -> str:
    """The same, so that `original_text` gives back what was printable of the value."""
    text = _printable(value)
    return f"'{text}" if _may_be_formula(text.lstrip("'")) else text


def original_text(text: str) -> str:
    """A text without the apostrophe that an export put before what may be a formula."""
    return text[1:] if text[:1] == "'" and _may_be_formula(text.lstrip("'")) else text


def _printable(value: Any) -> str:
    return _UNPRINTABLE.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")


def _may_be_formula(text: str) -> bool:
    begins = next((each for each in text if unicodedata.category(each) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", begins)[:1] in FORMULA_SIGNS


#: Unicode's categories of spaces, separators and format marks.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cf"})


def _csv(columns: Sequence[Column], rows: Rows) -> StreamingHttpResponse:
    return StreamingHttpResponse(_csv_lines(columns, rows))


class _HandsBack:
    """A file that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(columns: Sequence[Column], rows: Rows) -> Iterator[bytes]:
    # Without this mark Excel reads Windows-1252, and two letters stand for every pound sign.
    yield "\ufeff".encode()
    write: Callable[[Iterable[str]], Any] = csv.writer(_HandsBack()).writerow
    yield write([safe_text(column.heading) for column in columns]).encode()
    for row in rows:
        yield write([_in_csv(*each) for each in zip(columns, row, strict=True)]).encode()


def _in_csv(column: Column, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return _number(column, value)
        case dt.date():
            return value.isoformat()
        case _:
            return safe_text(value)


def _number(column: Column, value: Decimal | int) -> str:
    return f"{Decimal(value):.2f}" if column.is_pounds else str(value)


def _json(columns: Sequence[Column], rows: Rows) -> StreamingHttpResponse:
    return StreamingHttpResponse(_json_parts(columns, rows))


def _json_parts(columns: Sequence[Column], rows: Rows) -> Iterator[bytes]:
    names = [json.dumps(safe_text(column.heading), ensure_ascii=False) for column in columns]
    between = "[\n"
    for row in rows:
        cells = zip(names, columns, row, strict=True)
        fields = ", ".join(f"{name}: {_in_json(column, value)}" for name, column, value in cells)
        yield f"{between}{{{fields}}}".encode()
        between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"


def _in_json(column: Column, value: Any) -> str:
    """A sum is a number, written digit by digit: whoever reads decimals gets every penny of it,
    and up to the largest sum of the register a float tells any two sums apart, too.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal() | int():
            return _number(column, value)
        case _:
            return json.dumps(_in_csv(column, value), ensure_ascii=False)


def _xlsx(columns: Sequence[Column], rows: Rows) -> StreamingHttpResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    # In constant memory a row is on the disk as soon as the next one begins.
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        _Sheets(book, columns).write(rows)
    file.seek(0)
    return FileResponse(file)


class _Sheets:
    """The sheets of a book; a second one only where the first is full."""

    def __init__(self, book: Any, columns: Sequence[Column]) -> None:
        self.book, self.columns = book, columns
        self.pounds = book.add_format({"num_format": '"£"#,##0.00;[Red]-"£"#,##0.00'})
        self.day = book.add_format({"num_format": "d mmmm yyyy", "align": "left"})
        self.moment = book.add_format({"num_format": "d mmmm yyyy hh:mm", "align": "left"})
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})

    def write(self, rows: Rows) -> None:
        """All rows, under a heading on every sheet."""
        left = iter(rows)
        first = next(left, None)
        while True:
            sheet = self._begun()
            on_it = chain([] if first is None else [first], islice(left, SHEET_ROWS - 1))
            for number, row in enumerate(on_it, start=1):
                for place, (column, value) in enumerate(zip(self.columns, row, strict=True)):
                    self._cell(sheet, number, place, column, value)
            first = next(left, None)
            if first is None:
                return

    def _begun(self) -> Any:
        sheet = self.book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(self.columns) - 1, 22)
        for place, column in enumerate(self.columns):
            sheet.write_string(0, place, safe_text(column.heading), self.bold)
        return sheet

    def _cell(self, sheet: Any, row: int, place: int, column: Column, value: Any) -> None:
        match value:
            case None:
                pass
            case Decimal() | int() if not isinstance(value, bool):
                sheet.write_number(row, place, value, self.pounds if column.is_pounds else None)
            case dt.datetime() if value.tzinfo:
                local = value.astimezone(LONDON).replace(tzinfo=None)
                sheet.write_datetime(row, place, local, self.moment)
            case dt.date() if value.year >= _FIRST_YEAR:
                sheet.write_datetime(row, place, value, self.day)
            case _:
                # Never `write`, which makes formulas and links of what looks like them.
                sheet.write_string(row, place, _in_csv(column, value))


#: How a file of each kind is written, and what it calls itself.
FORMATS: dict[str, tuple[Callable[[Sequence[Column], Rows], StreamingHttpResponse], str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "xlsx": (_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": (_json, "application/json"),
}
