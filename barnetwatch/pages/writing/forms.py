"""What the forms of the record have in common: dates, choices through the door, who may see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.backoffice.rows import rows_seen, unseen
from accounts.backoffice.widgets import SeenMultipleChoiceField
from accounts.restricting import OPENED_ELSEWHERE, review_fault
from accounts.visibility import Paragraph, Restriction
from barnetwatch.lib.dates import Precision
from barnetwatch.lib.forms import DayField, SiteForm, SourceDateField
from contracts import register
from contracts.models import Source

#: Rows that a list of boxes or a select offers at most, the latest first.
OFFERED = 100
#: A heading, and the names of the fields under it.
Group = tuple[str, tuple[str, ...]]
#: What a folded field holds that nobody has touched.
IDLE = (None, "", False, Restriction.OPEN)


@dataclass(frozen=True)
class Part:
    """Some fields under one heading."""

    heading: str
    fields: list[Any]
    is_folded: bool
    is_used: bool


class WritingForm(SiteForm):
    """A form over a row of the record, new or there already; it knows who is asked.

    `said` is what it says by the names of the verb that writes it.
    """

    groups: Sequence[Group] = ()
    #: The headings that are opened only when somebody asks, or has used what is under them.
    folded = ("Add a source that is not on the list", "Keep it back from some readers")

    def __init__(self, *args: Any, user: Any, row: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.row = user, row
        self.prepare()
        if row is not None:
            for name in unseen(row) & self.fields.keys():
                del self.fields[name]  # What its reader may not see stays as it is.
            self.initial = {**self.standing(), **self.initial}

    def prepare(self) -> None:
        """Put the choices in, which depend on the person."""

    def standing(self) -> dict[str, Any]:
        """How the row stands, by the names of the fields."""
        found = {}
        for name, field in self.fields.items():
            if not hasattr(self.row, name):
                continue
            if isinstance(field, SourceDateField):
                stem = name.removesuffix("_on")
                precision = getattr(self.row, f"{stem}_precision", Precision.DAY)
                day = getattr(self.row, name)
                found[name] = day and (day, precision)
            elif isinstance(field, forms.ModelMultipleChoiceField):
                found[name] = [each.pk for each in getattr(self.row, name).all()]
            elif isinstance(field, forms.ModelChoiceField):
                found[name] = getattr(self.row, f"{name}_id")
            else:
                found[name] = getattr(self.row, name)
        return found

    def offer(self, name: str, rows: Any, *, empty: str = "", by: str = "-pk") -> None:
        """Let a field choose among rows, and put the first of them and those held in its list."""
        field: Any = self.fields[name]
        field.queryset = rows
        many = isinstance(field, forms.ModelMultipleChoiceField)
        held: list[Any] = []
        if self.row is not None:
            held = [x.pk for x in getattr(self.row, name).all()] if many else []
            if not many and getattr(self.row, f"{name}_id"):
                held = [getattr(self.row, f"{name}_id")]
        first = [*rows.filter(pk__in=held)] if held else []
        first += rows.exclude(pk__in=held).order_by(by, "pk")[:OFFERED]
        choices = [(each.pk, field.label_from_instance(each)) for each in first]
        field.widget.choices = choices if many else [("", empty), *choices]

    @property
    def parts(self) -> Iterator[Part]:
        """The fields in groups, each with its heading; folded away where it is seldom needed."""
        for heading, names in self.groups:
            found = [self[name] for name in names if name in self.fields]
            used = any(each.errors or _is_touched(each.value()) for each in found)
            if found:
                yield Part(heading, found, heading in self.folded, used)

    @property
    def said(self) -> dict[str, Any]:
        """What was answered, as the verb takes it."""
        said: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            field = self.fields.get(name)
            if isinstance(field, SourceDateField) and name != "restriction_review_on":
                day, precision = value if isinstance(value, tuple) else (value, Precision.DAY)
                said |= {name: day, f"{name.removesuffix('_on')}_precision": precision}
            else:
                said[name] = value
        return said


def _is_touched(value: Any) -> bool:
    """Whether somebody has used a field; a date comes in three boxes."""
    return any(value) if isinstance(value, list) else value not in IDLE


def many(label: str, hint: str = "") -> SeenMultipleChoiceField:
    """Boxes for several rows, filled by `offer`."""
    return SeenMultipleChoiceField(
        queryset=Source.objects.none(),
        label=label,
        help_text=hint,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def one(label: str, hint: str = "", *, required: bool = False) -> forms.ModelChoiceField:
    """A list for one row, filled by `offer`."""
    return forms.ModelChoiceField(
        queryset=Source.objects.none(), label=label, help_text=hint, required=required
    )


def long(label: str, hint: str = "", *, rows: int = 3, required: bool = False) -> forms.CharField:
    """A box for several lines."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def short(label: str, hint: str = "", *, most: int = 150, required: bool = False) -> Any:
    """A box for one line."""
    said = f"Write {most} characters or fewer under “{label}”."
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=most,
        error_messages={"max_length": said},
    )


