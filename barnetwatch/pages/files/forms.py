"""What is asked when a file is added, described anew, or withdrawn."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from barnetwatch.lib.evidence import ACCEPT, TOO_LARGE, check
from barnetwatch.lib.filenames import safe_name
from barnetwatch.pages.writing.forms import Restricting, WritingForm, long, short


class DescribeForm(Restricting, WritingForm):  # type: ignore[misc]
    """What a file is, and who may see it."""

    description = short(
        "What it is",
        "In a few words, such as: letter of the supplier of 3 May 2018. No client’s details.",
        most=250,
        required=True,
    )
    groups = (("", ("description",)), Restricting.RESTRICTION)
    opens = True  # A file has no page in the back office to open it on.

    def clean(self) -> None:
        super().clean()
        self.check_restriction()


class AddForm(DescribeForm):
    """A file besides."""

    file = forms.FileField(
        label="The file",
        max_length=None,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=(
            "A PDF, a picture (.png, .jpg), .docx, .xlsx, .csv, .txt or a saved mail (.eml), "
            "up to 25 MB. If this page comes back with a mistake, choose it again."
        ),
        error_messages={"required": "Choose the file."},
    )
    groups = (("", ("file", "description")), Restricting.RESTRICTION)

    def __init__(self, *args: Any, had_too_much: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if had_too_much:
            self.fields["file"].error_messages["required"] = TOO_LARGE

    def clean(self) -> None:
        super().clean()
        if file := self.cleaned_data.get("file"):
            try:
                check(file, safe_name(file.name), file.size)
            except ValidationError as refused:
                self.add_error(None, refused)

    @property
    def about(self) -> dict[str, Any]:
        """What is said about the file, as the verb takes it."""
        return {name: value for name, value in self.said.items() if name != "file"}


class WithdrawForm(WritingForm):
    """Why a file is taken back, and whether its bytes go too."""

    reason = long(
        "Why it is withdrawn",
        "Everybody who could see the file reads this.",
        required=True,
    )
    destroy = forms.BooleanField(
        label="Destroy its bytes too",
        help_text=(
            "For what should never have been kept, such as somebody’s personal details. Nobody "
            "can bring them back but from a backup."
        ),
        required=False,
    )
    groups = (("", ("reason", "destroy")),)
