"""Whoever saves what somebody else saved meanwhile is asked first; for the pages of the site and of
the back office alike.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.backoffice import journal
from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.versions import (
    Clash,
    Difference,
    Part,
    compare,
    facts_of,
    parts_of,
    stamp,
    standing,
)


def name_of(row: Model) -> str:
    """What a stamp says it is of."""
    return f"{row._meta.label_lower}:{row.pk}"


def stamp_of(
    row: Model, form: Any, lists: Sequence[Part] = (), at: dt.datetime | None = None
) -> str:
    """What an untouched form over a row carries, with the rows of the lists under it."""
    stood = standing([*parts_of(form), *facts_of(form), *lists])
    return stamp(name_of(row), stood, at or timezone.now())


def check(
    row: Model,
    form: Any,
    sent: QueryDict,
    lists: Sequence[Part] = (),
    removed: Sequence[Difference] = (),
    at: dt.datetime | None = None,
) -> None:
    """Raise Clash where what was sent would undo what somebody else saved meanwhile.

    `form` is untouched, over the row as it stands now; the caller holds the row.
    """
    parts = [*parts_of(form), *facts_of(form), *lists]
    compare(name_of(row), parts, sent, at or timezone.now(), removed)


def hold(row: Model, user: Any) -> None:
    """Nobody else changes the row until this transaction ends. Raises Http404 where it is gone."""
    model = type(row)
    # Without what names it: an optional relation cannot be held.
    rows = rows_seen(model, user).select_related(None)
    # Loaded, since `exists` would try to hold what it is joined with as well.
    if not list(rows.select_for_update(of=("self",), no_key=True).filter(pk=row.pk)):
        raise Http404


def who(row: Model, clash: Clash) -> dict[str, Any]:
    """Who saved it meanwhile, and when, as far as the log knows."""
    entry = journal.last_change(row, clash.opened)
    return {
        "by": str(entry.user) if entry else _("Somebody"),
        "at": timezone.localtime(entry.action_time) if entry else None,
        "opened": timezone.localtime(clash.opened) if clash.opened else None,
    }
