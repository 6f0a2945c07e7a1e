"""What needs somebody today, for those who do something about it and as far as they may see it.

Each list asks a fixed number of questions of the database, however many rows there are.
"""

import calendar
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator, capfirst

from accounts.backoffice.rows import rows_seen
from accounts.models import AccessRequest
from accounts.reading import Name
from accounts.visibility import OPEN_ONLY
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_table
from barnetwatch.pages.access.answering import clock
from barnetwatch.pages.access.restrictions import due, said_of
from barnetwatch.pages.failures.words import days
from barnetwatch.pages.overview.items import Item, Listing
from contracts.attention import without_award
from contracts.models import Contract, Recheck, Supplier, SupplierName
from costs.models import AttributionRule, PaymentFile, PaymentUpload, Publisher
from costs.payments.paid import proposals, undecided
from digests.models import Edition
from incidents.attention import SILENT_DAYS, waiting
from incidents.models import Incident
from scrutiny.models import Promise

#: Rows shown of each list.
SHOWN = 3
#: Minutes after which a check that waits says something about the worker.
PATIENCE = dt.timedelta(minutes=5)


#: What those may who are to do something about it: they watch that the checks keep up.
WORKS = "contracts.view_recheck"


def worklists(user: Any, on: dt.date, at: dt.datetime) -> list[Listing]:
    """The lists of what a person may read, on a day and at a moment of it."""
    return [make(user, on, at) for permission, make in LISTS if user.has_perm(permission)]


