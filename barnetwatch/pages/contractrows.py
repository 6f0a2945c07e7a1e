"""Contracts as lists show them: what each was let for, what is spent beside it, what is open."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Count, F, FloatField, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.html import format_html

from accounts.reading import Name
from accounts.visibility import OPEN_ONLY, Sight, kept_by_sight, sight_of
from barnetwatch.lib.money import NOTHING
from barnetwatch.lib.prepared import Prepared
from barnetwatch.lib.tables import CountColumn, DayColumn, PoundsColumn, SiteTable
from barnetwatch.pages import paying
from barnetwatch.pages.payments.planrows import signed
from contracts.awards import award_figure
from contracts.models import Contract, Supplier
from contracts.terms import last_day_figure
from costs.models import OverrunAlert
from costs.payments.plan import PlanPosition
from costs.payments.plans import plans
from costs.positions import NO_PAYMENTS
from costs.sentences import percentage
from costs.stages import LineTotals
from costs.totals import of_contracts, with_total
from incidents.models import Incident

NONE_SPENT = LineTotals(NOTHING, NOTHING, NOTHING)
NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract as a list shows it; sums in pounds, the share in per cent of the award."""

    pk: int
    supplier_pk: int
    reference: str
    title: str
    supplier: str
    status: str
    award: Decimal | None
    firm: Decimal
    at_risk: Decimal
    share: Decimal | None
    over_plan: Decimal | None
    why_no_plan: str
    alerts: int
    failures: int
    ends_on: dt.date | None
    #: Its name where it is restricted, and that of its supplier.
    kept_back: tuple[Name, ...] = ()


def contract_rows(ids: Iterable[int], user: Any, on: dt.date) -> list[ContractRow]:
    """Some contracts in the order of their ids, as far as a person may see them.

    Three queries, whatever their number; four where some entries are still to come, and two more
    once payments are imported.
    """
    wanted = list(ids)
    if not user.is_active:
        return []
    sight = sight_of(user)
    totals = of_contracts(wanted, sight, on)
    listed = _listed(sight).of(wanted)
    found = [dict(zip(_LISTED, values, strict=True)) for values in listed]
    plans = _plans(found, on)
    rows = {
        each["pk"]: _row(each, totals.get(each["pk"], NONE_SPENT), plans[each["pk"]])
        for each in found
    }
    return [rows[pk] for pk in wanted if pk in rows]


@kept_by_sight(64)
def _listed(sight: Sight) -> Prepared:
    """What a list says of a contract, put together once for all who see alike."""
    # Values, not rows: making fifty models of them took as long as reading them.
    return Prepared(
        Contract.objects.seen_by(sight)
        .order_by()
        .annotate(
            supplier_name=F("supplier__name"),
            has_payments=paying.are_imported(),
            award=award_figure(),
            last_day=last_day_figure(),
            alert_count=_how_many(OverrunAlert.objects.seen_by(sight).standing().order_by()),
            failure_count=_how_many(Incident.objects.seen_by(sight).unfinished().order_by()),
            is_open_to_all=OPEN_ONLY.flag(Contract),
            supplier_is_open=OPEN_ONLY.flag(Supplier, "supplier__"),
        )
        .values_list(*_LISTED)
    )


_NAMES = ("pk", "supplier_id", "reference", "title", "status", "starts_on", "ends_on")
_FIGURES = ("supplier_name", "has_payments", "award", "last_day", "alert_count", "failure_count")
_LISTED = (*_NAMES, *_FIGURES, "is_open_to_all", "supplier_is_open")
_STATUS = dict(Contract.Status.choices)


def _plans(found: list[dict[str, Any]], on: dt.date) -> dict[int, PlanPosition]:
    """Where payments of each stand against its plan; nothing is asked before any is imported."""
    if not any(each["has_payments"] for each in found):
        return {each["pk"]: PlanPosition(why_not=str(NO_PAYMENTS)) for each in found}
    held = {
        each["pk"]: (
            Contract(pk=each["pk"], starts_on=each["starts_on"], ends_on=each["ends_on"]),
            each["award"],
        )
        for each in found
    }
    return {pk: plan.position for pk, plan in plans(held, on, imported=True).items()}


def _row(found: dict[str, Any], totals: LineTotals[Decimal], plan: PlanPosition) -> ContractRow:
    award = found["award"]
    return ContractRow(
        pk=found["pk"],
        supplier_pk=found["supplier_id"],
        reference=found["reference"],
        title=found["title"],
        supplier=found["supplier_name"],
        status=str(_STATUS[found["status"]]),
        award=award,
        firm=totals.firm,
        at_risk=totals.at_risk,
        share=percentage(totals.at_risk, award) if award else None,
        over_plan=plan.over,
        why_no_plan=plan.why_not,
        alerts=found["alert_count"],
        failures=found["failure_count"],
        ends_on=found["last_day"],
        kept_back=tuple(_kept_back(found)),
    )


def _kept_back(found: dict[str, Any]) -> Iterator[Name]:
    if not found["is_open_to_all"]:
        yield Name("contracts.contract", found["pk"])
    if not found["supplier_is_open"]:
        yield Name("contracts.supplier", found["supplier_id"])


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
    over_plan = PoundsColumn(verbose_name="Over plan", orderable=False, empty_values=())
    alerts = CountColumn("Overruns open", order_by="alert_count")
    failures = CountColumn("Failures open", order_by="failure_count")
    ends_on = DayColumn(verbose_name="Last day", default=NOT_KNOWN, order_by="last_day")

    class Meta(SiteTable.Meta):
        empty_text = "No contract matches these filters."

    def render_reference(self, record: ContractRow) -> str:
        return format_html(
            '<a href="{}">{}</a><span class="bw-under">{}</span>',
            reverse("admin:contract", args=[record.pk]),
            record.reference,
            record.title,
        )

    def value_reference(self, record: ContractRow) -> str:
        return record.reference

    def render_supplier(self, value: str, record: ContractRow) -> str:
        address = reverse("admin:supplier", args=[record.supplier_pk])
        return format_html('<a href="{}">{}</a>', address, value)

    def value_supplier(self, record: ContractRow) -> str:
        return record.supplier

    def render_over_plan(self, value: Decimal | None, record: ContractRow) -> str:
        if value is None:
            return format_html('<span class="bw-why">{}</span>', record.why_no_plan)
        return signed(value)

    def value_over_plan(self, value: Decimal | None, record: ContractRow) -> Decimal | str:
        return record.why_no_plan if value is None else value

    def render_share(self, value: Decimal) -> str:
        return f"{value}%"

    def value_share(self, value: Decimal) -> Decimal:
        return value
