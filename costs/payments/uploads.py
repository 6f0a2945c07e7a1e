"""Payment files on their way in: received, corrected, confirmed, thrown away.

What a worker does with them is in `working`. Whatever is decided about an upload is one UPDATE
under a condition, so that of two who decide at once one does.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib import bounded
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.filenames import safe_name
from costs.models import PaymentFile, PaymentUpload, Publisher, UploadChunk

if TYPE_CHECKING:
    from accounts.models import User

#: Bytes of the largest file that is received: a year of a large council is a tenth of it.
MOST_BYTES = bounded.MOST
#: Bytes of a row of chunks.
CHUNK = 1024 * 1024
#: After which an upload on which nobody decides is thrown away.
KEPT = dt.timedelta(days=14)

TOO_LARGE = (
    "This file is larger than 100 MB. A month of payments is a few megabytes: "
    "check that it is the right file, or save it as .csv."
)
EMPTY = "This file is empty. Choose the file that the publisher put out."
DECIDED = "Somebody has decided about this file already. Look at how it stands now."

State = PaymentUpload.State


class AlreadyThere(Exception):
    """The very same bytes stand on the record, as `file`."""

    def __init__(self, file: PaymentFile) -> None:
        super().__init__(same_bytes(file))
        self.file = file


@transaction.atomic
def receive(
    parts: Iterable[bytes],
    *,
    name: str,
    publisher: Publisher,
    by: "User",
    at: dt.datetime | None = None,
) -> PaymentUpload:
    """Keep a file until an officer has decided about it.

    Raises ValidationError for one that is empty or too large, AlreadyThere for one that was
    imported before and still stands; then nothing is kept.
    """
    row = PaymentUpload(
        publisher=publisher,
        name=safe_name(name),
        size=0,
        sha256="0" * 64,
        uploaded_by=by,
        uploaded_at=at or timezone.now(),
    )
    row.save()
    digest = hashlib.sha256()
    for number, data in enumerate(_in_chunks(parts)):
        row.size += len(data)
        if row.size > MOST_BYTES:
            raise ValidationError({"file": TOO_LARGE})
        digest.update(data)
        UploadChunk.objects.create(upload=row, number=number, data=data)
    if not row.size:
        raise ValidationError({"file": EMPTY})
    row.sha256 = digest.hexdigest()
    if there := standing(row.sha256):
        raise AlreadyThere(there)
    row.full_clean()
    row.save()
    _tell(Act.ADDED, row, by, name=row.name, size=row.size, sha256=row.sha256)
    return row


@transaction.atomic
def correct(
    upload: PaymentUpload, *, profile: dict[str, Any], by: "User", at: dt.datetime | None = None
) -> Publisher:
    """Say how the publisher's files are to be read, this one and all that follow.

    What is empty in `profile` is detected again. Every upload of the publisher that waits to be
    checked is looked at anew. Raises ValidationError where the upload is decided about already.
    """
    if not _ready(upload).exists():
        raise ValidationError(DECIDED)
    publisher = Publisher.objects.select_for_update().get(pk=upload.publisher_id)
    kept = {name: value for name, value in profile.items() if value}
    day = in_words(timezone.localtime(at or timezone.now()).date())
    before = {"profile": publisher.profile}
    publisher.profile = kept | {"corrected": f"by {by} on {day}"} if kept else {}
    publisher.full_clean()
    publisher.save()
    after = {"profile": publisher.profile}
    audit.record(Act.CHANGED, by=by, subject=publisher, before=before, after=after)
    _look_anew(PaymentUpload.objects.filter(publisher=publisher, state=State.READY))
    return publisher


@transaction.atomic
def look_again(upload: PaymentUpload, *, by: "User") -> None:
    """Have an upload looked at anew, since what is on the record has changed."""
    if not _look_anew(_ready(upload)):
        raise ValidationError(DECIDED)


@transaction.atomic
def confirm(upload: PaymentUpload, *, by: "User", at: dt.datetime | None = None) -> None:
    """Want an upload on the record: a worker imports it, in the name of who confirmed it.

    Raises ValidationError where it is decided about already, and where it cannot be imported.
    """
    upload.refresh_from_db()
    if upload.state == State.READY and upload.report.get("why_not"):
        raise ValidationError(upload.report["why_not"])
    confirmed = _ready(upload).update(
        state=State.CONFIRMED,
        confirmed_by=by,
        confirmed_at=at or timezone.now(),
        held_until=None,
        tries=0,
        rows_read=0,
    )
    if not confirmed:
        raise ValidationError(DECIDED)
    _tell(Act.CHANGED, upload, by, state=State.CONFIRMED)


@transaction.atomic
def cancel(upload: PaymentUpload, *, by: "User") -> None:
    """Throw an upload away. One that is being imported stops and leaves no trace.

    Raises ValidationError where it is finished already.
    """
    said = f"Thrown away by {by}."
    _tell(Act.DISCARDED, upload, by)
    importing = PaymentUpload.objects.filter(pk=upload.pk, state=State.IMPORTING)
    if importing.update(cancel_asked=True, why_not=said):
        return
    if not finish(upload, State.CANCELLED, why_not=said):
        raise ValidationError(DECIDED)


def sweep_away(at: dt.datetime) -> dict[str, int]:
    """Throw away what nobody decided about for a fortnight; the nightly job."""
    old = PaymentUpload.objects.filter(uploaded_at__lte=at - KEPT)
    waiting = old.filter(state__in=(State.RECEIVED, State.LOOKING, State.READY))
    said = f"Nobody decided about it within {KEPT.days} days."
    return {"swept": sum(_swept(row, said) for row in waiting)}


@transaction.atomic
def _swept(row: PaymentUpload, why: str) -> bool:
    if not finish(row, State.CANCELLED, why_not=why):
        return False
    audit.record(Act.DISCARDED, by=None, subject=row, reason=why)
    return True


@transaction.atomic
def finish(upload: PaymentUpload, state: str, **fields: Any) -> bool:
    """Settle what became of an upload and drop its bytes and the look at them; False where that is
    settled already.
    """
    unsettled = PaymentUpload.objects.unfinished().filter(pk=upload.pk)
    if not unsettled.update(state=state, held_until=None, report={}, **fields):
        return False
    UploadChunk.objects.filter(upload=upload).delete()
    return True


def _tell(act: Act, upload: PaymentUpload, by: "User", **after: Any) -> None:
    audit.record(act, by=by, subject=upload, after=after)


@contextmanager
def opened(upload: PaymentUpload) -> Iterator[BinaryIO]:
    """The bytes of an upload as a file of this machine's, gone at the end."""
    with TemporaryFile() as file:
        parts = UploadChunk.objects.filter(upload=upload).order_by("number")
        for data in parts.values_list("data", flat=True).iterator(chunk_size=4):
            file.write(data)
        file.seek(0)
        yield cast(BinaryIO, file)


def standing(sha256: str) -> PaymentFile | None:
    """The file of these very bytes that stands on the record."""
    rows = PaymentFile.objects.standing().filter(sha256=sha256).select_related("recorded_by")
    found: PaymentFile | None = rows.first()
    return found


def same_bytes(file: PaymentFile) -> str:
    """When and by whom the same bytes were imported, in a sentence."""
    day = in_words(timezone.localtime(file.recorded_at).date())
    return f"These very bytes were imported on {day} by {file.recorded_by}, as {file.name}."


def _in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for part in parts:
        held += part
        while len(held) >= CHUNK:
            yield held[:CHUNK]
            held = held[CHUNK:]
    if held:
        yield held


def _ready(upload: PaymentUpload) -> Any:
    return PaymentUpload.objects.filter(pk=upload.pk, state=State.READY)


def _look_anew(rows: Any) -> int:
    return int(rows.update(state=State.RECEIVED, held_until=None, tries=0, rows_read=0, report={}))
