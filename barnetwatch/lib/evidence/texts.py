"""Whether a file is plain text, and whether a text is a mail."""

import codecs
import re
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from typing import Any

from barnetwatch.lib.evidence.refused import part, refuse

#: Bytes that are looked at in one go, and bytes in which the head of a mail ends.
_PIECE, _HEAD = 256 * 1024, 256 * 1024
#: Of the marks that print nothing a text may hold tab, ends of lines and ends of pages.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_CONTROL_BYTES = re.compile(b"[\x00-\x08\x0b\x0e-\x1f]")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_NO_TEXT = "This is not a plain text, although its name says so. Choose another one."
_NO_MAIL = (
    "This is not a saved mail, although its name says so. Save the mail as .eml, or as a PDF."
)


def plain(file: Any, size: int) -> None:
    """Refuse what is no text: bytes of no letter, or the beginning of another kind of file."""
    head = part(file, 0, 8)
    if head.startswith(b"%PDF-"):  # The one other kind that may hold letters alone.
        refuse(_NO_TEXT)
    file.seek(0)
    if head.startswith(_WIDE):
        _wide(file)
    elif any(_CONTROL_BYTES.search(piece) for piece in _pieces(file)):
        refuse(_NO_TEXT)


def mail(file: Any, size: int) -> None:
    """Refuse what does not begin with the headers of a mail."""
    if any(b"\x00" in piece for piece in _pieces(file)):
        refuse(_NO_MAIL)
    read = BytesParser(policy=policy.compat32).parsebytes(part(file, 0, _HEAD), headersonly=True)
    told = {name.lower() for name in read.keys()}  # noqa: SIM118  A message is no mapping.
    if read.defects or "from" not in told or not told & {"date", "subject", "message-id"}:
        refuse(_NO_MAIL)


def _wide(file: Any) -> None:
    """Text of two bytes a letter, as some spreadsheets save it."""
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for piece in _pieces(file):
            if _CONTROL.search(decoder.decode(piece)):
                refuse(_NO_TEXT)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        refuse(_NO_TEXT)


def _pieces(file: Any) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece
