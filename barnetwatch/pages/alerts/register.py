"""The register of overruns: open ones first, the largest before the others."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Case, Count, Q, Value, When
from django.http import HttpRequest

from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, DayColumn, PoundsColumn, SiteTable
from barnetwatch.pages.alerts.words import severity_tag, state_of, told
from contracts.models import Contract
from costs.models import Measure, OverrunAlert, Threshold

RANKS = [Threshold.Severity.LOW, Threshold.Severity.MEDIUM, Threshold.Severity.HIGH]


class AlertTable(SiteTable):
    """The list."""

    caption = "Overruns"
    mark = tables.Column("Over the mark", accessor="threshold", linkify=True, orderable=False)
    contract = tables.Column("Contract", order_by="contract__reference")
    severity = tables.Column("Severity", accessor="threshold", order_by="severity_rank")
    total = PoundsColumn(verbose_name="Sum", order_by="total_told", default="not shown")
    exceeded_on = DayColumn(verbose_name="Since")
    state = tables.Column("State", accessor="pk", order_by="is_past")
    noted = CountColumn("Notes by officers")
    in_words = tables.Column("How it adds up", accessor="told", orderable=False)

    class Meta(SiteTable.Meta):
        empty_text = "No overrun matches these filters."

    def render_mark(self, record: OverrunAlert) -> str:
        return f"{record.threshold.mark}, {record.threshold.get_measure_display()}"

    def value_mark(self, record: OverrunAlert) -> str:
        return self.render_mark(record)

    def render_severity(self, record: OverrunAlert) -> str:
        return severity_tag(record.threshold)

    def value_severity(self, record: OverrunAlert) -> str:
        return str(record.threshold.get_severity_display())

    def render_state(self, record: OverrunAlert) -> str:
        return state_of(record)

    def value_state(self, record: OverrunAlert) -> str:
        return state_of(record)


class AlertFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    state = django_filters.ChoiceFilter(
        label="State",
        choices=[("open", "Open"), ("past", "Past")],
        method="in_state",
        empty_label="Open and past",
    )
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    measure = django_filters.ChoiceFilter(
        label="Measure",
        field_name="threshold__measure",
        choices=Measure,
        empty_label="Any measure",
    )
    severity = django_filters.ChoiceFilter(
        label="Severity",
        field_name="threshold__severity",
        choices=Threshold.Severity,
        empty_label="Any severity",
    )

    class Meta:
        model = OverrunAlert
        fields = ["contract"]

    def in_state(self, rows: Any, name: str, value: str) -> Any:
        """Those that last, or those that are over."""
        return rows.filter(cleared_at__isnull=value == "open")


class Alerts(Register):
    """The overruns a person may see."""

    title = "Overruns"
    noun, nouns = "overrun", "overruns"
    permission = "costs.view_overrunalert"
    filterset_class = AlertFilter
    table_class = AlertTable
    template_name = "site/alerts/register.html"
    default_sort = ("state", "-total")

    def get_rows(self, request: HttpRequest) -> Any:
        ranks = [When(threshold__severity=name, then=Value(n)) for n, name in enumerate(RANKS)]
        return (
            OverrunAlert.objects.visible_to(request.user)
            .select_related("contract", "threshold")
            .with_telling(request.user)
            .annotate(
                severity_rank=Case(*ranks),
                # The next page's address carries what the list is sorted by, and anybody can read
                # and forge it there: a sum that is not shown must not be sorted by either.
                total_told=Case(When(tells_sum=True, then="total_now")),
                is_past=Case(When(Q(cleared_at__isnull=True), then=Value(0)), default=Value(1)),
                noted=Count("acknowledgements"),
            )
        )

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        for row in rows:
            row.told = told(row)
            row.total = row.total_told
        return rows


PAGES = [("alerts/", "alerts", Alerts.as_view())]
