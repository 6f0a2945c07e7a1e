"""What the status page says, line by line. Each line asks a fixed number of questions."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from accounts.evidence import FileCheck, models_of_files
from barnetwatch.backups.taking import engine_of
from barnetwatch.lib import appendonly
from barnetwatch.lib.dates import in_words
from barnetwatch.probes import unapplied
from contracts.models import Contract, Recheck
from costs.models import Heartbeat, PaymentFile
from digests.models import Content, Edition, Subscription
from digests.weeks import latest_told

#: Silence of the scheduler, or waiting of a check or a mail, after which somebody must look.
PATIENCE = dt.timedelta(minutes=15)
#: After its hour a digest may take this long to be made ready.
DIGEST_PATIENCE = dt.timedelta(hours=2)
#: A look at every file of evidence may be this old: two nights.
FILES_PATIENCE = dt.timedelta(hours=49)
#: Free space below which the disk is full soon.
LITTLE = 1024**3


@dataclass(frozen=True)
class Line:
    """One thing looked at: what was found, and where it is wrong what to do."""

    label: str
    found: str
    remedy: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody must do something."""
        return bool(self.remedy)


def lines(user: Any, at: dt.datetime) -> list[Line]:
    """How everything stands at a moment, as far as a person may see it."""
    return [look(user, at) for look in LOOKS]


def _scheduler(user: Any, at: dt.datetime) -> Line:
    label = "Last sweep"
    beat = Heartbeat.objects.filter(job=Heartbeat.SWEEP).first()
    remedy = (
        "Start the worker and the scheduler again. Nothing is lost: the next sweep does what waits."
    )
    if beat is None:
        return Line(label, "The scheduler has never been heard of.", remedy)
    found = f"The scheduler and the worker were last heard of {_moment(beat.beat_at)}."
    if at - beat.beat_at <= PATIENCE:
        return Line(label, found)
    return Line(label, f"{found} They have been silent for {_ago(at - beat.beat_at)}.", remedy)


def _rechecks(user: Any, at: dt.datetime) -> Line:
    seen = Contract.objects.visible_to(user)
    due = Recheck.objects.filter(asked_at__lte=at, contract__in=seen)
    count, first = due.count(), due.aggregate(first=Min("asked_at"))["first"]
    if not count:
        return Line("Checks that wait", "None.")
    found = f"{count}, the first asked for {_moment(first)}."
    late = at - first > PATIENCE
    remedy = "Look at the worker's log. By hand: manage.py checkoverruns."
    return Line("Checks that wait", found, remedy if late else "")


def _digest(user: Any, at: dt.datetime) -> Line:
    newest = Content.objects.filter(kind=Content.Kind.DIGEST).order_by("-until_at").first()
    found = f"{newest.name}." if newest else "None has been made ready yet."
    cut = latest_told(at - DIGEST_PATIENCE).cut
    late = Subscription.objects.weekly().filter(cut_at__lt=cut).count()
    if not late:
        return Line("Last digest", found)
    return Line(
        "Last digest",
        f"{found} Readers who were not told of the week since: {late}.",
        "Look at the worker's log. By hand: manage.py senddigests.",
    )


def _mails(user: Any, at: dt.datetime) -> Line:
    failed = Edition.objects.filter(state=Edition.State.FAILED).count()
    waiting = Edition.objects.due(at).count()
    found = f"Failed: {failed}. Waiting to be sent: {waiting}."
    remedy = "The back office lists each with the mail server's words; send them again there."
    return Line("Mails", found, remedy if failed else "")


def _payments(user: Any, at: dt.datetime) -> Line:
    newest = PaymentFile.objects.standing().order_by("-recorded_at").first()
    found = f"Imported {_moment(newest.recorded_at)}." if newest else "None has been imported."
    return Line("Newest payments file", found)


def _files(user: Any, at: dt.datetime) -> Line:
    label, look = "Evidence files", FileCheck.objects.first()
    since = at - FILES_PATIENCE
    older = any(m.all_rows.filter(recorded_at__lt=since).exists() for m in models_of_files())
    late = older and (look is None or look.checked_at < since)
    remedy = "Look at the worker's log. By hand: manage.py checkfiles." if late else ""
    if look is None:
        return Line(label, "Nobody has looked at them yet.", remedy)
    found = f"{look.files}, last looked at {_moment(look.checked_at)}."
    if look.is_clean:
        return Line(label, f"{found} Each was as it was stored.", remedy)
    return Line(
        label,
        f"{found} Missing: {len(look.missing)}. Broken: {len(look.broken)}. "
        f"Named by no row: {len(look.orphans)}.",
        "Run manage.py checkfiles, which names them; docs/operating.md says what to do.",
    )


def _guards(user: Any, at: dt.datetime) -> Line:
    gone = appendonly.missing(connection)
    wanted = len(appendonly.triggers(connection))
    if not gone:
        return Line("Guards of the record", f"All {wanted} stand.")
    return Line(
        "Guards of the record",
        f"{len(gone)} of {wanted} are missing, so rows can be changed without a trace: "
        f"{', '.join(gone[:3])}{' and others' if gone[3:] else ''}.",
        "Run manage.py migrate, which puts them back, then manage.py verifyledger.",
    )


def _disk(user: Any, at: dt.datetime) -> Line:
    disk = shutil.disk_usage(settings.VAR_DIR)
    share = disk.free * 100 // disk.total if disk.total else 0
    found = f"{disk.free / LITTLE:,.1f} GB, {share}% of it."
    remedy = "Make room before the database can write no more: old backups, logs, images."
    return Line("Disk left", found, remedy if disk.free < LITTLE or share < 5 else "")


def _database(user: Any, at: dt.datetime) -> Line:
    version = engine_of(connection.vendor).server(connection)
    return Line("Database", f"{connection.display_name} {version}.")


def _migrations(user: Any, at: dt.datetime) -> Line:
    waiting = unapplied()
    if not waiting:
        return Line("Migrations", "All are applied.")
    return Line("Migrations", f"{len(waiting)} wait to be applied.", "Run manage.py migrate.")


def _moment(at: dt.datetime) -> str:
    local = timezone.localtime(at)
    return f"on {in_words(local.date())} at {local:%H:%M}"


def _ago(silence: dt.timedelta) -> str:
    minutes = int(silence.total_seconds() // 60)
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


#: In the order of the page.
LOOKS: tuple[Callable[[Any, dt.datetime], Line], ...] = (
    _scheduler,
    _rechecks,
    _digest,
    _mails,
    _payments,
    _files,
    _guards,
    _migrations,
    _database,
    _disk,
)
