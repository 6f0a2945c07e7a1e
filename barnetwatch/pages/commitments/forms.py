"""What is asked of a measurement and of a service credit."""

from typing import Any

from django import forms

from barnetwatch.lib.forms import SiteForm, SourceDateField
from barnetwatch.lib.money import PoundsFormField
from barnetwatch.pages.claims.forms import WHEN, YEAR, SourcedForm
from barnetwatch.pages.contract.delivery import found_in_words
from barnetwatch.pages.crediting import credited_beside
from barnetwatch.pages.writing.byrole import BY_ROLE, acts_in_public, their_role
from contracts.models import Commitment, Measurement, ServiceCredit
from costs.models import CostEntry


class MeasureForm(SourcedForm):
    """What was found when the commitment was held against the facts."""

    FOUND = (
        ("value", "A figure"),
        ("lost", "Not recoverable at all"),
        ("unknown", "It was measured, and the figure is not known"),
    )

    found = forms.ChoiceField(
        label="What was found",
        choices=FOUND,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what was found."},
    )
    value = forms.DecimalField(
        label="The figure",
        required=False,
        max_digits=14,
        decimal_places=2,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": "Enter the figure as a number, such as 96.",
            "min_value": "A measured value is not negative.",
            "max_digits": "Enter a figure of at most 12 digits before the point.",
            "max_whole_digits": "Enter a figure of at most 12 digits before the point.",
            "max_decimal_places": "Enter the figure with at most two decimal places.",
        },
    )
    how = forms.ChoiceField(
        label="How the figure came about",
        choices=Measurement.How.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how the figure came about."},
    )
    measured = SourceDateField(label="When it was measured", required=False, help_text=WHEN)
    year_inferred = forms.BooleanField(label="The year is inferred", required=False, help_text=YEAR)
    said_by = forms.CharField(
        label="Who measured it or says so",
        max_length=150,
        help_text=BY_ROLE,
        error_messages={"required": "Say who measured it or says so."},
    )
    said_by_public = acts_in_public()
    said_by_role = their_role()
    field_order = ["found", "value", "how", "measured", "year_inferred"]
    field_order += ["said_by", "said_by_public", "said_by_role"]

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = commitment.get_unit_display()
        self.fields["value"].help_text = f"In {unit}, if a figure was found."

    def clean(self) -> dict[str, Any]:
        """A figure where one was found, and none where not."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "value" in given and "found" in given:
            if given["found"] == "value" and given["value"] is None:
                self.add_error("value", "Enter the figure that was found.")
            if given["found"] != "value" and given["value"] is not None:
                said = "Empty the figure, or choose “A figure” above."
                self.add_error("value", said)
        return given

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the verb takes."""
        given = dict(self.cleaned_data)
        day, precision = given.pop("measured") or (None, "day")
        found = given.pop("found")
        return {
            **given,
            "not_recoverable": found == "lost",
            "measured_on": day,
            "precision": precision,
        }


class BreachField(forms.ModelChoiceField):
    """Names a measurement by its day and what was found."""

    def label_from_instance(self, row: Measurement) -> str:  # type: ignore[override]
        when = str(row.measured) if row.measured_on else "date not known"
        return f"{when}: {found_in_words(row.commitment, row)}"


class CreditField(forms.ModelChoiceField):
    """Names a service credit by its sum and what it is for."""

    def label_from_instance(self, row: ServiceCredit) -> str:  # type: ignore[override]
        words = f"£{row.amount:,.2f}, {row.get_step_display().lower()}"
        return f"{words}, {row.period}" if row.period else words


class CreditForm(SourcedForm):
    """A sum due or claimed."""

    step = forms.ChoiceField(
        label="How far it has come",
        choices=ServiceCredit.Step.choices,
        widget=forms.RadioSelect,
        help_text="What the supplier then gives is posted to the ledger as credited.",
        error_messages={"required": "Choose how far it has come."},
    )
    amount = PoundsFormField(
        label="Sum",
        help_text="In pounds, such as £24,214. 0 only to take back a wrong row.",
        error_messages={"required": "Enter the sum in pounds, such as £24,214."},
    )
    period = forms.CharField(
        label="For what period",
        max_length=60,
        required=False,
        help_text="Such as first quarter of 2016/17.",
    )
    measurement = BreachField(
        label="The breach that gives it",
        queryset=Measurement.objects.none(),
        required=False,
        empty_label="None of those on the record",
    )
    stated = SourceDateField(label="Due or claimed on", required=False, help_text=WHEN)
    year_inferred = forms.BooleanField(label="The year is inferred", required=False, help_text=YEAR)
    stated_by = forms.CharField(
        label="Who says so",
        max_length=150,
        help_text="The body whose figure it is, or the person’s role.",
        error_messages={"required": "Say whose figure it is."},
    )
    replaces = CreditField(
        label="Takes the place of a wrong row",
        queryset=ServiceCredit.objects.none(),
        required=False,
        empty_label="None",
    )
    field_order = ["step", "amount", "period", "measurement", "stated", "year_inferred"]
    field_order += ["stated_by", "replaces"]

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of = {"commitment": commitment}
        measured = Measurement.objects.visible_to(self.user).filter(**of)
        given = ServiceCredit.objects.visible_to(self.user).filter(**of)
        offered = {
            "measurement": measured.select_related("commitment"),
            "replaces": given.standing(),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
            if not rows.exists():
                del self.fields[name]

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the verb takes."""
        return self.dated("stated", "stated")


class EntryField(forms.ModelChoiceField):
    """Names an entry of the ledger by its sum, its day and its cost."""

    def label_from_instance(self, row: CostEntry) -> str:  # type: ignore[override]
        return f"£{row.amount:,.2f} on {row.effective}: {row.line.title}"


class ReceivedForm(SiteForm):
    """Which credited entry of the ledger is this commitment's service credit."""

    entry = EntryField(
        label="Entry of the ledger",
        queryset=CostEntry.objects.none(),
        empty_label="Choose an entry",
        help_text="Credited, on a cost of kind service credit beside the contract.",
        error_messages={"required": "Choose the entry that was received for it."},
    )

    def __init__(self, *args: Any, user: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = credited_beside(commitment.contract_id, user).filter(credit_for__isnull=True)
        self.fields["entry"].queryset = entries.order_by("-effective_on", "-pk")  # type: ignore[attr-defined]

    @property
    def posted(self) -> dict[str, Any]:
        """What was chosen."""
        return self.cleaned_data
