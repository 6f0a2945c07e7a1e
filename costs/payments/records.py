"""Rows of a text file, each with the line it begins on and its own raw text."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import BinaryIO

from costs.payments.decoding import Encoding
from costs.payments.shape import Lines, Record, Row

DELIMITERS = (",", ";", "\t", "|")
#: A quoted cell may run over lines, but not over the file.
_MOST_LINES = 40
#: A line longer than this is cut; its pieces are not cells of a payment.
_LONGEST_LINE = 1_000_000
#: Characters that are read at once.
_BLOCK = 128 * 1024


class TextTable:
    """The rows of a text file, as often as they are asked for, one walk at a time."""

    sheet = ""

    def __init__(self, file: BinaryIO, encoding: Encoding, delimiter: str) -> None:
        self.file, self.encoding, self.delimiter = file, encoding, delimiter

    def records(self, width: int = 0) -> Iterator[Record]:
        """Each row; `width` as for `blocks`."""
        for block in self.blocks(width):
            yield from map(Record._make, block.rows() if isinstance(block, Lines) else block)

    def blocks(self, width: int = 0) -> Iterator[Lines | Iterable[Row]]:
        """The rows, some hundreds at a time; each block is walked through before the next.

        One that runs over lines and has not `width` cells has a stray quotation mark, which is
        then taken as it stands, so that it swallows no other row.
        """
        self.file.seek(self.encoding.start)
        text = io.TextIOWrapper(
            self.file, self.encoding.name, errors=self.encoding.errors, newline=""
        )
        lines, number = _Lines(text), 1
        try:
            while block := text.read(_BLOCK):
                block += text.readline(_LONGEST_LINE)
                raws = io.StringIO(block, newline="").readlines()
                rows = None if "\0" in block else _a_line_each(raws, self.delimiter)
                if rows is None:
                    lines.back.extend(raws)
                    records = list(_records(lines, self.delimiter, width, number))
                    yield records
                    number = records[-1].line + lines.length
                else:
                    yield Lines(number, rows, raws)
                    number += len(rows)
        finally:
            text.detach()


def _a_line_each(raws: list[str], delimiter: str) -> list[list[str]] | None:
    """The cells of each line; None where one runs over its line or cannot be read so."""
    if max(map(len, raws)) > csv.field_size_limit():
        return None
    if not raws[-1].endswith(("\n", "\r")) and '"' in raws[-1]:
        return None
    quoted = [raw for raw in raws if '"' in raw]
    try:
        rows = list(csv.reader(quoted, delimiter=delimiter))
    except csv.Error:
        return None
    # A cell that holds the end of its line has not been closed.
    if len(rows) != len(quoted) or (rows and rows[-1][-1].endswith(("\n", "\r"))):
        return None
    # Without a quotation mark, a line is parted three times as fast.
    read = iter(rows)
    lines = map(str.rstrip, raws, repeat("\r\n"))
    cells = [next(read) if '"' in line else line.split(delimiter) for line in lines]
    if [""] in cells:  # As csv.reader has it, a blank line has no cells.
        return [row if raw.strip("\r\n") else [] for raw, row in zip(raws, cells, strict=True)]
    return cells


class _Lines:
    """Lines for csv.reader, which remembers those of the row that is being read."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.back: deque[str] = deque()
        self.taken: list[str] = []
        self.cut_short = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = "" if len(self.taken) >= _MOST_LINES else self._line()
        if not line:
            self.cut_short = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        return line

    def _line(self) -> str:
        line = self.back.popleft() if self.back else self.text.readline(_LONGEST_LINE)
        # No database keeps a zero character.
        return line if "\0" not in line else line.replace("\0", "") or " "

    @property
    def length(self) -> int:
        """Lines of the row that was read last."""
        return len(self.taken)

    def begin(self) -> None:
        self.taken, self.cut_short = [], False

    def give_back(self) -> str:
        """The row's first line; the others are read again."""
        first, *others = self.taken
        self.back.extendleft(reversed(others))
        self.taken = [first]
        return first


def _records(lines: _Lines, delimiter: str, width: int, number: int) -> Iterator[Record]:
    """The rows that begin on lines already read, one after another, whatever is wrong in them."""
    reader = csv.reader(lines, delimiter=delimiter)
    while lines.back:
        lines.begin()
        broken = False
        try:
            cells = next(reader)
            if lines.cut_short or (len(lines.taken) > 1 and width and len(cells) != width):
                cells = _as_it_stands(lines.give_back(), delimiter)
                broken = True
        except csv.Error:
            cells = _as_it_stands(lines.give_back(), delimiter)
            broken = True
        yield Record(number, cells, "".join(lines.taken), broken)
        number += lines.length


def _as_it_stands(line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quotation marks mean nothing."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]
