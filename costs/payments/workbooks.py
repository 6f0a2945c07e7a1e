"""Rows of an .xlsx workbook, behind guards: a few kilobytes of one can ask for gigabytes."""

import csv
import datetime as dt
import io
import time
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from openpyxl import load_workbook

from costs.payments.shape import CannotRead, Record, Row

#: Bytes of all parts together once unpacked, and of the list of texts, which is held in memory.
MOST_UNPACKED, MOST_TEXTS = 400 * 1024 * 1024, 60 * 1024 * 1024
MOST_PARTS, MOST_ROWS, MOST_COLUMNS = 2_000, 1_048_576, 100
#: Rows that are read at once.
_BLOCK = 1_000
#: Seconds for one walk over a sheet.
MOST_SECONDS = 300
#: How far into a part a document type may be hidden; no workbook has one.
_HEAD = 64 * 1024

_NOT_READ = "This workbook cannot be read: it is damaged, locked, or no .xlsx at all."


def is_packed(file: BinaryIO) -> bool:
    """Whether a file begins as a packed one does."""
    file.seek(0)
    return file.read(4) == b"PK\x03\x04"


def sheets_of(file: BinaryIO) -> list["Sheet"]:
    """The sheets of a workbook; CannotRead for what is none, or too large to be one."""
    try:
        _guard(file)
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        return [Sheet(sheet) for sheet in book.worksheets]
    except CannotRead:
        raise
    except Exception as error:  # Whatever a hostile file makes the library raise.
        raise CannotRead(_NOT_READ) from error


def _guard(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
        if "xl/workbook.xml" not in packed.namelist():
            raise CannotRead("This is a packed file but no .xlsx workbook.")
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise CannotRead("This workbook is too large once unpacked. Save it as .csv.")
        for part in parts:
            if "sharedstrings" in part.filename.lower() and part.file_size > MOST_TEXTS:
                raise CannotRead("This workbook holds too much text. Save it as .csv.")
            if part.filename.lower().endswith((".xml", ".rels")):
                with packed.open(part) as opened:
                    if b"<!" in opened.read(_HEAD).replace(b"<!--", b""):
                        raise CannotRead("This workbook holds instructions that no table needs.")


class Sheet:
    """The rows of one sheet, as often as they are asked for."""

    delimiter = None

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self.sheet = str(sheet.title)

    def blocks(self, width: int = 0) -> Iterator[Iterable[Row]]:
        """The rows, some hundreds at a time."""
        records = self.records(width)
        while block := list(islice(records, _BLOCK)):
            yield block

    def records(self, width: int = 0) -> Iterator[Record]:
        """Each row that has anything in it, as text."""
        began = time.monotonic()
        try:
            self._sheet.reset_dimensions()  # What a sheet says of its own size is not believed.
            rows = self._sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            for line, values in enumerate(rows, 1):
                if line > MOST_ROWS or (line % 1000 == 0 and _too_long(began)):
                    raise CannotRead("This workbook takes too long to read. Save it as .csv.")
                cells = [_text(value) for value in values]
                while cells and not cells[-1]:
                    cells.pop()
                yield Record(line, cells, _raw(cells))
        except CannotRead:
            raise
        except Exception as error:  # Whatever a hostile file makes the library raise.
            raise CannotRead(_NOT_READ) from error


def _too_long(began: Any) -> bool:
    return time.monotonic() - began > MOST_SECONDS


def _text(value: Any) -> str:
    """A cell as text: a day as 2018-10-01, a number with all its digits."""
    match value:
        case None:
            return ""
        case dt.datetime() | dt.date():
            return value.isoformat()[:10]
        case _:
            return str(value).replace("\0", "")


def _raw(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
