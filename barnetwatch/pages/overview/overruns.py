"""The overruns that are open: one arithmetic for a contract and a measure, with all its marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from barnetwatch.pages.overview.words import times
from contracts.models import Contract
from costs.models import Measure, OverrunAlert, Threshold

#: Contracts shown, and alerts read for them: more than the marks that so many can lie above.
SHOWN = 5
READ = 200
#: Where the help explains a measure.
ANCHORS = {Measure.FIRM: "firm", Measure.AT_RISK: "at-risk", Measure.OVER_PLAN: "over-plan"}
COLOURS = {
    Threshold.Severity.LOW: "yellow",
    Threshold.Severity.MEDIUM: "orange",
    Threshold.Severity.HIGH: "red",
}


@dataclass(frozen=True)
class Since:
    """Marks that a total has been above since the same day, highest first."""

    alerts: Sequence[OverrunAlert]
    day: str

    @property
    def marks(self) -> str:
        """What follows them: mark or marks."""
        return "mark" if len(self.alerts) == 1 else "marks"


@dataclass(frozen=True)
class Overrun:
    """A measure of a contract above its marks."""

    alerts: Sequence[OverrunAlert]

    @property
    def worst(self) -> OverrunAlert:
        """The alert on the highest mark."""
        return self.alerts[0]

    @property
    def name(self) -> str:
        """At risk."""
        return self.worst.sum_in_words.partition(":")[0]

    @property
    def arithmetic(self) -> str:
        """What follows the name: “: £164,176 approved and £4,200,000 pledged, ... 1.36%”."""
        return self.worst.sum_in_words.removeprefix(self.name)

    @property
    def explained(self) -> str:
        """Where the help says what the measure means."""
        return f"{reverse('admin:help')}#{ANCHORS[Measure(self.worst.threshold.measure)]}"

    @property
    def since(self) -> list[Since]:
        """Its marks by the day since when, as the highest of each come."""
        days = list(dict.fromkeys(str(alert.exceeded) for alert in self.alerts))
        return [
            Since([alert for alert in self.alerts if str(alert.exceeded) == day], day)
            for day in days
        ]

    @property
    def severity(self) -> str:
        """The gravest of its marks, in a word."""
        return str(self._gravest.label)

    @property
    def colour(self) -> str:
        """The colour that goes with it."""
        return COLOURS[self._gravest]

    @property
    def _gravest(self) -> Threshold.Severity:
        order = list(COLOURS)
        return max(
            (Threshold.Severity(each.threshold.severity) for each in self.alerts), key=order.index
        )

    @property
    def rests_on_restricted(self) -> bool:
        """Whether it takes restricted rows to exceed; only who may see them all is told."""
        return self.worst.rests_on_restricted

    @property
    def sum_url(self) -> str:
        """Every entry behind the figure."""
        return reverse("admin:alert_sum", args=[self.worst.pk])


@dataclass(frozen=True)
class OverContract:
    """A contract and its measures that lie above marks, the largest first."""

    contract: Contract
    overruns: Sequence[Overrun]


@dataclass(frozen=True)
class Overruns:
    """The contracts above a mark, the largest total first; `count` is of all alerts."""

    contracts: Sequence[OverContract]
    contract_count: int
    count: int

    @property
    def more(self) -> int:
        """Contracts not shown."""
        return self.contract_count - len(self.contracts)

    @property
    def rest(self) -> str:
        """All alerts that are open."""
        return reverse("admin:alerts") + "?state=open"

    @property
    def in_words(self) -> str:
        """“1 contract is above a mark”."""
        verb = "is" if self.contract_count == 1 else "are"
        return f"{times(self.contract_count, 'contract')} {verb} over a mark"


def open_overruns(user: Any) -> Overruns:
    """What a person may see of the totals that are above a mark now."""
    rows = OverrunAlert.objects.visible_to(user).standing()
    shown = rows.largest_first().select_related("contract", "threshold")[:READ]
    by_contract: dict[int, list[Overrun]] = {}
    for overrun in grouped(shown):
        by_contract.setdefault(overrun.worst.contract_id, []).append(overrun)
    contracts = [OverContract(each[0].worst.contract, each) for each in by_contract.values()]
    return Overruns(
        contracts[:SHOWN],
        rows.order_by().values("contract").distinct().count(),
        rows.order_by().count(),
    )


def grouped(alerts: Any) -> list[Overrun]:
    """Alerts by contract, measure and what they rest on, in the order of the first of each."""
    groups: dict[Any, list[OverrunAlert]] = {}
    for alert in alerts:
        key = (alert.contract_id, alert.threshold.measure, alert.basis)
        groups.setdefault(key, []).append(alert)
    return [Overrun(sorted(of, key=_limit, reverse=True)) for of in groups.values()]


def _limit(alert: OverrunAlert) -> Decimal:
    return alert.threshold.limit(alert.baseline_now) or Decimal(0)
