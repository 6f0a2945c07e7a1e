"""The register of cost lines: each thing that costs money, and what it comes to."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from barnetwatch.lib.registers import Register, SiteFilterSet, TickFilter
from barnetwatch.lib.tables import PoundsColumn, SiteTable
from contracts.models import Contract, Supplier
from costs.models import CostLine
from costs.models.total import measure_columns_on
from costs.stages import line_totals
from costs.totals import nets_on


class LineTable(SiteTable):
    """The list."""

    caption = "Costs"
    title = tables.Column("Cost", linkify=True)
    contract = tables.Column("Contract", order_by="contract__reference", default="none named")
    supplier = tables.Column(
        "Paid to", accessor="paid_to", order_by="supplier__name", default="not confirmed"
    )
    kind = tables.Column("Kind")
    firm_now = PoundsColumn(verbose_name="Firm", order_by="firm")
    at_risk_now = PoundsColumn(verbose_name="At risk", order_by="at_risk")
    paid_now = PoundsColumn(verbose_name="Paid", order_by="paid_net")

    class Meta(SiteTable.Meta):
        empty_text = "No cost matches these filters."

    def value_contract(self, record: CostLine) -> str:
        return str(record.contract)

    def value_supplier(self, record: Any) -> str:
        return str(record.paid_to)


class LineFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words in the title or the note", method="with_words")
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    supplier = django_filters.ModelChoiceFilter(
        label="Paid to",
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        empty_label="All suppliers",
    )
    kind = django_filters.ChoiceFilter(choices=CostLine.Kind, empty_label="Any kind")
    funded_by = django_filters.CharFilter(label="Funded by", lookup_expr="icontains")
    apart = TickFilter(label="In no contract’s total", method="only_apart")

    class Meta:
        model = CostLine
        fields = ["q", "contract", "supplier", "kind", "funded_by"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the title or the note."""
        for word in value.split()[:10]:
            rows = rows.filter(Q(title__icontains=word) | Q(note__icontains=word))
        return rows

    def only_apart(self, rows: Any, name: str, value: bool | None) -> Any:
        """Those in no contract's total: none is named, or their kind enters none."""
        if not value:
            return rows
        return rows.filter(Q(contract__isnull=True) | ~Q(kind__in=CostLine.SUPPLEMENTARY))


class Costs(Register):
    """The cost lines a person may see."""

    title = "Costs"
    noun, nouns = "cost", "costs"
    permission = "costs.view_costline"
    filterset_class = LineFilter
    table_class = LineTable
    template_name = "site/costs/register.html"
    default_sort = ("-at_risk_now",)

    def get_rows(self, request: HttpRequest) -> Any:
        rows = CostLine.objects.visible_to(request.user).select_related("contract", "supplier")
        return rows.annotate(**measure_columns_on("running_total", timezone.localdate()))

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        nets = nets_on([row.pk for row in rows], timezone.localdate())
        for row in rows:
            totals = line_totals(nets.get(row.pk, {}))
            row.firm_now, row.at_risk_now = totals.firm, totals.at_risk
            row.paid_now, row.paid_to = totals.paid, row.supplier
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"may_open": request.user.has_perm("costs.add_costline")}


PAGES = [("costs/", "costs", Costs.as_view())]
