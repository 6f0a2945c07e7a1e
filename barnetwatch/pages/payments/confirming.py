"""Confirm that a published name is a supplier's, once what it would move has been seen."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.forms import SiteForm
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.payments.matching import crumbs
from barnetwatch.pages.payments.moving import told
from barnetwatch.pages.payments.standing import MATCHING
from contracts.models import Contract, Supplier
from costs.models import AttributionRule, Payee, Payment
from costs.payments import attributing
from costs.payments.moves import if_confirmed

#: Values that are offered as a list; of more, one is typed.
LISTED = 200
ASKS = ("directorate", "expenditure_type", "reference")
LABELS = {"directorate": "Directorate", "expenditure_type": "Expenditure type"}


class RuleForm(SiteForm):
    """Whose name it is, and which of its payments are of which contract."""

    supplier = forms.ModelChoiceField(
        queryset=Supplier.objects.none(),
        empty_label="Choose a supplier",
        help_text="Whose name this is in the council’s files.",
    )
    contract = forms.ModelChoiceField(
        queryset=Contract.objects.none(),
        required=False,
        empty_label="None yet: the supplier alone",
        help_text="Leave it open where the supplier has several and you cannot tell.",
    )
    directorate = forms.ChoiceField(label="Only of the directorate", required=False)
    expenditure_type = forms.ChoiceField(label="Only of the expenditure type", required=False)
    reference = forms.ChoiceField(label="Only under the reference", required=False)
    reason = forms.CharField(
        label="Why these payments belong there",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="Everybody who reads one of the payments reads this.",
        error_messages={"required": "Say why these payments belong there."},
    )

    def __init__(self, *args: Any, payee: Payee, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suppliers = Supplier.objects.visible_to(user)
        contracts = Contract.objects.visible_to(user).select_related("supplier")
        self.fields["supplier"].queryset = suppliers  # type: ignore[attr-defined]
        self.fields["contract"].queryset = contracts  # type: ignore[attr-defined]
        self.fields["contract"].label_from_instance = (  # type: ignore[attr-defined]
            lambda contract: f"{contract}: {contract.title} ({contract.supplier})"
        )
        paid = Payment.objects.visible_to(user).counted().filter(payee__key=payee.key)
        for name in ASKS:
            self._offer(name, paid)

    def _offer(self, name: str, paid: Any) -> None:
        """The values that the name's own payments have; a box to type in where they are many."""
        values = paid.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()
        found = list(values[: LISTED + 1])
        field: Any = self.fields[name]
        if len(found) > LISTED:
            self.fields[name] = forms.CharField(
                label=field.label, required=False, help_text="Exactly as the files write it."
            )
        else:
            field.choices = [("", "Any"), *((value, value) for value in found)]

    def clean(self) -> dict[str, Any]:
        """A contract is the supplier's own; what narrows a rule narrows it for a contract."""
        given = super().clean() or self.cleaned_data
        contract, supplier = given.get("contract"), given.get("supplier")
        if contract and supplier and contract.supplier_id != supplier.pk:
            self.add_error(
                "contract",
                f"{contract} is with {contract.supplier}. Choose a contract of {supplier}.",
            )
        if contract is None and any(given.get(name) for name in ASKS):
            self.add_error("contract", "Choose the contract that these payments are of.")
        return given


@dataclass(frozen=True)
class Asked:
    """What a form asks for, to tell whether it was shown what that would move."""

    supplier: int
    contract: int | None
    asks: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join([str(self.supplier), str(self.contract or ""), *self.asks])


@needs(MATCHING)
def match_page(request: HttpRequest, payee: int) -> HttpResponse:
    """A form about one published name; below it what the rule would move, and then the button."""
    found = get_object_or_404(Payee.objects.visible_to(request.user), pk=payee)
    sent = typed(request)
    form = RuleForm(sent, payee=found, user=request.user, initial=_initial(request, found))
    preview, asked = None, ""
    if sent is not None and form.is_valid():
        asked = str(_asked(form.cleaned_data))
        if request.method == "POST" and request.POST.get("shown") == asked:
            answer = _confirmed(request, form, found)
            if answer is not None:
                return answer
        else:
            preview = _preview(form.cleaned_data, found, request.user)
    elif sent is None and (given := _chosen(form)) is not None:
        preview, asked = _preview(given, found, request.user), str(_asked(given))
    return site_page(
        request,
        "site/payments/match.html",
        f"Whose name is {found.name}?",
        crumbs=[*crumbs(), ("Match payments", reverse("admin:payments_matching"))],
        form=form,
        payee=found,
        preview=preview,
        asked=asked,
        token=new_token(),
    )


def _initial(request: HttpRequest, payee: Payee) -> dict[str, Any]:
    """What the worklist proposes, as far as the reader may see it."""
    given: dict[str, Any] = {}
    for name, model in (("supplier", Supplier), ("contract", Contract)):
        asked = request.GET.get(name, "")
        if asked.isascii() and asked.isdigit() and len(asked) < 19:
            given[name] = model.objects.visible_to(request.user).filter(pk=asked).first()
    if supplier := given.get("supplier"):
        given["reason"] = (
            f"“{payee.name}” is the name under which the council publishes its payments to "
            f"{supplier}."
        )
    return given


def _chosen(form: RuleForm) -> dict[str, Any] | None:
    """What stands in a form that was filled in for somebody; None where no supplier does."""
    given = form.initial
    if not given.get("supplier"):
        return None
    return {**given, **dict.fromkeys(ASKS, "")}


def _asked(given: dict[str, Any]) -> Asked:
    contract = given.get("contract")
    return Asked(
        given["supplier"].pk,
        contract.pk if contract else None,
        tuple(given.get(name) or "" for name in ASKS),
    )


def _preview(given: dict[str, Any], payee: Payee, user: Any) -> Any:
    rule = AttributionRule(
        key=payee.key,
        supplier=given["supplier"],
        contract=given.get("contract"),
        **{name: given.get(name) or "" for name in ASKS},
    )
    return told(if_confirmed(rule), user, timezone.localdate())


def _confirmed(request: HttpRequest, form: RuleForm, payee: Payee) -> HttpResponse | None:
    """The way back once it is done; None where it was refused, with the reason on the form."""

    def write() -> AttributionRule:
        return attributing.confirm(payee.name, by=request.user, **form.cleaned_data)

    try:
        once(request.POST.get("token") or new_token(), write)
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was confirmed again.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    else:
        contract = form.cleaned_data["contract"]
        whose = f"{contract}" if contract else f"{form.cleaned_data['supplier']}"
        messages.success(request, f"Confirmed: payments to {payee.name} belong to {whose}.")
    return HttpResponseRedirect(reverse("admin:payments_matching"))


PAGES = [("payments/matching/<int:payee>/", "payments_match", match_page)]
