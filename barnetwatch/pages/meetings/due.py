"""What is due at meetings: promises, whether linked or made to the body, and contracts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from contracts.models import Contract
from scrutiny.models import Meeting, Promise


def promises_due(meetings: Iterable[Meeting], user: Any) -> dict[int, list[Promise]]:
    """The promises a person sees that may be asked after at each of some meetings.

    Those that a meeting is linked to, whatever became of them; then the open ones to its body
    that are due by its day or have no date. Two queries, however many meetings there are.
    """
    rows = list(meetings)
    seen = Promise.objects.visible_to(user)
    given = _linked(seen, rows)
    to_body: dict[int, list[Promise]] = defaultdict(list)
    for promise in seen.unkept().filter(body__in={row.body_id for row in rows}):
        to_body[promise.body_id].append(promise)
    return {
        row.pk: [
            *given[row.pk],
            *(
                each
                for each in sorted(to_body[row.body_id], key=_oldest_due)
                if each not in given[row.pk] and _is_asked(each, row)
            ),
        ]
        for row in rows
    }


def _is_asked(promise: Promise, meeting: Meeting) -> bool:
    """As Promise.objects.due_at has it, without a query for each meeting."""
    day = meeting.held_on
    due = promise.due_on is None or promise.due_on <= day
    return due and (promise.made_on is None or promise.made_on <= day)


def _oldest_due(promise: Promise) -> tuple[Any, ...]:
    """The earliest date first, then those without one, the oldest first."""
    latest = dt.date.max
    return (promise.due_on or latest, promise.made_on or latest, promise.pk)


def contracts_due(meetings: Iterable[Meeting], user: Any) -> dict[int, list[Any]]:
    """The contracts a person sees that each of some meetings is linked to; one query."""
    return _linked(Contract.objects.visible_to(user), meetings)


def _linked(seen: Any, meetings: Iterable[Meeting]) -> dict[int, list[Any]]:
    """Of some rows, those that each of some meetings is linked to; one query."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = seen.filter(meetings__in=[row.pk for row in meetings]).order_by("pk")
    for row in rows.annotate(meeting_key=F("meetings")):
        found[row.meeting_key].append(row)
    return found
