"""Which tables a request writes to, read off the statements that it sends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

#: What any request may write to: sessions, what is remembered for a while, and that somebody read
#: what is restricted.
BESIDE = frozenset(
    {
        *("django_session", "usersessions_usersession", "barnetwatch_cache"),
        "accounts_auditentry",
    }
)
_WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables that are written to while this lasts."""
    tables: set[str] = set()

    def note(execute: Any, sql: Any, *about: Any) -> Any:
        if found := _WRITES.match(str(sql)):
            tables.add(found[1])
        return execute(sql, *about)

    with connection.execute_wrapper(note):
        yield tables
