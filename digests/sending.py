"""Handing mails to the mail server: claim, hand over, note its answer.

A claim is a conditional update with a lease, so that workers share the queue and a killed one's
mails come back. `handed_at` is set before a mail is handed over and cleared by the answer: where
it still stands when a lease runs out, the mail may have gone, and its retry, under the same
Message-ID, is counted as possibly a second copy.
"""

import datetime as dt
import logging
import smtplib
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.mime.image import MIMEImage
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from digests.masking import restricted_since
from digests.models import Content, Edition
from digests.rendering import PICTURE_ID
from digests.smtp import UnansweredData, as_text

log = logging.getLogger(__name__)

BATCH = 50
#: How long one round may take: well under the time after which Celery ends a task.
ROUND = dt.timedelta(minutes=2)
#: How long a worker may take over a batch before its mails go back to the queue.
LEASE = dt.timedelta(minutes=10)
#: Waits before another attempt; after the last one the mail has failed.
BACK_OFF = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440, 1440))
#: The columns of a claim once it is over.
_FREE: dict[str, None] = {"held_by": None, "held_until": None, "handed_at": None}


@dataclass
class Delivered:
    """What one round did."""

    sent: int = 0
    failed: int = 0
    put_off: int = 0
    possibly_twice: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """The counts, for a log line or a task's answer."""
        return dict(vars(self))


def deliver(
    clock: Callable[[], dt.datetime] = timezone.now,
    limit: int | None = None,
    for_at_most: dt.timedelta = ROUND,
) -> Delivered:
    """Send what is due until nothing is, `limit` mails were tried or the time is up.

    Asks `clock` for each mail. What is left over is for the next round.
    """
    done = Delivered()
    begun = clock()
    done.possibly_twice += release_lapsed(begun)
    tried = 0
    with _Line() as line:
        while not line.is_dead and (limit is None or tried < limit):
            size = BATCH if limit is None else min(BATCH, limit - tried)
            batch = claim(clock(), size) if clock() - begun < for_at_most else []
            if not batch:
                break
            tried += len(batch)
            closed = restricted_since({edition.content for edition in batch})
            for edition in batch:
                if line.is_dead or clock() - begun >= for_at_most:
                    _give_back(edition)
                else:
                    unwanted = _why_not(edition, closed)
                    _hand_over(edition, unwanted, line, clock, done)
    return done


def release_lapsed(at: dt.datetime) -> int:
    """Put back what a worker claimed and did not finish; how many may have gone all the same."""
    lapsed = Edition.objects.lapsed(at)
    back = {"state": Edition.State.DUE, "held_by": None, "held_until": None, "due_at": at}
    handed = lapsed.filter(handed_at__isnull=False).update(
        **back,
        handed_at=None,
        possibly_twice=F("possibly_twice") + 1,
        server_said="The worker ended before the mail server's answer was noted.",
    )
    # Not what was handed over since: that is the next round's, to be counted too.
    lapsed.filter(handed_at__isnull=True).update(**back)
    return handed


def claim(at: dt.datetime, size: int = BATCH, lease: dt.timedelta = LEASE) -> list[Edition]:
    """Take up to `size` due mails for oneself until the lease runs out."""
    me = uuid.uuid4()
    with transaction.atomic():
        # Passing over what another worker is just taking: nobody waits, nobody goes empty.
        due = Edition.objects.due(at).select_for_update(skip_locked=True)
        waiting = due.order_by("due_at", "pk").values_list("pk", flat=True)
        Edition.objects.due(at).filter(pk__in=list(waiting[:size])).update(
            state=Edition.State.CLAIMED, held_by=me, held_until=at + lease
        )
    return list(
        Edition.objects.filter(held_by=me, state=Edition.State.CLAIMED)
        .select_related("subscription__user")
        .prefetch_related("content")  # Read once, however many of the batch share it.
        .order_by("due_at", "pk")
    )


class _Line:
    """The connection to the mail server, opened when it is needed and again when it broke."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.is_dead = False

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *error: Any) -> None:
        self.hang_up()

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand one message over; whatever the mail backend raises comes through."""
        if self.connection is None:
            try:
                self.connection = get_connection()
                self.connection.open()
            except Exception:
                self.is_dead = True  # left alone until the next round
                raise
        message.connection = self.connection
        message.send()

    def hang_up(self) -> None:
        """Close the connection, whatever state it is in."""
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
            self.connection = None


