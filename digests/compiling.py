"""What a digest says: gathered once for everybody who follows the same and was told as much.

Pure of sending and of the clock: the window and the day come as arguments. Only open rows are
read, so that one mail fits every reader; all carry the same line on signing in for the rest.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q

from barnetwatch.lib.dates import LONDON, in_words
from barnetwatch.lib.money import in_sentence
from contracts.datesahead import DateAhead, dates_ahead
from contracts.models import Contract, Variation
from contracts.plan import Change, last_day
from costs.models import CostEntry, OverrunAlert, Threshold
from digests.figures import Figure, figures_of
from digests.weeks import Week
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Decision, Promise

#: Items a section shows; the rest is counted and linked, so that a digest stays a page.
SHOWN = 5
_SEVERITIES = (Threshold.Severity.HIGH, Threshold.Severity.MEDIUM, Threshold.Severity.LOW)


@dataclass(frozen=True)
class Following:
    """The contracts somebody follows; None for all there are and will be."""

    contracts: tuple[int, ...] | None = None

    def among(self, path: str) -> Q:
        """The condition that what stands at a path is one of them."""
        return Q() if self.contracts is None else Q(**{f"{path}__in": self.contracts})


@dataclass(frozen=True)
class Item:
    """One thing said: its words, its page, the status or kind it has, the rows it rests on."""

    words: str
    url: str
    label: str = ""
    note: str = ""
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Things of one sort, most important first; `more` counts those left out."""

    title: str
    items: tuple[Item, ...]
    more: int = 0
    is_news: bool = True


@dataclass(frozen=True)
class Digest:
    """What there is to tell about a window, to people who follow the same contracts."""

    following: Following
    since_at: dt.datetime
    until_at: dt.datetime
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...] = ()
    week: Week | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def has_news(self) -> bool:
        """Whether anything happened; what merely stands is no reason to write."""
        return any(section.is_news for section in self.sections)


def gather(
    following: Following, since_at: dt.datetime, until_at: dt.datetime, week: Week | None = None
) -> Digest:
    """Everything recorded from one moment up to another, with what stands at the second."""
    window = _Window(following, since_at, until_at)
    sections = (
        section("Overruns raised", raised := window.overruns_raised()),
        section("Overruns cleared", cleared := window.overruns_cleared()),
        section("New failures", failures := window.failures_new()),
        section("Failures with news", changed := window.failures_changed()),
        section("Money recorded", money := window.money()),
        section("Decisions", decisions := window.decisions()),
        section("New promises", promises := window.promises_new()),
        section("Promises still open, oldest first", window.promises_open(), is_news=False),
        section("Dates ahead", window.dates(), is_news=False),
    )
    kept = tuple(found for found in sections if found.items)
    counts = {
        "overruns raised": len(raised),
        "overruns cleared": len(cleared),
        "new failures": len(failures),
        "failures with news": len(changed),
        "sums recorded": len(money),
        "decisions": len(decisions),
        "new promises": len(promises),
    }
    figures: tuple[Figure, ...] = ()
    if any(found.is_news for found in kept):
        figures = tuple(figures_of(following.contracts, until_at.astimezone(LONDON).date()))
    return Digest(following, since_at, until_at, kept, figures, week, counts)


def section(title: str, items: list[Item], *, is_news: bool = True) -> Section:
    """A section of a page's length."""
    return Section(title, tuple(items[:SHOWN]), max(0, len(items) - SHOWN), is_news)


