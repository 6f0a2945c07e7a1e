"""A wire to a server that can be cut, or go silent, whenever a test likes."""

import select
import socket
import socketserver
import time
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Self


class Wire:
    """Stands on a free port of this machine for a server elsewhere."""

    def __init__(self, host: str, port: int) -> None:
        self.far, self.port = (host, port), 0
        self.is_live = Event()
        self._lock, self._open = Lock(), set[socket.socket]()
        self._listener: _Listener | None = None
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Let through what comes, on the same port as before."""
        self.is_live.set()
        if self._listener is None:
            self._listener = _Listener(("127.0.0.1", self.port), _Call)
            self._listener.wire = self
            self.port = self._listener.server_address[1]
            Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True).start()

    def silence(self) -> None:
        """Take calls and what is said, and pass nothing on."""
        self.is_live.clear()

    def cut(self) -> None:
        """Refuse calls, and break those that there are."""
        self.is_live.set()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown()
            listener.server_close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def carry(self, near: socket.socket) -> None:
        """What either side says to the other, until one hangs up."""
        with socket.create_connection(self.far, timeout=10) as far:
            ends = {near: far, far: near}
            with self._lock:
                self._open |= ends.keys()
            try:
                while True:
                    ready, _, _ = select.select(list(ends), [], [], 0.2)
                    for side in ready:
                        if not (said := side.recv(65_536)):
                            return
                        self.is_live.wait()
                        ends[side].sendall(said)
            finally:
                with self._lock:
                    self._open -= ends.keys()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    wire: Wire


class _Call(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with suppress(OSError):
            self.server.wire.carry(self.request)


def for_a_while(seconds: float) -> None:
    """How long something lasts that nobody can be asked about."""
    time.sleep(seconds)
