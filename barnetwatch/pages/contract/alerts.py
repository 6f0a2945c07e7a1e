"""The overruns of a contract: the marks its totals lie above, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from barnetwatch.lib.dates import SourceDate
from barnetwatch.pages.contract.held import Held
from costs.models import Measure, OverrunAlert
from costs.positions import Position


@dataclass(frozen=True)
class Exceeded:
    """One mark that is exceeded."""

    alert: OverrunAlert
    mark: str
    severity: str
    since: str
    is_restricted: bool


@dataclass(frozen=True)
class Overrun:
    """One total with its sum in words and every mark it lies above, the lowest first."""

    sum: str
    marks: list[Exceeded]


def since(alert: Any) -> SourceDate:
    """Since when a total lies above a mark, as the alert said it on the day of the page."""
    then = getattr(alert, "exceeded_then", None)
    return SourceDate(then, alert.precision_then) if then else alert.exceeded


def overruns(held: Held, position: Position) -> list[Overrun]:
    """The open alerts by what they say of a total, the largest total first."""
    return [
        Overrun(f"{words}.", [_exceeded(alert) for alert in alerts])
        for words, alerts in _by_total(held, position)
    ]


def _by_total(held: Held, position: Position) -> Iterator[tuple[str, list[Any]]]:
    """Alerts that rest on restricted rows may speak of another total than the public ones."""

    def words(alert: Any) -> str:
        if held.when.known_on is None or alert.threshold.measure == Measure.OVER_PLAN:
            return str(alert.sum_in_words)
        return position.measure(alert.threshold.measure).in_words

    rows = sorted(held.alerts, key=lambda alert: (-alert.total_now, words(alert), _limit(alert)))
    for said, group in groupby(rows, key=words):
        yield said, list(group)


def _limit(alert: Any) -> Any:
    return alert.threshold.limit(alert.baseline_now) or 0


def _exceeded(alert: Any) -> Exceeded:
    return Exceeded(
        alert,
        mark=alert.threshold.mark,
        severity=str(alert.threshold.get_severity_display()),
        since=str(since(alert)),
        is_restricted=alert.basis == OverrunAlert.Basis.ALL,
    )
