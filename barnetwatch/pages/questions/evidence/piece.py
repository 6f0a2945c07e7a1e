"""One line under a question."""

from dataclasses import dataclass, field
from typing import Any

from accounts.backoffice.rows import unseen


@dataclass(frozen=True)
class Piece:
    """What the record says, and where that was read; `url` leads to the row's page.

    `source` is empty where the reader may not see it.
    """

    kind: str
    words: str
    source: str = ""
    url: str = ""
    #: The row, or rows, that it tells of.
    tells: Any = field(default=None, compare=False)

    @property
    def read_in(self) -> str:
        """“Source: Times Series: Article 16995384, on Mosaic.”"""
        return f"Source: {self.source}." if self.source else ""

    @property
    def in_words(self) -> str:
        """All of it as one line of plain text."""
        return " ".join(filter(None, (f"{self.kind}: {self.words}", self.read_in)))


def source_of(row: Any) -> str:
    """Where a row from `rows_shown` was read; empty where the person may not see that."""
    return "" if row.source_id is None or "source" in unseen(row) else str(row.source)
