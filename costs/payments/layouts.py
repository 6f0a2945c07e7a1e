"""Where the header stands, and which column holds what; what the rows below say decides ties."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from costs.payments.amounts import read_amount
from costs.payments.dates import Day, read_date
from costs.payments.headers import assign, is_header, scores, words_of
from costs.payments.shape import Meaning, Profile, Record

#: How many rows below a header are asked whether they fit it.
_ROWS_ASKED = 40
_FLAG = re.compile(r"(do not )?publish(ed)?([- ]*redact(ed)?)?|redact(ed)?", re.IGNORECASE)
#: Taken off a column whose rows do not hold what its header says.
_DOES_NOT_FIT = 20


@dataclass(frozen=True)
class Layout:
    """A header, and the column of each meaning."""

    line: int
    headers: tuple[str, ...]
    columns: dict[Meaning, int]
    #: Whether a row below holds what the header says.
    fits: bool = False
    #: How many rows of the file it takes.
    rows: int = 1

    @property
    def names(self) -> dict[str, str]:
        """Meaning to the header as it stands in the file."""
        return {meaning.value: self.headers[self.columns[meaning]] for meaning in self.columns}

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Which of two layouts is the better one."""
        return self.fits, len(self.columns), _says(self.headers, self.columns)

    def says_the_same(self, cells: Sequence[str]) -> bool:
        """Whether a row is this header once more."""
        return [words_of(c) for c in cells if c.strip()] == [
            words_of(h) for h in self.headers if h.strip()
        ]


def find_layout(sample: Sequence[Record], profile: Profile) -> Layout | None:
    """The first header that the rows below it fit; without any, the first that may be one."""
    first: Layout | None = None
    for place, record in enumerate(sample):
        if not may_be_header(record.cells):
            continue
        around = sample[place + 1 : place + 1 + _ROWS_ASKED] or sample[:place][-_ROWS_ASKED:]
        found = _better(
            layout_of(record, around, profile),
            _of_two_rows(record, sample[place + 1 : place + 2], around[1:], profile),
        )
        if found and found.fits:
            return found
        first = first or found
    return first


def may_be_header(cells: Sequence[str]) -> bool:
    """A quick look: two cells of words, and no sum or day among the first of them."""
    words = [cell for cell in cells if cell.strip()]
    return len(words) > 1 and not any(
        isinstance(read_date(cell), Day) or not isinstance(read_amount(cell), str)
        for cell in words[:8]
    )


def layout_of(
    record: Record, below: Iterable[Record], profile: Profile, rows: int = 1
) -> Layout | None:
    """What a row means as a header, if it may be one."""
    below = list(below)
    headers = tuple(" ".join(cell.split()) for cell in record.cells)
    penalties = _penalties(headers, below)
    columns = _corrected(headers, assign(headers, penalties), profile)
    if not is_header(columns):
        return None
    if Meaning.REDACTION not in columns and (flag := _flag(len(headers), below, columns)) >= 0:
        columns[Meaning.REDACTION] = flag
    return Layout(record.line, headers, columns, _fits(columns, below), rows)


def _better(one: Layout | None, other: Layout | None) -> Layout | None:
    if one is None or other is None:
        return one or other
    return other if other.rank > one.rank else one


def _of_two_rows(
    upper: Record, lower: Sequence[Record], below: Sequence[Record], profile: Profile
) -> Layout | None:
    """A header whose names run over two rows: “Payment” above “Date”."""
    if not lower or not may_be_header(lower[0].cells) or lower[0].cells == upper.cells:
        return None
    width = max(len(upper.cells), len(lower[0].cells))
    both = [
        " ".join(
            record.cells[column]
            for record in (upper, lower[0])
            if column < len(record.cells) and record.cells[column].strip()
        )
        for column in range(width)
    ]
    alone = _says(lower[0].cells, _corrected(lower[0].cells, assign(lower[0].cells), profile))
    found = layout_of(Record(upper.line, both, ""), below, profile, rows=2)
    return found if found and _says(both, found.columns) > alone else None


def _says(headers: Sequence[str], columns: dict[Meaning, int]) -> int:
    """How much the headers say, taken together."""
    return sum(dict(scores(headers[column])).get(m, 0) for m, column in columns.items())


def _corrected(
    headers: Sequence[str], columns: dict[Meaning, int], profile: Profile
) -> dict[Meaning, int]:
    """The columns an officer named for this publisher go before what was detected."""
    plain = [words_of(header) for header in headers]
    for name, header in profile.columns.items():
        meaning = Meaning(name)
        if not header:
            columns.pop(meaning, None)
        elif (words := words_of(header)) in plain:
            column = plain.index(words)
            columns = {m: c for m, c in columns.items() if c != column} | {meaning: column}
    return columns


def _penalties(headers: Sequence[str], below: list[Record]) -> dict[tuple[Meaning, int], int]:
    """What is taken off a column because its rows hold something else, or nothing."""
    taken: dict[tuple[Meaning, int], int] = {}
    for column, header in enumerate(headers):
        for meaning, _ in scores(header):
            if meaning not in (Meaning.PAID_ON, Meaning.AMOUNT, Meaning.SUPPLIER):
                continue
            cells = [r.cells[column].strip() for r in below if column < len(r.cells)]
            held = [cell for cell in cells if cell]
            good = sum(_holds(meaning, cell) for cell in held)
            if len(held) > 2 and good * 2 < len(held):
                # A number may be a supplier's, where there is no better column.
                taken[meaning, column] = 4 if meaning == Meaning.SUPPLIER else _DOES_NOT_FIT
            elif below and not held:
                taken[meaning, column] = 3
    return taken


def _holds(meaning: Meaning, cell: str) -> bool:
    match meaning:
        case Meaning.PAID_ON:
            return isinstance(read_date(cell), Day) or "/" in cell
        case Meaning.AMOUNT:
            return not isinstance(read_amount(cell), str) or cell[-1:].isdigit()
        case _:
            return any(char.isalpha() for char in cell)


def _flag(width: int, below: list[Record], columns: dict[Meaning, int]) -> int:
    """The column that says PUBLISH or PUBLISH-REDACT, whatever its header; -1 for none."""
    for column in range(width):
        cells = [r.cells[column].strip() for r in below if column < len(r.cells)]
        held = [cell for cell in cells if cell]
        if not any(cell.lower().startswith("publish") for cell in held):
            continue  # “Redacted” in every row is said of that column alone.
        if column not in columns.values() and all(map(_FLAG.fullmatch, held)):
            return column
    return -1


def _fits(columns: dict[Meaning, int], below: list[Record]) -> bool:
    def cell(record: Record, meaning: Meaning) -> str:
        column = columns.get(meaning, -1)
        return record.cells[column] if 0 <= column < len(record.cells) else ""

    return any(
        _holds(Meaning.AMOUNT, amount)
        and (
            isinstance(read_date(cell(record, Meaning.PAID_ON)), Day)
            or bool(cell(record, Meaning.SUPPLIER).strip())
        )
        for record in below
        if (amount := cell(record, Meaning.AMOUNT).strip())
    )
