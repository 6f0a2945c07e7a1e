"""The contracts with what is spent beside each: supplier, award, firm, at risk, what is open."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django_tables2 import RequestConfig

from barnetwatch.lib.money import NOTHING, in_table
from contracts.awards import standing_awards
from contracts.models import Contract, Supplier
from costs.models import CostLine, OverrunAlert
from costs.sentences import percentage
from costs.stages import LineTotals
from costs.totals import by_contract
from incidents.models import Incident

_NONE = LineTotals(NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class ContractRow:
    """One contract as the list shows it; sums in pounds, the share in per cent of the award."""

    contract: Contract
    reference: str
    supplier: str
    status: str
    award: Decimal | None
    firm: Decimal
    at_risk: Decimal
    share: Decimal | None
    alerts: int
    failures: int
    ends_on: dt.date | None


def contract_rows(contracts: Any, user: Any, on: dt.date) -> list[ContractRow]:
    """The rows of some contracts as one person may see them; the queries do not grow with them."""
    found = list(contracts.select_related("supplier"))
    awards = standing_awards([contract.pk for contract in found])
    totals = by_contract(CostLine.objects.visible_to(user), on)
    alerts = _count(OverrunAlert.objects.visible_to(user).standing())
    failures = _count(Incident.objects.visible_to(user).unfinished())
    return [
        _row(
            contract,
            awards[contract.pk].amount if contract.pk in awards else None,
            totals.get(contract.pk, _NONE),
            alerts.get(contract.pk, 0),
            failures.get(contract.pk, 0),
        )
        for contract in found
    ]


def _row(
    contract: Contract,
    award: Decimal | None,
    totals: LineTotals[Decimal],
    alerts: int,
    failures: int,
) -> ContractRow:
    return ContractRow(
        contract=contract,
        reference=contract.reference,
        supplier=contract.supplier.name,
        status=contract.get_status_display(),
        award=award,
        firm=totals.firm,
        at_risk=totals.at_risk,
        share=percentage(totals.at_risk, award) if award else None,
        alerts=alerts,
        failures=failures,
        ends_on=contract.ends_on,
    )


def _count(rows: Any) -> dict[int, int]:
    return dict(rows.order_by().values_list("contract").annotate(Count("pk")))


class ContractTable(tables.Table):
    """The list; every column sorts both ways."""

    reference = tables.Column("Contract", linkify=lambda record: record.contract.get_absolute_url())
    supplier = tables.Column("Supplier")
    status = tables.Column("Status")
    award = tables.Column("Award", default="not known", attrs={"td": {"class": "sum"}})
    firm = tables.Column("Firm", attrs={"td": {"class": "sum"}})
    at_risk = tables.Column("At risk", attrs={"td": {"class": "sum"}})
    share = tables.Column("Of the award", default="not known", attrs={"td": {"class": "sum"}})
    alerts = tables.Column("Overruns open", attrs={"td": {"class": "sum"}})
    failures = tables.Column("Failures open", attrs={"td": {"class": "sum"}})
    ends_on = tables.DateColumn(verbose_name="Last day as let", format="j F Y", default="not known")

    class Meta:
        template_name = "barnetwatch/table.html"
        attrs = {"class": "register"}
        order_by = ("-at_risk", "reference")
        empty_text = "No contract matches these filters."

    def render_award(self, value: Decimal) -> str:
        return in_table(value)

    render_firm = render_at_risk = render_award

    def render_share(self, value: Decimal) -> str:
        return f"{value}%"


class ContractFilter(django_filters.FilterSet):
    """Filters whose choices name only what the reader may see."""

    supplier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        empty_label="All suppliers",
    )
    status = django_filters.ChoiceFilter(choices=Contract.Status, empty_label="Any status")

    class Meta:
        model = Contract
        fields = ["supplier", "status"]


@permission_required("contracts.view_contract", raise_exception=True)
def contracts_page(request: HttpRequest) -> HttpResponse:
    """The contracts a person may see, filtered and sorted as the address says."""
    chosen = ContractFilter(
        request.GET, queryset=Contract.objects.visible_to(request.user), request=request
    )
    rows = contract_rows(chosen.qs, request.user, timezone.localdate())
    table = ContractTable(rows)
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    context = admin.site.each_context(request) | {
        "title": "Contracts and what is spent beside them",
        "filter": chosen,
        "table": table,
    }
    return TemplateResponse(request, "barnetwatch/contracts.html", context)
