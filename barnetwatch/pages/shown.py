"""What a page shows: every row of the record that stands in what its template was given.

Looked for after the page was drawn, so that what a template fetched is among it. Where a page tells
of a row in words, it hands the row along with them.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib.admin.helpers import AdminForm, InlineAdminFormSet
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.forms import BaseForm, BaseFormSet

from accounts.reading import Name

#: Steps from a page's context to a row at most: a bound, and more than any page takes.
DEEPEST = 25
#: Whose objects are looked into; those of others hold the request, the settings and the like.
OURS = frozenset(
    {"accounts", "barnetwatch", "contracts", "costs", "digests", "incidents", "scrutiny"}
)

Look = Callable[[Any], Iterable[Any]]


def rows_in(context: Mapping[str, Any]) -> Iterator[Model | Name]:
    """The rows, and the names of rows, that a context holds, however deep."""
    met: set[int] = set()
    waiting: list[tuple[Any, int]] = [(context, 0)]
    while waiting:
        value, depth = waiting.pop()
        look = _look(type(value))
        if look is None or id(value) in met or depth > DEEPEST:
            continue
        met.add(id(value))
        if isinstance(value, Model | Name):
            yield value
        waiting.extend((each, depth + 1) for each in look(value))


@cache
def _look(kind: type) -> Look | None:
    """How to look into a value of some kind; None where no row can be in it."""
    for kinds, look in _LOOKS:
        if issubclass(kind, kinds):
            return look
    return _attributes if kind.__module__.partition(".")[0] in OURS else None


def _attributes(value: Any) -> Iterable[Any]:
    if hasattr(value, "__dict__"):
        return list(vars(value).values())
    return [getattr(value, name, None) for name in getattr(value, "__slots__", ())]


def _of_row(row: Any) -> Iterable[Any]:
    """What was loaded with a row, and what a page hangs on it."""
    return [*row._state.fields_cache.values(), *vars(row).values()]


_LOOKS: tuple[tuple[Any, Look | None], ...] = (
    ((str, bytes, int, float, Decimal, dt.date, dt.timedelta, type(None), type), None),
    (Model, _of_row),
    (Mapping, lambda found: list(found.values())),
    ((list, tuple, set, frozenset), lambda found: found),
    (QuerySet, lambda rows: rows._result_cache or ()),
    (tables.Table, lambda table: [table.data.data]),
    # A filter holds every row that could be chosen by it, none of which is shown.
    (django_filters.FilterSet, None),
    # Nor are the names that a form offers to choose from looked at: only what it is about.
    (BaseForm, lambda form: [getattr(form, name, None) for name in ("instance", "row")]),
    (BaseFormSet, lambda forms: forms.forms),
    # The back office.
    (ChangeList, lambda found: [found.result_list]),
    (AdminForm, lambda drawn: [drawn.form]),
    (InlineAdminFormSet, lambda drawn: [drawn.formset]),
)
