"""Reading what is restricted is an act: kept once an hour for each person and record.

A page of open rows asks and writes nothing: on SQLite a page that is read must not take the lock.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models, transaction

from accounts import audit
from accounts.audit import Act
from accounts.backoffice.rows import rows_seen
from accounts.trail import AuditEntry
from accounts.visibility import Restriction

#: How long a reading counts as the same one.
SAME = dt.timedelta(hours=1)


class Name(NamedTuple):
    """Names a restricted row of which a page tells in words, without holding the row itself."""

    kind: str
    key: int


Rows = Mapping[Name, models.Model]


def named(ref: str) -> Name:
    """The same from a row's name as accounts.rowrefs has it."""
    kind, _, key = ref.partition(":")
    return Name(kind, int(key))


def note(
    shown: Iterable[Any], *, by: Any, at: dt.datetime, again_after: dt.timedelta = SAME
) -> int:
    """Keep that somebody was shown some rows, of those that are restricted; how many were new.

    What they may not see was not shown to them, whatever lay beside what was.
    """
    found = restricted_among(shown)
    if not found:
        return 0
    keys = {name.key for name in found}
    lately = AuditEntry.objects.filter(by=by, act=Act.READ, row__in=keys, at__gt=at - again_after)
    fresh = found - set(lately.order_by().values_list("kind", "row"))
    rows = list(_seen(fresh, by))
    if rows:
        with transaction.atomic():
            for row in rows:
                audit.record(Act.READ, by=by, subject=row)
    return len(rows)


def restricted_among(shown: Iterable[Any]) -> set[Name]:
    """The names of the records, among some rows and names, that are kept back.

    Nothing is asked of the database: what a row belongs to is looked at where it was loaded with
    the row, or stands among the others. A row without a page of its own, such as an entry of the
    ledger, was read on the page of what it belongs to, which is named instead.
    """
    found, rows = set(), {}
    for each in shown:
        if isinstance(each, Name):
            found.add(each)
        elif isinstance(each, models.Model) and each.pk is not None:
            rows[_name(each)] = each
    for row in rows.values():
        if _is_restricted(row, rows):
            found.update(_records(row, rows))
    return found


def _is_restricted(row: models.Model, rows: Rows) -> bool:
    return _is_itself(row) or any(_is_restricted(above, rows) for above in _above(row, rows))


def _is_itself(row: models.Model) -> bool:
    if row.__dict__.get("restriction", Restriction.OPEN) != Restriction.OPEN:
        return True
    return bool(getattr(row, "rests_on_restricted", False))


def _records(row: models.Model, rows: Rows) -> Iterator[Name]:
    if _is_itself(row) or hasattr(row, "get_absolute_url"):
        yield _name(row)
        return
    for above in _above(row, rows):
        if _is_restricted(above, rows):
            yield from _records(above, rows)


def _above(row: models.Model, rows: Rows) -> Iterator[models.Model]:
    """What a row belongs to, as far as it is at hand."""
    for name in getattr(row, "visible_through", ()):
        field = row._meta.get_field(name)
        above = row._state.fields_cache.get(name)
        if above is None and (key := row.__dict__.get(field.attname)) is not None:  # type: ignore[union-attr]
            above = rows.get(Name(field.related_model._meta.label_lower, key))  # type: ignore[union-attr]
        if above is not None:
            yield above


def _name(row: models.Model) -> Name:
    return Name(row._meta.label_lower, row.pk)


def _seen(names: Iterable[Name], by: Any) -> Iterator[models.Model]:
    """The rows of some names that a person may see; one query a kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for name in names:
        wanted[name.kind].add(name.key)
    for kind, keys in sorted(wanted.items()):
        yield from rows_seen(apps.get_model(kind), by).filter(pk__in=keys).order_by("pk")
