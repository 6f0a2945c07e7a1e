"""The ledger: every entry, the latest recorded first."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django.http import HttpRequest
from django.utils.timezone import localdate

from barnetwatch.lib.dates import end_of_day, in_words, start_of_day
from barnetwatch.lib.registers import DayFilter, Register, SiteFilterSet
from barnetwatch.lib.tables import PoundsColumn, SiteTable
from contracts.models import Contract, Source
from costs.entries import numbered
from costs.models import CostEntry, CostLine
from costs.stages import Stage


class EntryTable(SiteTable):
    """The list."""

    caption = "Ledger"
    effective = tables.Column("Date", order_by="effective_on")
    line = tables.Column("Cost", linkify=lambda record: record.line.get_absolute_url())
    contract = tables.Column(
        "Contract",
        accessor="line__contract",
        linkify=lambda value: value.get_absolute_url(),
        order_by="line__contract__reference",
        default="none named",
    )
    stage = tables.Column("Status")
    amount = PoundsColumn(verbose_name="Sum")
    stated_by = tables.Column("Said by")
    read_in = tables.Column("Source", orderable=False, default="not given")
    recorded_at = tables.Column("Recorded")
    recorded_by = tables.Column("Recorded by", order_by="recorded_by__name")
    state = tables.Column("Entry", accessor="pk", orderable=False)

    class Meta(SiteTable.Meta):
        empty_text = "No entry matches these filters."

    def value_effective(self, record: CostEntry) -> str:
        return str(record.effective)

    def value_line(self, record: CostEntry) -> str:
        return record.line.title

    def value_contract(self, record: CostEntry) -> str:
        return str(record.line.contract)

    def render_recorded_at(self, value: dt.datetime) -> str:
        return in_words(localdate(value))

    def value_recorded_at(self, value: dt.datetime) -> dt.date:
        return localdate(value)

    def render_state(self, record: CostEntry) -> str:
        return numbered(record)

    def value_state(self, record: CostEntry) -> str:
        return numbered(record)


def line_asked_for(request: HttpRequest) -> Any:
    """The cost that the address names, if the reader may see it: a list of all of them would be
    longer than the page.
    """
    asked = request.GET.get("line", "")
    seen = CostLine.objects.visible_to(request.user)
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 19
    return seen.filter(pk=asked) if is_number else seen.none()


class EntryFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    words = django_filters.CharFilter(label="Words in the name of the cost", method="with_words")
    stage = django_filters.ChoiceFilter(
        label="Status", choices=Stage.choices, empty_label="Any status"
    )
    contract = django_filters.ModelChoiceFilter(
        field_name="line__contract",
        label="Contract",
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    line = django_filters.ModelChoiceFilter(
        label="Cost", queryset=line_asked_for, empty_label="All costs"
    )
    dated_from = DayFilter(label="Dated on or after", field_name="effective_on", lookup_expr="gte")
    dated_to = DayFilter(label="Dated on or before", field_name="effective_on", lookup_expr="lte")
    recorded_from = DayFilter(label="Recorded on or after", method="recorded_since")
    recorded_to = DayFilter(label="Recorded on or before", method="recorded_until")

    class Meta:
        model = CostEntry
        fields = ["words", "stage", "contract", "line"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.data.get("line"):
            del self.filters["line"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the name."""
        for word in value.split()[:10]:
            rows = rows.filter(line__title__icontains=word)
        return rows

    def recorded_since(self, rows: Any, name: str, value: dt.date) -> Any:
        """From that day's first moment."""
        return rows.filter(recorded_at__gte=start_of_day(value))

    def recorded_until(self, rows: Any, name: str, value: dt.date) -> Any:
        """To that day's last."""
        return rows.filter(recorded_at__lt=end_of_day(value))


class Ledger(Register):
    """The entries a person may see."""

    title = "Ledger"
    noun, nouns = "entry", "entries"
    permission = "costs.view_costentry"
    filterset_class = EntryFilter
    table_class = EntryTable
    template_name = "site/costs/ledger.html"
    default_sort = ("-recorded_at",)
    last_sort = "-pk"

    def get_rows(self, request: HttpRequest) -> Any:
        rows = CostEntry.objects.visible_to(request.user)
        # Joined, the reversals are looked for in the whole ledger for each row, on SQLite with
        # statistics: hardly an entry has one.
        return rows.select_related("line__contract", "recorded_by").prefetch_related("reversal")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        sources = Source.objects.visible_to(request.user).in_bulk({row.source_id for row in rows})
        for row in rows:
            row.read_in = sources.get(row.source_id)
        return rows


PAGES = [("costs/ledger/", "ledger", Ledger.as_view())]
