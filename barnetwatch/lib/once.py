"""A page that is sent twice does its work once: by a double click, a reload or a second try.

The page carries a token that no other page has. Whoever sends it first does the work; the second
is told so, and what came of it.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.db import OperationalError, transaction

#: How long a page that was sent is remembered, in seconds.
REMEMBERED = 24 * 60 * 60

Written = TypeVar("Written")


class SentBefore(Exception):
    """This very page was sent before. `became` says what came of it; empty while that is unknown,
    since the first sending may still be under way.
    """

    def __init__(self, became: str = "") -> None:
        super().__init__(became)
        self.became = became


def new_token() -> str:
    """What a page carries that is to be sent once."""
    return secrets.token_urlsafe(16)


def once(
    token: str, write: Callable[[], Written], became: Callable[[Written], str] = lambda row: ""
) -> Written:
    """Do what a page asks in one transaction, unless the page was sent before.

    `became` puts what was written into a word or two for whoever sends the page again. Raises
    SentBefore then; where the work itself fails nothing is remembered, and it may be tried again.
    """
    key = f"sent-{hashlib.sha256(token.encode()).hexdigest()}"
    # The cache is a table, so that what is remembered is written with the work or not at all: a
    # database that goes in between leaves no page that was sent and did nothing.
    with transaction.atomic():
        if not cache.add(key, "", REMEMBERED):
            said = cache.get(key)
            if said is None:  # The cache keeps silent where the database refuses.
                raise OperationalError("That the page was sent could not be written.")
            raise SentBefore(said)
        written = write()
        if said := became(written):
            cache.set(key, said, REMEMBERED)
    return written
