"""One failure and what belongs to it, as a person may see it."""

from typing import Any

from django.http import Http404
from django.utils import timezone

from accounts.backoffice.rows import rows_shown, unseen
from incidents.models import Incident


def the_failure(user: Any, key: int) -> Any:
    """One failure with its course, as a person may see it; else as if there were none."""
    rows = rows_shown(Incident, user).select_related("officer").with_course(timezone.localdate())
    failure = rows.filter(pk=key).first()
    if failure is None:
        raise Http404
    return failure


def source_of(row: Any) -> Any:
    """Where a row from `rows_shown` was read; None where the person may not see that."""
    return None if "source" in unseen(row) else row.source
