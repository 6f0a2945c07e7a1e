"""What is asked before something is posted to the ledger."""

from typing import Any

from django import forms

from accounts.backoffice import ActForm
from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.forms import Govuk, SourceDateField
from barnetwatch.lib.money import PoundsFormField
from contracts.models import Source
from costs.stages import Stage

A_SUM = "Enter an amount in pounds, such as 4,200,000.00."


class EntryForm(Govuk, ActForm):
    """What every entry says."""

    stage = forms.ChoiceField(
        label="Status",
        choices=[("", "Choose a status"), *((each.value, each.label) for each in Stage)],
        help_text="How far the sum has come. A pledge is not yet spent.",
    )
    effective_on = SourceDateField(
        label="Date it counts from",
        help_text="Such as 25 7 2018. Leave the day empty if the source gives only the month.",
    )
    year_inferred = forms.BooleanField(
        label="The year is inferred",
        required=False,
        help_text="The source names no year; it follows from the source’s own date.",
    )
    source = forms.ModelChoiceField(
        label="Source", queryset=Source.objects.none(), empty_label="Choose a source"
    )
    stated_by = forms.CharField(
        label="Said by", max_length=150, help_text="The body whose figure it is, or the role."
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = rows_seen(Source, self.user)  # type: ignore[attr-defined]
        self.fields["source"].initial = self.row.source_id

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the ledger's verbs take."""
        day, precision = self.cleaned_data["effective_on"]
        return {**self.cleaned_data, "effective_on": day, "precision": precision}


class PostForm(EntryForm):
    """A sum more, or less, at a status."""

    amount = PoundsFormField(
        label="Sum",
        help_text="In pounds, such as £4,200,000. Negative to release what is not needed.",
        error_messages={"required": A_SUM},
    )
    field_order = ["stage", "amount"]


class ReviseForm(EntryForm):
    """What a status now comes to; the difference is posted."""

    to = PoundsFormField(
        label="New sum",
        help_text="What it now comes to at this status, in pounds. The difference is posted.",
        error_messages={"required": A_SUM},
    )
    field_order = ["stage", "to"]


class ReverseForm(Govuk, ActForm):
    """Why an entry was wrong."""

    reason = forms.CharField(
        label="What was wrong with the entry",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who sees the cost reads this.",
        error_messages={"required": "Say what was wrong with the entry."},
    )

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the ledger's verb takes."""
        return self.cleaned_data
