"""Rows of a file set aside on disk, so that they are read before anybody waits for the writing."""

import marshal
import tempfile
from collections.abc import Iterator
from typing import Any

from costs.payments.reading import Piece
from costs.payments.shape import LeftOut, Problem


class Spool:
    """Pieces of a file in their order, out of memory. A context: its file is gone at the end."""

    def __init__(self) -> None:
        self._file: Any = tempfile.TemporaryFile()  # noqa: SIM115
        self._pieces = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def put(self, piece: Piece) -> None:
        """Set a piece aside."""
        others = [(isinstance(other, Problem), tuple(other)) for other in piece.others]
        marshal.dump((piece.payments, others), self._file)
        self._pieces += 1

    def pieces(self) -> Iterator[Piece]:
        """What was set aside, once more."""
        self._file.seek(0)
        for _ in range(self._pieces):
            payments, others = marshal.load(self._file)  # noqa: S302  Nobody else writes there.
            yield Piece(
                payments, [Problem(*other) if bad else LeftOut(*other) for bad, other in others]
            )
