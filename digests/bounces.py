"""Mails that came back: a delivery status notification (RFC 3464) read and laid to its edition."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from digests.models import Edition
from digests.smtp import as_text

#: As this project makes them. A notice may have one of the like, so all are candidates.
_MESSAGE_ID = re.compile(
    r"^Message-ID:\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE | re.MULTILINE
)
#: What is kept of a server's words.
_LENGTH = 500


@dataclass(frozen=True)
class Bounce:
    """What a notification says: about which mail, whether for good, and the server's words."""

    #: Every Message-ID in it that could be one of ours.
    message_ids: tuple[str, ...]
    is_final: bool
    words: str


def read(raw: bytes) -> Bounce | None:
    """What a mail says of one that could not be delivered; None for any other mail."""
    try:
        # By the old policy, which leaves headers as they are: the new one breaks over some.
        notice = email.message_from_bytes(raw)
        ids = tuple(dict.fromkeys(_ids(raw, notice)))
        reports = [_fields(block) for block in _blocks(notice)]
    except RecursionError:
        return None  # Parts within parts, a thousand deep: nobody's notice.
    for action in ("failed", "delayed"):
        for fields in reports:
            if ids and fields.get("action", "").lower().startswith(action):
                words = fields.get("diagnostic-code") or fields.get("status") or "no reason given"
                return Bounce(ids, action == "failed", words[:_LENGTH])
    return None


def _blocks(notice: Message) -> Iterator[Message]:
    """Its report: a block about the mail, then one a recipient."""
    for part in notice.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from part.get_payload()  # type: ignore[misc]


def _fields(block: Message) -> dict[str, str]:
    return {name.lower(): " ".join(as_text(value).split()) for name, value in block.items()}


def _ids(raw: bytes, notice: Message) -> Iterator[str]:
    """Ours stands in the headers that came back with it, as they are or encoded."""
    texts = [raw, *(part.get_payload(decode=True) for part in notice.walk())]
    for text in texts:
        if isinstance(text, bytes):
            yield from _MESSAGE_ID.findall(text.decode("utf-8", "replace"))


def record(bounce: Bounce) -> Edition | None:
    """Lay a notification to the edition it is about; None where there is none such.

    One that is only a delay changes nothing.
    """
    edition = Edition.objects.filter(message_id__in=bounce.message_ids).first()
    if edition is not None and bounce.is_final:
        edition.state = Edition.State.FAILED
        edition.server_said = f"Came back: {bounce.words}"
        edition.save(update_fields=["state", "server_said"])
    return edition
