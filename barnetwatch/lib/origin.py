"""Where what is being done comes from: a request with its address and number, a task, a command.

Kept for the length of a request and asked for by the audit trail; no line of the log has it.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from celery import current_task

#: Characters that are kept of where something came from.
LONGEST = 80


@dataclass(frozen=True)
class Origin:
    """`place` is an address of the network, or the name of a task or a command."""

    place: str
    #: The request's number, as on its lines of the log; empty for what is no request.
    request: str = ""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def of_request(address: str, number: str) -> Iterator[None]:
    """For the length of a block, what is done comes from a request."""
    token = _current.set(Origin(address, number))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Origin:
    """Where what is being done now comes from."""
    if (found := _current.get()) is not None:
        return found
    if current_task:
        return Origin(f"task {current_task.name}"[:LONGEST])
    words = [Path(sys.argv[0]).name, *sys.argv[1:2]]
    return Origin(f"command {' '.join(words)}"[:LONGEST])


def address_of(meta: Mapping[str, str], proxies: int) -> str:
    """The address a request came from, behind a number of proxies of one's own.

    Each proxy writes at the end of X-Forwarded-For whom it heard; what stands before those is the
    sender's to invent. Empty where it is no address.
    """
    heard = meta.get("REMOTE_ADDR", "")
    told = [
        each.strip() for each in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()
    ]
    if proxies and len(told) >= proxies:
        heard = told[-proxies]
    try:
        return str(ip_address(heard))
    except ValueError:
        return ""
