"""What a fault cost, counted: what should be there, what is, what is twice, what is not."""

import os
import statistics
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import pytest

#: How often each fault is made to happen in the long run, and how often something is killed.
TIMES = int(os.environ.get("FAULT_TIMES", "20"))
KILLS = int(os.environ.get("FAULT_KILLS", "200"))
#: Seconds within which everything is made good.
QUARTER = 15 * 60


def few_or(times: int, few: int = 2) -> pytest.MarkDecorator:
    """A few times in `make test`, and so many in `make test-faults`."""
    return pytest.mark.parametrize("times", [few, pytest.param(times, marks=pytest.mark.faults)])


@dataclass
class Row:
    """A line of the table that is printed at the end of a run."""

    fault: str
    times: int
    what: str
    expected: int
    found: int
    doubled: int = 0
    lost: int = 0
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def cells(self) -> list[str]:
        """As it is printed; the median and the longest of the seconds."""
        median = f"{statistics.median(self.seconds):.1f}" if self.seconds else ""
        longest = f"{max(self.seconds):.1f}" if self.seconds else ""
        counts = (self.expected, self.found, self.doubled, self.lost)
        return [self.fault, f"{self.times}", self.what, *map(str, counts), median, longest]


HEAD = ["fault", "times", "what", "expected", "found", "doubled", "lost", "median s", "max s"]


class Tally:
    """The rows of one run."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def count(
        self,
        fault: str,
        times: int,
        what: str,
        expected: Iterable[Hashable],
        found: Iterable[Hashable],
        *,
        allowed_twice: int = 0,
        seconds: Iterable[float] = (),
        note: str = "",
    ) -> Row:
        """Compare what should be there with what is, note that in the table and insist on it.

        Nothing may be lost, nothing be there that should not, and no more be there a second time
        than is allowed: that is for mails whose taking nobody could know of.
        """
        wanted, there = set(expected), Counter(found)
        row = Row(
            *(fault, times, what, len(wanted), len(there)),
            doubled=there.total() - len(there),
            lost=len(wanted - there.keys()),
            seconds=list(seconds),
            note=note,
        )
        self.rows.append(row)
        assert wanted, f"{fault}: there was nothing to lose"
        assert not wanted - there.keys(), f"{fault}: {what} lost"
        assert not there.keys() - wanted, f"{fault}: {what} that nobody asked for"
        assert row.doubled <= allowed_twice, f"{fault}: {what} doubled"
        assert max(row.seconds, default=0) < QUARTER, f"{fault}: {what} came back too late"
        return row

    def note(self, fault: str, times: int, seconds: Iterable[float]) -> None:
        """How long it took until a fault was made good; what it cost is counted elsewhere."""
        row = Row(fault, times, "made good", times, times, seconds=list(seconds))
        self.rows.append(row)
        assert max(row.seconds) < QUARTER, f"{fault}: made good too late"

    @property
    def table(self) -> list[str]:
        """The lines to print."""
        lines = [HEAD, *(row.cells for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        left = {0, 2}
        printed = [
            "  ".join(
                cell.ljust(width) if number in left else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        notes = [f"{row.fault}, {row.what}: {row.note}" for row in self.rows if row.note]
        return printed + notes
