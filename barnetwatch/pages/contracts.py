"""The contracts with what is spent beside each: supplier, award, firm, at risk, what is open."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone

from barnetwatch.lib.money import NOTHING
from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, DayColumn, PoundsColumn, SiteTable
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
    found = list(contracts)
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


class ContractTable(SiteTable):
    """The list; every column sorts both ways."""

    caption = "Contracts"
    reference = tables.Column("Contract", linkify=lambda record: record.contract.get_absolute_url())
    supplier = tables.Column("Supplier", order_by="supplier__name")
    status = tables.Column("Status")
    award = PoundsColumn(verbose_name="Award", default="not known", orderable=False)
    firm = PoundsColumn(verbose_name="Firm", orderable=False)
    at_risk = PoundsColumn(verbose_name="At risk", orderable=False)
    share = CountColumn("Of the award", default="not known", orderable=False)
    alerts = CountColumn("Overruns open", orderable=False)
    failures = CountColumn("Failures open", orderable=False)
    ends_on = DayColumn(verbose_name="Last day as let", default="not known")

    class Meta(SiteTable.Meta):
        empty_text = "No contract matches these filters."

    def render_share(self, value: Decimal) -> str:
        return f"{value}%"


class ContractFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    supplier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        empty_label="All suppliers",
    )
    status = django_filters.ChoiceFilter(choices=Contract.Status, empty_label="Any status")

    class Meta:
        model = Contract
        fields = ["supplier", "status"]


class Contracts(Register):
    """The contracts a person may see, filtered and sorted as the address says."""

    title = "Contracts and what is spent beside them"
    noun, nouns = "contract", "contracts"
    permission = "contracts.view_contract"
    filterset_class = ContractFilter
    table_class = ContractTable
    default_sort = ("reference",)

    def get_rows(self, request: HttpRequest) -> Any:
        return Contract.objects.visible_to(request.user).select_related("supplier")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[ContractRow]:
        return contract_rows(rows, request.user, timezone.localdate())


PAGES = [("contracts/", "contracts", Contracts.as_view())]
