"""Counts, numbers and lists as sentences print them."""

from collections.abc import Iterable
from typing import Any

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def times(count: int, one: str, several: str = "") -> str:
    """“1 failure”, “2 failures”, “1,204 days”."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def spelt(count: int, one: str, several: str = "") -> str:
    """“One failure”, “12 failures”: at the beginning of a sentence, small numbers as words."""
    if not 0 <= count < len(_SMALL):
        return times(count, one, several)
    return f"{_SMALL[count].capitalize()} {one if count == 1 else several or f'{one}s'}"


def span(days: int) -> str:
    """About how long: “12 days”, “14 months”, “more than 10 years”."""
    if days < 60:
        return times(max(0, days), "day")
    if days < 730:
        return f"about {times(days * 12 // 365, 'month')}"
    return f"more than {times(days * 4 // 1461, 'year')}"


def number(value: Any) -> str:
    """A number without the noughts that say nothing: 48, 99.5, 1,204."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def listed(words: Iterable[str]) -> str:
    """“a, b and c”."""
    parts = list(words)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
