"""What changed in the last seven days: what was recorded, whatever day it is about.

The words of an item go on where its title ends, comma or full stop included.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_seen
from accounts.reading import Name
from accounts.visibility import OPEN_ONLY
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_prose
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.overview.items import Item, Listing, first_of
from barnetwatch.pages.overview.overruns import READ, Overrun, grouped
from costs.models import CostEntry, CostLine, OverrunAlert
from costs.stages import SPLIT_ORDER, Stage
from digests import items as digest_items
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Decision, Promise

SHOWN = 3
DAYS = 7


@dataclass(frozen=True)
class Week:
    """The seven days that end at a moment, for one person."""

    user: Any
    until_at: dt.datetime

    @property
    def since_at(self) -> dt.datetime:
        """The first moment that counts."""
        return self.until_at - dt.timedelta(days=DAYS)

    @property
    def in_words(self) -> str:
        """“Since 24 September 2018”."""
        return f"Since {in_words(timezone.localdate(self.since_at))}"

    @property
    def on(self) -> dt.date:
        """The day it ends on."""
        return timezone.localdate(self.until_at)

    def within(self, column: str = "recorded_at") -> Q:
        """The condition that a moment lies in it."""
        return Q(**{f"{column}__gt": self.since_at, f"{column}__lte": self.until_at})


def changes(user: Any, at: dt.datetime) -> list[Listing]:
    """What was recorded in the seven days up to a moment, as far as a person may see it."""
    week = Week(user, at)
    made = [make(week) for permission, make in LISTS if user.has_perm(permission)]
    return [found for found in made if found.count]


def _raised(week: Week) -> Listing:
    rows = OverrunAlert.objects.visible_to(week.user).standing().filter(week.within("raised_at"))
    return _overruns("Overruns raised", rows, "went over the {}")


def _cleared(week: Week) -> Listing:
    rows = OverrunAlert.objects.visible_to(week.user).filter(week.within("cleared_at"))
    return _overruns("Overruns cleared", rows, "is no longer over the {}")


def _overruns(title: str, rows: Any, said: str) -> Listing:
    found = grouped(rows.largest_first().select_related("contract", "threshold")[:READ])
    return Listing(
        title=title,
        items=[_overrun(each, said) for each in found[:SHOWN]],
        count=len(found),
        rest=reverse("admin:alerts"),
    )


def _overrun(overrun: Overrun, said: str) -> Item:
    worst = overrun.worst
    marks = listed(alert.threshold.mark for alert in reversed(overrun.alerts))
    word = "mark" if len(overrun.alerts) == 1 else "marks"
    return Item(
        f"{worst.contract}: {overrun.name.lower()}",
        worst.get_absolute_url(),
        f" {said.format(marks)} {word}.",
        tells=overrun,
    )


def _new_failures(week: Week) -> Listing:
    rows = rows_seen(Incident, week.user).filter(week.within())
    shown = rows.select_related("contract", "supplier").order_by("-recorded_at", "-pk")
    return Listing(
        title="Failures reported",
        rest=reverse("admin:failures"),
        **first_of(shown, SHOWN, _failure),
    )


def _failure(row: Incident) -> Item:
    return Item(
        f"{row.title} ({row.reference})",
        row.get_absolute_url(),
        f", {row.contract or row.supplier}. {row.get_severity_display()}.",
        tells=row,
    )


def _resolved(week: Week) -> Listing:
    rows = _updates(week).filter(status_after__in=Incident.FINISHED)
    return Listing(
        title="Failures resolved or closed",
        rest=reverse("admin:failures"),
        **first_of(rows, SHOWN, _update),
    )


def _news(week: Week) -> Listing:
    rows = _updates(week).exclude(status_after__in=Incident.FINISHED)
    return Listing(
        title="News of failures",
        rest=reverse("admin:failures"),
        **first_of(rows.filter(incident__recorded_at__lte=week.since_at), SHOWN, _update),
    )


def _updates(week: Week) -> Any:
    rows = rows_seen(IncidentUpdate, week.user).filter(week.within())
    return rows.order_by("-recorded_at", "-pk")


def _update(row: IncidentUpdate) -> Item:
    said = digest_items.news(row)
    return Item(said.head, row.incident.get_absolute_url(), said.rest, tells=row)


def _costs(week: Week) -> Listing:
    """Sums posted and still standing, by status; the largest of them by line."""
    rows = CostEntry.objects.visible_to(week.user).filter(
        week.within(), reverses__isnull=True, reversal__isnull=True
    )
    by_line = rows.order_by().values(
        "line",
        "line__title",
        "line__contract__reference",
        "line__supplier__name",
        "stage",
        is_open=OPEN_ONLY.flag(CostEntry),
    )
    largest = by_line.annotate(total=Sum("amount")).order_by(Abs(F("total")).desc(), "line")
    return Listing(
        title="Costs posted",
        items=[_line(row) for row in largest[:SHOWN]],
        count=by_line.annotate(entries=Count("pk")).count(),
        rest=reverse("admin:costs"),
        explains=_by_status(rows),
    )


def _by_status(rows: Any) -> str:
    """“£164,176 approved and £4.2 million pledged beside contracts; £2,063,972 paid apart”."""
    sums: dict[bool, dict[str, Decimal]] = {True: {}, False: {}}
    by_kind = rows.order_by().values_list("line__kind", "stage")
    for kind, stage, total in by_kind.annotate(total=Sum("amount")):
        of = sums[kind in CostLine.SUPPLEMENTARY]
        of[stage] = of.get(stage, Decimal(0)) + total
    parts = [
        f"{_statuses(of)} {where}"
        for of, where in (
            (sums[True], "beside contracts"),
            (sums[False], "in fraud losses, service credits and settlements"),
        )
        if any(of.values())
    ]
    return f"{'; '.join(parts)}." if parts else ""


def _statuses(sums: dict[str, Decimal]) -> str:
    order = [*SPLIT_ORDER, *(stage for stage in Stage if stage not in SPLIT_ORDER)]
    return listed(_amount(sums[stage], stage) for stage in order if sums.get(stage))


def _amount(amount: Decimal, stage: str) -> str:
    less = "less " if amount < 0 else ""
    return f"{in_prose(abs(amount))} {less}{Stage(stage).label}"


def _line(row: dict[str, Any]) -> Item:
    where = row["line__contract__reference"] or row["line__supplier__name"]
    return Item(
        f"{_amount(row['total'], row['stage'])}: {row['line__title']}",
        CostLine(pk=row["line"]).get_absolute_url(),
        f", {where}.",
        tells=None if row["is_open"] else Name("costs.costline", row["line"]),
    )


def _reversed(week: Week) -> Listing:
    """Entries of earlier weeks that were taken back."""
    rows = CostEntry.objects.visible_to(week.user).filter(
        week.within(), reverses__isnull=False, reverses__recorded_at__lte=week.since_at
    )
    shown = rows.select_related("line__contract", "line__supplier").order_by("-recorded_at", "-pk")
    return Listing(
        title="Costs reversed",
        rest=reverse("admin:costs"),
        **first_of(shown, SHOWN, _reversal),
    )


def _reversal(row: CostEntry) -> Item:
    line = row.line
    return Item(
        f"{_amount(abs(row.amount), row.stage)}: {line}",
        line.get_absolute_url(),
        f", {line.contract or line.supplier}. Taken back as a mistake.",
        tells=row,
    )


def _decisions(week: Week) -> Listing:
    rows = rows_seen(Decision, week.user).filter(week.within())
    shown = rows.select_related("body").order_by(F("taken_on").desc(nulls_last=True), "-pk")
    return Listing(
        title="Decisions recorded",
        rest=reverse("admin:decisions"),
        **first_of(shown, SHOWN, lambda row: _from_digest(digest_items.decision(row), row)),
    )


def _promises(week: Week) -> Listing:
    rows = rows_seen(Promise, week.user).filter(week.within())
    shown = rows.select_related("body").order_by(F("made_on").desc(nulls_last=True), "-pk")
    return Listing(
        title="Promises recorded",
        rest=reverse("admin:promises"),
        **first_of(shown, SHOWN, lambda row: _from_digest(digest_items.promise(row, week.on), row)),
    )


def _from_digest(said: digest_items.Item, row: Any) -> Item:
    """What the weekly mail says, here as well."""
    return Item(said.head, said.url, said.rest, tells=row)


#: Each kind of news, most important first, behind the permission to read its rows.
LISTS: tuple[tuple[str, Callable[[Week], Listing]], ...] = (
    ("costs.view_overrunalert", _raised),
    ("costs.view_overrunalert", _cleared),
    ("incidents.view_incident", _new_failures),
    ("incidents.view_incident", _resolved),
    ("incidents.view_incident", _news),
    ("costs.view_costline", _costs),
    ("costs.view_costline", _reversed),
    ("scrutiny.view_decision", _decisions),
    ("scrutiny.view_promise", _promises),
)
