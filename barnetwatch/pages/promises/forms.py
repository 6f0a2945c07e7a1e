"""What is asked about a promise, and about what became of it."""

from typing import Any

from django import forms

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.forms import DayField, SourceDateField
from barnetwatch.pages.writing.byrole import BY_ROLE, acts_in_public, their_role
from barnetwatch.pages.writing.forms import (
    Restricting,
    Sourced,
    WritingForm,
    long,
    one,
    refuse,
    short,
)
from contracts.models import Contract
from incidents.models import Incident
from scrutiny.models import Body, Promise

INFERRED = "The source names no year; it follows from the source’s own date."


def inferred(label: str) -> forms.BooleanField:
    """A box beside a date, ticked where its year was worked out."""
    return forms.BooleanField(label=label, required=False, help_text=INFERRED)


class PromiseForm(Sourced, Restricting, WritingForm):  # type: ignore[misc]
    """A promise in its exact words."""

    words = long("What was promised", "Exactly as it was said or written.", required=True)
    made_by = short("Made by", BY_ROLE, required=True)
    made_by_public = acts_in_public()
    made_by_role = their_role()
    organisation = short("Organisation")
    body = one("To which body", "The body it was made to, or that will be told.")
    made_on = SourceDateField(
        label="When it was made",
        required=False,
        help_text="Such as 20 9 2018. Leave the day empty if the source gives only the month.",
    )
    made_year_inferred = inferred("The year it was made is inferred")
    due_on = SourceDateField(
        label="Due on",
        required=False,
        help_text="Leave it empty where no date was named.",
    )
    due_year_inferred = inferred("The year it is due is inferred")
    due_words = short("Due by an event, or “in due course”", "In the words that were used.")
    contract = one("Contract")
    incident = one("Failure")
    note = long("Note")
    groups = (
        ("", ("words", "made_by", "made_by_public", "made_by_role", "organisation")),
        ("", ("body", "made_on", "made_year_inferred")),
        ("When it is due", ("due_on", "due_year_inferred", "due_words")),
        ("What it is about", ("contract", "incident", "note")),
        ("Where it was read", ("source",)),
        ("Add a source that is not on the list", Sourced.NEW),
        Restricting.RESTRICTION,
    )

    def prepare(self) -> None:
        self.offer("body", Body.objects.all(), empty="No body named", by="name")
        self.offer("contract", rows_seen(Contract, self.user), empty="None named", by="reference")
        self.offer("incident", rows_seen(Incident, self.user), empty="None named")
        self.offer_sources()

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        about = {"contract", "incident"}
        if not any(said.get(name) for name in about) and not about & self.errors.keys():
            refuse(self, "contract", "Choose the contract or the failure it is about.")
        self.check_source()
        self.check_restriction()

    @property
    def columns(self) -> dict[str, Any]:
        """What it says of the promise itself."""
        left_out = {"source", *self.NEW}
        return {name: value for name, value in self.said.items() if name not in left_out}


class ChangeForm(Sourced, WritingForm):  # type: ignore[misc]
    """What every change of a promise says: why, who said so, when, where it was read."""

    needs_source = False
    reason = long(
        "Why", "A sentence or two, which everybody reads who sees the promise.", required=True
    )
    said_by = short("Who says so", "By role unless they act in public.")
    changed_on = SourceDateField(
        label="When that was said",
        required=False,
        help_text="Such as 20 11 2018. Leave it empty if it is not known.",
    )
    changed_year_inferred = inferred("The year it was said is inferred")
    WHERE = (
        ("Who says so", ("reason", "said_by", "changed_on", "changed_year_inferred")),
        ("Where it was read", ("source",)),
        ("Add a source that is not on the list", Sourced.NEW),
    )

    def __init__(self, *args: Any, promise: Promise, **kwargs: Any) -> None:
        self.promise = promise
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        self.offer_sources()

    def clean(self) -> None:
        super().clean()
        self.check_source()

    @property
    def stands(self) -> dict[str, str]:
        """How the promise stands; whoever changes it should have seen that."""
        return {
            "The promise": self.promise.words,
            "Its date": str(self.promise.due),
            "What became of it": Promise.Status(self.promise.status).label,
        }

    @property
    def columns(self) -> dict[str, Any]:
        """What the verbs take, but for the source."""
        left_out = {"source", *self.NEW}
        return {name: value for name, value in self.said.items() if name not in left_out}


