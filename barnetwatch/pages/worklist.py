"""What needs somebody today: the first page of the site, as far as its reader may see it.

Each list asks a fixed number of questions of the database, however many rows there are.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.dates import Precision, in_words
from contracts.attention import NearDate, near_dates, without_award
from contracts.models import Contract, Recheck
from costs.models import OverrunAlert
from digests.models import Edition
from incidents.attention import SILENT_DAYS, waiting
from incidents.models import Incident
from scrutiny.models import Promise

#: Rows shown of each list.
SHOWN = 10
#: Minutes after which a check that waits says something about the worker.
PATIENCE = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Item:
    """One row: what it is, where it leads, and what is to be known about it."""

    title: str
    url: str
    words: str
    mark: str = ""


@dataclass(frozen=True)
class Worklist:
    """One list: how many wait, the first of them, and where the rest are."""

    title: str
    empty: str
    count: int = 0
    items: list[Item] = field(default_factory=list)
    rest: str = ""
    explains: str = ""

    @property
    def has_more(self) -> bool:
        """Whether some are not shown."""
        return self.count > len(self.items)


def worklists(user: Any, on: dt.date, at: dt.datetime) -> list[Worklist]:
    """The lists of what a person may read, on a day and at a moment of it."""
    return [make(user, on, at) for permission, make in LISTS if user.has_perm(permission)]


def _overruns(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    rows = OverrunAlert.objects.visible_to(user).standing()
    shown = rows.largest_first().select_related("contract", "threshold")[:SHOWN]
    return Worklist(
        title="Overruns that are open",
        empty="No total is above a mark.",
        count=rows.count(),
        items=[
            Item(
                f"{alert.contract}: {alert.threshold.get_measure_display()}, over "
                f"{alert.threshold.mark}",
                alert.get_absolute_url(),
                alert.in_words,
                alert.threshold.severity,
            )
            for alert in shown
        ],
        rest=_page("costs_overrunalert", "state=open"),
    )


def _failures(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    rows = waiting(Incident.objects.visible_to(user), on)
    return Worklist(
        title="Failures that wait",
        empty="No failures are waiting.",
        count=rows.count(),
        items=[
            Item(str(row), row.get_absolute_url(), _why_it_waits(row, on)) for row in rows[:SHOWN]
        ],
        rest=_page("incidents_incident", "waiting=yes"),
        explains=f"Nothing new for {SILENT_DAYS} days, or the next action is past.",
    )


def _why_it_waits(row: Any, on: dt.date) -> str:
    said = timezone.localdate(row.last_word_at)
    words = f"Last word {_days(on - said)} ago, on {in_words(said)}."
    if row.next_action_on and row.next_action_on < on:
        action = f" ({row.next_action})" if row.next_action else ""
        words += f" Next action{action} was due on {in_words(row.next_action_on)}."
    return words


def _promises(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    rows = Promise.objects.visible_to(user).dateless()
    return Worklist(
        title="Promises without a date",
        empty="No open promise is without a date.",
        count=rows.count(),
        items=[
            Item(str(row), row.get_absolute_url(), _age(row, on))
            for row in rows.select_related("body")[:SHOWN]
        ],
        rest=_page("scrutiny_promise", "promises=dateless"),
    )


def _age(row: Promise, on: dt.date) -> str:
    told = f" to {row.body}" if row.body else ""
    if row.made_on is None:
        return f"{row.made_by}{told}; when is not known: {row.due}."
    # A date known to the month counts from its last day: it may be older than that.
    least = "" if row.made_precision == Precision.DAY else "At least "
    age = _days(on - row.made_on)
    return f"{row.made_by}{told}, {row.made}: {row.due}. {least}{age} old."


def _late_promises(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    rows = Promise.objects.visible_to(user).unkept().filter(due_on__lt=on).order_by("due_on", "pk")
    return Worklist(
        title="Promises past their date",
        empty="No open promise is past its date.",
        count=rows.count(),
        items=[
            Item(str(row), row.get_absolute_url(), f"{row.made_by}: due {row.due}.")
            for row in rows[:SHOWN]
        ],
        rest=_page("scrutiny_promise", "promises=late"),
    )


def _without_award(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    seen = Contract.objects.visible_to(user)
    lacking = without_award(seen, user)
    return Worklist(
        title="Contracts without an award",
        empty="Every contract has an award to reckon with.",
        count=len(lacking),
        items=[
            Item(f"{row}: {row.title}", row.get_absolute_url(), lacking[row.pk])
            for row in seen.filter(pk__in=list(lacking)[:SHOWN])
        ],
        rest=_page("contracts_contract", "award=none"),
        explains="Their spending is not set against what was agreed in per cent.",
    )


def _dates(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    found = near_dates(Contract.objects.visible_to(user), user, on)
    return Worklist(
        title="Contract dates ahead",
        empty="No contract date is near.",
        count=len(found),
        items=[
            Item(f"{date.contract}: {date.contract.title}", date.contract.get_absolute_url(), words)
            for date in found[:SHOWN]
            if (words := _date_in_words(date))
        ],
        rest=_page("contracts_contract", "dates=near"),
    )


def _date_in_words(date: NearDate) -> str:
    day = in_words(date.falls_on)
    if date.has_passed:
        return f"{date.occasion.value} passed on {day}, and it is still marked as in force."
    if date.days == 0:
        return f"{date.occasion.value}: {day}, today."
    return f"{date.occasion.value}: {day}, in {_days(dt.timedelta(date.days))}."


def _rechecks(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    seen = Contract.objects.visible_to(user)
    rows = (
        Recheck.objects.filter(asked_at__lte=at, contract__in=seen)
        .order_by()
        .values("contract", "contract__reference")
        .annotate(first=Min("asked_at"), times=Count("pk"))
        .order_by("first", "contract")
    )
    return Worklist(
        title="Checks that wait",
        empty="No contract waits to be checked.",
        count=rows.count(),
        items=[
            Item(
                row["contract__reference"],
                reverse("admin:contracts_contract_change", args=[row["contract"]]),
                _waits_since(row["first"], at),
            )
            for row in rows[:SHOWN]
        ],
        rest=_page("contracts_recheck"),
        explains="Contracts whose overruns are to be worked out again. It takes seconds.",
    )


def _waits_since(first: dt.datetime, at: dt.datetime) -> str:
    asked = timezone.localtime(first)
    words = f"Asked for on {in_words(asked.date())} at {asked:%H:%M}."
    if at - first > PATIENCE:
        words += " That is long ago: is the worker running?"
    return words


def _failed_mails(user: Any, on: dt.date, at: dt.datetime) -> Worklist:
    rows = Edition.objects.filter(state=Edition.State.FAILED)
    return Worklist(
        title="Mails that failed",
        empty="No mail has failed.",
        count=rows.count(),
        items=[
            Item(str(row), reverse("admin:digests_edition_change", args=[row.pk]), row.server_said)
            for row in rows.order_by("-due_at", "-pk")[:SHOWN]
        ],
        rest=_page("digests_edition", "state__exact=failed"),
        explains="With what the mail server said. They can be sent again by hand.",
    )


def _page(name: str, query: str = "") -> str:
    address = reverse(f"admin:{name}_changelist")
    return f"{address}?{query}" if query else address


def _days(span: dt.timedelta) -> str:
    return f"{span.days:,} {'day' if span.days == 1 else 'days'}"


#: Each list, behind the permission to read its rows.
LISTS: tuple[tuple[str, Callable[[Any, dt.date, dt.datetime], Worklist]], ...] = (
    ("costs.view_overrunalert", _overruns),
    ("incidents.view_incident", _failures),
    ("scrutiny.view_promise", _promises),
    ("scrutiny.view_promise", _late_promises),
    ("contracts.view_contract", _without_award),
    ("contracts.view_contract", _dates),
    ("contracts.view_recheck", _rechecks),
    ("digests.change_edition", _failed_mails),
)
