"""Every call of `visible_to` and `seen_by` in the source, which of them a request crosses, and how
one of them is taken out.

A call is known by its file and by where it ends: no two calls end at the same place.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.visibility import OpenRows, VisibleQuerySet
from barnetwatch.pages import contractrows
from costs import totals

HOUSES = ("accounts", "contracts", "costs", "incidents", "scrutiny", "digests", "barnetwatch")
#: The door itself calls itself.
DOOR = "accounts/visibility.py"
NAMES = ("visible_to", "seen_by")
#: Querysets that are put together once for all who see alike.
PREPARED = (contractrows._listed, totals._seen_sums)


@dataclass(frozen=True, order=True)
class Site:
    """A call in the source."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def sites() -> dict[Site, str]:
    """Every call outside the door itself, with its words."""
    found = {}
    for house in HOUSES:
        for path in sorted((settings.BASE_DIR / house).rglob("*.py")):
            file = path.relative_to(settings.BASE_DIR).as_posix()
            if file != DOOR and "/migrations/" not in file:
                for call in ast.walk(ast.parse(path.read_text())):
                    if _is_of_the_door(call):
                        found[Site(file, call.end_lineno, call.end_col_offset)] = ast.unparse(call)
    return found


def names() -> dict[Site, str]:
    """The same calls by a name that stays when lines move: the file, the words, and which of those
    it is where a file says them more than once.
    """
    found: dict[Site, str] = {}
    times: Counter[str] = Counter()
    for site, words in sorted(sites().items()):
        name = f"{site.file}: {words}"
        times[name] += 1
        found[site] = name if times[name] == 1 else f"{name} ({times[name]})"
    return found


def _is_of_the_door(node: Any) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in NAMES
    )


class Doors:
    """While `watched`, the calls that were made since `forget`, and those that let all through."""

    def __init__(self) -> None:
        self.crossed: set[Site] = set()
        self.is_out: Callable[[Site], bool] | None = None

    def forget(self) -> None:
        """Before a request: no call was made, and no queryset is kept from an earlier one."""
        self.crossed = set()
        for kept in PREPARED:
            kept.cache_clear()

    @contextmanager
    def without(self, is_out: Callable[[Site], bool]) -> Iterator[None]:
        """As if some calls of the door were not there."""
        self.is_out = is_out
        try:
            yield
        finally:
            self.is_out = None
            self.forget()

    @contextmanager
    def watched(self) -> Iterator["Doors"]:
        """The door's methods, telling who calls them."""
        with pytest.MonkeyPatch.context() as patch:
            for kind in (OpenRows, VisibleQuerySet):
                for name in NAMES:
                    if name in vars(kind):
                        patch.setattr(kind, name, self._watching(vars(kind)[name]))
            yield self
        self.forget()

    def _watching(self, method: Any) -> Any:
        def called(rows: Any, whose: Any) -> Any:
            site = _caller(sys._getframe(1))
            if site is None:
                return method(rows, whose)
            self.crossed.add(site)
            is_out = self.is_out is not None and self.is_out(site)
            return _all_of(rows) if is_out else method(rows, whose)

        return called


def _all_of(rows: Any) -> Any:
    if not isinstance(rows, OpenRows):
        return rows.all()
    found = rows._queryset_class(rows.model, using=rows._db, hints=rows._hints)
    related = getattr(rows, "_apply_rel_filters", None)
    return related(found) if related else found


def _caller(frame: Any) -> Site | None:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(settings.BASE_DIR):
        return None
    file = path.relative_to(settings.BASE_DIR).as_posix()
    if file == DOOR or not file.startswith(HOUSES):
        return None
    where = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    _, line, _, column = where
    return Site(file, line, column)
