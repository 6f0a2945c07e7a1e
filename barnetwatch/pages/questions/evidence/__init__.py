"""What the record has under a question: each figure with its status, who says so, and where it was
read, as one person may see it today.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from accounts.rowrefs import by_kind
from barnetwatch.pages.questions.evidence import commitments, figures, said
from barnetwatch.pages.questions.evidence.piece import Piece

__all__ = ["Evidence", "Piece", "evidence"]

#: For each name of a row, what the record says of it; rows that the person may not see are absent.
Evidence = Mapping[str, list[Piece]]
Look = Callable[[list[int], Any, dt.date], dict[int, list[Piece]]]

#: How each kind of row is told: a fixed number of queries, however many there are.
LOOKS: dict[str, Look] = {
    "scrutiny.promise": said.promises,
    "scrutiny.statement": said.statements,
    "costs.costline": figures.lines,
    "costs.overrunalert": figures.alerts,
    "contracts.award": figures.awards,
    "contracts.contract": figures.payments,
    "contracts.discrepancy": said.discrepancies,
    "contracts.commitment": commitments.commitments,
    "contracts.capabilitygap": commitments.gaps,
    "incidents.incident": said.failures,
}


def evidence(refs: Iterable[str], user: Any, on: dt.date) -> Evidence:
    """What the record has on some rows, by their names."""
    found: dict[str, list[Piece]] = {}
    for kind, keys in by_kind(refs).items():
        if look := LOOKS.get(kind):
            found |= {f"{kind}:{pk}": pieces for pk, pieces in look(keys, user, on).items()}
    return found