class Sourced(forms.Form):
    """Where it was read: a source on the record, or a new one."""

    source = one("Source", "The paper, report or article it was read in.")
    new_title = short("Title of the paper or report", most=250)
    new_publisher = short("Who put it out", "For example, Times Series.")
    new_kind = forms.ChoiceField(
        label="Sort of paper",
        required=False,
        choices=[("", "Choose what it is"), *Source.Kind.choices],
    )
    new_url = forms.URLField(
        label="Link",
        max_length=500,
        required=False,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        error_messages={"invalid": "Enter a link such as https://www.barnet.gov.uk/report."},
    )
    #: The names of the fields of a new source.
    NEW = ("new_title", "new_publisher", "new_kind", "new_url")
    #: Whether there must be a source.
    needs_source = True

    def offer_sources(self) -> None:
        """The sources that the person may see, the latest first."""
        self.offer("source", rows_seen(Source, self.user), empty="Choose a source")  # type: ignore[attr-defined]
        self.fields["source"].must_be_given = self.needs_source  # type: ignore[attr-defined]

    def check_source(self) -> None:
        """One source, of one of the two kinds."""
        said = self.cleaned_data
        new = [name for name in self.NEW if said.get(name)]
        if said.get("source") and new:
            self.add_error("source", "Choose a source or add a new one, not both.")
        elif new:
            for name in ("new_title", "new_publisher", "new_kind"):
                if not said.get(name) and name not in self.errors:
                    label = self.fields[name].label
                    self.add_error(name, f"Fill in “{label}” to add a new source.")
        elif self.needs_source and "source" in self.fields and not said.get("source"):
            refuse(self, "source", "Choose the source, or add a new one.")

    def the_source(self) -> Source | None:
        """The source that was chosen, or the new one, written now."""
        said = self.cleaned_data
        if not said.get("new_title"):
            found: Source | None = said.get("source")
            return found
        return register.cite(
            title=said["new_title"],
            publisher=said["new_publisher"],
            kind=said["new_kind"],
            url=said["new_url"],
            by=self.user,  # type: ignore[attr-defined]
        )


class ReviewDay(DayField):
    """A day that one choice of several needs: the form says so where it is missing."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if any(value or ()) else None


class Restricting(forms.Form):
    """Who may see it, and why not everybody."""

    restriction = forms.ChoiceField(
        label="Who may see it",
        choices=[
            (Restriction.OPEN, "Anybody who may sign in"),
            (Restriction.EXEMPT, "It is exempt under Schedule 12A"),
            (Restriction.CONFIDENTIAL, "It is confidential: closed by government, court or law"),
        ],
        initial=Restriction.OPEN,
        widget=forms.RadioSelect,
        help_text="Whoever is not cleared for it no longer finds it, and that may be you.",
    )
    exempt_paragraph = forms.TypedChoiceField(
        label="Paragraph of Schedule 12A",
        help_text="Of what is exempt only.",
        choices=[("", "None"), *Paragraph.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    negotiation_terms = forms.BooleanField(
        label="It gives terms proposed in negotiating a contract",
        help_text="Members do not see these.",
        required=False,
    )
    restriction_reason = long("Why it is kept back")
    restriction_review_on = DayField(
        label="Look at it again on",
        help_text="Of what is kept back only: when somebody asks whether it still must be.",
        required=False,
    )
    RESTRICTION: Group = (
        "Keep it back from some readers",
        (
            "restriction",
            "exempt_paragraph",
            "negotiation_terms",
            "restriction_reason",
            "restriction_review_on",
        ),
    )

    #: Whether it may open a record that is restricted: only where it asks why.
    opens = False

    def check_restriction(self) -> None:
        """What is kept back says by which paragraph, why, and until when."""
        said = self.cleaned_data
        chosen = said.get("restriction")
        if chosen == Restriction.EXEMPT and not said.get("exempt_paragraph"):
            self.add_error("exempt_paragraph", "Choose the paragraph of Schedule 12A.")
        if chosen not in (None, Restriction.OPEN) and not said.get("restriction_reason"):
            self.add_error("restriction_reason", "Say why it is kept back.")
        if chosen != Restriction.EXEMPT:
            said["exempt_paragraph"], said["negotiation_terms"] = None, False
        row = getattr(self, "row", None)
        if chosen == Restriction.OPEN:
            said["restriction_review_on"] = None
            if row is not None and not row.is_open and not self.opens:
                self.add_error("restriction", str(OPENED_ELSEWHERE))
        elif "restriction_review_on" in said and (
            wrong := review_fault(said["restriction_review_on"], row)
        ):
            refuse(self, "restriction_review_on", wrong)


def whole_number(label: str, most: int = 32_767) -> forms.IntegerField:
    """A count that may be unknown: empty is not nought."""
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-4"}),
        error_messages={
            "invalid": f"Enter a whole number under “{label}”, or leave it empty.",
            "min_value": f"Enter 0 or more under “{label}”.",
            "max_value": f"Enter a smaller number under “{label}”.",
        },
    )


def yes_no(label: str, hint: str, unknown: str) -> forms.TypedChoiceField:
    """Yes, no, or not known."""
    return forms.TypedChoiceField(
        label=label,
        help_text=hint,
        choices=[("", unknown), ("True", "Yes"), ("False", "No")],
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
    )


def refuse(form: forms.Form, name: str, said: str) -> None:
    """An error at a field that has none yet."""
    if name not in form.errors:
        form.add_error(name, ValidationError(said))
