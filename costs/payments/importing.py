"""Import a payment file, whole or not at all; undo it as one act, leaving its trace."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib import collector
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import to_pounds
from contracts import register
from contracts.models import Contract
from costs.models import (
    AttributionRule,
    FileReading,
    FileWithdrawal,
    Payee,
    PaymentFile,
    Publisher,
)
from costs.payments import allocating, sending
from costs.payments.detecting import Forms, settled
from costs.payments.overlaps import Month, Overlap, covered, months_of, overlaps_of
from costs.payments.reading import Reader, open_payments
from costs.payments.shape import CannotRead, LeftOut, Piece, Problem, Profile
from costs.payments.spooling import Spool
from costs.payments.storing import Store

if TYPE_CHECKING:
    from accounts.models import User

#: Unreadable rows from which on a file is refused where they outnumber the payments above them:
#: it is not a payment file with a few bad rows.
MOST_PROBLEMS = 10_000
#: Rows left out that are listed one by one.
_MOST_LISTED = 1_000
#: Rows from one telling of how far an import is to the next.
TOLD_EVERY = 5_000


class Refused(Exception):
    """The file was not imported, and nothing of it is kept; the sentence is for the officer."""


class Cancelled(Exception):
    """Raised by whoever is told how far an import is: it ends, and nothing of it is kept."""


@dataclass(frozen=True)
class Imported:
    """What became of a file. `fresh` is false where it was there already."""

    file: PaymentFile
    fresh: bool

    @property
    def in_words(self) -> str:
        """A sentence for the officer."""
        if self.fresh:
            replaced = self.file.reading.replaces
            return f"{self.file} was imported{f', in place of {replaced}' if replaced else ''}."
        return (
            f"These very bytes were imported {_when(self.file)}, as {self.file.name}. "
            "Nothing was changed."
        )


@dataclass
class _Walk:
    """What one walk through a file comes to."""

    tell: Callable[[int], None] | None = None
    rows: int = 0
    pence: int = 0
    first_on: str | None = None
    last_on: str | None = None
    unreadable: int = 0
    worst: Problem | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    read: int = 0
    told: int = 0

    def along(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The pieces of the file, counted as they pass; CannotRead where too little is read."""
        for piece in pieces:
            if days := piece.days:
                self.first_on = min(days | {self.first_on or max(days)})
                self.last_on = max(days | {self.last_on or min(days)})
            self.rows += piece.size
            self.pence += piece.pence
            self.read += piece.size + len(piece.others)
            for other in piece.others:
                self._other(other)
            yield piece

    def _other(self, other: Problem | LeftOut) -> None:
        if isinstance(other, LeftOut):
            if len(self.left_out) < _MOST_LISTED:
                self.left_out.append(other)
            return
        self.unreadable += 1
        self.worst = self.worst or other
        if self.unreadable > max(MOST_PROBLEMS, self.rows):
            raise CannotRead(
                f"More than {MOST_PROBLEMS:,} rows could not be read. The first: "
                + _said(self.worst)
            )

    def say(self) -> None:
        """Tell how far it is, where it is time to."""
        if self.tell and self.read - self.told >= TOLD_EVERY:
            self.told = self.read
            self.tell(self.read)


def publisher_of(name: str) -> Publisher:
    """The publisher of a name, made where it is new."""
    return Publisher.objects.get_or_create(name=name)[0]


def import_file(
    source: BinaryIO,
    *,
    name: str,
    publisher: Publisher,
    by: "User",
    at: dt.datetime | None = None,
    tell: Callable[[int], None] | None = None,
) -> Imported:
    """Bring a file's payments onto the record, in one transaction.

    The same bytes a second time change nothing. A corrected publication of a month replaces the
    earlier one. Raises Refused, and keeps nothing, where no row can be read and where the rows
    are those of files imported before, cut otherwise. `tell` is called every few thousand rows with
    the number read so far; what it raises ends the import, and nothing of it is kept.
    """
    sha256, size = fingerprint(source)
    if there := _standing(sha256):
        return Imported(there, fresh=False)
    row = PaymentFile(
        publisher=publisher,
        name=name[:255],
        sha256=sha256,
        size=size,
        # Of those withdrawn, not of all: who comes second must want the same number as the first.
        attempt=FileWithdrawal.objects.filter(file__sha256=sha256).count() + 1,
        recorded_by=by,
        recorded_at=at or timezone.now(),
    )
    try:
        with collector.put_off():
            settled(lambda forms: _import(source, row, _Walk(tell), forms))
    except CannotRead as refusal:
        raise Refused(str(refusal)) from refusal
    except IntegrityError:  # Another got through with the same bytes at the same moment.
        if there := _standing(sha256):
            return Imported(there, fresh=False)
        raise
    return Imported(row, fresh=True)


