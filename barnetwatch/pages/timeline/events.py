"""A line of a timeline, and lines in order: with no more certainty of a date than its source."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from barnetwatch.lib.dates import SourceDate

#: Of one day, what was recorded on it comes after what happened on it.
BEFORE = dt.datetime.min.replace(tzinfo=dt.UTC)


class Group(TextChoices):
    """What a timeline is filtered by."""

    CONTRACT = "contract", "The contract and its variations"
    DELIVERY = "delivery", "What went live and what does not work"
    FAILURES = "failures", "Failures and their updates"
    DECISIONS = "decisions", "Decisions"
    STATEMENTS = "statements", "Claims, responses and statements"
    PROMISES = "promises", "Promises"
    COSTS = "costs", "Costs"
    OVERRUNS = "overruns", "Overruns"


@dataclass(frozen=True)
class Event:
    """One line of the story; `day` may be known to the month or the year, or not at all."""

    day: SourceDate
    kind: str
    words: str
    group: Group = Group.FAILURES
    url: str = ""
    detail: str = ""
    source: Any = None
    #: When it was recorded, where that is its day.
    at: dt.datetime = BEFORE
    #: The row, or rows, that it tells of.
    tells: Any = None

    @property
    def sorts_by(self) -> tuple[bool, dt.date, dt.datetime]:
        """In order of the days they count from; what has no date comes last."""
        return (self.day.day is None, self.day.day or dt.date.min, self.at)


def in_order(events: Iterable[Event]) -> list[Event]:
    """The oldest first; those of one day as they were given."""
    return sorted(events, key=lambda event: event.sorts_by)