class GiveDateForm(ChangeForm):
    """A date for a promise that has none; who gives it is named."""

    due_on = SourceDateField(
        label="Due on", help_text="Such as 29 1 2019. Leave the day empty for a month."
    )
    due_year_inferred = inferred("The year it is due is inferred")
    groups = (("", ("due_on", "due_year_inferred")), *ChangeForm.WHERE)

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["said_by"]
        field.label = "Officer who gives the date"
        field.help_text = "By role. The page of the promise says who it was."
        field.initial = self.user.post
        field.required = True
        field.error_messages["required"] = "Name the officer who gives the date."


class MoveForm(ChangeForm):
    """Another date, or an event instead of one."""

    due_on = SourceDateField(
        label="Moved to",
        required=False,
        help_text="Such as 29 1 2019. Leave the day empty for a month.",
    )
    due_year_inferred = inferred("The year it is due is inferred")
    due_words = short("Or until which event", "In the words that were used.")
    groups = (("", ("due_on", "due_year_inferred", "due_words")), *ChangeForm.WHERE)

    def prepare(self) -> None:
        super().prepare()
        self.fields["said_by"].required = True
        self.fields["said_by"].error_messages["required"] = "Say who moved it, by role."

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        if not said.get("due_on") and not said.get("due_words") and "due_on" not in self.errors:
            refuse(self, "due_on", "Enter the new date, or the event it now waits for.")


class RewordForm(ChangeForm):
    """The words as they really were."""

    @property
    def stands(self) -> dict[str, str]:
        return {}  # It asks them.

    words = long("What was promised", "Exactly as it was said or written.", required=True)
    groups = (("", ("words",)), *ChangeForm.WHERE)

    def prepare(self) -> None:
        super().prepare()
        self.fields["words"].initial = self.promise.words


class ReopenForm(ChangeForm):
    """Why it counts as open after all."""

    groups = ChangeForm.WHERE


class CloseForm(ChangeForm):
    """What became of it, and what shows that."""

    needs_source = True
    status = forms.ChoiceField(
        label="What became of it",
        choices=[
            (Promise.Status.KEPT, "Kept: done as promised"),
            (Promise.Status.PARTLY, "Partly kept: done in part"),
            (Promise.Status.BROKEN, "Broken: not done, and will not be"),
            (Promise.Status.SUPERSEDED, "Superseded: another promise took its place"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what became of it."},
    )
    superseded_by = one("The promise that took its place", "Of a superseded promise only.")
    closed_on = DayField(
        label="The day", required=False, help_text="Leave it empty if it is not known."
    )
    groups = (
        ("", ("status", "superseded_by", "closed_on", "reason", "said_by")),
        ("Where that was read", ("source",)),
        ("Add a source that is not on the list", Sourced.NEW),
    )

    def prepare(self) -> None:
        super().prepare()
        del self.fields["changed_on"], self.fields["changed_year_inferred"]
        reason = self.fields["reason"]
        reason.label, reason.help_text = "What shows it", "The evidence, in a sentence or two."
        reason.error_messages["required"] = "Say what shows it, in a sentence or two."
        others = rows_seen(Promise, self.user).exclude(pk=self.promise.pk)
        about = {
            name: getattr(self.promise, f"{name}_id")
            for name in ("contract", "incident")
            if getattr(self.promise, f"{name}_id")
        }
        self.offer("superseded_by", others.filter(**about), empty="None")

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        is_superseded = said.get("status") == Promise.Status.SUPERSEDED
        if is_superseded and not said.get("superseded_by"):
            refuse(self, "superseded_by", "Choose the promise that took its place.")
        if not is_superseded:
            said["superseded_by"] = None

    @property
    def columns(self) -> dict[str, Any]:
        said = super().columns
        said.pop("closed_precision", None)
        return said
