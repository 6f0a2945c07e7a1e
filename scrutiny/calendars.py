"""A person's own address of the calendar feed: make it, take it back, find whose it is.

The secret is random and signed, and is shown once: only its digest is kept. Whoever has the address
reads the feed without signing in, so it can be taken back at any time.
"""

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer
from django.db import transaction

from accounts import audit
from accounts.audit import Act
from scrutiny.models import CalendarLink

if TYPE_CHECKING:
    from accounts.models import User

#: Signed, so that a guess is refused without asking the database.
_SIGNER = Signer(sep=".", salt="scrutiny.calendars")


@transaction.atomic
def make(*, by: "User", at: dt.datetime) -> str:
    """A new secret for a person's calendar; the one they had before stops working."""
    revoke(by=by, at=at)
    secret = secrets.token_urlsafe(32)
    link = CalendarLink.objects.create(user=by, digest=_digest(secret), made_at=at)
    audit.record(Act.ADDED, by=by, subject=link)
    return _SIGNER.sign(secret)


@transaction.atomic
def revoke(*, by: "User", at: dt.datetime) -> bool:
    """Take a person's link back; False where they have none."""
    held = CalendarLink.objects.filter(user=by, revoked_at__isnull=True)
    link = held.first()
    if link is None:
        return False
    audit.record(Act.WITHDRAWN, by=by, subject=link)
    return bool(held.update(revoked_at=at))


def whose(token: str) -> "User | None":
    """Whose calendar a secret opens; None for one that is unknown, revoked or of nobody active."""
    try:
        secret = _SIGNER.unsign(token)
    except BadSignature:
        return None
    links = CalendarLink.objects.filter(digest=_digest(secret), revoked_at__isnull=True)
    link = links.select_related("user").first()
    return link.user if link is not None and link.user.is_active else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
