"""Contracts as lists show them: what each was let for, what is spent beside it, what is open."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Count, FloatField, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils.html import format_html

from barnetwatch.lib.money import NOTHING
from barnetwatch.lib.tables import CountColumn, DayColumn, PoundsColumn, SiteTable
from contracts.awards import award_figure
from contracts.models import Contract
from contracts.terms import last_day_figure
from costs.models import CostLine, OverrunAlert
from costs.positions import NO_PAYMENTS
from costs.sentences import percentage
from costs.stages import LineTotals
from costs.totals import by_contract, with_total
from incidents.models import Incident

NONE_SPENT = LineTotals(NOTHING, NOTHING, NOTHING)
NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract as a list shows it; sums in pounds, the share in per cent of the award."""

    contract: Contract
    reference: str
    title: str
    supplier: str
    status: str
    award: Decimal | None
    firm: Decimal
    at_risk: Decimal
    share: Decimal | None
    over_plan: str
    alerts: int
    failures: int
    ends_on: dt.date | None


def contract_rows(ids: Iterable[int], user: Any, on: dt.date) -> list[ContractRow]:
    """Some contracts in the order of their ids, as far as a person may see them.

    Two queries, whatever their number; three where some entries are still to come.
    """
    wanted = list(ids)
    contracts = Contract.objects.visible_to(user).filter(pk__in=wanted).select_related("supplier")
    found = contracts.only("reference", "title", "status", "supplier__name").annotate(
        award=award_figure(),
        last_day=last_day_figure(),
        alert_count=_how_many(open_alerts(user)),
        failure_count=_how_many(open_failures(user)),
    )
    totals = by_contract(CostLine.objects.visible_to(user).filter(contract__in=wanted), on)
    rows = {each.pk: _row(each, totals.get(each.pk, NONE_SPENT)) for each in found}
    return [rows[pk] for pk in wanted if pk in rows]


def _row(contract: Any, totals: LineTotals[Decimal]) -> ContractRow:
    return ContractRow(
        contract=contract,
        reference=contract.reference,
        title=contract.title,
        supplier=contract.supplier.name,
        status=contract.get_status_display(),
        award=contract.award,
        firm=totals.firm,
        at_risk=totals.at_risk,
        share=percentage(totals.at_risk, contract.award) if contract.award else None,
        over_plan=str(NO_PAYMENTS),
        alerts=contract.alert_count,
        failures=contract.failure_count,
        ends_on=contract.last_day,
    )


def with_figure(contracts: Any, name: str, user: Any, on: dt.date) -> Any:
    """Contracts with one column of the list, as the database sorts by it."""
    match name:
        case "award":
            return contracts.annotate(award=award_figure())
        case "firm" | "at_risk":
            return with_total(contracts, name, user, on, lines="cost_lines")
        case "share":
            added_up = with_total(contracts, "at_risk", user, on, lines="cost_lines")
            share = Cast("at_risk", FloatField()) / Cast(award_figure(), FloatField())
            return added_up.annotate(share=share)
        case "alerts":
            seen = Q(alerts__in=open_alerts(user))
            return contracts.annotate(alert_count=Count("alerts", filter=seen))
        case "failures":
            seen = Q(incidents__in=open_failures(user))
            return contracts.annotate(failure_count=Count("incidents", filter=seen))
        case "ends_on":
            return contracts.annotate(last_day=last_day_figure())
    return contracts


def open_alerts(user: Any) -> Any:
    """The overruns that a person may see, as long as they last."""
    return OverrunAlert.objects.visible_to(user).standing().order_by()


def open_failures(user: Any) -> Any:
    """The failures that a person may see, until they are resolved or closed."""
    return Incident.objects.visible_to(user).unfinished().order_by()


def _how_many(rows: Any) -> Any:
    """How many of some rows belong to each contract, as a column."""
    of_one = rows.filter(contract=OuterRef("pk")).values("contract").annotate(Count("pk"))
    return Coalesce(Subquery(of_one.values("pk__count")), 0)


class ContractTable(SiteTable):
    """The list. A contract's title stands under its reference; in a file it has its own column."""

    caption = "Contracts"
    reference = tables.Column("Contract")
    title = tables.Column("Title", visible=False)
    supplier = tables.Column("Supplier", order_by="supplier__name")
    status = tables.Column("Status")
    award = PoundsColumn(verbose_name="Award", default=NOT_KNOWN)
    firm = PoundsColumn(verbose_name="Firm")
    at_risk = PoundsColumn(verbose_name="At risk")
    share = CountColumn("Share of award, %", default=NOT_KNOWN)
    over_plan = tables.Column("Over plan", orderable=False)
    alerts = CountColumn("Overruns open", order_by="alert_count")
    failures = CountColumn("Failures open", order_by="failure_count")
    ends_on = DayColumn(verbose_name="Last day", default=NOT_KNOWN, order_by="last_day")

    class Meta(SiteTable.Meta):
        empty_text = "No contract matches these filters."

    def render_reference(self, record: ContractRow) -> str:
        return format_html(
            '<a href="{}">{}</a><span class="bw-under">{}</span>',
            record.contract.get_absolute_url(),
            record.reference,
            record.title,
        )

    def value_reference(self, record: ContractRow) -> str:
        return record.reference

    def render_supplier(self, record: ContractRow) -> str:
        supplier = record.contract.supplier
        return format_html('<a href="{}">{}</a>', supplier.get_absolute_url(), supplier.name)

    def value_supplier(self, record: ContractRow) -> str:
        return record.supplier

    def render_share(self, value: Decimal) -> str:
        return f"{value}%"

    def value_share(self, value: Decimal) -> Decimal:
        return value
