"""What is asked before a payment is allocated to a cost, or released from it."""

from collections.abc import Sequence
from typing import Any

from django import forms

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import SiteForm
from barnetwatch.lib.money import in_table
from barnetwatch.pages.payments.register import payee_of
from costs.models import CostLine, Payment


class LineField(forms.ModelChoiceField):
    """A cost, told with what it is for and whether any contract's total has it."""

    def label_from_instance(self, line: CostLine) -> str:  # type: ignore[override]
        where = "" if line.contract_id else ", in no contract’s total"
        return f"{line.title} ({line.get_kind_display().lower()}{where})"


class AllocateForm(SiteForm):
    """To which cost."""

    line = LineField(
        label="Cost",
        queryset=CostLine.objects.none(),
        empty_label="Choose a cost",
        help_text="What the payment was for. Open a new cost first if it is not on the list.",
        error_messages={"required": "Choose the cost that the payment was for."},
    )
    note = forms.CharField(
        label="Why it belongs to this cost",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Everybody who sees the cost reads this.",
    )

    def __init__(self, *args: Any, lines: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]


class AllocateSeveralForm(AllocateForm):
    """The same for several payments of one contract at once."""

    payments = forms.TypedMultipleChoiceField(
        label="Payments",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick those that were for the same cost.",
        error_messages={"required": "Tick at least one payment."},
    )
    field_order = ["payments", "line", "note"]

    def __init__(self, *args: Any, payments: Sequence[Payment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(payment.pk, in_one_line(payment)) for payment in payments]
        self.fields["payments"].choices = choices  # type: ignore[attr-defined]


class ReleaseForm(SiteForm):
    """Why an allocation holds no longer."""

    reason = forms.CharField(
        label="Why it does not belong to this cost",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who sees the cost reads this.",
        error_messages={"required": "Say why the payment does not belong to this cost."},
    )


def in_one_line(payment: Payment) -> str:
    """A payment told in a line: £20.00 to Capita Ltd, 10 April 2018, Support, reference 7."""
    told = [
        f"{in_table(payment.amount)} to {payee_of(payment)}",
        in_words(payment.paid_on, payment.precision),
        payment.purpose or payment.expenditure_type,
        f"reference {payment.reference}" if payment.reference else "",
    ]
    return ", ".join(filter(None, told))
