"""What is asked before something is posted to the ledger."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import ActForm
from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision
from barnetwatch.lib.money import PoundsFormField
from contracts.models import Source
from costs.stages import Stage


class DayInput(forms.DateInput):
    """The browser's own calendar; it understands only one way of writing a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class EntryForm(ActForm):
    """What every entry says."""

    stage = forms.ChoiceField(label=_("Status"), choices=[("", "---------"), *Stage.choices])
    effective_on = forms.DateField(
        label=_("Date"),
        widget=DayInput,
        help_text=_("Of a date known to the month or the year: any day in it."),
    )
    precision = forms.ChoiceField(
        label=_("Known"), choices=Precision.choices, initial=Precision.DAY
    )
    year_inferred = forms.BooleanField(
        label=_("Year inferred"),
        required=False,
        help_text=_("The source names no year; it was inferred from the source's own date."),
    )
    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none())
    stated_by = forms.CharField(
        label=_("Said by"),
        max_length=150,
        widget=AdminTextInputWidget,
        help_text=_("The body or person whose figure it is."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, widget=AdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = rows_seen(Source, self.user)
        self.fields["source"].queryset = sources  # type: ignore[attr-defined]
        self.fields["source"].initial = self.row.source_id


class PostForm(EntryForm):
    """A sum more, or less, at a status."""

    amount = PoundsFormField(
        label=_("Sum"),
        help_text=_("In pounds, such as £4,200,000. Negative to release what is not needed."),
        error_messages={"required": _("Enter an amount in pounds, such as 4,200,000.00.")},
    )
    field_order = ["stage", "amount"]


class ReviseForm(EntryForm):
    """What a status now comes to; the difference is posted."""

    to = PoundsFormField(
        label=_("New sum"),
        help_text=_("What it now comes to at this status, in pounds; the difference is posted."),
        error_messages={"required": _("Enter an amount in pounds, such as 4,200,000.00.")},
    )
    field_order = ["stage", "to"]


class ReverseForm(ActForm):
    """Why an entry was wrong."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("What was wrong with the entry. Everybody who sees the line reads this."),
    )
