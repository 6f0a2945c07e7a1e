"""Forms over people and their clearances."""

from django import forms
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.backoffice.acts import ActForm
from accounts.backoffice.forms import RecordForm
from accounts.models import User


class NewPersonForm(RecordForm):
    """Somebody new, who may do nothing until given a role; the password is theirs to set."""

    class Meta:
        model = User
        fields = ("email", "name", "job_title")

    def save(self, commit: bool = True) -> User:
        """Without a password: an invitation leads to where they set one."""
        self.instance.set_unusable_password()
        person: User = super().save(commit=commit)
        return person


class PersonForm(RecordForm, UserChangeForm):
    """Somebody who is there; their password is theirs alone."""

    password = None

    class Meta:
        model = User
        exclude = ("password",)


class AskAgain(ActForm):
    """Nothing to fill in: the button is enough."""


class ReasonForm(ActForm):
    """Why something is done to somebody's account."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=gettext_lazy(
            "How you know that it is they who ask, such as “rang back on the number in the "
            "directory”. They are told it by mail."
        ),
    )


class ClearanceFormSet(BaseInlineFormSet):
    """Clearances of one person; nobody grants one to themself."""

    by: User

    def clean(self) -> None:
        super().clean()
        if self.instance == self.by and any(form.has_changed() for form in self.extra_forms):
            raise ValidationError(
                _("Nobody grants a clearance to themself. Ask another administrator.")
            )
