"""What is done with files of evidence: keep, describe, withdraw, open.

The bytes go to the storage first and the row after them, in a transaction; where either fails
neither stays. Only a process that is killed between the two leaves bytes without a row, which
the nightly look (`accounts.filechecks`) reports.
"""

import datetime as dt
import errno
import hashlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.evidence import EvidenceFile, files_of, models_of_files, place_of
from barnetwatch.lib.evidence import check
from barnetwatch.lib.filenames import safe_name

if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger(__name__)

#: The name of the storage in the settings.
STORAGE = "evidence"
#: What may be said anew of a file that stands; its bytes and its name never change.
DESCRIBED = frozenset(
    {
        "description",
        "restriction",
        "exempt_paragraph",
        "negotiation_terms",
        "restriction_reason",
        "restriction_review_on",
    }
)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_PIECE = 1024 * 1024


class Damaged(Exception):
    """The bytes of a file are gone, or are not those that were stored."""


@dataclass(frozen=True)
class Kept:
    """Bytes in the storage that no row names yet."""

    key: uuid.UUID
    name: str
    kind: str
    size: int
    sha256: str


def storage() -> Storage:
    """Where the bytes of all evidence lie."""
    return storages[STORAGE]


@contextmanager
def kept(file: Any, *, name: str) -> Iterator[Kept]:
    """Put a file's bytes into the storage, for a row that is written in the block.

    Where the block raises they are gone again. Raises ValidationError at `file` for a file that
    is refused, and where there is no room; then nothing is kept.
    """
    shown = safe_name(name)
    kind = check(file, shown, file.size)
    size, sha256 = measure(file)
    key = uuid.uuid4()
    _store(file, place_of(key), size)
    try:
        yield Kept(key, shown, kind, size, sha256)
    except BaseException:
        _forget(key)
        raise


@transaction.atomic
def add(
    record: models.Model,
    kept: Kept,
    *,
    description: str,
    by: "User",
    at: dt.datetime | None = None,
    **restriction: Any,
) -> EvidenceFile:
    """Write that a file belongs to a row of the record; `restriction` keeps it back by itself.

    Raises ValidationError naming each field that is wrong.
    """
    model = files_of(type(record))
    row = model(
        key=kept.key,
        name=kept.name,
        kind=kept.kind,
        size=kept.size,
        sha256=kept.sha256,
        description=description,
        recorded_by=by,
        recorded_at=at or timezone.now(),
        **{model.visible_through[0]: record},
        **restriction,
    )
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row)
    return row


@transaction.atomic
def describe(row: EvidenceFile, *, by: "User", **fields: Any) -> EvidenceFile:
    """Say anew what a file is or who may see it; `fields` are any of DESCRIBED.

    Who changed it is for the caller's journal.
    """
    if unknown := fields.keys() - DESCRIBED:
        raise TypeError(f"of a file nobody changes {', '.join(sorted(unknown))}")
    if row.withdrawn_at:
        raise ValidationError(_("Somebody has withdrawn this file already."))
    before = audit.fields_of(row)
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save(update_fields=list(fields))
    after = audit.fields_of(row)
    audit.record(Act.CHANGED, by=by, subject=row, before=before, after=after)
    return row


@transaction.atomic
def withdraw(
    row: EvidenceFile,
    *,
    reason: str,
    by: "User",
    destroy: bool = False,
    at: dt.datetime | None = None,
) -> None:
    """Take a file back: its row and the reason stay, nobody is sent it any more.

    With `destroy` its bytes go too, once the transaction has ended: for what should never have
    been kept. Raises ValidationError without a reason, and where it is withdrawn already.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the file is withdrawn.")})
    standing = type(row).all_rows.filter(pk=row.pk, withdrawn_at__isnull=True)
    withdrawn = standing.update(
        withdrawn_at=at or timezone.now(),
        withdrawn_by=by,
        withdrawn_reason=reason.strip(),
        is_destroyed=destroy,
    )
    if not withdrawn:
        raise ValidationError(_("Somebody has withdrawn this file already."))
    audit.record(Act.WITHDRAWN, by=by, subject=row, reason=reason.strip())
    row.refresh_from_db(from_queryset=type(row).all_rows.all())
    if destroy:
        transaction.on_commit(lambda: remove(row.place), robust=True)


def opened(row: EvidenceFile) -> File:
    """The bytes of a file, from their beginning, found to be those that were stored.

    Raises Damaged where they are not.
    """
    try:
        file = storage().open(row.place, "rb")
    except Exception as error:  # Each storage has its own; none may end in an error page.
        raise Damaged(f"{row._meta.label} {row.key} cannot be opened") from error
    try:
        if measure(file) != (row.size, row.sha256):
            raise Damaged(f"{row._meta.label} {row.key} is not as it was stored")
    except BaseException:
        file.close()
        raise
    return file


def measure(file: Any) -> tuple[int, str]:
    """The size of a file in bytes and its SHA-256; read in pieces, and set back to its start."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(_PIECE):
        size += len(piece)
        digest.update(piece)
    file.seek(0)
    return size, digest.hexdigest()


def remove(place: str) -> None:
    """Take bytes out of the storage; what cannot be taken out is reported by the nightly look."""
    try:
        storage().delete(place)
    except Exception as error:  # Each storage has its own.
        log.error("bytes of evidence could not be removed: %s", type(error).__name__)


def _store(file: Any, place: str, size: int) -> None:
    store = storage()
    try:
        # Without the upload's own place on disk: a storage would move that file, not copy it.
        stored = store.save(place, File(file))
        if stored != place or store.size(place) != size:
            raise OSError(errno.EIO, "the storage kept something else")
    except BaseException as error:
        remove(place)
        if not isinstance(error, Exception):
            raise
        _not_stored(error)


def _not_stored(error: Exception) -> NoReturn:
    log.error("evidence could not be stored: %s", type(error).__name__)
    said = _("The file could not be kept, and nothing was. Try again in a few minutes.")
    if isinstance(error, OSError) and error.errno in _FULL:
        said = _(
            "There is no room left for the file, and nothing was kept. "
            "Tell those who run the site, then try again."
        )
    raise ValidationError({"file": said}) from error


def _forget(key: uuid.UUID) -> None:
    """Remove bytes whose row was not written. Where the database cannot say so they stay, and
    are reported: bytes without a row harm nobody, a row without bytes has lost its evidence.
    """
    try:
        written = any(model.all_rows.filter(key=key).exists() for model in models_of_files())
    except DatabaseError as error:
        log.error("bytes of evidence are left without a row: %s", type(error).__name__)
        return
    if not written:
        remove(place_of(key))
