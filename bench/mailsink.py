"""A mail server that takes everything and keeps nothing, in a process of its own."""

import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_taken = 0


class _Sink(socketserver.BaseRequestHandler):
    """One connection: says yes to every command and reads each message to its end."""

    def handle(self) -> None:
        global _taken
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.sendall(b"220 sink\r\n")
        while command := self.request.recv(4096):
            if command.upper().startswith(b"DATA"):
                self.request.sendall(b"354 go on\r\n")
                end = b""
                while not end.endswith(b"\r\n.\r\n"):
                    chunk = self.request.recv(1 << 18)
                    if not chunk:
                        return
                    end = end[-5:] + chunk
                _taken += 1
            self.request.sendall(b"250 so be it\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def running() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The sink's address for EMAIL_URL, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mailsink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield f"smtp://127.0.0.1:{process.stdout.readline().strip()}", process
    finally:
        process.kill()
        process.wait()


def taken(process: subprocess.Popen[str]) -> int:
    """How many messages it took; it ends with this answer."""
    return int(process.communicate()[0])


if __name__ == "__main__":
    with _Server(("127.0.0.1", 0), _Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        print(_taken)
        server.shutdown()
