"""What is asked about a decision."""

from typing import Any

from django import forms

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.forms import SourceDateField
from barnetwatch.lib.money import PoundsFormField
from barnetwatch.pages.writing.byrole import BY_ROLE, acts_in_public, their_role
from barnetwatch.pages.writing.forms import (
    Restricting,
    Sourced,
    WritingForm,
    long,
    many,
    one,
    refuse,
    short,
    whole_number,
    yes_no,
)
from contracts.models import Contract
from costs.models import CostLine
from incidents.models import Incident
from scrutiny.models import Body, Decision


class DecisionForm(Sourced, Restricting, WritingForm):  # type: ignore[misc]
    """A decision or a motion, its vote, and what it bears on."""

    kind = forms.ChoiceField(label="Kind", choices=[("", "Choose a kind"), *Decision.Kind.choices])
    title = short("Title", most=200, required=True)
    reference = short("Reference", "As printed on the paper.", most=60)
    body = one("Body", "The committee, the cabinet or the council; of an officer’s decision, none.")
    taken_by = short("Officer", f"Of an officer’s decision: Director of Resources. {BY_ROLE}")
    taken_by_public = acts_in_public()
    taken_by_role = their_role()
    taken_on = SourceDateField(
        label="Date",
        required=False,
        help_text="Such as 25 7 2016. Leave the day empty if the source gives only the month.",
    )
    taken_year_inferred = forms.BooleanField(
        label="The year is inferred",
        required=False,
        help_text="The source names no year; it follows from the source’s own date.",
    )
    is_key = yes_no(
        "Key decision",
        "As the cabinet’s notice says. Leave it for a day from 3 June 2014 to 23 May 2023, when "
        "Barnet had committees.",
        "Not known, or does not apply",
    )
    text = long("What was decided or asked for", rows=4, required=True)
    outcome = forms.ChoiceField(
        label="Outcome", choices=[("", "Choose an outcome"), *Decision.Outcome.choices]
    )
    reasons = long("Reasons")
    alternatives = long("Alternatives rejected")
    interests = long("Interests declared")
    mover = short("Moved by")
    seconder = short("Seconded by")
    votes_for = whole_number("Votes for")
    votes_against = whole_number("Votes against")
    votes_abstained = whole_number("Abstained")
    casting_vote = short("Casting vote of the chair", "How it was used, if it was.", most=100)
    votes_note = short("Note on the vote", "Such as who voted which way.", most=200)
    contract = one("Contract")
    other_contracts = many("Other contracts it bears on")
    incidents = many("Failures it bears on")
    note = long("Note")
    groups = (
        ("", ("kind", "title", "reference", "body")),
        ("", ("taken_by", "taken_by_public", "taken_by_role", "taken_on", "taken_year_inferred")),
        ("What was decided", ("text", "outcome", "is_key", "reasons", "alternatives", "interests")),
        (
            "The vote",
            (
                "mover",
                "seconder",
                "votes_for",
                "votes_against",
                "votes_abstained",
                "casting_vote",
                "votes_note",
            ),
        ),
        ("What it bears on", ("contract", "other_contracts", "incidents")),
        ("Where it was read", ("source", "note")),
        ("Add a source that is not on the list", Sourced.NEW),
        Restricting.RESTRICTION,
    )

    def prepare(self) -> None:
        self.offer("body", Body.objects.all(), empty="No body", by="name")
        self.offer("contract", rows_seen(Contract, self.user), empty="None named", by="reference")
        self.offer("other_contracts", rows_seen(Contract, self.user), by="reference")
        self.offer("incidents", rows_seen(Incident, self.user))
        self.fields[
            "votes_for"
        ].help_text = "Leave a count empty where the record does not give it. Nought is a count."
        self.offer_sources()

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        if not said.get("body") and not said.get("taken_by") and "body" not in self.errors:
            refuse(self, "body", "Choose the body, or name the officer by role.")
        self.check_source()
        self.check_restriction()

    @property
    def links(self) -> dict[str, Any]:
        """What it is linked to, several of each."""
        return {
            name: self.cleaned_data[name]
            for name in ("incidents", "other_contracts")
            if name in self.fields
        }

    @property
    def columns(self) -> dict[str, Any]:
        """What it says of the decision itself."""
        left_out = {"incidents", "other_contracts", "source", *self.NEW}
        return {name: value for name, value in self.said.items() if name not in left_out}


class AuthorisedForm(WritingForm):
    """Which cost a decision authorised, and how much of it."""

    line = one("Cost", "A cost that is on the record already.", required=True)
    amount = PoundsFormField(
        label="What it authorises",
        required=False,
        help_text="In pounds, such as £164,176. Leave it empty where no sum is given.",
    )
    words = long("Its own words on the money")
    groups = (("", ("line", "amount", "words")),)

    def __init__(self, *args: Any, decision: Decision, **kwargs: Any) -> None:
        self.decision = decision
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        seen = rows_seen(CostLine, self.user).exclude(authorised_by__decision=self.decision)
        if self.decision.contract_id:
            seen = seen.filter(contract=self.decision.contract_id)
        self.offer("line", seen, empty="Choose a cost", by="title")
