"""What a digest says: gathered once for everybody who follows the same and was told as much.

Pure of sending and of the clock: the window and the day come as arguments. Only open rows are
read, so that one mail fits every reader; all carry the same line on signing in for the rest.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs
from django.urls import reverse

from barnetwatch.lib.dates import LONDON, start_of_day
from contracts.datesahead import DateAhead, dates_ahead
from contracts.models import Contract, Variation
from contracts.plan import Change, last_day
from costs import seals
from costs.models import CostEntry, CostLine, Measure, OverrunAlert, Threshold
from costs.positions import SUPPLEMENTARY
from digests import items
from digests.figures import Figure, figures_of, sums_of
from digests.items import Item
from digests.payments import paid_news, plans_in_words
from digests.weeks import Week
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Decision, Meeting, Promise, Statement

#: Items a section shows; the rest is counted and linked, so that a digest stays a page.
SHOWN = 3
#: Of what matters most, overruns raised and new failures.
SHOWN_FIRST = 5
#: Items of a digest in all, which are about a page.
PAGE = 11
OPEN_PROMISES = "Promises still open, oldest first"
SILENCE = "Claims nobody has answered, oldest first"
#: Days after which an unanswered claim is brought up, and for which meetings are announced.
SILENT_DAYS, MEETING_DAYS = 30, 28
_SEVERITIES = (Threshold.Severity.HIGH, Threshold.Severity.MEDIUM, Threshold.Severity.LOW)


@dataclass(frozen=True)
class Following:
    """The contracts somebody follows, None for all there are and will be; and besides some of them
    the bodies and the failures.
    """

    contracts: tuple[int, ...] | None = None
    bodies: tuple[int, ...] = ()
    failures: tuple[int, ...] = ()

    def among(self, path: str) -> Q:
        """The condition that what stands at a path is one of the contracts."""
        return Q() if self.contracts is None else Q(**{f"{path}__in": self.contracts})

    def failing(self, path: str = "") -> Q:
        """That the failure at a path is one of the failures, or under one of the contracts."""
        own = Q(**{f"{path}__in" if path else "pk__in": self.failures})
        return self.among(f"{path}__contract" if path else "contract") | own if self.picks else Q()

    def before(self, path: str) -> Q:
        """That the body at a path is one of the bodies."""
        return Q(**{f"{path}__in": self.bodies}) if self.picks else Q()

    @property
    def picks(self) -> bool:
        """Whether it leaves anything out."""
        return self.contracts is not None


@dataclass(frozen=True)
class Section:
    """Things of one sort, most important first; `more` counts those left out, `url` lists all."""

    title: str
    items: tuple[Item, ...]
    more: int = 0
    is_news: bool = True
    url: str = "/"


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
    #: The seal over the whole ledger as it was at `until_at`.
    ledger_seal: str = ""

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
        section("Overruns raised", raised := window.overruns_raised(), OverrunAlert, SHOWN_FIRST),
        section("Overruns cleared", cleared := window.overruns_cleared(), OverrunAlert),
        section("New failures", failures := window.failures_new(), Incident, SHOWN_FIRST),
        section("Failures with news", changed := window.failures_changed(), Incident),
        section("Money recorded", money := window.money(), CostLine),
        section("Paid this month, against plan", paid := window.paid(), Contract),
        section("Decisions", decisions := window.decisions(), Decision),
        section("New promises", promises := window.promises_new(), Promise),
        section(OPEN_PROMISES, window.promises_open(), Promise, is_news=False),
        section(SILENCE, window.claims_unanswered(), Statement, is_news=False),
        section("Meetings coming up", window.meetings(), Meeting, is_news=False),
        section("Dates ahead", window.dates(), Contract, is_news=False),
    )
    kept = fitted([found for found in sections if found.items])
    counts = {
        "overruns raised": len(raised),
        "overruns cleared": len(cleared),
        "new failures": len(failures),
        "failures with news": len(changed),
        "sums recorded": len(money),
        "contracts with payments": len(paid),
        "decisions": len(decisions),
        "new promises": len(promises),
    }
    figures: tuple[Figure, ...] = ()
    if any(found.is_news for found in kept):
        figures = tuple(figures_of(following.contracts, until_at.astimezone(LONDON).date()))
    return Digest(
        following, since_at, until_at, kept, figures, week, counts, ledger_seal=seals.head(until_at)
    )


def fitted(sections: list[Section]) -> tuple[Section, ...]:
    """The sections cut down to a page: the least important first, what merely stands to one item
    each, then news to two.
    """
    over = sum(len(found.items) for found in sections) - PAGE
    kept = list(sections)
    for is_news, least in ((False, 1), (True, 2)):
        for place in reversed(range(len(kept))):
            found = kept[place]
            if found.is_news is is_news and over > 0 and len(found.items) > least:
                left = max(least, len(found.items) - over)
                cut = len(found.items) - left
                over -= cut
                kept[place] = replace(found, items=found.items[:left], more=found.more + cut)
    return tuple(kept)


def section(
    title: str,
    found: list[Item],
    rows: type[models.Model],
    shown: int = SHOWN,
    *,
    is_news: bool = True,
) -> Section:
    """A section of a page's length; `rows` are what its list holds."""
    url = reverse(f"admin:{rows._meta.app_label}_{rows._meta.model_name}_changelist")
    return Section(title, tuple(found[:shown]), max(0, len(found) - shown), is_news, url)


