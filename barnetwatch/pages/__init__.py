"""Pages that cross apps. Each module lists its own: address, name in the site, view."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

Page = tuple[str, str, Callable[..., Any]]
#: The modules with pages, in the order of the navigation.
SECTIONS = (
    "contracts",
    "contract",
    "suppliers",
    "timeline",
    "failures",
    "costs",
    "payments",
    "alerts",
    "scrutiny",
    "decisions",
    "sources",
    "files",
    "promises",
    "claims",
    "commitments",
    "meetings",
    "calendar",
    "questions",
    "access",
    "search",
    "help",
    "status",
    "history",
    "people",
)
#: The modules whose pages anybody may read, signed in or not.
OPEN = ("statements", "calendar")


def all_pages() -> Iterator[Page]:
    """Every page of every section."""
    for name in SECTIONS:
        yield from import_module(f"{__name__}.{name}").PAGES


def open_pages() -> Iterator[Page]:
    """Every page that needs no sign-in."""
    for name in OPEN:
        yield from import_module(f"{__name__}.{name}").OPEN_PAGES
