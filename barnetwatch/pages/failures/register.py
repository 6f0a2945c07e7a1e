"""The register of failures: what failed, for how long, and what it cost so far."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.registers import Register, SiteFilterSet, TickFilter
from barnetwatch.lib.tables import CountColumn, DayColumn, SiteTable
from barnetwatch.pages.failures.costing import Ladder, ladders
from barnetwatch.pages.failures.words import severity_tag, status_tag
from contracts.models import Contract, Service
from incidents.attention import waiting
from incidents.models import Incident


class FailureTable(SiteTable):
    """The list. What a failure cost is worked out for the rows of one page, so it does not sort."""

    caption = "Failures"
    reference = tables.Column(
        "Reference", linkify=True, attrs={"td": {"class": "bw-failures__reference"}}
    )
    title = tables.Column("What failed")
    contract = tables.Column("Contract", order_by="contract__reference", default="none")
    services = tables.Column(
        "Services", accessor="service_names", orderable=False, default="not given"
    )
    status = tables.Column("Status")
    severity = tables.Column("Severity", order_by="severity_rank")
    occurred_on = DayColumn(verbose_name="Occurred", default="not known")
    days_open = CountColumn("Days open", order_by="course")
    last_word = tables.Column("Last word", order_by="last_word_at")
    cost = tables.Column("Cost so far", orderable=False, default="none recorded")

    class Meta(SiteTable.Meta):
        empty_text = "No failure matches these filters."

    def render_status(self, record: Any) -> Any:
        return status_tag(record)

    def value_status(self, record: Any) -> str:
        return str(record.get_status_display())

    def render_severity(self, record: Any) -> Any:
        return severity_tag(record)

    def value_severity(self, record: Any) -> str:
        return str(record.get_severity_display())

    def value_occurred_on(self, value: dt.date, record: Any) -> dt.date | str:
        """A day for a spreadsheet to sort; words where a day would claim more than is known."""
        return value if record.occurred_precision == Precision.DAY else str(record.occurred)

    def render_days_open(self, value: int) -> str:
        return f"{value:,}"

    def value_days_open(self, value: int) -> int:
        return value

    def render_last_word(self, value: dt.date) -> str:
        return in_words(value)

    def value_last_word(self, value: dt.date) -> dt.date:
        return value

    def render_cost(self, value: Ladder) -> str:
        return value.in_words

    def value_cost(self, value: Ladder) -> str:
        return value.in_words


class FailureFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words", method="with_words")
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    status = django_filters.ChoiceFilter(choices=Incident.Status, empty_label="Any status")
    severity = django_filters.ChoiceFilter(choices=Incident.Severity, empty_label="Any severity")
    open = TickFilter(label="Open only", method="only_open")
    waiting = TickFilter(
        label="Waiting: silent for 30 days, or past the next action", method="only_waiting"
    )

    class Meta:
        model = Incident
        fields = ["q", "contract", "status", "severity"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the reference, the title or the text."""
        for word in value.split()[:10]:
            rows = rows.filter(
                Q(reference__icontains=word)
                | Q(title__icontains=word)
                | Q(description__icontains=word)
            )
        return rows

    def only_open(self, rows: Any, name: str, value: bool) -> Any:
        """Those nobody has resolved or closed."""
        return rows.unfinished()

    def only_waiting(self, rows: Any, name: str, value: bool) -> Any:
        """Those silent for a month, or past their next action."""
        seen = Incident.objects.visible_to(self.request.user)
        found = waiting(seen, timezone.localdate()).order_by().values("pk")
        return rows.filter(pk__in=found)


class Failures(Register):
    """The failures a person may see."""

    title = "Failures"
    noun, nouns = "failure", "failures"
    permission = "incidents.view_incident"
    filterset_class = FailureFilter
    table_class = FailureTable
    template_name = "site/failures/register.html"
    default_sort = ("-last_word",)

    def get_rows(self, request: HttpRequest) -> Any:
        return (
            rows_seen(Incident, request.user)
            .with_last_word()
            .with_course(timezone.localdate())
            .with_severity_rank()
        )

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        services = services_of(rows, request.user)
        costs = ladders(rows, request.user, timezone.localdate())
        for row in rows:
            row.last_word = timezone.localdate(row.last_word_at)
            row.days_open = max(0, row.course.days)
            row.cost = costs.get(row.pk)
            row.service_names = ", ".join(services.get(row.pk, ()))
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"may_report": request.user.has_perm("incidents.add_incident")}


def services_of(failures: list[Any], user: Any) -> dict[int, list[str]]:
    """The names of the services that each of some failures touches; one query."""
    found: dict[int, list[str]] = {}
    for failure, name in (
        Service.objects.visible_to(user)
        .filter(incidents__in=[row.pk for row in failures])
        .order_by("name")
        .values_list("incidents", "name")
    ):
        found.setdefault(failure, []).append(name)
    return found


PAGES = [("failures/", "failures", Failures.as_view())]
