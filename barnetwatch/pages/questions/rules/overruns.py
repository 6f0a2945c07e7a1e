"""Overruns that no officer has acknowledged."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from barnetwatch.lib.dates import end_of_day
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.questions.rules.rule import Rule
from costs.models import AlertAcknowledgement, Measure, OverrunAlert

#: What lies above a mark, by its measure.
WHAT: dict[str, str] = {
    Measure.FIRM: "Supplementary spend beside {} that is approved, ordered, billed or paid",
    Measure.AT_RISK: "Supplementary spend beside {}, with what is only pledged or estimated,",
    Measure.OVER_PLAN: "What was paid under {} beyond its plan",
}


class AlertUnacknowledged(Rule):
    """Open overruns of one contract and measure that nobody has put a note beside."""

    slug = "alert-unacknowledged"
    name = "Overruns nobody has acknowledged"
    reason = "A total lies above its mark, and no officer has said what is being done about it."
    permission = "costs.view_overrunalert"

    def query(self, user: Any, on: dt.date) -> Iterator[list[OverrunAlert]]:
        noted = AlertAcknowledgement.objects.visible_to(user).filter(alert=OuterRef("pk"))
        rows = OverrunAlert.objects.visible_to(user).standing()
        rows = rows.filter(~Exists(noted), raised_at__lt=end_of_day(on))
        found: dict[tuple[int, str], list[OverrunAlert]] = defaultdict(list)
        for alert in rows.select_related("contract", "threshold", "crossing_entry").order_by(
            "exceeded_on", "pk"
        ):
            found[alert.contract_id, alert.threshold.measure].append(alert)
        yield from found.values()

    def rows(self, found: list[OverrunAlert]) -> Iterable[OverrunAlert]:
        return found

    def contract(self, found: list[OverrunAlert]) -> int | None:
        return found[0].contract_id

    def sentence(self, found: list[OverrunAlert], on: dt.date) -> str:
        by_day: dict[str, list[OverrunAlert]] = defaultdict(list)
        for alert in found:
            by_day[str(alert.crossing_entry.effective)].append(alert)
        marks = listed(f"over {_marks(of)} since {day}" for day, of in by_day.items())
        what = WHAT[found[0].threshold.measure].format(found[0].contract)
        return (
            f"{what} has been {marks}. No officer has put on the record what is being done about "
            "it. What is, and who is responsible for it?"
        )


def _marks(alerts: list[OverrunAlert]) -> str:
    """Their marks, lowest first: “£500,000, £1,000,000 and 1% of the award”."""
    limits = {alert.pk: alert.threshold.limit(alert.baseline_now) or 0 for alert in alerts}
    ordered = sorted(alerts, key=lambda alert: limits[alert.pk])
    return listed(
        alert.threshold.mark if alert.threshold.amount is not None else _share(alert)
        for alert in ordered
    )


def _share(alert: OverrunAlert) -> str:
    of = "plan" if alert.threshold.measure == Measure.OVER_PLAN else "the award"
    return f"{alert.threshold.mark} of {of}"