def _hand_over(
    edition: Edition,
    unwanted: str,
    line: _Line,
    clock: Callable[[], dt.datetime],
    done: Delivered,
) -> None:
    mine = Edition.objects.filter(
        pk=edition.pk, held_by=edition.held_by, state=Edition.State.CLAIMED
    )
    if unwanted:
        mine.update(**_FREE, state=Edition.State.FAILED, server_said=unwanted)
        done.failed += 1
        return
    if not mine.update(handed_at=clock()):
        return  # The lease ran out, and another worker has it.
    try:
        line.send(message_of(edition))
    except Exception as error:  # whatever a mail backend may raise: the mail stays in the queue
        if line.is_dead:
            _wait_for_server(mine, error, clock(), done)
        else:
            _note(edition, mine, error, clock(), done)
            line.hang_up()
        return
    mine.update(
        state=Edition.State.SENT,
        sent_at=clock(),
        **_FREE,
        attempts=F("attempts") + 1,
        server_said="",
    )
    done.sent += 1


def _why_not(edition: Edition, closed: set[int]) -> str:
    """Why a mail is not sent any more, such as its content being among those `closed`; or empty."""
    if not edition.subscription.is_current:
        return "Not sent: the reader has stopped it."
    if not edition.subscription.user.is_active:
        return "Not sent: the reader may no longer sign in."
    if edition.content_id in closed:
        return "Not sent: part of what it says has been restricted since it was made ready."
    return ""


def _wait_for_server(mine: Any, error: Exception, at: dt.datetime, done: Delivered) -> None:
    """The server cannot be reached: that is nobody's refusal, and no attempt is used up."""
    _code, words = _answer(error)
    mine.update(**_FREE, state=Edition.State.DUE, due_at=at + BACK_OFF[0], server_said=words)
    log.warning("the mail server cannot be reached (%s)", type(error).__name__)
    done.put_off += 1


def _note(edition: Edition, mine: Any, error: Exception, at: dt.datetime, done: Delivered) -> None:
    code, words = _answer(error)
    unanswered = isinstance(error, UnansweredData)
    over = (500 <= code < 600) or edition.attempts >= len(BACK_OFF)
    wait = BACK_OFF[min(edition.attempts, len(BACK_OFF) - 1)]
    mine.update(
        state=Edition.State.FAILED if over else Edition.State.DUE,
        due_at=at + wait,
        **_FREE,
        attempts=F("attempts") + 1,
        possibly_twice=F("possibly_twice") + (1 if unanswered else 0),
        server_said=words,
    )
    log.warning("edition %s was not taken (%s)", edition.pk, code or type(error).__name__)
    done.failed += over
    done.put_off += not over
    done.possibly_twice += unanswered


def _answer(error: Exception) -> tuple[int, str]:
    """The server's code and words; code 0 where it said nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code, words = next(iter(error.recipients.values()))
        return code, f"{code} {as_text(words)}"
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        # Not this reader's fault, and mended in the settings: try again.
        return 0, f"{error.smtp_code} {as_text(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, f"{error.smtp_code} {as_text(error.smtp_error)}"
    who = "No answer from the mail server" if isinstance(error, OSError) else "Not handed over"
    return 0, f"{who}: {as_text(error) or type(error).__name__}"


def _give_back(edition: Edition) -> None:
    Edition.objects.filter(
        pk=edition.pk, held_by=edition.held_by, state=Edition.State.CLAIMED
    ).update(state=Edition.State.DUE, **_FREE)


def message_of(edition: Edition) -> EmailMultiAlternatives:
    """The mail itself: the content with the reader's own unsubscribe link put in."""
    content = edition.content
    host = settings.SITE_URL.partition("://")[2].partition(":")[0]
    link = unsubscribe_url(edition.subscription.key)
    message = EmailMultiAlternatives(
        subject=content.subject,
        body=content.text.replace(Content.UNSUBSCRIBE, link),
        to=[edition.to],
        headers={
            "Message-ID": f"<{edition.message_id}@{host}>",
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"BarnetWatch digests <digests.{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(content.html.replace(Content.UNSUBSCRIBE, link), "text/html")
    if content.picture:
        message.mixed_subtype = "related"  # type: ignore[attr-defined]
        message.attach(_picture(bytes(content.picture)))
    return message


@lru_cache(maxsize=8)
def _picture(png: bytes) -> MIMEImage:
    """A picture as a part of a mail, encoded once for all the mails that share it."""
    part = MIMEImage(png, "png")
    part.add_header("Content-ID", f"<{PICTURE_ID}>")
    part.add_header("Content-Disposition", "inline", filename="figures.png")
    return part


def unsubscribe_url(key: str) -> str:
    """The reader's own link, which needs no sign-in."""
    return settings.SITE_URL + reverse("unsubscribe", args=[key])
