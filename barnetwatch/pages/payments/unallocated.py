"""Several payments of a contract to one cost: a month's list with boxes to tick."""

import datetime as dt
from typing import Any

from django.db.models.functions import Abs, TruncMonth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from barnetwatch.lib.dates import Precision, counts_from, in_words
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.payments.allocating import ALLOCATING, answer
from barnetwatch.pages.payments.forms import AllocateSeveralForm
from contracts.models import Contract
from costs.models import AttributionRule, CostLine, Payment, PaymentAllocation
from costs.payments.allocating import lines_for
from costs.payments.attributing import deciding

#: Payments of a month that are read, the largest first, and of those the ones that are shown.
READ, SHOWN = 500, 100


@needs(ALLOCATING)
def unallocated_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract's payments of a month that are allocated to no cost yet, the largest first."""
    contract = get_object_or_404(Contract.objects.visible_to(request.user), pk=pk)
    rules = AttributionRule.objects.visible_to(request.user).standing().filter(contract=contract)
    keys = sorted(set(rules.values_list("key", flat=True)))
    counted = Payment.objects.visible_to(request.user).counted().filter(payee__key__in=keys)
    months = _months(counted)
    month = next((each for each in months if f"{each:%Y-%m}" == request.GET.get("month")), None)
    month = month or (months[0] if months else None)
    found = _unallocated(counted, contract, month, request.user) if month else []
    rule = rules.first()
    lines = CostLine.objects.visible_to(request.user).order_by("title", "pk")
    lines = lines.none() if rule is None else lines_for(rule, lines)
    form = AllocateSeveralForm(typed(request), lines=lines, payments=found[:SHOWN])
    if request.method == "POST" and lines and form.is_valid():
        ticked = set(form.cleaned_data["payments"])
        chosen = [payment for payment in found if payment.pk in ticked]
        if shown := answer(request, form, chosen):
            return shown
    return site_page(
        request,
        "site/payments/unallocated.html",
        f"Allocate payments of {contract}",
        crumbs=[
            ("Contracts", reverse("admin:contracts")),
            (str(contract), contract.get_absolute_url()),
        ],
        contract=contract,
        months=[(f"{each:%Y-%m}", in_words(each, Precision.MONTH)) for each in months],
        month=f"{month:%Y-%m}" if month else "",
        month_in_words=in_words(month, Precision.MONTH) if month else "",
        found=found,
        lines=lines,
        more=max(0, len(found) - SHOWN),
        shown=SHOWN,
        form=form,
    )


def _months(rows: Any) -> list[dt.date]:
    """The months in which the names that rules speak of were paid, the latest first."""
    dated = rows.filter(paid_on__isnull=False).order_by()
    months = dated.annotate(month=TruncMonth("paid_on")).values_list("month", flat=True)
    return sorted(set(months.distinct()), reverse=True)


def _unallocated(rows: Any, contract: Contract, month: dt.date, user: Any) -> list[Payment]:
    taken = PaymentAllocation.all_rows.standing().values("payment")
    of_month = rows.filter(paid_on__range=(month, counts_from(month, Precision.MONTH)))
    candidates = list(
        of_month.exclude(pk__in=taken)
        .exclude(amount=0)
        .select_related("payee", "file")
        .order_by(Abs("amount").desc(), "pk")[:READ]
    )
    decided = deciding(candidates, AttributionRule.objects.visible_to(user))
    return [
        payment
        for payment in candidates
        if payment.pk in decided and decided[payment.pk].contract_id == contract.pk
    ]


PAGES = [("payments/contract/<int:pk>/allocate/", "payments_allocate", unallocated_page)]
