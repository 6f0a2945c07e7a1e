"""Rows of a text file, each with the line it begins on and its own raw text."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from costs.payments.decoding import Encoding
from costs.payments.shape import Record

DELIMITERS = (",", ";", "\t", "|")
#: A quoted cell may run over lines, but not over the file.
_MOST_LINES = 40
#: A line longer than this is cut; its pieces are not cells of a payment.
_LONGEST_LINE = 1_000_000


class TextTable:
    """The rows of a text file, as often as they are asked for, one walk at a time."""

    sheet = ""

    def __init__(self, file: BinaryIO, encoding: Encoding, delimiter: str) -> None:
        self.file, self.encoding, self.delimiter = file, encoding, delimiter

    def records(self, width: int = 0) -> Iterator[Record]:
        """Each row. One that runs over lines and has not `width` cells has a stray quotation
        mark, which is then taken as it stands, so that it swallows no other row.
        """
        self.file.seek(self.encoding.start)
        text = io.TextIOWrapper(
            self.file, self.encoding.name, errors=self.encoding.errors, newline=""
        )
        try:
            yield from _records(_Lines(text), self.delimiter, width)
        finally:
            text.detach()


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
        if self.back:
            return self.back.popleft()
        line = self.text.readline(_LONGEST_LINE)
        # No database keeps a zero character.
        return line if "\0" not in line else line.replace("\0", "") or " "

    def begin(self) -> None:
        self.taken, self.cut_short = [], False

    def give_back(self) -> str:
        """The row's first line; the others are read again."""
        first, *others = self.taken
        self.back.extendleft(reversed(others))
        self.taken = [first]
        return first


def _records(lines: _Lines, delimiter: str, width: int) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter)
    number = 1
    while True:
        lines.begin()
        broken = False
        try:
            cells = next(reader)
            taken = lines.taken
            if lines.cut_short or (len(taken) > 1 and width and len(cells) != width):
                cells = _as_it_stands(lines.give_back(), delimiter)
                broken = True
        except StopIteration:
            return
        except csv.Error:
            cells = _as_it_stands(lines.give_back(), delimiter)
            broken = True
        taken = lines.taken
        yield Record(number, cells, taken[0] if len(taken) == 1 else "".join(taken), broken)
        number += len(taken)


def _as_it_stands(line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quotation marks mean nothing."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]
