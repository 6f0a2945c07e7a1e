"""The register of meetings: when which body meets, and what is due there."""

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
from barnetwatch.lib.registers import DayFilter, Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, DayColumn, SiteTable
from barnetwatch.pages.meetings.due import contracts_due, promises_due
from scrutiny.models import Body, Meeting


class MeetingTable(SiteTable):
    """The list. What is due is counted for the rows of one page."""

    caption = "Meetings"
    held_on = DayColumn(verbose_name="Date", linkify=True)
    body = tables.Column("Body", order_by="body__name")
    title = tables.Column("Title", default="ordinary meeting")
    place = tables.Column("Place", default="not given")
    promises = CountColumn("Promises due", accessor="promises_due", orderable=False)
    contracts = tables.Column(
        "Contracts", accessor="contracts_due", orderable=False, default="none named"
    )
    state = tables.Column("State", accessor="state", order_by="cancelled")

    class Meta(SiteTable.Meta):
        empty_text = "No meeting matches these filters."

    def value_held_on(self, value: dt.date, record: Any) -> dt.date | str:
        """A day for a spreadsheet to sort; words where a day would claim more than is known."""
        return value if record.held_precision == Precision.DAY else str(record.held)


class MeetingFilter(SiteFilterSet):
    """Filters by body and day."""

    q = django_filters.CharFilter(label="Words", method="with_words")
    body = django_filters.ModelChoiceFilter(queryset=Body.objects.all(), empty_label="Any body")
    when = django_filters.ChoiceFilter(
        label="When",
        choices=[("ahead", "Today or later"), ("past", "Before today")],
        method="at_time",
        empty_label="Any time",
    )
    held_from = DayFilter(label="On or after", field_name="held_on", lookup_expr="gte")
    held_to = DayFilter(label="On or before", field_name="held_on", lookup_expr="lte")

    class Meta:
        model = Meeting
        fields = ["q", "body", "when"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the body's name, the title or the place."""
        for word in value.split()[:10]:
            rows = rows.filter(
                Q(body__name__icontains=word) | Q(title__icontains=word) | Q(place__icontains=word)
            )
        return rows

    def at_time(self, rows: Any, name: str, value: str) -> Any:
        """Those to come, or those before today."""
        today = timezone.localdate()
        return rows.ahead(today) if value == "ahead" else rows.filter(held_on__lt=today)


class Meetings(Register):
    """The meetings a person may see, the latest first."""

    title = "Meetings"
    noun, nouns = "meeting", "meetings"
    permission = "scrutiny.view_meeting"
    filterset_class = MeetingFilter
    table_class = MeetingTable
    template_name = "site/meetings/register.html"
    default_sort = ("-held_on",)
    last_sort = "-pk"

    def get_rows(self, request: HttpRequest) -> Any:
        return rows_seen(Meeting, request.user).select_related("body")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        today = timezone.localdate()
        promises = promises_due(rows, request.user)
        contracts = contracts_due(rows, request.user)
        for row in rows:
            row.promises_due = len(promises[row.pk])
            row.contracts_told = contracts.get(row.pk, [])
            row.contracts_due = ", ".join(map(str, row.contracts_told))
            row.state = state_of(row, today)
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        above = [("Scrutiny", reverse("admin:scrutiny"))]
        return {"crumbs": above, "may_add": request.user.has_perm("scrutiny.add_meeting")}


def state_of(meeting: Meeting, on: dt.date) -> str:
    """Whether it is to come."""
    if meeting.cancelled:
        return "Cancelled"
    if meeting.held_on == on:
        return "Today"
    return "To come" if meeting.held_on > on else "Past"


PAGES = [("meetings/", "meetings", Meetings.as_view())]
