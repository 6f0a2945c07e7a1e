"""What is asked when a payments file is brought, corrected, or undone."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from barnetwatch.lib.forms import SiteForm, name_the_field
from barnetwatch.pages.payments.words import DELIMITERS, ENCODINGS, MARKS, MEANINGS, ORDERS
from costs.models import Publisher
from costs.payments.headers import words_of
from costs.payments.shape import Meaning
from costs.payments.uploads import TOO_LARGE

#: A choice that says: as it is detected; one that says that no column holds it; and what stands
#: before a header, so that no header can look like one of these.
DETECTED, NO_COLUMN, HEADER = "", "none", "header:"


class UploadForm(SiteForm):
    """A file and whose it is."""

    publisher = forms.ModelChoiceField(
        label="Who published it",
        queryset=Publisher.objects.none(),
        required=False,
        empty_label="Choose a publisher",
    )
    new = forms.CharField(
        label="A publisher that is not on the list",
        max_length=150,
        required=False,
        help_text="Only for a first file. Such as London Borough of Barnet.",
    )
    file = forms.FileField(
        label="The file",
        max_length=None,
        allow_empty_file=True,
        help_text=(
            "As it was published: .csv or .xlsx, up to 100 MB. "
            "If this page comes back with a mistake, choose it again."
        ),
        error_messages={"required": "Choose the file."},
    )

    def __init__(self, *args: Any, user: Any, had_too_much: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Publisher.objects.visible_to(user)
        self.fields["publisher"].queryset = known  # type: ignore[attr-defined]
        several = list(known[:2])
        if not several:
            del self.fields["publisher"]
            self.fields["new"].label = "Who published it"
            self.fields["new"].must_be_given = True  # type: ignore[attr-defined]
        else:
            self.fields["publisher"].must_be_given = True  # type: ignore[attr-defined]
            if len(several) == 1:
                self.fields["publisher"].initial = several[0]
        if had_too_much:
            self.fields["file"].error_messages["required"] = TOO_LARGE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        new = " ".join(cleaned.get("new", "").split())
        chosen = cleaned.get("publisher")
        if not new and not chosen and not self.errors.keys() & {"new", "publisher"}:
            field = "publisher" if "publisher" in self.fields else "new"
            self.add_error(field, ValidationError("Say who published the file.", code="required"))
        return cleaned | {"new": new}


class CorrectForm(SiteForm):
    """How the files of a publisher are to be read; what is left alone is detected."""

    says_optional = False
    encoding = forms.ChoiceField(label="Characters", required=False)
    delimiter = forms.ChoiceField(label="What parts the columns", required=False)
    order = forms.ChoiceField(label="Dates of three numbers", required=False)
    marks = forms.ChoiceField(label="Sums", required=False)

    def __init__(self, *args: Any, report: dict[str, Any], kept: dict[str, Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.headers = headers_of(report)
        is_book = report.get("encoding") == "xlsx"
        for name, choices in (
            ("encoding", ENCODINGS),
            ("delimiter", DELIMITERS),
            ("order", ORDERS),
            ("marks", MARKS),
        ):
            found = choices.get(report.get(name) or "", "")
            self.fields[name].choices = [  # type: ignore[attr-defined]
                (DETECTED, _as_detected(found)),
                *choices.items(),
            ]
            self.initial[name] = kept.get(name, DETECTED)
            if is_book and name in ("encoding", "delimiter"):
                del self.fields[name]
        self.fields |= self._columns(report.get("columns", {}), kept.get("columns", {}))

    def _columns(self, found: dict[str, str], kept: dict[str, str]) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {}
        for meaning, label in MEANINGS.items():
            fields[f"column_{meaning}"] = forms.ChoiceField(
                label=label,
                required=False,
                choices=[
                    (DETECTED, _as_detected(found.get(meaning, "no column"))),
                    (NO_COLUMN, "No column holds it"),
                    *((HEADER + header, header) for header in self.headers),
                ],
            )
            name_the_field(fields[f"column_{meaning}"], label)
            if meaning in kept:
                self.initial[f"column_{meaning}"] = self._choice(kept[meaning])
        return fields

    def _choice(self, header: str) -> str:
        """The choice of a header that was chosen for another file, where this one has it too."""
        if not header:
            return NO_COLUMN
        alike = (own for own in self.headers if words_of(own) == words_of(header))
        return HEADER + own if (own := next(alike, "")) else DETECTED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen: dict[str, str] = {}
        for meaning, label in MEANINGS.items():
            header = cleaned.get(f"column_{meaning}", "")
            if header.startswith(HEADER):
                if header in chosen:
                    said = f"One column cannot be both “{chosen[header]}” and “{label}”."
                    self.add_error(f"column_{meaning}", ValidationError(said))
                chosen[header] = label
        if cleaned.get(f"column_{Meaning.AMOUNT}") == NO_COLUMN:
            said = "Without a column of amounts there is nothing to import. Choose one."
            self.add_error(f"column_{Meaning.AMOUNT}", ValidationError(said))
        return cleaned

    @property
    def profile(self) -> dict[str, Any]:
        """The same as a publisher keeps it."""
        columns = {
            meaning.value: value.removeprefix(HEADER) if value != NO_COLUMN else ""
            for meaning in MEANINGS
            if (value := self.cleaned_data.get(f"column_{meaning}", ""))
        }
        plain = {
            name: self.cleaned_data.get(name, "")
            for name in ("encoding", "delimiter", "order", "marks")
        }
        return plain | {"columns": columns}

    @property
    def whole(self) -> list[Any]:
        """The fields about the file as a whole."""
        return [field for field in self if not field.name.startswith("column_")]

    @property
    def columns(self) -> list[Any]:
        """The fields about its columns."""
        return [field for field in self if field.name.startswith("column_")]


class WithdrawForm(SiteForm):
    """Why an import is undone."""

    reason = forms.CharField(
        label="What was wrong with the file",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who sees the file reads this.",
        error_messages={"required": "Say what was wrong with the file."},
    )


def headers_of(report: dict[str, Any]) -> list[str]:
    """The headers an officer may choose from, each once: of the header that was found, or else of
    the first row with the most cells.
    """
    found = report.get("headers")
    if found is None:
        rows = report.get("sample") or [[]]
        found = max(rows, key=lambda cells: sum(map(bool, cells)))
    named = (" ".join(header.split())[:200] for header in found)
    return list({words_of(header): header for header in named if words_of(header)}.values())


def _as_detected(found: str) -> str:
    return f"As it is detected: {found}" if found else "As it is detected"
