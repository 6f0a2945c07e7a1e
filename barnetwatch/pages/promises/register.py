"""The register of promises: the words, to whom, how old, how late, how often it slipped."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision
from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, DayColumn, SiteTable
from barnetwatch.pages.promises.words import age_of, status_tag
from contracts.models import Contract
from scrutiny.models import Body, Promise, PromiseChange

#: What the filter by date offers.
DUE = [
    ("late", "Past their date"),
    ("ahead", "Due today or later"),
    ("event", "By an event"),
    ("dateless", "No date named"),
]


class PromiseTable(SiteTable):
    """The list. Slips are counted for the rows of one page."""

    caption = "Promises"
    words = tables.Column("Promise", linkify=True)
    made_by = tables.Column("Made by")
    body = tables.Column("To", order_by="body__name", default="nobody named")
    made_on = DayColumn(verbose_name="Made", default="not known")
    due = tables.Column("Due", order_by="due_on")
    age = tables.Column("Age", order_by="-made_on", default="not known")
    overdue = CountColumn("Days overdue", orderable=False, default="")
    slips = CountColumn("Times moved", orderable=False)
    status = tables.Column("State")
    contract = tables.Column("Contract", order_by="contract__reference", default="none named")

    class Meta(SiteTable.Meta):
        empty_text = "No promise matches these filters."

    def render_words(self, value: str) -> str:
        return f"“{value}”"

    def value_words(self, value: str) -> str:
        return value

    def value_made_on(self, value: dt.date, record: Any) -> dt.date | str:
        """A day for a spreadsheet to sort; words where a day would claim more than is known."""
        return value if record.made_precision == Precision.DAY else str(record.made)

    def render_overdue(self, value: int) -> str:
        return f"{value:,}"

    def render_status(self, record: Any) -> Any:
        return status_tag(record)

    def value_status(self, record: Any) -> str:
        return str(record.get_status_display())


class PromiseFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words", method="with_words")
    status = django_filters.ChoiceFilter(
        label="State", choices=Promise.Status, empty_label="Any state"
    )
    due = django_filters.ChoiceFilter(
        label="Open promises by date", choices=DUE, method="due_as", empty_label="Any date or none"
    )
    body = django_filters.ModelChoiceFilter(
        label="To", queryset=Body.objects.all(), empty_label="Any body"
    )
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )

    class Meta:
        model = Promise
        fields = ["q", "status", "due", "body", "contract"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the promise or in who made it."""
        for word in value.split()[:10]:
            rows = rows.filter(
                Q(words__icontains=word)
                | Q(made_by__icontains=word)
                | Q(organisation__icontains=word)
            )
        return rows

    def due_as(self, rows: Any, name: str, value: str) -> Any:
        """Open ones, by what is known of their date."""
        today, rows = timezone.localdate(), rows.unkept()
        match value:
            case "late":
                return rows.filter(due_on__lt=today)
            case "ahead":
                return rows.filter(due_on__gte=today)
            case "event":
                return rows.filter(due_kind=Promise.Due.EVENT)
        return rows.filter(due_on__isnull=True)


class Promises(Register):
    """The promises a person may see, the oldest first."""

    title = "Promises"
    noun, nouns = "promise", "promises"
    permission = "scrutiny.view_promise"
    filterset_class = PromiseFilter
    table_class = PromiseTable
    template_name = "site/promises/register.html"
    default_sort = ("made_on",)

    def get_rows(self, request: HttpRequest) -> Any:
        return rows_seen(Promise, request.user).select_related("body", "contract", "incident")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        today = timezone.localdate()
        moved = times_moved(rows, request.user)
        for row in rows:
            row.age = age_of(row, today)
            row.overdue = row.days_overdue(today) or ""
            row.slips = moved.get(row.pk, 0)
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        above = [("Scrutiny", reverse("admin:scrutiny"))]
        return {"crumbs": above, "may_add": request.user.has_perm("scrutiny.add_promise")}


def times_moved(promises: list[Any], user: Any) -> dict[int, int]:
    """How often the date of each of some promises was moved; one query."""
    found: dict[int, int] = {}
    changes = PromiseChange.objects.visible_to(user).filter(
        promise__in=[row.pk for row in promises], kind=PromiseChange.Kind.RESCHEDULED
    )
    for promise in changes.order_by().values_list("promise", flat=True):
        found[promise] = found.get(promise, 0) + 1
    return found


PAGES = [("promises/", "promises", Promises.as_view())]
