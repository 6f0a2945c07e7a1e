"""Pages of long lists: those after a row or before it, without counting or skipping the rest.

Page 2,000 costs what page 1 does, and a row recorded meanwhile moves none to another page.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Q

_KEY = "sorted_by_{}"


@dataclass(frozen=True)
class Page:
    """One page: its rows, and where the pages before and after it begin (None: there is none)."""

    rows: list[Any]
    before: str | None
    after: str | None


def page_of(
    rows: Any, order: Sequence[str], size: int, *, after: str = "", before: str = ""
) -> Page:
    """The rows of a queryset after one cursor or before another, in an order of column names.

    A leading minus turns a column round; what has no value comes last either way. `order` must
    end with a column that tells any two rows apart. A cursor that cannot be read counts as none.
    """
    columns = _columns(rows, order)
    keyed = rows.annotate(**{_KEY.format(n): F(each.name) for n, each in enumerate(columns)})
    backwards = bool(before)
    given = _read(before or after, keyed, len(columns))
    if given is None:
        backwards = False
    else:
        keyed = keyed.filter(_beyond(columns, given, backwards))
    found = list(keyed.order_by(*_order(columns, backwards))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else given is not None
    has_after = True if backwards else more
    return Page(
        found,
        _cursor(found[0], len(columns)) if found and has_before else None,
        _cursor(found[-1], len(columns)) if found and has_after else None,
    )


def cursor_of(row: Any, order: Sequence[str]) -> str:
    """Where a page begins or ends that has a row of another page at its end."""
    return _cursor(row, len(order))


def is_cursor(text: str, rows: Any, order: Sequence[str]) -> bool:
    """Whether a cursor can be read that an address gives."""
    columns = _columns(rows, order)
    keyed = rows.annotate(**{_KEY.format(n): F(each.name) for n, each in enumerate(columns)})
    return _read(text, keyed, len(columns)) is not None


def in_order(rows: Any, order: Sequence[str]) -> Any:
    """All rows in the same order as the pages have them."""
    return rows.order_by(*_order(_columns(rows, order)))


@dataclass(frozen=True)
class _Column:
    name: str
    down: bool
    #: Whether some rows may have no value; an index serves only an order that says nothing of it.
    may_lack: bool

    def order(self, backwards: bool) -> Any:
        lacking = {}
        if self.may_lack:
            lacking = {"nulls_first" if backwards else "nulls_last": True}
        turn = F(self.name).desc if self.down != backwards else F(self.name).asc
        return turn(**lacking)


def _columns(rows: Any, order: Sequence[str]) -> list[_Column]:
    known = {field.name: field for field in rows.model._meta.fields} | {"pk": rows.model._meta.pk}
    return [
        _Column(name, each.startswith("-"), name not in known or known[name].null)
        for each in order
        if (name := each.lstrip("-"))
    ]


def _order(columns: list[_Column], backwards: bool = False) -> list[Any]:
    return [column.order(backwards) for column in columns]


def _beyond(columns: list[_Column], given: list[Any], backwards: bool) -> Q:
    condition, same = Q(pk__in=[]), Q()
    for number, column in enumerate(columns):
        key, value = _KEY.format(number), given[number]
        way = "lt" if column.down != backwards else "gt"
        step = Q(pk__in=[])
        if value is not None:
            step = Q(**{f"{key}__{way}": value})
            if column.may_lack and not backwards:
                step |= Q(**{f"{key}__isnull": True})
        elif backwards:
            step = Q(**{f"{key}__isnull": False})
        condition |= same & step
        same &= Q(**{f"{key}__isnull": True}) if value is None else Q(**{key: value})
        if number == 0 and not column.may_lack:
            # Says nothing new, but an index can begin here instead of at the list's start.
            within = Q(**{f"{key}__{way}e": value})
    return condition & within if not columns[0].may_lack else condition


class _Exact(DjangoJSONEncoder):
    """Django's own cuts a moment to the millisecond: its row would come on the next page again."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, dt.datetime) else super().default(o)


def _cursor(row: Any, count: int) -> str:
    values = [getattr(row, _KEY.format(number)) for number in range(count)]
    text = json.dumps(values, cls=_Exact, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, keyed: Any, count: int) -> list[Any] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        values = json.loads(text) if text else None
        if not isinstance(values, list) or len(values) != count:
            return None
        fields = [keyed.query.annotations[_KEY.format(n)].output_field for n in range(count)]
        return [
            None if value is None else field.to_python(value)
            for field, value in zip(fields, values, strict=True)
        ]
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError, ValidationError):
        return None
