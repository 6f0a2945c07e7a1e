"""The overruns of a contract: the marks its totals lie above, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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


def borne_out(held: Held, position: Position) -> Held:
    """The same without alerts that the costs the reader sees do not bear out.

    A cost that was restricted, or an entry that was reversed, a moment ago: until the next check
    its alert would tell of a total that is not the reader's to know, or not so any more.
    """

    def is_above(alert: Any) -> bool:
        if alert.threshold.measure == Measure.OVER_PLAN:
            return True
        found = position.measure(alert.threshold.measure)
        limit = alert.threshold.limit(found.baseline)
        return limit is None or found.amount > limit

    return replace(held, alerts=[alert for alert in held.alerts if is_above(alert)])


def overruns(held: Held, position: Position) -> list[Overrun]:
    """The open alerts by what they say of a total, the largest total first."""
    return [
        Overrun(f"{words}.", [_exceeded(alert) for alert in alerts])
        for words, alerts in _by_total(held, position)
    ]


def _by_total(held: Held, position: Position) -> Iterator[tuple[str, list[Any]]]:
    """The sum is reckoned anew from the costs that the reader sees: an alert's own words stand as
    the last check left them, and a cost may have been restricted since.
    """

    def words(alert: Any) -> str:
        if alert.threshold.measure == Measure.OVER_PLAN:
            return str(alert.sum_in_words)
        return position.measure(alert.threshold.measure).in_words

    def order(alert: Any) -> Any:
        total = position.measure(alert.threshold.measure).amount
        return (-total, words(alert), _limit(alert), alert.pk)

    rows = sorted(held.alerts, key=order)
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
