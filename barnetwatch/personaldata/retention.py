"""How long what is no record of account is held, and the job that throws the rest away.

`KINDS` is the whole table: what is not in it is kept. Nothing append-only is in it, and no row of
the record: ledger, payments, decisions, what was said, the texts of mails as sent. A kind that
somebody may want to account for is thrown away only where its name is asked for
(RETAIN_ALSO, `retain --also`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts import audit
from accounts.audit import Act
from costs.models import PaymentUpload, UploadChunk
from costs.payments import uploads
from incidents.models import IncidentDraft
from scrutiny.models import CalendarLink, QuestionList

Job = Callable[[dt.datetime], int]


class UnknownKind(ValueError):
    """Somebody asked for a kind that is not in the table."""


@dataclass(frozen=True)
class Kind:
    """One kind of what is held: `count` says how many have had their time, `clear` throws them
    away; both take the moment before which they are too old.
    """

    name: str
    what: str
    #: Days for which it is held after it was last of use.
    days: int
    count: Job
    clear: Job
    #: The kinds of row it throws away.
    models: tuple[type[Any], ...] = ()
    #: Thrown away only where somebody asks for it by name.
    only_if_asked: bool = False

    @property
    def how_long(self) -> str:
        """Its time in words."""
        return "until it ends" if not self.days else f"{self.days} days"


def _rows(choose: Callable[[dt.datetime], Any]) -> tuple[Job, Job]:
    """Counting and deleting the rows that a query chooses."""

    def count(before: dt.datetime) -> int:
        return int(choose(before).count())

    def clear(before: dt.datetime) -> int:
        rows = choose(before)
        return int(rows.delete()[1].get(rows.model._meta.label, 0))

    return count, clear


def _undecided(before: dt.datetime) -> Any:
    states = PaymentUpload.State
    waiting = (states.RECEIVED, states.LOOKING, states.READY)
    return PaymentUpload.objects.filter(uploaded_at__lte=before, state__in=waiting)


def _count_uploads(before: dt.datetime) -> int:
    return int(_undecided(before).count())


def _clear_uploads(before: dt.datetime) -> int:
    return uploads.sweep_away(before + uploads.KEPT)["swept"]


def _mail_files(before: dt.datetime) -> Iterator[Path]:
    """Mails written to files where no mail server is set; some carry links to a new password."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    for path in sorted(Path(folder).glob("*.log")) if folder else ():
        if path.stat().st_mtime <= before.timestamp():
            yield path


def _count_mail_files(before: dt.datetime) -> int:
    return sum(1 for _path in _mail_files(before))


def _clear_mail_files(before: dt.datetime) -> int:
    gone = 0
    for path in _mail_files(before):
        path.unlink(missing_ok=True)
        gone += 1
    return gone


#: Six years and a bit: as long as a claim under a contract may be brought (Limitation Act 1980,
#: section 5).
SIX_YEARS = 2200
KINDS = (
    Kind(
        "sessions",
        "Sessions that have ended, and what was typed in them and never sent",
        0,
        *_rows(lambda before: Session.objects.filter(expire_date__lte=before)),
        models=(Session,),
    ),
    Kind(
        "uploads",
        "Bytes of payment files on which nobody decided",
        uploads.KEPT.days,
        _count_uploads,
        _clear_uploads,
        models=(UploadChunk,),
    ),
    Kind(
        "drafts",
        "Reports of a failure that somebody began and never sent",
        90,
        *_rows(lambda before: IncidentDraft.objects.filter(updated_at__lte=before)),
        models=(IncidentDraft,),
    ),
    Kind(
        "calendar-links",
        "Calendar links that were taken back",
        365,
        *_rows(lambda before: CalendarLink.objects.filter(revoked_at__lte=before)),
        models=(CalendarLink,),
    ),
    Kind(
        "mail-files",
        "Mails written to files, where no mail server is set",
        90,
        _count_mail_files,
        _clear_mail_files,
    ),
    Kind(
        "question-lists",
        "Lists of questions of people whose account is closed and who signed in last before that",
        365,
        *_rows(
            lambda before: QuestionList.objects.filter(
                owner__is_active=False, owner__last_login__lte=before
            )
        ),
        models=(QuestionList,),
        only_if_asked=True,
    ),
    Kind(
        "history",
        "The back office's history of who changed what",
        SIX_YEARS,
        *_rows(lambda before: LogEntry.objects.filter(action_time__lte=before)),
        models=(LogEntry,),
        only_if_asked=True,
    ),
)
#: What is never thrown away, and why: printed beside the table.
KEPT = (
    ("Ledger, seals, payments and imports", "account of public money; append-only"),
    ("Audit trail", "who did what; append-only"),
    ("Contracts, decisions, promises, claims, failures", "the public record"),
    ("Texts of digests as sent", "outsiders hold the ledger's seal printed in them; append-only"),
    ("Accounts, closed ones too", "names stay beside what people recorded"),
)


@dataclass(frozen=True)
class Done:
    """What became of one kind: how many were too old, and whether they were thrown away."""

    kind: Kind
    number: int
    cleared: bool


def nightly(at: dt.datetime) -> dict[str, int]:
    """The job of every night: how many of each kind were thrown away."""
    done = retain(at, also=settings.RETAIN_ALSO)
    return {each.kind.name: each.number for each in done if each.cleared}


def check_names(also: Iterable[str]) -> None:
    """Raise UnknownKind for a name that is not in the table."""
    if unknown := set(also) - {kind.name for kind in KINDS}:
        names = ", ".join(kind.name for kind in KINDS if kind.only_if_asked)
        raise UnknownKind(f"There is no kind “{min(unknown)}”. Those to ask for are: {names}.")


def retain(at: dt.datetime, *, also: Iterable[str] = (), dry: bool = False) -> list[Done]:
    """Throw away what has had its time by a moment, and say how many of each kind.

    `also` names kinds that are else only counted; `dry` counts all and throws nothing away.
    Raises UnknownKind for a name that is not in the table.
    """
    asked = set(also)
    check_names(asked)
    done = []
    for kind in KINDS:
        before = at - dt.timedelta(days=kind.days)
        clears = not dry and (kind.name in asked or not kind.only_if_asked)
        with transaction.atomic():
            number = (kind.clear if clears else kind.count)(before)
            if clears and number:
                told = {"kind": kind.name, "number": number, "before": before}
                audit.record(Act.DISCARDED, by=None, after=told)
        done.append(Done(kind, number, clears))
    return done
