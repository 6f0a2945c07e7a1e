"""Overruns that no officer has acknowledged."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from barnetwatch.lib.dates import end_of_day
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.questions.rules.rule import Rule
from costs.models import AlertAcknowledgement, OverrunAlert


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
        for alert in rows.select_related("contract", "threshold").order_by("exceeded_on", "pk"):
            found[alert.contract_id, alert.threshold.measure].append(alert)
        yield from found.values()

    def rows(self, found: list[OverrunAlert]) -> Iterable[OverrunAlert]:
        return found

    def contract(self, found: list[OverrunAlert]) -> int | None:
        return found[0].contract_id

    def sentence(self, found: list[OverrunAlert], on: dt.date) -> str:
        by_day: dict[str, list[str]] = defaultdict(list)
        for alert in found:
            by_day[str(alert.exceeded)].append(alert.threshold.mark)
        marks = listed(f"over {listed(of)} since {day}" for day, of in by_day.items())
        measure = found[0].threshold.get_measure_display()
        return (
            f"{found[0].contract} is over its marks for {measure}: {marks}. No officer has put on "
            "the record what is being done about it. What is, and who is responsible for it?"
        )
