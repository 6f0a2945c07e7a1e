"""Import a payment file, whole or not at all; undo it as one act, leaving its trace."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

from django.db import IntegrityError, transaction
from django.utils import timezone

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING
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
from costs.payments import allocating
from costs.payments.overlaps import Month, Overlap, covered, months_of, overlaps_of
from costs.payments.reading import Reader, open_payments
from costs.payments.shape import CannotRead, LeftOut, PaymentRow, Problem, Profile
from costs.payments.storing import Store

if TYPE_CHECKING:
    from accounts.models import User

#: Problems that are kept one by one; a file with more is not a payment file with a few bad rows.
MOST_PROBLEMS = 10_000
#: Rows left out that are listed one by one.
_MOST_LISTED = 1_000


class Refused(Exception):
    """The file was not imported, and nothing of it is kept; the sentence is for the officer."""


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

    rows: int = 0
    amount: Decimal = NOTHING
    first_on: dt.date | None = None
    last_on: dt.date | None = None
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


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
) -> Imported:
    """Bring a file's payments onto the record, in one transaction.

    The same bytes a second time change nothing. A corrected publication of a month replaces the
    earlier one. Raises Refused, and keeps nothing, where no row can be read and where the rows
    are those of files imported before, cut otherwise.
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
        with transaction.atomic():
            _import(source, row)
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


def _import(source: BinaryIO, row: PaymentFile) -> None:
    # One import of a publisher after another: each sees what those before it brought.
    held = Publisher.objects.select_for_update().get(pk=row.publisher_id)
    row.save()
    try:
        reader = open_payments(source, Profile.of(held.profile))
        walk = _store(reader, Store(row))
    except CannotRead as refusal:
        raise Refused(str(refusal)) from refusal
    if walk.problems and not walk.rows:
        raise Refused("Not one payment could be read. The first: " + _said(walk.problems[0]))
    months = months_of(row)
    covers_from, covers_to = covered(months)
    replaced = _replaced(overlaps_of(row, months), months)
    FileReading(
        file=row,
        replaces=replaced,
        detected={key: value for key, value in asdict(reader.detected).items() if key != "notes"},
        rows=walk.rows,
        unreadable=len(walk.problems),
        amount=walk.amount,
        first_on=walk.first_on,
        last_on=walk.last_on,
        covers_from=covers_from,
        covers_to=covers_to,
        left_out=[list(left) for left in walk.left_out[:_MOST_LISTED]],
        notes=[*reader.detected.notes, *allocating.release_replaced(replaced, row)],
    ).save()
    _ask_rechecks(row)


def _store(reader: Reader, store: Store) -> _Walk:
    walk = _Walk()
    for item in reader.items():
        match item:
            case PaymentRow():
                store.add(item)
                walk.rows += 1
                walk.amount += item.amount
                if item.paid_on:
                    walk.first_on = min(walk.first_on or item.paid_on, item.paid_on)
                    walk.last_on = max(walk.last_on or item.paid_on, item.paid_on)
            case Problem():
                walk.problems.append(item)
                if len(walk.problems) > MOST_PROBLEMS:
                    raise CannotRead(
                        f"More than {MOST_PROBLEMS:,} rows could not be read. The first: "
                        + _said(walk.problems[0])
                    )
            case LeftOut() if len(walk.left_out) < _MOST_LISTED:
                walk.left_out.append(item)
    store.flush()
    store.refuse(walk.problems)
    return walk


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
