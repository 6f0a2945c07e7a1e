"""Reading what is restricted is an act: kept once an hour for each person and record.

A page of open rows asks and writes nothing: on SQLite a page that is read must not take the lock.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from accounts import audit
from accounts.audit import Act
from accounts.trail import AuditEntry
from accounts.visibility import Restriction

#: How long a reading counts as the same one.
SAME = dt.timedelta(hours=1)


def note(rows: Iterable[Any], *, by: Any, at: dt.datetime) -> int:
    """Keep that somebody was shown some rows, of those that are restricted; how many were new."""
    found = {(row._meta.label_lower, row.pk): row for row in rows if is_restricted(row)}
    if not found:
        return 0
    keys = {pk for _label, pk in found}
    lately = AuditEntry.objects.filter(by=by, act=Act.READ, row__in=keys, at__gt=at - SAME)
    known = set(lately.order_by().values_list("kind", "row"))
    fresh = [row for name, row in found.items() if name not in known]
    if fresh:
        with transaction.atomic():
            for row in fresh:
                audit.record(Act.READ, by=by, subject=row)
    return len(fresh)


def is_restricted(row: Any) -> bool:
    """Whether a row, or what it belongs to, is kept back, as far as both were loaded already."""
    if not isinstance(row, models.Model):
        return False
    if row.__dict__.get("restriction", Restriction.OPEN) != Restriction.OPEN:
        return True
    above = (row._state.fields_cache.get(name) for name in getattr(row, "visible_through", ()))
    return any(is_restricted(each) for each in above)
