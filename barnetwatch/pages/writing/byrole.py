"""What every form asks beside the field that says who it was."""

from django import forms

#: The hint of that field.
BY_ROLE = "The role; or the name, and then the role below or the tick."


def acts_in_public() -> forms.BooleanField:
    """The tick without which a name beside a role is kept back."""
    return forms.BooleanField(
        label="This person acts in public, so the name may be shown",
        required=False,
        help_text="Councillors and others in public office do. Of an officer or a supplier’s "
        "member of staff who does not, readers see the role.",
    )


def their_role() -> forms.CharField:
    """What readers see instead of a name that is not to be shown."""
    return forms.CharField(
        label="Role", max_length=150, required=False, help_text="As of that day."
    )