def overrun_items(alerts: Iterable[OverrunAlert]) -> list[Item]:
    """Alerts as one item a contract and measure, worst first: the sum once, then every mark."""
    groups: dict[tuple[int, str], list[OverrunAlert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.contract_id, alert.threshold.measure].append(alert)
    ranked = sorted(groups.values(), key=lambda of: (min(map(_rank, of)), -of[0].total_now))
    return [_overrun(sorted(of, key=_rank)) for of in ranked]


def _rank(alert: OverrunAlert) -> int:
    return _SEVERITIES.index(Threshold.Severity(alert.threshold.severity))


def _overrun(alerts: list[OverrunAlert]) -> Item:
    worst = alerts[0]
    marks: dict[str, list[str]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.exceeded_on):
        marks[str(alert.exceeded)].append(alert.threshold.mark)
    since = "; ".join(f"over {_and(of)} since {day}" for day, of in marks.items())
    return Item(
        words=f"{worst.contract}. {worst.sum_in_words}. {since[0].upper()}{since[1:]}.",
        url=worst.get_absolute_url(),
        label=worst.threshold.get_severity_display(),
        rests_on=tuple(_ref(alert) for alert in alerts),
    )


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ref(row: models.Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


@dataclass(frozen=True)
class _Window:
    """The questions of one digest, each a constant number of queries."""

    following: Following
    since_at: dt.datetime
    until_at: dt.datetime

    def within(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.since_at, f"{column}__lt": self.until_at})

    @property
    def on(self) -> dt.date:
        return self.until_at.astimezone(LONDON).date()

    def alerts(self) -> Any:
        return OverrunAlert.objects.filter(self.following.among("contract")).select_related(
            "contract", "threshold"
        )

    def overruns_raised(self) -> list[Item]:
        return overrun_items(self.alerts().standing().filter(self.within("raised_at")))

    def overruns_cleared(self) -> list[Item]:
        found = self.alerts().filter(self.within("cleared_at")).filter(raised_at__lt=self.since_at)
        return [
            Item(
                words=f"{alert.contract} is no longer over the {alert.threshold.mark} mark of "
                f"{alert.threshold.get_measure_display()}. {alert.get_ending_display()}.",
                url=alert.get_absolute_url(),
                rests_on=(_ref(alert),),
            )
            for alert in found.order_by("-cleared_at", "pk")
        ]

    def failures_new(self) -> list[Item]:
        order = [severity for severity, _label in reversed(Incident.Severity.choices)]
        found = Incident.objects.filter(
            self.within("recorded_at"), self.following.among("contract")
        ).select_related("contract", "supplier")
        return [
            Item(
                words=f"{incident}. {_whose(incident)}. "
                f"Occurred: {incident.occurred}. Reported: {incident.reported}.",
                url=incident.get_absolute_url(),
                label=f"{incident.get_severity_display()}, {incident.get_status_display().lower()}",
                rests_on=(_ref(incident),),
            )
            for incident in sorted(found, key=lambda row: (order.index(row.severity), -row.pk))
        ]

    def failures_changed(self) -> list[Item]:
        found = (
            IncidentUpdate.objects.filter(
                self.within("recorded_at"),
                self.following.among("incident__contract"),
                incident__recorded_at__lt=self.since_at,
            )
            .select_related("incident")
            .order_by("-recorded_at", "-pk")
        )
        latest: dict[int, IncidentUpdate] = {}
        for update in found:
            latest.setdefault(update.incident_id, update)
        return [
            Item(
                words=f"{update.incident}. {update.text}",
                url=update.incident.get_absolute_url(),
                label=update.incident.get_status_display(),
                rests_on=(_ref(update.incident), _ref(update)),
            )
            for update in latest.values()
        ]

    def money(self) -> list[Item]:
        found = (
            CostEntry.objects.filter(
                self.within("recorded_at"), self.following.among("line__contract")
            )
            .select_related("line__contract", "line__supplier", "source")
            .order_by("-amount", "pk")
        )
        return [
            Item(
                words=f"{in_sentence(entry.amount)} {entry.get_stage_display()}"
                f"{', reversing an entry' if entry.reverses_id else ''}: {entry.line} "
                f"({entry.line.contract or entry.line.supplier}). Said by {entry.stated_by}. "
                f"Counts from {entry.effective}.",
                url=entry.line.get_absolute_url(),
                label=entry.get_stage_display().capitalize(),
                note=f"Source: {entry.source}" if entry.source.is_open else "",
                rests_on=(_ref(entry.line), _ref(entry)),
            )
            for entry in found
        ]

    def decisions(self) -> list[Item]:
        found = (
            Decision.objects.filter(self.within("recorded_at"), self.following.among("contract"))
            .select_related("body")
            .order_by("-taken_on", "-pk")
        )
        return [
            Item(
                words=f"{decision}. {decision.body or decision.taken_by}, {decision.taken}. "
                f"{decision.get_outcome_display()}"
                f"{f', {decision.votes}' if decision.kind in _VOTED else ''}.",
                url=decision.get_absolute_url(),
                label=decision.get_kind_display(),
                rests_on=(_ref(decision),),
            )
            for decision in found
        ]

    def promises(self) -> Any:
        about = self.following.among("contract") | self.following.among("incident__contract")
        return Promise.objects.filter(about).select_related("body")

    def promises_new(self) -> list[Item]:
        return [self.promise(row) for row in self.promises().filter(self.within("recorded_at"))]

    def promises_open(self) -> list[Item]:
        found = self.promises().unkept().filter(recorded_at__lt=self.since_at)
        return [self.promise(row) for row in found.order_by("made_on", "pk")]

    def promise(self, row: Promise) -> Item:
        age = row.age_in_days(self.on)
        to = f" to {row.body}" if row.body else ""
        made = f"{row.made}, {age:,} days ago" if age is not None else "on a day not known"
        return Item(
            words=f"“{row.words}” {row.made_by}{to}, {made}. Due: {row.due}.",
            url=row.get_absolute_url(),
            label=row.get_status_display(),
            rests_on=(_ref(row),),
        )

    def dates(self) -> list[Item]:
        contracts = Contract.objects.filter(
            self.following.among("pk"),
            status__in=(Contract.Status.RUNNING, Contract.Status.AWARDED),
        )
        changes: dict[int, list[Change]] = defaultdict(list)
        for row in Variation.objects.standing().filter(
            contract__in=contracts, end_after__isnull=False
        ):
            changes[row.contract_id].append(Change(row.takes_effect_on, ends_on=row.end_after))
        ahead: list[tuple[DateAhead, Contract]] = []
        for contract in contracts:
            ends_on = contract.ends_on and last_day(contract.ends_on, changes[contract.pk])
            for date in dates_ahead(self.on, ends_on, contract.notice_months, contract.review_on):
                if date.is_due:
                    ahead.append((date, contract))
        ahead.sort(key=lambda pair: (pair[0].falls_on, pair[1].reference))
        return [
            Item(
                words=f"{contract}. {date.occasion.value}: {in_words(date.falls_on)}, "
                f"in {date.days} days.",
                url=contract.get_absolute_url(),
                rests_on=(_ref(contract),),
            )
            for date, contract in ahead
        ]


_VOTED = (Decision.Kind.RESOLUTION, Decision.Kind.MOTION, Decision.Kind.AMENDMENT)


def _whose(incident: Incident) -> str:
    return f"Under {incident.contract}" if incident.contract else f"By {incident.supplier}"
