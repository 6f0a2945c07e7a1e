"""Allocate payments to the cost they paid for: a form, then what it would do, then the posting."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.page import Crumbs, needs, site_page, typed
from barnetwatch.pages.payments.forms import AllocateForm, ReleaseForm, in_one_line
from barnetwatch.pages.payments.register import payee_of
from costs.entries import described
from costs.models import AttributionRule, CostEntry, CostLine, Payment, PaymentAllocation
from costs.payments import allocating
from costs.payments.attributing import deciding, explain
from costs.previews import preview

ALLOCATING = "costs.add_paymentallocation"
RELEASING = "costs.add_allocationreleased"
#: Of what a page sends, what is not part of its form.
CONTROLS = frozenset({"csrfmiddlewaretoken", "token", "confirmed", "back"})


@needs(ALLOCATING)
def allocate_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the cost of one payment."""
    payment = the_payment(request.user, pk)
    standing = standing_of(payment, request.user)
    rule = rule_seen(payment, request.user)
    lines = lines_of(rule, request.user)
    sent = typed(request)
    form = AllocateForm(sent, lines=lines)
    page = {
        "payments": [payment],
        "payee": payee_of(payment),
        "rule": explain(rule),
        "standing": standing,
        "form": form,
        "tells": rule,
    }
    if request.method != "POST" or standing is not None or not lines or not form.is_valid():
        return _page(request, "allocate", "Allocate a payment", **page)
    return answer(request, form, [payment]) or _page(
        request, "allocate", "Allocate a payment", **page
    )


@needs(RELEASING)
def release_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why an allocation holds no longer."""
    rows = PaymentAllocation.objects.visible_to(request.user)
    related = ("payment__payee", "payment__file", "entry__line__contract", "recorded_by")
    allocation = get_object_or_404(rows.select_related(*related), pk=pk)
    line = allocation.entry.line
    if not rows.standing().filter(pk=pk).exists():
        messages.warning(request, "This allocation was undone already.")
        return HttpResponseRedirect(line.get_absolute_url())
    form = ReleaseForm(typed(request))
    page = {"allocation": allocation, "payments": [allocation.payment], "line": line, "form": form}

    def write(fields: dict[str, Any]) -> list[CostEntry]:
        allocating.release(allocation, reason=fields["reason"], by=request.user)  # type: ignore[arg-type]
        return [allocation.entry.reversal]

    found = None
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        found = written_or_shown(request, form, line, lambda: write(form.cleaned_data))
    return found or _page(request, "release", "Release a payment from its cost", **page)


def answer(
    request: HttpRequest, form: AllocateForm, payments: Sequence[Payment]
) -> HttpResponse | None:
    """What allocating the payments would do, or the way back once it is done; None to ask again."""
    if "back" in request.POST:
        return None
    line, note = form.cleaned_data["line"], form.cleaned_data["note"]

    def write() -> list[CostEntry]:
        rows = allocating.allocate_all(payments, line, note=note, by=request.user)  # type: ignore[arg-type]
        return [row.entry for row in rows]

    return written_or_shown(request, form, line, write)


def written_or_shown(
    request: HttpRequest, form: Any, line: CostLine, write: Callable[[], list[CostEntry]]
) -> HttpResponse | None:
    """The page that asks to confirm, or the way back once it is done; None where refused."""
    token = request.POST.get("token", "")
    posted: list[CostEntry] = []

    def try_it() -> CostEntry:
        posted[:] = write()
        return posted[0]

    try:
        if "confirmed" in request.POST and token:
            return _written(request, line, write, token)
        now = timezone.now()
        shown = preview(line, try_it, user=request.user, on=timezone.localdate(now), at=now)
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in CONTROLS
        for value in values
    ]
    return _page(
        request,
        "confirm",
        "Check what this would do",
        line=line,
        preview=shown,
        entries=[described(entry) for entry in posted],
        carried=carried,
        token=new_token(),
    )


def _written(
    request: HttpRequest, line: CostLine, write: Callable[[], list[CostEntry]], token: str
) -> HttpResponse:
    def write_and_note() -> list[CostEntry]:
        entries = write()
        numbers = ", ".join(str(entry.pk) for entry in entries)
        journal.write(request.user, line, CHANGE, f"Posted from payments: entry {numbers}.")
        return entries

    try:
        entries = once(token, write_and_note)
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was posted again.")
    else:
        told = described(entries[0]) if len(entries) == 1 else f"{len(entries)} entries"
        messages.success(request, f"Posted: {told}.")
    return HttpResponseRedirect(line.get_absolute_url())


def the_payment(user: Any, pk: int) -> Payment:
    """A payment that counts; one of a withdrawn or replaced file answers as if it were gone."""
    rows = Payment.objects.visible_to(user).counted()
    found: Payment | None = rows.select_related("payee", "file__publisher").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def rule_seen(payment: Payment, user: Any) -> AttributionRule | None:
    """The rule that says what a payment is of, where the reader may see it."""
    return deciding([payment], AttributionRule.objects.visible_to(user)).get(payment.pk)


def lines_of(rule: AttributionRule | None, user: Any) -> Any:
    """The costs that the reader sees to which such a payment may be allocated."""
    lines = CostLine.objects.visible_to(user).order_by("title", "pk")
    return lines.none() if rule is None else allocating.lines_for(rule, lines)


def standing_of(payment: Payment, user: Any) -> PaymentAllocation | None:
    """The allocation of a payment that holds now, where the reader may see it."""
    rows = PaymentAllocation.objects.visible_to(user).standing().filter(payment=payment)
    found: PaymentAllocation | None = rows.select_related("entry__line", "recorded_by").first()
    return found


def crumbs() -> Crumbs:
    """The pages above."""
    return [("Payments", reverse("admin:payments"))]


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    rows = [(payment, in_one_line(payment)) for payment in context.pop("payments", ())]
    return site_page(
        request, f"site/payments/{name}.html", title, crumbs=crumbs(), rows=rows, **context
    )


PAGES = [
    ("payments/<int:pk>/allocate/", "payment_allocate", allocate_page),
    ("payments/allocations/<int:pk>/release/", "payment_release", release_page),
]
