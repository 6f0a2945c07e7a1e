"""Words and sums that stand nowhere else: where one is met, the field it was put into is shown.

A canary word is found in any letter case, a canary sum with or without its commas.
"""

import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_lowercase
from typing import Any

from django.core import signing
from django.db import models

#: A word that every text carries, so that a search finds all of them.
COMMON = "Zebra"
_WORD = re.compile(r"zq[a-z]{5}q")
_PACKED = re.compile(r'name="version" value="(\.?[\w-]+):')
_SUM = re.compile(r"7,?1\d\d,?\d\d\d(?!\d)")
#: Restriction, paragraph, whether it gives terms in negotiation, and the restricted row's name.
Reason = tuple[str, int | None, bool, str, int]
_FIRST, _STEP = 7_100_000, 37


@dataclass(frozen=True)
class Canary:
    """One field of one row, and the state that the row is in."""

    state: str
    model: str
    pk: int
    field: str

    @property
    def place(self) -> str:
        """The model and the field, such as costs.costline.title."""
        return f"{self.model}.{self.field}"


@dataclass
class Book:
    """Every canary, by what it looks like."""

    by_text: dict[str, Canary] = field(default_factory=dict)
    #: For each row the restrictions of it and of all that it belongs to.
    hidden_by: dict[tuple[str, int], frozenset[Reason]] = field(default_factory=dict)

    def why(self, canary: Canary) -> frozenset[Reason]:
        """What hides a canary; nothing where it is open."""
        return self.hidden_by[canary.model, canary.pk]

    def word(self, canary: Canary, longest: int | None) -> str:
        """A new word for a text field, with the common one before it where it fits."""
        number, letters = len(self.by_text), ""
        for _ in range(5):
            number, rest = divmod(number, 26)
            letters += ascii_lowercase[rest]
        word = f"zq{letters}q"
        self.by_text[word] = canary
        text = f"{COMMON} {word}"
        return text if longest is None or len(text) <= longest else word

    def sum(self, canary: Canary) -> Decimal:
        """A new sum, in pounds."""
        amount = _FIRST + _STEP * (len(self.by_text) + 1)
        self.by_text[str(amount)] = canary
        return Decimal(amount)

    def found_in(self, text: str) -> set[Canary]:
        """The canaries that a text holds."""
        words = set(_WORD.findall(text.lower()))
        sums = {each.replace(",", "") for each in _SUM.findall(text)}
        return {self.by_text[each] for each in words | sums if each in self.by_text}


def takes_a_word(each: Any) -> bool:
    """Whether somebody writes words of their own into a field."""
    return (
        isinstance(each, models.CharField | models.TextField)
        and not each.choices
        and (each.max_length is None or each.max_length >= 8)
    )


def readable(body: bytes) -> str:
    """What stands in an answer: unzipped, decoded, without HTML's way of writing signs."""
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            # Marks inside a word of a document are no part of it.
            parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        return "\n".join(re.sub(r"<[^>]*>", "", part) + part for part in parts)
    text = body.decode("utf-8", "replace")
    # A calendar folds its lines; a mail's lines may end in "=".
    said = html.unescape(re.sub(r"\r\n[ \t]|=\r?\n", "", text))
    return "\n".join((said, *map(_unpacked, _PACKED.findall(text))))


def _unpacked(packed: str) -> str:
    """What a form carries of the row as it stood: it is signed, and anybody can read it."""
    data = signing.b64_decode(packed.removeprefix(".").encode())
    return (zlib.decompress(data) if packed.startswith(".") else data).decode()


def places(found: Iterable[Canary]) -> list[str]:
    """What a failed test prints: where from, and in which state."""
    return sorted({f"{each.place} ({each.state})" for each in found})
