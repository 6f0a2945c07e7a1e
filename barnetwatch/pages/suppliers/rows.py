"""Suppliers as their register shows them: contracts, what stands beside them, what is open."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.html import format_html

from barnetwatch.lib.money import PoundsField, in_table
from barnetwatch.lib.tables import CountColumn, PoundsColumn, SiteTable
from barnetwatch.pages import paying
from barnetwatch.pages.contractrows import NONE_SPENT, NOT_KNOWN, open_alerts, open_failures
from contracts.awards import award_figure
from contracts.models import Contract, Supplier
from costs.models import AttributionRule, CostLine
from costs.payments.decided import by_supplier as by_files_of
from costs.positions import NO_PAYMENTS
from costs.totals import by_supplier, with_total

NONE_KNOWN = (None, None)


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier as the list shows it; `apart` is at risk in no contract's total."""

    supplier: Supplier
    name: str
    contracts: int
    awards: Decimal | None
    firm: Decimal
    at_risk: Decimal
    apart: Decimal
    alerts: int
    failures: int
    #: Under its contracts and in none of them, by the council's files; None where no rule speaks
    #: of it, and `why_not` says why.
    paid: Decimal | None = None
    waiting: Decimal | None = None
    why_not: str = ""


def supplier_rows(ids: Iterable[int], user: Any, on: dt.date) -> list[SupplierRow]:
    """Some suppliers in the order of their ids, as far as a person may see what they hold.

    Four queries, whatever their number; more where some entries are still to come, and where
    rules ask for references.
    """
    wanted = list(ids)
    suppliers = Supplier.objects.visible_to(user).filter(pk__in=wanted)
    counts = {name: count(user) for name, count in COUNTS.items()}
    found = suppliers.annotate(has_payments=paying.are_imported(), **counts)
    theirs = Q(contract__supplier__in=wanted) | Q(contract__isnull=True, supplier__in=wanted)
    beside, apart = by_supplier(CostLine.objects.visible_to(user).filter(theirs), on)
    by_files = by_files_of(wanted, AttributionRule.objects.visible_to(user))
    rows = {
        each.pk: SupplierRow(
            supplier=each,
            name=each.name,
            contracts=each.contract_count,
            awards=each.awards,
            firm=beside.get(each.pk, NONE_SPENT).firm,
            at_risk=beside.get(each.pk, NONE_SPENT).at_risk,
            apart=apart.get(each.pk, NONE_SPENT).at_risk,
            alerts=each.alert_count,
            failures=each.failure_count,
            paid=by_files.get(each.pk, NONE_KNOWN)[0],
            waiting=by_files.get(each.pk, NONE_KNOWN)[1],
            why_not="none attributed yet" if each.has_payments else str(NO_PAYMENTS),
        )
        for each in found
    }
    return [rows[pk] for pk in wanted if pk in rows]


def with_figure(suppliers: Any, name: str, user: Any, on: dt.date) -> Any:
    """Suppliers with one column of the list, as the database sorts by it."""
    match name:
        case "firm" | "at_risk":
            return with_total(suppliers, name, user, on, lines="contracts__cost_lines")
        case "apart":
            nowhere = Q(cost_lines__contract__isnull=True)
            return with_total(suppliers, "at_risk", user, on, lines="cost_lines", only=nowhere)
        case "contracts" | "alerts" | "failures" | "awards":
            column = name if name == "awards" else f"{name.removesuffix('s')}_count"
            return suppliers.annotate(**{column: COUNTS[column](user)})
    return suppliers


def _contracts(user: Any) -> Any:
    return _how_many(Contract.objects.visible_to(user).filter(supplier=OuterRef("pk")).order_by())


def _awards(user: Any) -> Any:
    held = Contract.objects.visible_to(user).filter(supplier=OuterRef("pk")).order_by()
    together = held.annotate(award=award_figure()).values("supplier").annotate(Sum("award"))
    return Subquery(together.values("award__sum"), output_field=PoundsField())


def _alerts(user: Any) -> Any:
    return _how_many(open_alerts(user).filter(contract__supplier=OuterRef("pk")))


def _failures(user: Any) -> Any:
    its = Q(contract__supplier=OuterRef("pk")) | Q(supplier=OuterRef("pk"))
    return _how_many(open_failures(user).filter(its))


def _how_many(rows: QuerySet[Any]) -> Any:
    counted = rows.annotate(all_of_them=Value(1)).values("all_of_them").annotate(Count("pk"))
    return Coalesce(Subquery(counted.values("pk__count")), 0)


#: Columns that are read for each supplier by itself.
COUNTS = {
    "contract_count": _contracts,
    "awards": _awards,
    "alert_count": _alerts,
    "failure_count": _failures,
}


class SupplierTable(SiteTable):
    """The list; every column sorts both ways."""

    caption = "Suppliers"
    name = tables.Column("Supplier")
    contracts = CountColumn("Contracts", order_by="contract_count")
    awards = PoundsColumn(verbose_name="Awards together", empty_values=())
    firm = PoundsColumn(verbose_name="Firm")
    at_risk = PoundsColumn(verbose_name="At risk")
    apart = PoundsColumn(verbose_name="In no contract’s total", order_by="at_risk")
    paid = PoundsColumn(verbose_name="Paid under its contracts", orderable=False, empty_values=())
    waiting = PoundsColumn(verbose_name="Not yet attributed", orderable=False, default="")
    alerts = CountColumn("Overruns open", order_by="alert_count")
    failures = CountColumn("Failures open", order_by="failure_count")

    class Meta(SiteTable.Meta):
        empty_text = "No supplier matches these filters."

    def render_name(self, record: SupplierRow) -> str:
        return format_html('<a href="{}">{}</a>', record.supplier.get_absolute_url(), record.name)

    def render_awards(self, value: Decimal | None, record: SupplierRow) -> str:
        if value is None:
            return NOT_KNOWN if record.contracts else "no contract"
        return in_table(value)

    def render_paid(self, value: Decimal | None, record: SupplierRow) -> str:
        if value is None:
            return format_html('<span class="bw-why">{}</span>', record.why_not)
        return in_table(value)

    def value_paid(self, value: Decimal | None) -> Decimal | None:
        return value

    def value_awards(self, value: Decimal | None) -> Decimal | None:
        return value

    def value_name(self, record: SupplierRow) -> str:
        return record.name
