"""The failures of a contract: how bad, where each stands, and for how long."""

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
    rows = [_row(each) for each in sorted(held.failures, key=lambda each: -each.course.days)]
    return sorted(rows, key=lambda row: not row.is_open)


def status_of(failure: Any) -> str:
    """Where it stood on the day of the page."""
    return str(getattr(failure, "status_then", failure.status))


def _row(failure: Any) -> FailureRow:
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
        lasted=f"{least}{times(max(0, failure.course.days), 'day')}",
    )
