"""What a worker does with uploads: looks at them, and imports those that an officer confirmed.

A worker takes an upload for a few minutes and says from time to time that it still lives. What a
killed one leaves is taken up by the next; an import is one transaction, so nothing is half done,
and the same bytes twice are one import, so nothing is done double.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.sql.constants import ROW_COUNT
from django.db.models.sql.subqueries import UpdateQuery
from django.utils import timezone

from costs.models import PaymentFile, PaymentUpload, Publisher
from costs.payments import uploads
from costs.payments.importing import Cancelled, Refused, import_file
from costs.payments.looking import Report, look_at
from costs.payments.shape import Profile

log = logging.getLogger(__name__)

#: How long a worker may be silent before another takes it for dead. Before the first rows come
#: the whole file is looked through, which takes longest for a workbook.
LEASE = dt.timedelta(minutes=3)
#: How often an upload is begun before it is given up: some file may end every worker that opens it.
MOST_TRIES = 3
#: Bytes of a text that is looked at while its officer waits, and how a workbook begins.
AT_ONCE, PACKED = 5 * 1024 * 1024, b"PK\x03\x04"
#: Payments up to which an import is tried out to see whether they are on the record already.
MOST_TRIED = 200_000
GIVEN_UP = (
    "Something went wrong with this file three times, so it was given up. "
    "Tell whoever runs BarnetWatch."
)
FOUND_LATER = (
    "It is a large file. Whether its payments are on the record already is found out when it is "
    "imported; then it is refused."
)

State = PaymentUpload.State
Clock = Callable[[], dt.datetime]


class Hold:
    """An upload in the hands of one worker."""

    def __init__(
        self, upload: PaymentUpload, beside: BaseDatabaseWrapper, clock: Clock = timezone.now
    ) -> None:
        self.upload, self.beside, self.clock = upload, beside, clock
        self.until = upload.held_until

    def tell(self, rows: int) -> None:
        """Say how far it has come, and go on holding it.

        Raises Cancelled where an officer wants it stopped or another worker has it by now.
        """
        until = self.clock() + LEASE
        mine = PaymentUpload.objects.filter(
            pk=self.upload.pk,
            state=self.upload.state,
            held_until=self.until,
            cancel_asked=False,
        )
        query: Any = mine.query.chain(UpdateQuery)
        query.add_update_values({"rows_read": rows, "held_until": until})
        if not query.get_compiler(connection=self.beside).execute_sql(ROW_COUNT):
            raise Cancelled
        self.until = until


@contextmanager
def beside_the_import() -> Iterator[BaseDatabaseWrapper]:
    """A connection whose writes are seen at once, though the import has committed nothing.

    SQLite has but one writer; there an import tells how far it is before it begins to write.
    """
    if connection.vendor == "sqlite":
        yield connection
        return
    other = connections["default"].copy()
    try:
        yield other
    finally:
        other.close()


def work(at: dt.datetime, clock: Clock = timezone.now) -> dict[str, int]:
    """Look at and import what waits at a moment; what another worker has is left to it."""
    done = {"looked": 0, "imported": 0, "left": 0, "failed": 0}
    for upload in PaymentUpload.objects.waiting(at).order_by("uploaded_at", "pk").defer("report"):
        if upload.tries >= MOST_TRIES:
            uploads.finish(upload, State.REFUSED, why_not=GIVEN_UP)
            done["failed"] += 1
        elif not claim(upload, clock()):
            done["left"] += 1
        else:
            done[_try(upload, clock)] += 1
    return done


def claim(upload: PaymentUpload, at: dt.datetime) -> bool:
    """Take an upload for oneself; False where another was quicker."""
    looks = upload.state in (State.RECEIVED, State.LOOKING)
    state = State.LOOKING if looks else State.IMPORTING
    until = at + LEASE
    waiting = PaymentUpload.objects.waiting(at).filter(pk=upload.pk, state=upload.state)
    taken = waiting.update(state=state, held_until=until, tries=F("tries") + 1, rows_read=0)
    upload.state, upload.held_until = state, until
    return bool(taken)


def look_soon(upload: PaymentUpload, at: dt.datetime) -> None:
    """Look at a small text without waiting for a worker, unless one has it by now.

    A large file, and a workbook, of which nobody knows how long it takes, are left to the worker.
    """
    upload.refresh_from_db(fields=("state",))
    if upload.state != State.RECEIVED or upload.size > AT_ONCE:
        return
    first = upload.chunks.order_by("number").first()
    if first and not bytes(first.data).startswith(PACKED) and claim(upload, at):
        _try(upload)


def _try(upload: PaymentUpload, clock: Clock = timezone.now) -> str:
    """Do what is to be done with an upload that was claimed; what went wrong is tried again."""
    with beside_the_import() as beside:
        hold = Hold(upload, beside, clock)
        try:
            if upload.state == State.LOOKING:
                look(upload, hold)
                return "looked"
            run(upload, hold)
            return "imported"
        except Exception:
            log.exception("upload %s could not be handled", upload.pk)
            # At the next sweep; whoever took it meanwhile keeps it.
            mine = PaymentUpload.objects.filter(pk=upload.pk, held_until=hold.until)
            mine.update(held_until=None)
            return "failed"


def look(upload: PaymentUpload, hold: Hold) -> None:
    """Read an upload whole and keep what an officer is to check."""
    publisher = Publisher.objects.get(pk=upload.publisher_id)
    try:
        with uploads.opened(upload) as source:
            report = look_at(source, Profile.of(publisher.profile), hold.tell)
            if not report["why_not"]:
                report |= _fate(upload, source, report)
    except Cancelled:
        return
    if report["why_not"] and not (report.get("headers") or report["sample"]):
        uploads.finish(upload, State.REFUSED, why_not=report["why_not"])
        return
    PaymentUpload.objects.filter(pk=upload.pk, state=State.LOOKING).update(
        state=State.READY, report=report, held_until=None, tries=0
    )


def run(upload: PaymentUpload, hold: Hold) -> None:
    """Import a confirmed upload, in the name of who confirmed it."""
    upload.refresh_from_db(fields=("cancel_asked", "confirmed_by", "confirmed_at"))
    if upload.cancel_asked and not _own_file(upload):
        uploads.finish(upload, State.CANCELLED)
        return
    try:
        with uploads.opened(upload) as source:
            imported = import_file(
                source,
                name=upload.name,
                publisher=upload.publisher,
                by=upload.confirmed_by or upload.uploaded_by,
                tell=hold.tell,
            )
    except Cancelled:
        asked = PaymentUpload.objects.filter(pk=upload.pk, cancel_asked=True)
        if asked.exists():
            uploads.finish(upload, State.CANCELLED)
    except Refused as refused:
        uploads.finish(upload, State.REFUSED, why_not=str(refused))
    else:
        if imported.fresh or imported.file == _own_file(upload):
            uploads.finish(upload, State.IMPORTED, file=imported.file, why_not="")
        else:
            said = uploads.same_bytes(imported.file)
            uploads.finish(upload, State.REFUSED, why_not=f"{said} Nothing was changed.")


def _own_file(upload: PaymentUpload) -> PaymentFile | None:
    """The file that a worker made of it and had no time to say so."""
    file = uploads.standing(upload.sha256)
    if file is None or upload.confirmed_at is None or file.recorded_at < upload.confirmed_at:
        return None
    anothers = file.uploads.exclude(pk=upload.pk).exists()
    return file if file.recorded_by_id == upload.confirmed_by_id and not anothers else None


class _Undo(Exception):
    """Ends a trial without a trace."""


def _fate(upload: PaymentUpload, source: BinaryIO, report: Report) -> Report:
    """What an import would come to beside what is on the record: tried out, and taken back."""
    if there := uploads.standing(upload.sha256):
        return {"why_not": uploads.same_bytes(there)}
    if not _meets_earlier(upload, report):
        return {}
    if report["rows"] > MOST_TRIED:
        return {"notes": [*report["notes"], FOUND_LATER]}
    tried: Any = None
    try:
        with transaction.atomic():
            tried = import_file(
                source, name=upload.name, publisher=upload.publisher, by=upload.uploaded_by
            ).file.reading.replaces
            raise _Undo
    except Refused as refused:
        return {"why_not": str(refused)}
    except _Undo:
        return {"replaces": {"pk": tried.pk, "name": tried.name}} if tried else {}


def _meets_earlier(upload: PaymentUpload, report: Report) -> bool:
    """Whether a file of the publisher's that counts may be of the same time."""
    same_time = Q(reading__covers_from__isnull=True)
    if report["first_on"]:
        first, last = (dt.date.fromisoformat(report[key]) for key in ("first_on", "last_on"))
        start = first.replace(day=1)
        same_time |= Q(reading__covers_from__lte=last, reading__covers_to__gte=start)
    earlier = PaymentFile.objects.current().filter(same_time, publisher=upload.publisher_id)
    return bool(report["rows"]) and bool(earlier.exists())
