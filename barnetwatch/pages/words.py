"""The words of the site and what each means, from words.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Word:
    """One entry of the help page; other pages link to its anchor."""

    anchor: str
    word: str
    means: str
    example: str


@dataclass(frozen=True)
class Group:
    """Words that explain one another."""

    title: str
    words: tuple[Word, ...]
    lead: str = ""


@cache
def groups() -> tuple[Group, ...]:
    """The help page, in its order."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))["group"]
    return tuple(
        Group(**{**group, "words": tuple(Word(**word) for word in group["words"])})
        for group in found
    )


@cache
def by_anchor() -> dict[str, Word]:
    """Each entry by what pages link to."""
    return {word.anchor: word for group in groups() for word in group.words}
