"""The failures of a contract: how bad, where each stands, and for how long."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from barnetwatch.lib.dates import Precision
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.words import times
from incidents.models import Incident


@dataclass(frozen=True)
class FailureRow:
    """One failure in the list."""

    failure: Incident
    status: str
    is_open: bool
    since: str
    lasted: str


def failures(held: Held) -> list[FailureRow]:
    """The failures, open ones first, the longest first."""
    on = held.when.on
    longest = sorted(held.failures, key=lambda each: -days_of(each, on))
    return sorted((_row(each, on) for each in longest), key=lambda row: not row.is_open)


def status_of(failure: Any) -> str:
    """Where it stood on the day of the page."""
    return str(getattr(failure, "status_then", failure.status))


def days_of(failure: Any, on: dt.date) -> int:
    """Days it had gone on by a day, or had when it ended; one that ended later went on then."""
    ended = failure.ended_on if status_of(failure) in Incident.FINISHED else None
    return max(0, (min(ended or on, on) - failure.began_on).days)


def _row(failure: Any, on: dt.date) -> FailureRow:
    status = status_of(failure)
    begun = next(
        (day for day in (failure.occurred, failure.noticed, failure.reported) if day.day), None
    )
    exact = begun is not None and begun.precision == Precision.DAY and failure.occurred_on
    least = "" if exact else "at least "
    return FailureRow(
        failure,
        status=str(Incident.Status(status).label),
        is_open=status not in Incident.FINISHED,
        since=str(begun) if begun else "not known",
        lasted=f"{least}{times(days_of(failure, on), 'day')}",
    )
