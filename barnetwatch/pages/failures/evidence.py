"""What is asked about where a failure was read, and what it breached."""

from collections.abc import Iterator
from typing import Any

from django import forms

from barnetwatch.lib.forms import SourceDateField
from barnetwatch.pages.failures.asking import Answer, Question, Revealing
from contracts.models import Commitment, Source
from incidents.models import Incident

#: Sources that the list offers: those of the contract, then the latest.
OFFERED = 100


class SourceQuestion(Revealing):
    """Where it was read: a source on the record, a new one, or none yet."""

    decides = "known"
    reveals = {
        "record": ("source",),
        "new": ("title", "publisher", "kind", "published", "url"),
    }
    known = forms.ChoiceField(
        label="Is the source on the record already?",
        choices=[
            ("record", "Yes, choose it from the list"),
            ("new", "No, add it"),
            ("none", "There is no source yet"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether the source is on the record already."},
    )
    source = forms.ModelChoiceField(
        label="Source",
        queryset=Source.objects.none(),
        required=False,
        error_messages={"invalid_choice": "Choose a source from the list."},
    )
    title = forms.CharField(
        label="Title of the paper or report",
        max_length=250,
        required=False,
        error_messages={"max_length": "Give the title in 250 characters or fewer."},
    )
    publisher = forms.CharField(
        label="Who put it out",
        help_text="For example, Times Series.",
        max_length=150,
        required=False,
        error_messages={"max_length": "Say who put it out in 150 characters or fewer."},
    )
    kind = forms.ChoiceField(
        label="Sort of paper",
        choices=[("", "Choose what it is"), *Source.Kind.choices],
        required=False,
        error_messages={"invalid_choice": "Choose what sort of paper it is from the list."},
    )
    published = SourceDateField(label="When it came out", required=False)
    url = forms.URLField(
        label="Link",
        max_length=500,
        required=False,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        error_messages={
            "invalid": "Enter a link such as https://www.barnet.gov.uk/report.",
            "max_length": "Enter a link of 500 characters or fewer.",
        },
    )

    def prepare(self) -> None:
        field: Any = self.fields["source"]
        seen = Source.objects.visible_to(self.user)
        field.queryset = seen
        rows = list(seen.filter(pk__in=_read_for(self.contract, self.user))[:OFFERED])
        rows += seen.exclude(pk__in=[row.pk for row in rows]).order_by("-pk")[:OFFERED]
        field.widget.choices = [("", "Choose a source"), *((row.pk, str(row)) for row in rows)]
        for name in ("source", "title", "publisher", "kind"):
            self.fields[name].must_be_given = True  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        chosen = self.cleaned_data.get("known")
        if chosen == "record":
            self.need("source", "Choose the source from the list.")
        if chosen == "new":
            self.need("title", "Enter the title of the paper or report.")
            self.need("publisher", "Enter who put it out.")
            self.need("kind", "Choose what sort of paper it is.")
        for name in set(self.errors) - set(self.reveals.get(str(chosen), ())) - {self.decides}:
            del self.errors[name]  # Typed under a choice that was not made in the end.

    def existing(self) -> Source | None:
        """The source it names, if the person finds it on the record."""
        said = self.cleaned_data
        if said["known"] == "record":
            found: Source | None = said["source"]
            return found
        same = {"title": said["title"], "publisher": said["publisher"], "page": ""}
        seen = Source.objects.visible_to(self.user)
        return seen.filter(**same).first() if said["known"] == "new" else None

    def new(self) -> dict[str, Any] | None:
        """The source to add to the record, as contracts.register.cite takes it."""
        said = self.cleaned_data
        if said["known"] != "new" or self.existing():
            return None
        found = {name: said[name] for name in ("title", "publisher", "kind", "url")}
        if said["published"]:
            day, precision = said["published"]
            found |= {"published_on": day, "published_precision": precision}
        return found

    def answers(self) -> Iterator[Answer]:
        if found := self.existing():
            yield "Source", str(found)
        elif new := self.new():
            yield "New source", f"{new['publisher']}: {new['title']}"
        else:
            yield "Source", "None yet"

    def fields_of_failure(self) -> dict[str, Any]:
        found = self.existing()
        return {"sources": [found] if found else []}


class ObligationQuestion(Question):
    """What the supplier had undertaken and did not keep."""

    commitment = forms.ModelChoiceField(
        label="Commitment in the contract",
        queryset=Commitment.objects.none(),
        required=False,
        empty_label="None of these, or not known",
        error_messages={"invalid_choice": "Choose a commitment of this contract from the list."},
    )
    obligation = forms.CharField(
        label="The obligation in other words",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def prepare(self) -> None:
        field: Any = self.fields["commitment"]
        due = Commitment.objects.visible_to(self.user).filter(contract=self.contract)
        field.queryset = due
        field.label_from_instance = in_one_sentence
        if self.contract is None or not due.exists():
            del self.fields["commitment"]
            self.fields["obligation"].label = "What had been undertaken"

    def answers(self) -> Iterator[Answer]:
        yield "Obligation breached", self.fields_of_failure()["obligation"] or "None named"

    def fields_of_failure(self) -> dict[str, Any]:
        due = self.cleaned_data.get("commitment")
        parts = [f"{in_one_sentence(due)}." if due else "", self.cleaned_data["obligation"]]
        return {"obligation": "\n\n".join(filter(None, parts))}


def in_one_sentence(due: Commitment) -> str:
    """A commitment as a sentence: Recovery, silver: at most 48 hours."""
    target = f"{due.target:,.2f}".rstrip("0").rstrip(".")
    tier = f", {due.tier}" if due.tier else ""
    said = f"{due.get_direction_display()} {target} {due.get_unit_display()}"
    return f"{due.title}{tier}: {said}"


def _read_for(contract: Any, user: Any) -> Any:
    """Where the failures of a contract that a person sees were read."""
    failures = Incident.objects.visible_to(user).filter(contract=contract)
    return failures.filter(sources__isnull=False).values("sources").order_by()
