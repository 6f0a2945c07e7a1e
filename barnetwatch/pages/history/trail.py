"""The whole audit trail, for those who may read it: filtered, page by page, and as a file."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import django_filters
import django_tables2 as tables
from django.apps import apps
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst

from accounts.audit import Act
from accounts.models import User
from accounts.told import READ_TRAIL, Told, told
from accounts.trail import AuditEntry
from accounts.trailpages import TrailPage, trail_page
from barnetwatch.lib.dates import end_of_day, start_of_day
from barnetwatch.lib.registers import DayFilter, Register, SiteFilterSet
from barnetwatch.lib.tables import SiteTable

#: The apps whose rows acts are done to.
APPS = ("accounts", "contracts", "costs", "incidents", "scrutiny", "digests")


class HistoryTable(SiteTable):
    """Acts as everybody reads them who may see the record."""

    caption = "What was done"
    at = tables.Column("When", orderable=False, accessor="entry__at")
    by = tables.Column("Who", orderable=False)
    did = tables.Column("What was done", orderable=False)
    name = tables.Column("To what", orderable=False, default="", empty_values=())
    changed = tables.Column("What changed", orderable=False, default="")
    reason = tables.Column("Why", orderable=False, default="")

    class Meta(SiteTable.Meta):
        empty_text = "Nothing was done that is kept here."

    def render_at(self, value: dt.datetime) -> str:
        local = timezone.localtime(value)
        return f"{local.day} {local:%B %Y, %H:%M}"

    def value_at(self, value: dt.datetime) -> dt.datetime:
        return value

    def render_name(self, record: Told) -> str:
        if record.url:
            return format_html('{}: <a href="{}">{}</a>', record.kind, record.url, record.name)
        return self.value_name(record)

    def value_name(self, record: Told) -> str:
        return f"{capfirst(record.kind)}: {record.name}" if record.kind else ""


class TrailTable(HistoryTable):
    """The same with from where, for those who audit."""

    place = tables.Column("From where", orderable=False, accessor="entry__place", default="")
    request_number = tables.Column(
        "Request", orderable=False, accessor="entry__request", default=""
    )


@cache
def kinds() -> list[tuple[str, str]]:
    """The kinds of row, by what people call them."""
    found = [
        (model._meta.label_lower, str(capfirst(model._meta.verbose_name)))
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    ]
    return sorted(found, key=lambda each: each[1])


class TrailFilter(SiteFilterSet):
    """By person, act, kind of record, record, day and request."""

    by = django_filters.ModelChoiceFilter(
        label="Who", queryset=User.objects.all(), empty_label="Everybody"
    )
    act = django_filters.ChoiceFilter(
        label="What was done", choices=Act.choices, empty_label="Everything"
    )
    kind = django_filters.ChoiceFilter(
        label="Kind of record", choices=lambda: kinds(), empty_label="All kinds"
    )
    row = django_filters.NumberFilter(
        label="Number of the record", min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    done_from = DayFilter(label="On or after", method="since")
    done_to = DayFilter(label="On or before", method="until")
    number = django_filters.CharFilter(label="Number of the request", field_name="request")

    class Meta:
        model = AuditEntry
        fields = ["by", "act", "kind", "row"]

    def since(self, rows: Any, _name: str, day: dt.date) -> Any:
        """Those done on a day or later."""
        return rows.filter(at__gte=start_of_day(day))

    def until(self, rows: Any, _name: str, day: dt.date) -> Any:
        """Those done on a day or earlier."""
        return rows.filter(at__lt=end_of_day(day))


class Trail(Register):
    """Every act on what its reader may see, the latest first."""

    title = "Audit trail"
    noun, nouns = "act", "acts of the audit trail"
    permission = READ_TRAIL
    filterset_class: type[SiteFilterSet] = TrailFilter
    table_class = TrailTable
    template_name = "site/history/trail.html"
    last_sort = "-pk"

    def get_rows(self, request: HttpRequest) -> Any:
        return AuditEntry.objects.select_related("by")

    def page(self, rows: Any, order: Sequence[str], request: HttpRequest) -> TrailPage:
        """As full as there are acts that its reader may see."""
        given = request.GET
        return trail_page(
            rows, request.user, after=given.get("after", ""), before=given.get("before", "")
        )

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        return told(rows, request.user)

    def count_of(self, rows: Any) -> int:
        """None is counted: the number would tell of acts that the reader may not see."""
        return 0


PAGES = [("audit-trail/", "audit_trail", Trail.as_view())]
