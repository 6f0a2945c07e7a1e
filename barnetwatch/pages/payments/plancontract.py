"""One contract's payments beside its plan, by financial year and month."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.exports import FORMATS, Column, export
from barnetwatch.lib.money import NOTHING
from barnetwatch.pages import paying
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.payments.extras import NO_EXTRAS, extras_of
from barnetwatch.pages.payments.planrows import figures
from barnetwatch.pages.payments.register import payee_of
from contracts.awards import award_figure
from contracts.models import Contract
from costs.models import Payment
from costs.payments import decided
from costs.payments.months import Month, Year, months_of, years_of
from costs.payments.plans import Plan, plans

#: Negative lines, and prepayments, that the page lists.
SHOWN = 20
#: What publishers call a payment before its time.
AHEAD = ("prepay", "pre-pay", "in advance")
COLUMNS = (
    Column("Financial year"),
    Column("Month"),
    Column("Until"),
    *(
        Column(heading, is_pounds=True)
        for heading in (
            "Contracted",
            "Paid",
            "of it negative lines",
            "of it called prepayments",
            "Contracted to date",
            "Paid to date",
            "Over plan to date",
        )
    ),
)


@dataclass(frozen=True)
class Apart:
    """What of a month's or a year's payments is a credit, and what a prepayment."""

    credits: Decimal = NOTHING
    ahead: Decimal = NOTHING


@dataclass(frozen=True)
class MonthRow:
    """A month as the table prints it, with where its payments are."""

    month: Month
    apart: Apart
    url: str


@dataclass(frozen=True)
class YearRow:
    """A financial year with its months."""

    year: Year
    months: tuple[MonthRow, ...]

    @property
    def apart(self) -> Apart:
        """The same of the year."""
        return Apart(
            sum((row.apart.credits for row in self.months), NOTHING),
            sum((row.apart.ahead for row in self.months), NOTHING),
        )


@needs("costs.view_payment")
def plan_of_contract(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The table by year that unfolds to months, or the months as a file."""
    seen = Contract.objects.visible_to(request.user).select_related("supplier")
    rows = seen.annotate(award=award_figure(), has_payments=paying.are_imported())
    contract = rows.filter(pk=pk).first()
    if contract is None:
        raise Http404
    today = timezone.localdate()
    found = plans({pk: (contract, contract.award)}, today, contract.has_payments)[pk]
    its_own = Payment.objects.visible_to(request.user).counted().filter(decided.of_contract(pk))
    years = year_rows(contract, found, its_own)
    if (kind := request.GET.get("export", "")) in FORMATS:
        return export(kind, COLUMNS, _rows(years), f"paid-against-plan-{contract.reference}")
    return site_page(
        request,
        "site/payments/plan_contract.html",
        f"Paid against plan: {contract.reference}",
        crumbs=[
            ("Payments", reverse("admin:payments")),
            ("Paid against plan", reverse("admin:payments_plan")),
        ],
        contract=contract,
        position=found.position,
        figures=figures(
            found.position, extras_of({pk: found.attributed}, request.user).get(pk, NO_EXTRAS)
        ),
        years=years,
        negative=_listed(its_own.filter(amount__lt=0).order_by("amount", "pk"), found),
        ahead=_listed(its_own.filter(_called_ahead()).order_by("-amount", "pk"), found),
        payments=payments_of(pk),
        formats=[(kind, kind.upper()) for kind in FORMATS],
        shown=SHOWN,
    )


def payments_of(contract: int, month: dt.date | None = None) -> str:
    """Where the payments of a contract are listed, of one month or all."""
    asked: dict[str, int] = {"contract": contract}
    if month is not None:
        for name in ("paid_from", "paid_to"):
            asked |= {f"{name}_month": month.month, f"{name}_year": month.year}
    return f"{reverse('admin:payments')}?{urlencode(asked)}"


def year_rows(contract: Contract, found: Plan, payments: Any) -> list[YearRow]:
    """The years up to the last day covered; none where nothing was paid or nothing covers it."""
    at = found.attributed.at
    if at is None:
        return []
    apart = _apart(payments.filter(paid_on__lte=at))
    months = months_of(found.laid, found.attributed.paid.months, at)
    return [
        YearRow(
            year,
            tuple(
                MonthRow(
                    month,
                    apart.get(month.starts_on, Apart()),
                    payments_of(contract.pk, month.starts_on) if month.paid else "",
                )
                for month in year.months
            ),
        )
        for year in years_of(months)
    ]


def _apart(payments: Any) -> dict[dt.date, Apart]:
    """Credits and prepayments by month: one query."""
    negative, ahead = Q(amount__lt=0), _called_ahead()
    sums = (
        payments.filter(negative | ahead)
        .order_by()
        .annotate(month=TruncMonth("paid_on"))
        .values_list("month")
        .annotate(
            credits=Sum("amount", filter=negative, default=0),
            early=Sum("amount", filter=ahead, default=0),
        )
    )
    return {month: Apart(negatives, early) for month, negatives, early in sums}


def _called_ahead() -> Q:
    found = Q(pk__in=[])
    for words in AHEAD:
        found |= Q(purpose__icontains=words) | Q(expenditure_type__icontains=words)
    return found


def _listed(payments: Any, found: Plan) -> list[tuple[Payment, str]]:
    """The first of some payments up to the last day covered, each with who was paid."""
    if found.attributed.at is None:
        return []
    rows = payments.filter(paid_on__lte=found.attributed.at).select_related("payee", "file")
    return [(row, payee_of(row)) for row in rows.defer("raw")[: SHOWN + 1]]


def _rows(years: list[YearRow]) -> Iterator[list[Any]]:
    for year in years:
        for row in year.months:
            month = row.month
            yield [
                year.year.name,
                month.name,
                month.until,
                month.contracted,
                month.paid,
                row.apart.credits,
                row.apart.ahead,
                month.contracted_to_date,
                month.paid_to_date,
                month.over,
            ]


PAGES = [("payments/plan/<int:pk>/", "payments_plan_contract", plan_of_contract)]
