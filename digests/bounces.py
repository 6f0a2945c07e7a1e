"""Mails that came back: a delivery status notification (RFC 3464) read and laid to its edition."""

import email
import re
from dataclasses import dataclass
from email.message import Message
from email.policy import default as modern

from digests.models import Edition

_MESSAGE_ID = re.compile(r"^Message-ID:\s*<([0-9a-f-]{36})@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Bounce:
    """What a notification says: about which mail, whether for good, and the server's words."""

    message_id: str
    is_final: bool
    words: str


def read(raw: bytes) -> Bounce | None:
    """What a mail says of one that could not be delivered; None for any other mail."""
    notice = email.message_from_bytes(raw, policy=modern)
    status = next(
        (part for part in notice.walk() if part.get_content_type() == "message/delivery-status"),
        None,
    )
    if status is None:
        return None
    fields: dict[str, str] = {}
    for block in status.get_payload():
        if isinstance(block, Message):
            fields |= {name.lower(): str(value) for name, value in block.items()}
    if fields.get("action", "").strip().lower() not in {"failed", "delayed"}:
        return None
    own = str(notice.get("Message-ID", ""))
    ids = [each for each in _MESSAGE_ID.findall(raw.decode("utf-8", "replace")) if each not in own]
    if not ids:
        return None
    words = fields.get("diagnostic-code") or fields.get("status") or "no reason given"
    return Bounce(ids[0], fields["action"].strip().lower() == "failed", " ".join(words.split()))


def record(raw: bytes) -> Edition | None:
    """Lay a notification to the edition it is about; None where there is none such.

    One that is only a delay changes nothing.
    """
    bounce = read(raw)
    if bounce is None:
        return None
    edition = Edition.objects.filter(message_id=bounce.message_id).first()
    if edition is not None and bounce.is_final:
        edition.state = Edition.State.FAILED
        edition.server_said = f"Came back: {bounce.words}"
        edition.save(update_fields=["state", "server_said"])
    return edition
