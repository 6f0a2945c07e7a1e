"""Word documents and workbooks: packed files, looked at without unpacking them.

A few kilobytes of one can ask for gigabytes, so nothing is unpacked but the list of its parts'
kinds, and of that no more than a megabyte.
"""

import struct
import zipfile
from typing import Any

from barnetwatch.lib.evidence.refused import part, refuse

#: Parts, bytes of their list, bytes of all once unpacked, and bytes of the list of their kinds.
MOST_PARTS, MOST_LIST, MOST_UNPACKED, MOST_TYPES = 5_000, 1024**2, 400 * 1024**2, 1024**2

_TYPES = "[Content_Types].xml"
_START, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: The last record of a packed file, and the mark of a longer form, which no office file needs.
_END, _END_BYTES, _LONG, _LONG_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20

_LOCKED = "The file is locked with a password, or in an old form. Save it without a password as {}."
_NOT_ONE = "This is not a {} file, although its name says so. Choose another one."
_DAMAGED = "The file is damaged. Open it, save it again as {}, and choose that."
_TOO_MUCH = "The file holds far more than its size says. Save it as a PDF and choose that."
_MACROS = "The file holds macros, which are programs. Save it as {} without them, or as a PDF."


def document(file: Any, size: int) -> None:
    """Refuse what is no Word document without macros."""
    _office(file, size, ".docx", "word/document.xml", b"wordprocessingml.document.main+xml")


def workbook(file: Any, size: int) -> None:
    """Refuse what is no workbook without macros."""
    _office(file, size, ".xlsx", "xl/workbook.xml", b"spreadsheetml.sheet.main+xml")


def _office(file: Any, size: int, kind: str, main: str, main_type: bytes) -> None:
    head = part(file, 0, 4)
    if head == _OLD:
        refuse(_LOCKED.format(kind))
    if head != _START:
        refuse(_NOT_ONE.format(kind))
    _guard_list(file, size, kind)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as held:
            parts = held.infolist()
            _guard_parts(parts, kind)
            if main not in held.namelist() or _TYPES not in held.namelist():
                refuse(_NOT_ONE.format(kind))
            with held.open(_TYPES) as opened:
                types = opened.read(MOST_TYPES + 1)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, struct.error, RuntimeError):
        refuse(_DAMAGED.format(kind))
    if len(types) > MOST_TYPES or b"\x00" in types or b"<!" in types:
        refuse(_NOT_ONE.format(kind))
    if b"macroenabled" in types.lower() or b"vbaproject" in types.lower():
        refuse(_MACROS.format(kind))
    if main_type not in types:
        refuse(_NOT_ONE.format(kind))


def _guard_list(file: Any, size: int, kind: str) -> None:
    """The list of parts is held in memory whole, so its length is asked first."""
    end = part(file, max(0, size - _END_BYTES), _END_BYTES)
    if len(end) < _END_BYTES or end[:4] != _END:
        refuse(_DAMAGED.format(kind))
    count, length, start, comment = struct.unpack("<HIIH", end[10:])
    before = part(file, max(0, size - _END_BYTES - _LONG_BYTES), 4)
    if comment or before == _LONG or start + length != size - _END_BYTES:
        refuse(_DAMAGED.format(kind))
    if count > MOST_PARTS or length > MOST_LIST:
        refuse(_TOO_MUCH)


def _guard_parts(parts: list[zipfile.ZipInfo], kind: str) -> None:
    if sum(each.file_size for each in parts) > MOST_UNPACKED:
        refuse(_TOO_MUCH)
    if any(each.flag_bits & 0x1 for each in parts):
        refuse(_LOCKED.format(kind))
    names = [each.filename.lower() for each in parts]
    if len(set(names)) != len(names) or any(_leads_out(name) for name in names):
        refuse(_DAMAGED.format(kind))
    if any(name.endswith("vbaproject.bin") for name in names):
        refuse(_MACROS.format(kind))
    end = 0  # Parts that lie over each other unpack to more than there is.
    for each in sorted(parts, key=lambda found: found.header_offset):
        if each.header_offset < end:
            refuse(_TOO_MUCH)
        end = each.header_offset + 30 + len(each.filename) + each.compress_size


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")
