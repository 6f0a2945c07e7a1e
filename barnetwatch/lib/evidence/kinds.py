"""The kinds of file that may be evidence: by the ending of the name and by what is inside."""

from collections.abc import Callable
from typing import Any

from barnetwatch.lib.evidence import packed, texts
from barnetwatch.lib.evidence.refused import Refused, part, refuse
from barnetwatch.lib.filenames import ending_of

#: Bytes of the largest file.
MOST_BYTES = 25 * 1024 * 1024
#: How far from its end the last mark of a PDF may stand.
_TAIL = 64 * 1024

TOO_LARGE = "The file is larger than 25 MB. Choose a smaller one."
EMPTY = "The file is empty. Choose another one."
NOT_ONE_OF_THESE = (
    "Files of this kind cannot be kept. Choose one that ends in .pdf, .png, .jpg, .docx, .xlsx, "
    ".csv, .txt or .eml."
)


def _pdf(file: Any, size: int) -> None:
    if not part(file, 0, 8).startswith(b"%PDF-"):
        refuse("This is not a PDF, although its name says so. Save it as one, or choose another.")
    if b"%%EOF" not in part(file, max(0, size - _TAIL), _TAIL):
        refuse("This PDF is cut off: its end is missing. Fetch it again, or choose another.")


def _png(file: Any, size: int) -> None:
    head = part(file, 0, 24)
    if head[:16] != b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" or len(head) < 24:
        refuse("This is not a PNG picture, although its name says so. Choose another one.")


def _jpg(file: Any, size: int) -> None:
    head = part(file, 0, 4)
    if head[:3] != b"\xff\xd8\xff" or len(head) < 4:
        refuse("This is not a JPEG picture, although its name says so. Choose another one.")


#: How the content of each kind is looked at, by the ending of its name.
KINDS: dict[str, Callable[[Any, int], None]] = {
    "pdf": _pdf,
    "png": _png,
    "jpg": _jpg,
    "docx": packed.document,
    "xlsx": packed.workbook,
    "csv": texts.plain,
    "txt": texts.plain,
    "eml": texts.mail,
}
#: The same kind by another ending.
ALIASES = {"jpeg": "jpg"}
#: What a browser offers to choose from; it binds nobody.
ACCEPT = ",".join(f".{ending}" for ending in (*KINDS, *ALIASES))


def check(file: Any, name: str, size: int) -> str:
    """The kind of a file, once its name and its content agree on it.

    Reads a few parts of it, of texts all in pieces. Raises ValidationError at `file` with what is
    wrong and what to do.
    """
    ending = ending_of(name)
    kind = ALIASES.get(ending, ending)
    if kind not in KINDS:
        refuse(NOT_ONE_OF_THESE)
    if not size:
        refuse(EMPTY)
    if size > MOST_BYTES:
        refuse(TOO_LARGE)
    try:
        KINDS[kind](file, size)
    except Refused:
        raise
    except Exception as error:  # Whatever a hostile file makes a reader raise.
        raise Refused("The file cannot be read. Choose another one.") from error
    finally:
        file.seek(0)
    return kind
