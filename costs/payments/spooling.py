"""Rows of a file set aside on disk, so that they are read before anybody waits for the writing."""

import marshal
import tempfile
from collections.abc import Iterator
from typing import Any

from costs.payments.shape import LeftOut, Piece, Problem

#: The format without a look for values that were written before: it costs more than it saves.
_PLAIN = 2


class Spool:
    """Pieces of a file in their order, out of memory. A context: its file is gone at the end."""

    def __init__(self) -> None:
        self._file: Any = tempfile.TemporaryFile()  # noqa: SIM115
        self._lengths: list[int] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def put(self, piece: Piece) -> None:
        """Set a piece aside."""
        others = [(isinstance(other, Problem), tuple(other)) for other in piece.others]
        lines, *columns = piece.columns
        held: Any = (list(lines), *columns, others)
        written = marshal.dumps(held, _PLAIN)
        self._file.write(written)
        self._lengths.append(len(written))

    def pieces(self) -> Iterator[Piece]:
        """What was set aside, once more."""
        self._file.seek(0)
        for length in self._lengths:
            # Nobody else writes there; read at once, for value by value takes ten times as long.
            held: Any = marshal.loads(self._file.read(length))  # noqa: S302
            *columns, others = held
            yield Piece(
                tuple(columns),
                [Problem(*other) if bad else LeftOut(*other) for bad, other in others],
            )
