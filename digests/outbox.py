"""Mails that were written to files instead of being sent, as their readers would see them."""

import email
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

from django.conf import settings

#: What Django's file backend writes between two mails of one file.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
#: Mails listed, newest first.
SHOWN = 100


@dataclass(frozen=True)
class Kept:
    """One mail in a file; `name` and `number` find it again."""

    name: str
    number: int
    message: EmailMessage

    def header(self, name: str) -> str:
        """One of its headers, as it reads."""
        return str(self.message.get(name, "not given"))

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.header("Subject")

    @property
    def to(self) -> str:
        """Whom it is to."""
        return self.header("To")

    @property
    def date(self) -> str:
        """When it was written."""
        return self.header("Date")

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


def kept() -> list[Kept]:
    """The mails in the files, newest first; what cannot be read is passed over."""
    if not in_files():
        return []
    files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), reverse=True)
    found: list[Kept] = []
    for path in files:
        found += reversed(_read(path))
        if len(found) >= SHOWN:
            break
    return found[:SHOWN]


def find(name: str, number: int) -> Kept | None:
    """One mail by its place; None where there is none, or the name leads elsewhere."""
    for path in Path(settings.EMAIL_FILE_PATH).glob("*.log") if in_files() else ():
        if path.name == name:
            return next((each for each in _read(path) if each.number == number), None)
    return None


def _read(path: Path) -> list[Kept]:
    try:
        raw = path.read_bytes()
    except OSError:
        return []
    parts = [part for part in raw.split(_BETWEEN) if part.strip()]
    return [
        Kept(path.name, number, email.message_from_bytes(part.lstrip(), policy=modern))  # type: ignore[arg-type]
        for number, part in enumerate(parts)
    ]