@transaction.atomic
def withdraw(
    file: PaymentFile, *, reason: str, by: "User", at: dt.datetime | None = None
) -> FileWithdrawal:
    """Undo an import: its payments count no longer, and what it had replaced counts again."""
    row = FileWithdrawal(
        file=file, reason=reason.strip(), recorded_by=by, recorded_at=at or timezone.now()
    )
    row.full_clean()
    row.save()
    audit.record(Act.WITHDRAWN, by=by, subject=file, reason=row.reason)
    allocating.release_file(file, reason=f"{file} was withdrawn: {row.reason}", by=by, at=at)
    _ask_rechecks(file)
    return row


def fingerprint(source: BinaryIO) -> tuple[str, int]:
    """The SHA-256 and the length of a file."""
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256")  # type: ignore[arg-type]
    return digest.hexdigest(), source.seek(0, 2)


def _standing(sha256: str) -> PaymentFile | None:
    found: PaymentFile | None = (
        PaymentFile.objects.standing()
        .filter(sha256=sha256)
        .select_related("reading__replaces", "recorded_by")
        .first()
    )
    return found


def _import(source: BinaryIO, row: PaymentFile, walk: _Walk, forms: Forms | None) -> None:
    row.pk, row._state.adding = None, True  # A walk before this one has left nothing.
    if connection.vendor == "sqlite":
        _read_then_write(source, row, walk, forms)
        return
    with transaction.atomic():
        # One import of a publisher after another: each sees what those before it brought.
        held = Publisher.objects.select_for_update(no_key=True).get(pk=row.publisher_id)
        row.save()
        reader = open_payments(source, Profile.of(held.profile), forms)
        _write(row, reader, walk, walk.along(reader.pieces()))


def _read_then_write(source: BinaryIO, row: PaymentFile, walk: _Walk, forms: Forms | None) -> None:
    """Where one writes at a time: nobody waits behind the reading, only behind the writing."""
    publisher = Publisher.objects.get(pk=row.publisher_id)
    reader = open_payments(source, Profile.of(publisher.profile), forms)
    with Spool() as spool:
        for piece in walk.along(reader.pieces()):
            spool.put(piece)
            walk.say()
        with sending.room_for_indexes(), transaction.atomic():
            row.save()
            _write(row, reader, replace(walk, tell=None), spool.pieces())


def _write(row: PaymentFile, reader: Reader, walk: _Walk, pieces: Iterable[Piece]) -> None:
    """All that a file brings, in the caller's transaction."""
    with Store(row) as store:
        for piece in pieces:
            store.take(piece)
            walk.say()
    if walk.worst and not walk.rows:
        raise Refused("Not one payment could be read. The first: " + _said(walk.worst))
    months = months_of(row)
    covers_from, covers_to = covered(months)
    replaced = _replaced(overlaps_of(row, months), months)
    reading = FileReading(
        file=row,
        replaces=replaced,
        first=replaced.reading.first if replaced else row,
        detected={key: value for key, value in asdict(reader.detected).items() if key != "notes"},
        rows=walk.rows,
        unreadable=walk.unreadable,
        amount=to_pounds(walk.pence),
        first_on=_day(walk.first_on),
        last_on=_day(walk.last_on),
        covers_from=covers_from,
        covers_to=covers_to,
        left_out=[list(left) for left in walk.left_out],
        notes=[*reader.detected.notes, *allocating.release_replaced(replaced, row)],
    )
    reading.save()
    told = {name: getattr(reading, name) for name in ("rows", "unreadable", "amount")}
    audit.record(
        Act.IMPORTED,
        by=row.recorded_by,
        subject=row,
        after=audit.fields_of(row) | told | {"replaces": replaced and replaced.pk},
    )
    _ask_rechecks(row)


def _replaced(overlaps: list[Overlap], months: frozenset[Month]) -> PaymentFile | None:
    """The earlier publication of the same months; Refused where files are cut otherwise."""
    if not overlaps:
        return None
    if len(overlaps) == 1 and overlaps[0].months == months:
        return overlaps[0].file
    files = "; ".join(f"{overlap.file.name} ({_when(overlap.file)})" for overlap in overlaps[:12])
    more = f" and {len(overlaps) - 12} more" if len(overlaps) > 12 else ""
    raise Refused(
        f"Its payments are on the record already, from {files}{more}, and would count twice. "
        "Withdraw those files first if this one is to stand for them."
    )


def _ask_rechecks(file: PaymentFile) -> None:
    """Contracts that the publisher pays for are worked out again: the last day covered moves."""
    keys = Payee.objects.filter(publisher=file.publisher_id).values("key")
    rules = AttributionRule.all_rows.standing().filter(key__in=keys, contract__isnull=False)
    for contract in Contract.all_rows.filter(pk__in=rules.values("contract")):
        register.ask_recheck(contract)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _when(file: PaymentFile) -> str:
    day = in_words(timezone.localtime(file.recorded_at).date())
    return f"on {day} by {file.recorded_by}"


def _said(problem: Problem) -> str:
    where = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
    value = f" “{problem.value}”." if problem.value else "."
    return f"{where}:{value} {problem.reason}"


def reasons(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Problems for programs: line, column, value, reason."""
    return [
        {"line": p.line, "column": p.column, "value": p.value, "reason": p.reason} for p in problems
    ]
