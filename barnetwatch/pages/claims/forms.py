"""What is asked of a claim, of an answer to one, and of where one stands."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.forms import SiteForm, SourceDateField
from barnetwatch.lib.money import PoundsFormField
from barnetwatch.pages.writing.byrole import BY_ROLE, acts_in_public, their_role
from contracts.models import Contract, Source, Supplier
from costs.stages import Stage
from incidents.models import Incident
from scrutiny.models import ClaimParty, ClaimState, Statement

YEAR = "The source names no year; it follows from the source’s own date."
WHEN = "Such as 20 9 2018. Leave the day empty if the source gives only the month."


class SourcedForm(SiteForm):
    """What every row says: where it was read. Choices go through the door."""

    source = forms.ModelChoiceField(
        label="Source",
        queryset=Source.objects.none(),
        empty_label="Choose a source",
        help_text="Where it was read. One that is not on the list is added in the back office.",
        error_messages={"required": "Choose the source in which it was read."},
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.offer("source", Source)

    def offer(self, name: str, model: Any) -> None:
        """Give a field the rows of a model that the person may see."""
        self.fields[name].queryset = rows_seen(model, self.user)  # type: ignore[attr-defined]

    def dated(self, name: str, stem: str) -> dict[str, Any]:
        """A date and how much of it is known, by the names of the columns."""
        given = dict(self.cleaned_data)
        day, precision = given.pop(name) or (None, "day")
        inferred = given.pop("year_inferred")
        return {
            **given,
            f"{stem}_on": day,
            f"{stem}_precision": precision,
            f"{stem}_year_inferred": inferred,
        }


class SaidForm(SourcedForm):
    """Who said what, and when."""

    speaker = forms.CharField(
        label="Who said it",
        max_length=150,
        help_text=f"{BY_ROLE} Such as council spokesperson.",
        error_messages={"required": "Say who said it, by name or by role."},
    )
    speaker_public = acts_in_public()
    role = their_role()
    organisation = forms.CharField(
        label="Organisation", max_length=150, required=False, help_text="As of that day."
    )
    political_group = forms.CharField(
        label="Political group",
        max_length=100,
        required=False,
        help_text="As of that day, where the source gives it.",
    )
    said = SourceDateField(label="When it was said", required=False, help_text=WHEN)
    year_inferred = forms.BooleanField(label="The year is inferred", required=False, help_text=YEAR)
    words = forms.CharField(
        label="What was said",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Their own words where they are known, else the sense.",
        error_messages={"required": "Write down what was said."},
    )
    is_quotation = forms.BooleanField(
        label="These are exactly their words",
        required=False,
        help_text="They are then shown in quotation marks.",
    )
    amount = PoundsFormField(
        label="A sum it names",
        required=False,
        help_text="In pounds, such as £4,200,000. It is shown with its speaker and never enters "
        "a total.",
    )
    amount_status = forms.ChoiceField(
        label="What the speaker says of the sum",
        required=False,
        choices=[("", "Choose a status"), *((each.value, each.label) for each in Stage)],
    )

    def clean(self) -> dict[str, Any]:
        """A sum and its status come together."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "amount" in given and "amount_status" in given:
            if given["amount"] is not None and not given["amount_status"]:
                self.add_error("amount_status", "Choose what the speaker says of the sum.")
            if given["amount"] is None and given["amount_status"]:
                self.add_error("amount", "Enter the sum of which the speaker says so.")
        return given

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the verbs take."""
        return self.dated("said", "said")


class ClaimForm(SaidForm):
    """A claim, what it is about and whom it concerns."""

    contract = forms.ModelChoiceField(
        label="Contract",
        queryset=Contract.objects.none(),
        required=False,
        empty_label="None named",
    )
    incident = forms.ModelChoiceField(
        label="Failure",
        queryset=Incident.objects.none(),
        required=False,
        empty_label="None named",
    )
    supplier = forms.ModelChoiceField(
        label="Supplier",
        queryset=Supplier.objects.none(),
        required=False,
        empty_label="None named",
        help_text="Where it is about the company and not about one contract.",
    )
    concerns = forms.CharField(
        label="Whom it concerns",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Each party who may answer it on a line of its own: by role, then a comma and "
        "the organisation, such as Leader of the council, London Borough of Barnet.",
    )
    field_order = [
        "speaker",
        "speaker_public",
        "role",
        "organisation",
        "political_group",
        "said",
        "year_inferred",
        "words",
        "is_quotation",
        "contract",
        "incident",
        "supplier",
        "concerns",
        "amount",
        "amount_status",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("contract", Contract), ("incident", Incident), ("supplier", Supplier)):
            self.offer(name, model)

    def clean_concerns(self) -> list[tuple[str, str]]:
        """Each party as (by role, organisation), once."""
        found: dict[tuple[str, str], None] = {}
        for line in self.cleaned_data["concerns"].splitlines():
            party, _comma, organisation = (part.strip() for part in line.partition(","))
            if not party and not organisation:
                continue
            if not party:
                raise ValidationError("Begin each line with the party, then the organisation.")
            if max(len(party), len(organisation)) > 150:
                raise ValidationError("Name each party in 150 characters or fewer.")
            found[party, organisation] = None
        return list(found)

    def clean(self) -> dict[str, Any]:
        """It is about something."""
        given = super().clean()
        named = ("contract", "incident", "supplier")
        if not self.errors.keys() & set(named) and not any(given.get(name) for name in named):
            self.add_error("contract", "Choose the contract, the failure or the supplier.")
        return given


class AnswerForm(SaidForm):
    """An answer, and for which of the parties it is given."""

    parties = forms.ModelMultipleChoiceField(
        label="Whose answer it is",
        queryset=ClaimParty.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick each party for whom it is given. Leave all empty for anybody else’s.",
    )
    field_order = [
        "parties",
        "speaker",
        "speaker_public",
        "role",
        "organisation",
        "political_group",
        "said",
    ]
    field_order += ["year_inferred", "words", "is_quotation", "amount", "amount_status"]

    def __init__(self, *args: Any, claim: Statement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = ClaimParty.objects.visible_to(self.user).filter(claim=claim)
        self.fields["parties"].queryset = parties  # type: ignore[attr-defined]
        if not parties.exists():
            del self.fields["parties"]


class StateForm(SourcedForm):
    """Where a claim stands, according to whom."""

    state = forms.ChoiceField(
        label="Where the claim stands",
        choices=ClaimState.Said.choices,
        widget=forms.RadioSelect,
        help_text="“As its answers show” takes what was recorded before out of use.",
        error_messages={"required": "Choose where the claim stands."},
    )
    stated_by = forms.CharField(
        label="Who says so",
        max_length=150,
        help_text="By role unless they act in public. Not you, unless it is your record you mend.",
        error_messages={"required": "Say who says so, by name or by role."},
    )
    stated = SourceDateField(label="When they said so", required=False, help_text=WHEN)
    year_inferred = forms.BooleanField(label="The year is inferred", required=False, help_text=YEAR)
    reason = forms.CharField(
        label="What they said that makes it so",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who may see the claim reads this. It cannot be changed later.",
        error_messages={"required": "Say what they said that makes it so."},
    )
    field_order = ["state", "stated_by", "stated", "year_inferred", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]

    @property
    def posted(self) -> dict[str, Any]:
        """The same by the names that the verb takes."""
        return self.dated("stated", "stated")


class PartyForm(SiteForm):
    """Another party whom a claim concerns, and which answer was already given for it."""

    party = forms.CharField(
        label="Party",
        max_length=150,
        help_text=f"{BY_ROLE} Such as the leader of the council.",
        error_messages={"required": "Name the party, by role or by name."},
    )
    party_public = acts_in_public()
    party_role = their_role()
    organisation = forms.CharField(label="Organisation", max_length=150, required=False)
    answered_by = forms.ModelMultipleChoiceField(
        label="Answers already given for it",
        queryset=Statement.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, user: Any, claim: Statement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = Statement.objects.visible_to(user).filter(answers=claim)
        self.fields["answered_by"].queryset = answers  # type: ignore[attr-defined]
        if not answers.exists():
            del self.fields["answered_by"]

    @property
    def posted(self) -> dict[str, Any]:
        """What was typed."""
        return self.cleaned_data
