"""Digests and alerts that were written to files instead of being sent.

Only those: other mails, such as one with a link to a new password, are for their reader alone.
"""

import datetime as dt
import email
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default as modern
from functools import cached_property
from pathlib import Path

from django.conf import settings

#: What Django's file backend writes between two mails of one file.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
_MESSAGE_ID = re.compile(
    rb"^Message-ID:\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE | re.MULTILINE
)
#: Bytes read of a file, from its end: some hundred mails.
TAIL = 8 * 1024 * 1024


@dataclass(frozen=True)
class Kept:
    """One mail in a file, known by the Message-ID of its edition."""

    message_id: uuid.UUID
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, taken apart."""
        return email.message_from_bytes(self.raw, policy=modern)  # type: ignore[return-value]

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its headers as they read."""
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.message.get("Subject", ""))

    @property
    def written(self) -> dt.datetime | None:
        """When it was written, as far as the mail says so."""
        at = getattr(self.message.get("Date"), "datetime", None)
        # A mail that names no zone (-0000) gives the time in UTC.
        return at.replace(tzinfo=dt.UTC) if at and at.tzinfo is None else at

    @property
    def text(self) -> str:
        """Its plain text."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """Its HTML; empty where it has none."""
        return self._body("html")

    @property
    def picture(self) -> bytes:
        """Its picture; empty where it has none."""
        for part in self.message.walk():
            if part.get_content_type() == "image/png":
                return bytes(part.get_payload(decode=True) or b"")
        return b""

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        raw = part.get_payload(decode=True) if part else b""
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def in_files() -> bool:
    """Whether mail is written to files."""
    return settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")


def kept() -> Iterator[Kept]:
    """The mails in the files, newest first; what is none of ours is passed over."""
    if not in_files():
        return
    for path in sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), reverse=True):
        for raw in reversed(_mails(path)):
            if found := _MESSAGE_ID.search(raw.partition(b"\n\n")[0]):
                yield Kept(uuid.UUID(found[1].decode()), raw)


def _mails(path: Path) -> list[bytes]:
    try:
        if not path.is_file():
            return []
        with path.open("rb") as file:
            begin = max(0, file.seek(0, 2) - TAIL)
            file.seek(begin)
            mails = file.read().split(_BETWEEN)
    except OSError:
        return []
    # The first is the end of one, where the file was not read from its beginning.
    return [mail.lstrip() for mail in mails[1 if begin else 0 :]]
