"""Which characters the bytes of a file stand for."""

import codecs
from typing import BinaryIO, NamedTuple

from costs.payments.shape import CannotRead

_CHUNK = 1 << 20
_UTF8_MARK = codecs.BOM_UTF8
#: The mark of UTF-8, taken for Windows characters by somebody and written as UTF-8 once more.
_MARK_TWICE = "\ufeff".encode().decode("cp1252").encode()
#: What a file begins with that is no table at all, and what it is.
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the kind before 2007. Save it as .xlsx or .csv",
    b"%PDF": "a PDF. Ask the publisher for the table itself",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "packed. Unpack it first",
}
#: Encodings that an officer may name.
KNOWN = ("utf-8", "cp1252", "cp437", "utf-16-le", "utf-16-be")
#: The name under which codecs knows `_by_windows`.
MIXED = "barnetwatch-windows"


class Encoding(NamedTuple):
    """The name of the characters, where the text begins, and what becomes of a strange byte."""

    name: str
    start: int = 0
    errors: str = "replace"


def encoding_of(file: BinaryIO, wanted: str = "") -> Encoding:
    """What the whole file is written in; CannotRead for what is no text."""
    file.seek(0)
    head = file.read(4096)
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise CannotRead(f"This file is {what}.")
    start = _marks(head)
    if wanted in KNOWN:
        return Encoding(wanted, start if wanted == "utf-8" else 0)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if name := _unmarked_utf16(head):
        return Encoding(name)
    return _eight_bits(file, start)


def _marks(head: bytes) -> int:
    """How many bytes of UTF-8's mark stand in front, once or several times."""
    start = 0
    while True:
        for mark in (_UTF8_MARK, _MARK_TWICE):
            if head.startswith(mark, start):
                start += len(mark)
                break
        else:
            return start


def _unmarked_utf16(head: bytes) -> str:
    """English in UTF-16 has a zero in every second byte."""
    half = len(head) // 2
    if half and head[1::2].count(0) * 10 > half * 9:
        return "utf-16-le"
    if half and head[::2].count(0) * 10 > half * 9:
        return "utf-16-be"
    return ""


def _eight_bits(file: BinaryIO, start: int) -> Encoding:
    if _is_utf8(file, start):
        return Encoding("utf-8", start)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    strange = good = pounds_dos = pounds_windows = quotes = 0
    file.seek(start)
    while chunk := file.read(_CHUNK):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        bad = text.count("\ufffd")
        strange += bad
        good += sum(char > "\x7f" for char in text) - bad
        pounds_dos += chunk.count(b"\x9c")
        pounds_windows += chunk.count(b"\xa3")
        quotes += sum(chunk.count(byte) for byte in (b"\x91", b"\x92", b"\x93", b"\x94", b"\x96"))
    if good > strange or start:
        return Encoding("utf-8", start, MIXED)
    # The pound of DOS is a ligature of Windows, which English hardly ever writes.
    if pounds_dos > pounds_windows + quotes:
        return Encoding("cp437")
    return Encoding("cp1252")


def _is_utf8(file: BinaryIO, start: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(start)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _by_windows(error: UnicodeError) -> tuple[str, int]:
    """Single bytes of Windows in a file that is UTF-8 otherwise."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error(MIXED, _by_windows)
