"""The seals of the ledger: what a seal is made of, the head over all lines, and what does not fit.

How a seal is made never changes: every seal that was written would be another.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Subquery

from barnetwatch.lib.dates import LONDON, in_words
from costs.models import CostEntry, CostLine, LedgerSeal

#: What is sealed of an entry, as names in a query: all of its columns, and its line's fixed ones.
SEALED = (
    "pk",
    "line",
    "line__contract",
    "line__kind",
    "stage",
    "amount",
    "effective_on",
    "precision",
    "year_inferred",
    "source",
    "stated_by",
    "note",
    "reverses",
    "recorded_by",
    "recorded_at",
)
#: Rows read or written at once.
BATCH = 2000


def seal_of(previous: str, sealed_at: dt.datetime, row: Sequence[Any]) -> str:
    """The seal of an entry, given as the values of SEALED, after the one before it on its line."""
    return _sha256([previous, _plain(sealed_at), *map(_plain, row)])


def following(last: tuple[int, str] | None, entry: CostEntry) -> LedgerSeal:
    """The seal of an entry that was just written, after its line's last: its number and itself."""
    number, previous = last or (0, "")
    seal = LedgerSeal(entry=entry, line=entry.line, number=number + 1)
    line = entry.line
    row = (
        entry.pk,
        line.pk,
        line.contract_id,
        line.kind,
        entry.stage,
        entry.amount,
        entry.effective_on,
        entry.precision,
        entry.year_inferred,
        entry.source_id,
        entry.stated_by,
        entry.note,
        entry.reverses_id,
        entry.recorded_by_id,
        entry.recorded_at,
    )
    seal.seal = seal_of(previous, seal.sealed_at, row)
    return seal


def seal_all(entries: Any, seals: Any, at: dt.datetime) -> int:
    """Seal a ledger that has no seals yet, each line in the order it was written; how many.

    `entries` and `seals` are managers over every row: a migration passes its own.
    """
    rows = entries.order_by("line", "pk").values_list(*SEALED)
    made: list[Any] = []
    count = 0
    for line, of_line in groupby(rows.iterator(chunk_size=BATCH), key=lambda row: row[1]):
        previous = ""
        for number, row in enumerate(of_line, start=1):
            previous = seal_of(previous, at, row)
            made.append(
                seals.model(
                    entry_id=row[0], line_id=line, number=number, sealed_at=at, seal=previous
                )
            )
            count += 1
            if len(made) == BATCH:
                seals.bulk_create(made)
                made = []
    seals.bulk_create(made)
    return count


def head(at: dt.datetime) -> str:
    """The seal over all lines, of what was sealed before a moment.

    The moment is part of it: a head changes from week to week whether or not anything was posted,
    so that it tells nobody of entries on lines that are kept back.
    """
    last = LedgerSeal.all_rows.filter(line=OuterRef("pk"), sealed_at__lt=at).order_by("-number")
    lines = CostLine.all_rows.order_by("pk").values_list(
        "pk", Subquery(last.values("seal")[:1], output_field=LedgerSeal._meta.get_field("seal"))
    )
    return _sha256([_plain(at), [[line, seal] for line, seal in lines if seal]])


def grouped(seal: str) -> str:
    """A seal for people to compare: in eights, as a narrow page can break it."""
    return " ".join(seal[place : place + 8] for place in range(0, len(seal), 8))


def faults() -> Iterator[str]:
    """Each entry that is not as it was sealed, as a sentence, line by line in their order."""
    rows = LedgerSeal.all_rows.order_by("line", "number").values_list(
        "line", "number", "sealed_at", "seal", *(f"entry__{name}" for name in SEALED)
    )
    for line, of_line in groupby(rows.iterator(chunk_size=BATCH), key=lambda row: row[0]):
        yield from _faults_of(line, of_line)
    unsealed = CostEntry.all_rows.filter(seal__isnull=True).order_by("line", "pk")
    for pk, line in unsealed.values_list("pk", "line"):
        yield f"Entry {pk} on line {line} has no seal: it was not written by the ledger."


def _faults_of(line: int, of_line: Iterable[Sequence[Any]]) -> Iterator[str]:
    previous, expected = "", 1
    for _, number, sealed_at, seal, *row in of_line:
        if number != expected:
            yield f"Line {line}: seal {expected} is missing, so an entry was taken away."
        elif seal_of(previous, sealed_at, row) != seal:
            day = in_words(sealed_at.astimezone(LONDON).date())
            yield (
                f"Entry {row[0]} on line {line} is not as it was sealed on {day}: it was changed, "
                "or the seal before it was."
            )
        previous, expected = seal, number + 1


def _plain(value: Any) -> Any:
    """A value as a seal has it: the same from a row just made and from either database."""
    match value:
        case Decimal():
            return int(value * 100)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
        case dt.date():
            return value.isoformat()
        case str():
            return str(value)
    return value


def _sha256(parts: list[Any]) -> str:
    written = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
