"""One payment: where it stands in its file, what it was for, and which rule decides whose it is."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_table
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.payments import allocating
from barnetwatch.pages.payments.register import payee_of
from barnetwatch.pages.payments.standing import IMPORTING
from costs.models import AttributionRule, Payment, PaymentFile
from costs.payments.attributing import deciding, explain

#: Other payments of the same reference that the page lists.
SHOWN = 20


@needs("costs.view_payment")
def payment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment, of a file that counts or not."""
    rows = Payment.objects.visible_to(request.user).select_related(
        "payee", "file__publisher", "file__recorded_by", "file__reading"
    )
    payment = get_object_or_404(rows, pk=pk)
    counts = PaymentFile.objects.current().filter(pk=payment.file_id).exists()
    seen = AttributionRule.objects.visible_to(request.user)
    rule = deciding([payment], seen).get(payment.pk)
    same = _same_reference(payment, request.user)
    return site_page(
        request,
        "site/payments/payment.html",
        f"{payee_of(payment)}, {in_table(payment.amount)}",
        about=payment,
        crumbs=[("Payments", reverse("admin:payments"))],
        payment=payment,
        payee=payee_of(payment),
        amount=in_table(payment.amount),
        facts=list(_facts(payment)),
        counts=counts,
        why_not="" if counts else _why_not(payment),
        imported_on=in_words(timezone.localdate(payment.file.recorded_at)),
        rule=rule,
        contract=rule.contract if rule else None,
        explained=explain(rule),
        raw=payment.raw if _may_be_read(payment, request.user) else "",
        allocation=allocating.standing_of(payment, request.user),
        may_allocate=counts and rule is not None and request.user.has_perm(allocating.ALLOCATING),
        others=[(row, payee_of(row)) for row in same[:SHOWN]],
        has_more=len(same) > SHOWN,
    )


def _facts(payment: Payment) -> Iterator[tuple[str, str]]:
    """What the file says of it, column by column; what it does not give is left out."""
    yield "Paid", str(payment.paid) if payment.paid_on else "The file gives no day"
    for name in ("directorate", "department", "expenditure_type", "purpose", "reference"):
        if words := getattr(payment, name):
            yield name.replace("_", " ").capitalize(), words
    if payment.contract_reference:
        yield "Contract reference, as published", payment.contract_reference


def _same_reference(payment: Payment, user: Any) -> list[Payment]:
    """Other payments to the same name under the same reference, in the order of their files."""
    if not payment.reference:
        return []
    rows = Payment.objects.visible_to(user).counted().select_related("payee", "file").defer("raw")
    same = rows.filter(payee=payment.payee_id, reference=payment.reference).exclude(pk=payment.pk)
    return list(same.order_by("paid_on", "file", "line")[: SHOWN + 1])


def _why_not(payment: Payment) -> str:
    """Why its file counts no longer."""
    withdrawal = getattr(payment.file, "withdrawal", None)
    if withdrawal is not None:
        day = in_words(timezone.localdate(withdrawal.recorded_at))
        return f"Its file was withdrawn on {day}: {withdrawal.reason}"
    later = PaymentFile.objects.standing().filter(reading__replaces=payment.file_id).first()
    return f"Its file was published anew, as {later}." if later else "Its file does not count."


def _may_be_read(payment: Payment, user: Any) -> bool:
    """A row whose payee is kept back may name them all the same: only importers read it here."""
    return bool(not payment.redacted or user.has_perm(IMPORTING))


PAGES = [("payments/<int:pk>/", "payment", payment_page)]
