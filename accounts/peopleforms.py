"""Forms over people and their clearances."""

from typing import Any

from django.contrib.auth.forms import (
    BaseUserCreationForm,
    SetUnusablePasswordMixin,
    UserChangeForm,
)
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.backoffice.forms import RecordForm
from accounts.models import User


class NewPersonForm(SetUnusablePasswordMixin, BaseUserCreationForm, RecordForm):
    """Somebody new, who may do nothing until given a role."""

    usable_password = SetUnusablePasswordMixin.create_usable_password_field(
        gettext_lazy("Without a password nobody signs in as this person, not even they.")
    )

    class Meta:
        model = User
        fields = ("email", "name", "job_title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].required = self.fields["password2"].required = False


class PersonForm(RecordForm, UserChangeForm):
    """Somebody who is there; the password has a page of its own."""

    class Meta:
        model = User
        fields = "__all__"


class ClearanceFormSet(BaseInlineFormSet):
    """Clearances of one person; nobody grants one to themself."""

    by: User

    def clean(self) -> None:
        super().clean()
        if self.instance == self.by and any(form.has_changed() for form in self.extra_forms):
            raise ValidationError(
                _("Nobody grants a clearance to themself. Ask another administrator.")
            )
