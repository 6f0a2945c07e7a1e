"""Files to be kept as evidence: one good one of each kind, and a great many that are not."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import filing
from accounts.evidence import EvidenceFile
from tests import factories

MB = 1024 * 1024

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-'
    'types"><Override PartName="/{main}" ContentType="application/vnd.openxmlformats-'
    'officedocument.{kind}.main+xml"/></Types>'
)
WORD = TYPES.format(main="word/document.xml", kind="wordprocessingml.document")
SHEET = TYPES.format(main="xl/workbook.xml", kind="spreadsheetml.sheet")


def packed(parts: dict[str, bytes | str], **options: Any) -> bytes:
    """A packed file of some parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, **options) as zipped:
        for name, data in parts.items():
            zipped.writestr(name, data)
    return held.getvalue()


def docx(more: dict[str, bytes | str] | None = None, types: str | bytes = WORD) -> bytes:
    parts = {"[Content_Types].xml": types, "word/document.xml": "<w:document/>"}
    return packed({**parts, **(more or {})})


def xlsx(more: dict[str, bytes | str] | None = None, types: str | bytes = SHEET) -> bytes:
    parts = {"[Content_Types].xml": types, "xl/workbook.xml": "<workbook/>"}
    return packed({**parts, **(more or {})})


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checked


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\xff"))
    + _chunk(b"IEND", b"")
)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
CSV = "Supplier,Amount\r\nCapita,£4.20\r\n".encode()
TXT = b"A letter of the supplier.\n"
EML = (
    b"From: Pat <pat@barnet.example>\r\nTo: Ann <ann@barnet.example>\r\nSubject: Mosaic\r\n"
    b"Date: Mon, 1 Oct 2018 09:30:00 +0100\r\n\r\nIt cannot bill.\r\n"
)

#: A good file of each kind, by a name of it.
GOOD = {
    "letter.pdf": PDF,
    "screen.png": PNG,
    "photo.jpg": JPG,
    "photo.jpeg": JPG,
    "minutes.docx": docx(),
    "figures.xlsx": xlsx(),
    "payments.csv": CSV,
    "note.txt": TXT,
    "mail.eml": EML,
}


def upload(name: str = "letter.pdf", data: bytes | None = None) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, GOOD.get(name, PDF) if data is None else data)


def a_file(record: Any, name: str = "letter.pdf", data: bytes | None = None, **fields: Any) -> Any:
    """A file that is kept with a row of the record."""
    given = {"description": "A letter", "by": factories.the_officer(), **fields}
    with filing.kept(upload(name, data), name=name) as kept:
        return filing.add(record, kept, **given)


def stored() -> list[str]:
    """Where bytes lie in the storage."""
    where = Path(filing.storage().path(""))
    return sorted(path.relative_to(where).as_posix() for path in where.rglob("*") if path.is_file())


def rows(*, of: type[EvidenceFile]) -> int:
    return of.all_rows.count()
