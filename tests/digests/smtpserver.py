"""A mail server that behaves as badly as a test wants, and keeps what it took.

A script is asked at each step of each conversation what happens there: None, what should; a text,
that answer instead of the right one; or an `Act`.
"""

import email
import re
import socket
import socketserver
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default as modern
from enum import Enum, StrEnum
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import Any

CERTIFICATE = Path(__file__).with_name("localhost.pem")


class Step(StrEnum):
    """Where a conversation stands."""

    #: Somebody has connected.
    GREETING = "greeting"
    HELLO = "hello"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: Told to go on; nothing of the message is read yet.
    BODY = "body"
    #: The whole message is read, and not taken.
    READ = "read"
    #: Taken, and that not said.
    TAKEN = "taken"
    #: Taken, and said so.
    ANSWERED = "answered"


class Act(Enum):
    """What a server can do besides answering."""

    HANG_UP = "hang up"
    #: Say nothing more, for as long as the other side stays.
    STALL = "stall"


@dataclass(frozen=True)
class Moment:
    """What a script knows when it is asked."""

    step: Step
    #: The how manieth connection this is, from 1.
    connection: int
    recipient: str = ""
    message_id: str = ""


Script = Callable[[Moment], str | Act | None]


@dataclass(frozen=True)
class Taken:
    """A message that was taken, for one recipient."""

    message_id: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=modern)


def behave(moment: Moment) -> None:
    """The script of a server that does as it should."""


class MailServer:
    """The server, on a free port of this machine; `tls` is "start", "starttls" or nothing."""

    def __init__(self, script: Script = behave, tls: str = "") -> None:
        self.script, self.tls = script, tls
        self.taken: list[Taken] = []
        self.steps: Counter[Step] = Counter()
        self.port = 0
        self._lock, self._numbers = Lock(), count(1)
        self._open: set[socket.socket] = set()
        self._listener: _Listener | None = None

    def __enter__(self) -> "MailServer":
        self.listen()
        return self

    def __exit__(self, *error: object) -> None:
        self.go_away()

    def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._listener = _Listener(("127.0.0.1", self.port), _Conversation)
        self._listener.mail = self
        self.port = self._listener.server_address[1]
        Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True).start()

    def go_away(self) -> None:
        """Refuse connections from now on, and break those that there are."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown()
            with self._lock:
                for each in self._open:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
            listener.server_close()

    @property
    def connections(self) -> int:
        """How often somebody connected."""
        return self.steps[Step.GREETING]

    @property
    def copies(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(taken.message_id for taken in self.taken)

    def ask(self, moment: Moment) -> str | Act | None:
        """What the script wants now."""
        with self._lock:
            self.steps[moment.step] += 1
        return self.script(moment)

    def take(self, message: Taken) -> None:
        with self._lock:
            self.taken.append(message)

    @contextmanager
    def connected(self, connection: socket.socket) -> Iterator[int]:
        """A connection's number, while it stands."""
        with self._lock:
            self._open.add(connection)
            number = next(self._numbers)
        try:
            yield number
        finally:
            with self._lock:
                self._open.discard(connection)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64
    mail: MailServer


class _Over(Exception):
    """The conversation has ended."""


class _Conversation(socketserver.BaseRequestHandler):
    """One connection, from greeting to end."""

    server: _Listener

    def handle(self) -> None:
        self.mail = self.server.mail
        self.recipient = self.message_id = ""
        with self.mail.connected(self.request) as self.number, suppress(OSError, _Over):
            try:
                self.wrap(is_tls=self.mail.tls == "start")
                if not self.misbehaves(Step.GREETING):
                    self.say("220 mail.example ESMTP")
                while line := self.lines.readline():
                    verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                    getattr(self, f"on_{verb.lower()}", self.on_anything)(rest)
            finally:
                self.unwrap()

    def wrap(self, *, is_tls: bool) -> None:
        self.wire: Any = self.request
        if is_tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            # A socket of its own over the same connection: the listener closes the first.
            self.wire = context.wrap_socket(self.request.dup(), server_side=True)
        self.lines = self.wire.makefile("rb")

    def unwrap(self) -> None:
        if hasattr(self, "lines"):
            self.lines.close()
        if self.wire is not self.request:
            self.wire.close()

    def say(self, *lines: str) -> None:
        *first, last = lines
        text = [line.replace(" ", "-", 1) for line in first] + [last]
        self.wire.sendall(
            "".join(f"{line}\r\n" for line in text).encode("utf-8", "surrogateescape")
        )

    def misbehaves(self, step: Step) -> bool:
        """Whether the script wants something else than what is right here; if so, it is done."""
        match self.mail.ask(Moment(step, self.number, self.recipient, self.message_id)):
            case None:
                return False
            case Act.STALL:
                while self.lines.read(1):
                    pass
                raise _Over
            case str(words):
                self.say(words)
                if words.startswith("421"):
                    raise _Over
                return True
        raise _Over

    def on_ehlo(self, rest: str) -> None:
        if not self.misbehaves(Step.HELLO):
            can = ["250 AUTH PLAIN", "250 SIZE 50000000"]
            if self.mail.tls == "starttls":
                can.insert(0, "250 STARTTLS")
            self.say("250 mail.example", *can)

    def on_helo(self, rest: str) -> None:
        if not self.misbehaves(Step.HELLO):
            self.say("250 mail.example")

    def on_starttls(self, rest: str) -> None:
        self.say("220 go ahead")
        self.lines.close()
        self.wrap(is_tls=True)

    def on_auth(self, rest: str) -> None:
        if not self.misbehaves(Step.AUTH):
            self.say("235 2.7.0 welcome")

    def on_mail(self, rest: str) -> None:
        self.recipient = self.message_id = ""
        if not self.misbehaves(Step.MAIL):
            self.say("250 2.1.0 ok")

    def on_rcpt(self, rest: str) -> None:
        self.recipient = re.sub(r"(?i)^to:\s*<(.*)>.*$", r"\1", rest)
        if not self.misbehaves(Step.RCPT):
            self.say("250 2.1.5 ok")

    def on_data(self, rest: str) -> None:
        if self.misbehaves(Step.DATA):
            return
        self.say("354 go on")
        self.misbehaves(Step.BODY)
        raw = self.read_message()
        self.message_id = str(email.message_from_bytes(raw)["Message-ID"])
        if self.misbehaves(Step.READ):
            return
        self.mail.take(Taken(self.message_id, self.recipient, raw))
        if not self.misbehaves(Step.TAKEN):
            self.say("250 2.0.0 taken")
            self.misbehaves(Step.ANSWERED)

    def read_message(self) -> bytes:
        """Up to the line with only a point; the conversation ends where that never comes."""
        lines = []
        while (line := self.lines.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise _Over
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def on_quit(self, rest: str) -> None:
        self.say("221 2.0.0 bye")
        raise _Over

    def on_rset(self, rest: str) -> None:
        self.say("250 2.0.0 ok")

    def on_anything(self, rest: str) -> None:
        self.say("502 5.5.1 not here")