def overrun_items(alerts: Iterable[OverrunAlert]) -> list[Item]:
    """Alerts as one item a contract and measure, worst first: the sum once, then every mark."""
    groups: dict[tuple[int, str], list[OverrunAlert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.contract_id, alert.threshold.measure].append(alert)
    worst_first = [sorted(of, key=_rank) for of in groups.values()]
    lines = _lines_of({contract for contract, measure in groups if measure in SUPPLEMENTARY})
    return [
        items.raised(of, _behind(of[0], lines))
        for of in sorted(worst_first, key=lambda of: _rank(of[0]))
    ]


def _lines_of(contracts: Collection[int]) -> dict[int, list[CostLine]]:
    """The open lines that the sums of contracts rest on; payments over plan rest on none."""
    lines: dict[int, list[CostLine]] = defaultdict(list)
    if contracts:
        found = CostLine.objects.supplementary().filter(contract__in=contracts)
        for line in found.order_by("pk").only("contract"):
            lines[line.contract_id].append(line)
    return lines


def _behind(alert: OverrunAlert, lines: dict[int, list[CostLine]]) -> list[CostLine]:
    return lines[alert.contract_id] if alert.threshold.measure in SUPPLEMENTARY else []


def _rank(alert: OverrunAlert) -> tuple[int, Decimal, str, str]:
    severity = _SEVERITIES.index(Threshold.Severity(alert.threshold.severity))
    return severity, -alert.total_now, alert.contract.reference, alert.threshold.measure


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
        return OverrunAlert.objects.filter(
            self.following.among("contract"), basis=OverrunAlert.Basis.OPEN
        ).select_related("contract", "threshold", "crossing_entry")

    def overruns_raised(self) -> list[Item]:
        stood = Q(cleared_at__isnull=True) | Q(cleared_at__gte=self.until_at)
        return overrun_items(self.alerts().filter(self.within("raised_at"), stood))

    def overruns_cleared(self) -> list[Item]:
        """Those that were told as raised, or stood before; one item a contract, measure and end."""
        found = self.alerts().filter(self.within("cleared_at"), raised_at__lt=self.since_at)
        groups: dict[tuple[int, str, str], list[OverrunAlert]] = defaultdict(list)
        for alert in found.order_by("-cleared_at", "pk"):
            groups[alert.contract_id, alert.threshold.measure, alert.ending].append(alert)
        contracts = {contract for contract, measure, _end in groups if measure in SUPPLEMENTARY}
        lines, sums = _lines_of(contracts), sums_of(contracts, self.on)
        over_plan = {contract for contract, measure, _ in groups if measure not in SUPPLEMENTARY}
        plans = plans_in_words(over_plan, self.on)
        sums |= {(contract, Measure.OVER_PLAN): words for contract, words in plans.items()}
        return [
            items.cleared(of, _behind(of[0], lines), sums.get(key[:2], ""))
            for key, of in groups.items()
        ]

    def failures_new(self) -> list[Item]:
        order = [severity for severity, _label in reversed(Incident.Severity.choices)]
        found = Incident.objects.filter(
            self.within("recorded_at"), self.following.failing()
        ).select_related("contract", "supplier")
        ranked = sorted(found, key=lambda row: (order.index(row.severity), -row.pk))
        return [items.failure(row) for row in ranked]

    def failures_changed(self) -> list[Item]:
        found = (
            IncidentUpdate.objects.filter(
                self.within("recorded_at"),
                self.following.failing("incident"),
                incident__recorded_at__lt=self.since_at,
            )
            .select_related("incident")
            .order_by("-recorded_at", "-pk")
        )
        latest: dict[int, IncidentUpdate] = {}
        for update in found:
            latest.setdefault(update.incident_id, update)
        return [items.news(update) for update in latest.values()]

    def money(self) -> list[Item]:
        found = (
            CostEntry.objects.filter(
                self.within("recorded_at"), self.following.among("line__contract")
            )
            .select_related("line__contract", "line__supplier", "source")
            .order_by(Abs("amount").desc(), "pk")
        )
        return [items.money(entry) for entry in found]

    def paid(self) -> list[Item]:
        """What the files imported say; without one there is no news, whatever the plan says."""
        imported, followed = self.within("recorded_at"), self.following.among("contract")
        return [items.paid(news) for news in paid_news(imported, followed, self.on)]

    def decisions(self) -> list[Item]:
        about = self.following.among("contract")
        if self.following.picks:
            # Some name no contract, only the failures or the other contracts that they are about.
            failures = Incident.objects.filter(self.following.failing())
            links = Decision.incidents.through.objects.filter(incident__in=failures)
            touched: Any = Decision.other_contracts.through
            others = touched.objects.filter(self.following.among("contract"))
            about |= self.following.before("body")
            about |= Q(pk__in=links.values("decision")) | Q(pk__in=others.values("decision"))
        found = (
            Decision.objects.filter(self.within("recorded_at"), about)
            .select_related("body")
            .order_by(F("taken_on").desc(nulls_last=True), "-pk")
        )
        return [items.decision(row) for row in found]

    def promises(self) -> Any:
        about = self.following.among("contract") | self.following.failing("incident")
        about |= self.following.before("body")
        rows = Promise.objects.filter(about).select_related("body")
        return rows.order_by(F("made_on").asc(nulls_last=True), "pk")

    def promises_new(self) -> list[Item]:
        found = self.promises().filter(self.within("recorded_at"))
        return [items.promise(row, self.on) for row in found]

    def promises_open(self) -> list[Item]:
        found = self.promises().unkept().filter(recorded_at__lt=self.since_at)
        return [items.promise(row, self.on) for row in found]

    def claims_unanswered(self) -> list[Item]:
        """Claims without an answer for more than 30 days; those of an unknown day come last."""
        about = self.following.among("contract") | self.following.failing("incident")
        silent = self.on - dt.timedelta(days=SILENT_DAYS)
        made = Q(said_on__lt=silent) | Q(said_on__isnull=True, recorded_at__lt=start_of_day(silent))
        found = Statement.objects.unanswered().filter(about, made, recorded_at__lt=self.until_at)
        ordered = found.order_by(F("said_on").asc(nulls_last=True), "pk")
        return [items.claim(row, self.on) for row in ordered]

    def meetings(self) -> list[Item]:
        """The next four weeks' meetings of the bodies, or about the contracts; the next first."""
        about = self.following.before("body")
        if self.following.picks:
            links = Meeting.contracts.through.objects.filter(self.following.among("contract"))
            about |= Q(pk__in=links.values("meeting"))
        last = self.on + dt.timedelta(days=MEETING_DAYS)
        found = Meeting.objects.ahead(self.on).filter(about, held_on__lte=last)
        return [items.meeting(row, self.on) for row in found.select_related("body")]

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
        return [items.date_ahead(contract, date) for date, contract in ahead]
