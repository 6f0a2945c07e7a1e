"""Mails for tests of sending, as preparing leaves them, and a clock that is told the time."""

import datetime as dt
from typing import Any
from uuid import uuid4

from accounts.models import User
from digests.models import Content, Edition, Subscription
from tests.digests.readers import CUT, a_reader

#: When they are due.
DUE = CUT
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
#: A picture of one point.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da6368000000820081774cd7b20000000049454e44ae426082"
)


class Clock:
    """Gives the time that it was told."""

    def __init__(self, now: dt.datetime = DUE) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def a_content(**fields: Any) -> Content:
    """A mail without its reader."""
    given = {
        "kind": Content.Kind.DIGEST,
        "key": uuid4().hex,
        "until_at": CUT,
        "subject": "BarnetWatch, 1 to 7 October 2018: 1 overrun raised",
        "text": f"One overrun was raised.\n\nTo stop these mails:\n{Content.UNSUBSCRIBE}\n",
        "html": f'<p>One overrun was raised.</p><a href="{Content.UNSUBSCRIBE}">Stop</a>\n',
        "picture": b"",
        "items": {},
        **fields,
    }
    return Content.objects.create(**given)


def a_mail(content: Content | None = None, **fields: Any) -> Edition:
    """A mail that is due, to a reader of its own."""
    reader = fields.pop("subscription", None) or a_reader()
    given = {"to": reader.user.email, "week": "2018-W40", "due_at": DUE, **fields}
    return Edition.objects.create(subscription=reader, content=content or a_content(), **given)


def some_mails(number: int, **fields: Any) -> list[Edition]:
    """Mails of one content."""
    content = a_content()
    return [a_mail(content, **fields) for _ in range(number)]


def many_mails(number: int) -> list[Edition]:
    """The same, in a handful of queries."""
    people = User.objects.bulk_create(
        User(email=f"reader-{n}@barnet.example", name=f"Reader {n}") for n in range(number)
    )
    readers = Subscription.objects.bulk_create(Subscription(user=user) for user in people)
    content = a_content()
    return Edition.objects.bulk_create(
        Edition(
            subscription=reader,
            content=content,
            to=reader.user.email,
            week="2018-W40",
            due_at=DUE,
        )
        for reader in readers
    )


def message_id(edition: Edition) -> str:
    """As it stands in the mail."""
    return f"<{edition.message_id}@localhost>"
