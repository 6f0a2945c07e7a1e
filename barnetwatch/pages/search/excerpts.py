"""The words that were looked for, marked in the sentence that they stand in."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

#: Characters shown of a text, and how many of them at most before the first word found.
LONG, BEFORE = 240, 90
_SENTENCE = re.compile(r"[.!?][”’\"']?\s+")


def marked(text: str, words: Sequence[str]) -> SafeString:
    """A text with the words marked, and everything else in it escaped."""
    pieces = _pattern(words).split(text)
    return mark_safe(  # noqa: S308 - each piece is escaped
        "".join(
            format_html("<mark>{}</mark>", piece) if number % 2 else conditional_escape(piece)
            for number, piece in enumerate(pieces)
        )
    )


def excerpt(texts: Iterable[Any], words: Sequence[str]) -> SafeString:
    """From the text with most of the words, the sentence of the first; empty if none has any."""
    best, most = "", 0
    for text in texts:
        flat = " ".join(str(text).split())
        found = {match.lower() for match in _pattern(words).findall(flat)}
        if len(found) > most:
            best, most = flat, len(found)
    return marked(_cut(best, words), words) if best else SafeString("")


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)


def _cut(text: str, words: Sequence[str]) -> str:
    match = _pattern(words).search(text)
    start = _beginning(text, match.start()) if match else 0
    kept = text[start : start + LONG]
    if start + LONG < len(text):
        kept = f"{kept.rpartition(' ')[0] or kept}…"
    return f"{'…' if start and not _begins_a_sentence(text, start) else ''}{kept}"


def _beginning(text: str, at: int) -> int:
    """Where the sentence begins that holds a place, or a word not far before it."""
    earliest = max(0, at - BEFORE)
    if not earliest:
        return 0
    ends = [match.end() for match in _SENTENCE.finditer(text, earliest, at)]
    if ends:
        return ends[-1]
    space = text.find(" ", earliest, at)
    return space + 1 if space >= 0 else earliest


def _begins_a_sentence(text: str, at: int) -> bool:
    return bool(re.search(r"[.!?][”’\"']?\s+$", text[:at]))
