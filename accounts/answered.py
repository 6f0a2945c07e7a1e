"""Telling by mail that a request to see a record was answered, and nothing of what was answered.

A mail is no place for what is restricted: it says of which day the request is, and where to sign in
and read. The verb that answers sets `tell_at` in its own transaction; the worker finds it. Taking a
mail is a conditional update with a lease, as for digests, so that a mail server that is down, or a
worker that is killed, costs a delay. Only a worker that ends, or a line that drops, after the mail
was handed over makes a second one, under the same Message-ID.
"""

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import letters
from accounts.models import AccessRequest
from barnetwatch.lib.dates import in_words

log = logging.getLogger(__name__)

#: Until another try, and how long it is tried; the answer stands on its page all the same.
AGAIN, UNTIL = dt.timedelta(minutes=10), dt.timedelta(days=7)
#: Mails of one round.
BATCH = 20


def tell(at: dt.datetime) -> int:
    """Write to those whose requests were answered; how many mails the server took.

    Ends at the first mail it does not take: that one and the others wait for another round.
    """
    due = AccessRequest.objects.filter(tell_at__lte=at).select_related("asked_by")
    sent = 0
    for row in due.order_by("tell_at", "pk")[:BATCH]:
        mine = AccessRequest.objects.filter(pk=row.pk, tell_at=row.tell_at)
        if not _is_told(row, at):
            mine.update(tell_at=None)
            continue
        again = at + AGAIN
        if not mine.update(tell_at=again):
            continue  # Another worker has it.
        if not _send(row):
            break
        AccessRequest.objects.filter(pk=row.pk, tell_at=again).update(tell_at=None)
        sent += 1
    return sent


def _is_told(row: Any, at: dt.datetime) -> bool:
    if at - row.answered_at > UNTIL:
        log.warning("the answer to %s was never told by mail", row)
        return False
    return bool(row.asked_by.is_active)


def _send(row: Any) -> bool:
    host = settings.SITE_URL.partition("://")[2].partition(":")[0]
    return letters.send(
        row.asked_by,
        "request_answered",
        "Your request on BarnetWatch was answered",
        headers={
            "Message-ID": f"<answered-{row.pk}-{row.answered_at:%Y%m%d%H%M%S}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
        day=in_words(timezone.localdate(row.asked_at)),
        link=settings.SITE_URL + reverse("admin:access_request", args=[row.pk]),
    )
