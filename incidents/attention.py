"""Which failures wait for somebody: nothing said for a month, or the next action is past."""

import datetime as dt
from typing import Any

from django.db.models import Q

#: Days without an update after which a failure is brought up.
SILENT_DAYS = 30


def waiting(incidents: Any, on: dt.date) -> Any:
    """Of some failures, those that wait for somebody on a day, longest silent first.

    Each has `last_word_at`: when something was last recorded about it.
    """
    silent = incidents.silent_for(SILENT_DAYS, on).order_by().values("pk")
    late = incidents.past_next_action(on).order_by().values("pk")
    return (
        incidents.unfinished()
        .with_last_word()
        .filter(Q(pk__in=silent) | Q(pk__in=late))
        .order_by("last_word_at", "pk")
    )
