"""One failure and what belongs to it, as a person may see it."""

from typing import Any

from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone

from accounts.backoffice.rows import rows_seen, rows_shown, unseen
from contracts.models import Source
from incidents.models import Incident
from scrutiny.models import Decision


def the_failure(user: Any, key: int) -> Any:
    """One failure with its course, as a person may see it; else as if there were none."""
    rows = (
        rows_shown(Incident, user)
        .select_related("officer", "recorded_by")
        .with_course(timezone.localdate())
    )
    failure = rows.filter(pk=key).first()
    if failure is None:
        raise Http404
    return failure


def decisions_seen(user: Any) -> Any:
    """Decisions that a person may see, each with its body and, where they may see it, its source.

    Without what else a decision points at: a page that only tells of it needs no more.
    """
    rows = rows_seen(Decision, user).select_related("body")
    return rows.prefetch_related(Prefetch("source", rows_seen(Source, user)))


def source_of(row: Any) -> Any:
    """Where a row from `rows_shown` was read; None where the person may not see that."""
    return None if "source" in unseen(row) else row.source