def _failures(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    rows = waiting(rows_seen(Incident, user), on)
    return Listing(
        title="Failures that wait",
        empty="No failures are waiting.",
        count=rows.count(),
        items=[
            Item(str(row), row.get_absolute_url(), _why_it_waits(row, on), tells=row)
            for row in rows[:SHOWN]
        ],
        rest=_page("incidents_incident", "waiting=yes"),
        explains=f"Nothing new for {SILENT_DAYS} days, or the next action is past.",
    )


def _why_it_waits(row: Any, on: dt.date) -> str:
    said = timezone.localdate(row.last_word_at)
    words = f"Last word {days((on - said).days)} ago, on {in_words(said)}."
    if row.next_action_on and row.next_action_on < on:
        action = f" ({row.next_action})" if row.next_action else ""
        words += f" Next action{action} was due on {in_words(row.next_action_on)}."
    return words


def _late_promises(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    rows = rows_seen(Promise, user).late(on)
    return Listing(
        title="Promises past their date",
        empty="No open promise is past its date.",
        count=rows.count(),
        items=[
            Item(str(row), row.get_absolute_url(), f"{row.made_by}: due {row.due}.", tells=row)
            for row in rows[:SHOWN]
        ],
        rest=_page("scrutiny_promise", "promises=late"),
    )


def _without_award(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    seen = rows_seen(Contract, user)
    lacking = without_award(seen, user)
    return Listing(
        title="Contracts without an award",
        empty="Every contract has an award to reckon with.",
        count=len(lacking),
        items=[
            Item(f"{row}: {row.title}", row.get_absolute_url(), lacking[row.pk], tells=row)
            for row in seen.filter(pk__in=list(lacking)[:SHOWN])
        ],
        rest=_page("contracts_contract", "award=none"),
        explains="Until one is known, spending beside them is not shown as a share of it.",
    )


def _rechecks(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    seen = Contract.objects.visible_to(user)
    rows = (
        Recheck.objects.filter(asked_at__lte=at, contract__in=seen)
        .order_by()
        .values("contract", "contract__reference", is_open=OPEN_ONLY.flag(Contract, "contract__"))
        .annotate(first=Min("asked_at"), times=Count("pk"))
        .order_by("first", "contract")
    )
    return Listing(
        title="Checks that wait",
        empty="No contract waits to be checked.",
        count=rows.count(),
        items=[
            Item(
                row["contract__reference"],
                Contract(pk=row["contract"]).get_absolute_url(),
                _waits_since(row["first"], at),
                tells=None if row["is_open"] else Name("contracts.contract", row["contract"]),
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


def _failed_mails(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    rows = Edition.objects.filter(state=Edition.State.FAILED)
    return Listing(
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


def _uploads(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    ready = PaymentUpload.objects.visible_to(user).filter(state=PaymentUpload.State.READY)
    rows = ready.select_related("publisher", "uploaded_by").defer("report").order_by("uploaded_at")
    return Listing(
        title="Payment files to check",
        empty="No payment file waits to be checked.",
        count=rows.count(),
        items=[Item(str(row), row.get_absolute_url(), _brought(row)) for row in rows[:SHOWN]],
        rest=reverse("admin:payment_import"),
        explains="They were uploaded. They count once somebody has checked and imported them.",
    )


def _brought(row: Any) -> str:
    day = in_words(timezone.localdate(row.uploaded_at))
    return f"{row.publisher}. Brought by {row.uploaded_by} on {day}."


def _overdue_files(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    """A month's file comes out in the month after; two months later it is missing."""
    latest = (
        Publisher.objects.visible_to(user)
        .filter(files__in=PaymentFile.objects.visible_to(user).current())
        .annotate(covered=Max("files__reading__covers_to"))
        .filter(covered__lt=_two_months_before(on))
        .order_by("covered", "name")
    )
    return Listing(
        title="Publishers without a new file",
        empty="Every publisher’s payments are at most two months old.",
        count=latest.count(),
        items=[
            Item(
                str(row),
                f"{reverse('admin:payment_files')}?publisher={row.pk}",
                f"Its payments are on the record up to {in_words(row.covered)}.",
            )
            for row in latest[:SHOWN]
        ],
        rest=reverse("admin:payment_files"),
        explains="The last file is more than two months old: has the next one come out?",
    )


def _two_months_before(on: dt.date) -> dt.date:
    years, month = divmod(on.year * 12 + on.month - 1 - 2, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return dt.date(years, month + 1, min(on.day, last))


def _payments(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    waiting = undecided(AttributionRule.objects.visible_to(user))
    proposed = proposals(
        Supplier.objects.visible_to(user), SupplierName.objects.visible_to(user), []
    )
    rows = [
        *((row, row.name, f"It may be {row.supplier}: confirm it.") for row in proposed),
        *((row, row.key, f"It is {row.supplier}. Of which contract?") for row in waiting),
    ]
    page = reverse("admin:payments_matching")
    largest = sorted(rows, key=lambda each: -abs(each[0].amount))[:SHOWN]
    return Listing(
        title="Payments not yet attributed",
        empty="No payment to a known supplier waits to be attributed to a contract.",
        count=len(rows),
        items=[
            Item(name, page, words, in_table(row.amount), tells=row) for row, name, words in largest
        ],
        rest=page,
        explains="Names in the council’s files. Until you say whose they are, no contract’s total "
        "counts what was paid to them.",
    )


def _requests(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    rows = AccessRequest.objects.waiting()
    return Listing(
        title="Requests to see a record",
        empty="No request to see a record waits for an answer.",
        count=rows.count(),
        items=[
            Item(
                Truncator(row.what).chars(120),
                reverse("admin:access_request", args=[row.pk]),
                f"{row.asked_by}. {clock(row, on)}",
                is_late=row.is_late(on),
            )
            for row in rows.select_related("asked_by")[:SHOWN]
        ],
        rest=reverse("admin:access_worklist"),
        explains="Members who scrutinise are answered within 10 clear days.",
    )


def _reviews(user: Any, on: dt.date, at: dt.datetime) -> Listing:
    rows = due(user, on)
    return Listing(
        title="Restrictions to look at again",
        empty="No restriction is to be looked at again today.",
        count=len(rows),
        items=[
            Item(capfirst(each.title), to, said_of(each.row), tells=each.row)
            for each, to in rows[:SHOWN]
        ],
        rest=reverse("admin:access_reviews"),
        explains="Records are kept back as long as there is a reason.",
    )


def _page(name: str, query: str = "") -> str:
    address = reverse(f"admin:{name}_changelist")
    return f"{address}?{query}" if query else address


#: Each list, behind the permission to read its rows.
LISTS: tuple[tuple[str, Callable[[Any, dt.date, dt.datetime], Listing]], ...] = (
    ("incidents.view_incident", _failures),
    ("scrutiny.view_promise", _late_promises),
    ("contracts.view_contract", _without_award),
    ("contracts.view_recheck", _rechecks),
    ("costs.add_paymentfile", _uploads),
    ("costs.add_paymentfile", _overdue_files),
    ("costs.add_attributionrule", _payments),
    ("accounts.change_accessrequest", _requests),
    ("accounts.view_restrictionchange", _reviews),
    ("digests.change_edition", _failed_mails),
)
