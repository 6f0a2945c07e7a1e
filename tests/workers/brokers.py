"""Whether anything spoke to the broker: Redis at its port, or the folder of messages."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from barnetwatch import folderbroker


class SpokeToTheBroker(AssertionError):
    """Something did, inside a block in which nothing may."""


@contextmanager
def the_broker_is_down() -> Iterator[list[str]]:
    """Whatever turns to the broker is refused, as by a machine that is off, and noted.

    Raises SpokeToTheBroker at the end if anything did.
    """
    tried: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        refuse = _refuse_at_the_port if settings.ENV.redis_url else _refuse_the_folder
        refuse(patch, tried)
        yield tried
    if tried:
        raise SpokeToTheBroker(f"{len(tried)} times: {', '.join(sorted(set(tried)))}")


def _refuse_at_the_port(patch: pytest.MonkeyPatch, tried: list[str]) -> None:
    """Also of connections that were open before: what is sent counts as much as the call."""
    broker = urlsplit(settings.ENV.redis_url)
    found = socket.getaddrinfo(broker.hostname, broker.port or 6379, type=socket.SOCK_STREAM)
    addresses = {address[:2] for *_, address in found}

    def guard(name: str, address_of: Callable[..., Any]) -> None:
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, *args: Any) -> Any:
            if address_of(self, *args)[:2] in addresses:
                tried.append(name)
                raise ConnectionRefusedError(f"{name}: the broker is down")
            return real(self, *args)

        patch.setattr(socket.socket, name, guarded)

    def called(self: socket.socket, address: Any) -> Any:
        return address

    def spoken_to(self: socket.socket, *args: Any) -> Any:
        try:
            return self.getpeername()
        except OSError:
            return ()

    for name in ("connect", "connect_ex"):
        guard(name, called)
    for name in ("send", "sendall", "sendmsg"):
        guard(name, spoken_to)


def _refuse_the_folder(patch: pytest.MonkeyPatch, tried: list[str]) -> None:
    for name in ("__init__", "_put"):

        def refused(self: Any, *args: Any, name: str = name, **kwargs: Any) -> None:
            tried.append(name)
            raise ConnectionRefusedError(f"{name}: the folder of messages is away")

        patch.setattr(folderbroker.Channel, name, refused)
