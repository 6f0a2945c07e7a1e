"""The forms by which people sign in and set a password, in the site's clothes and plain words."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit, letters, limits
from accounts.audit import Act
from barnetwatch.lib.forms import Govuk

_HOW_LONG = _(
    "Use 12 characters or more. Three words that do not belong together make a good one. Digits "
    "alone, a common password and your own name are refused."
)
_NOT_THE_SAME = _("The two new passwords are not the same. Enter the same one twice.")


class _Plain(Govuk):
    """Says of each empty field what to enter."""

    #: By field: what to say where it is empty.
    empty: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in self.empty.items():
            self.fields[name].error_messages["required"] = words


class SignInForm(_Plain, AdminAuthenticationForm):
    """Signs in whoever may use the site; says nothing about who has an account."""

    empty = {"username": _("Enter your email address."), "password": _("Enter your password.")}
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "That email address and password do not belong together. Check both: capital and "
            "small letters of a password are different."
        ),
    }
    username = auth.UsernameField(
        label=_("Email address"), widget=forms.EmailInput(attrs={"spellcheck": "false"})
    )

    def clean(self) -> dict[str, Any]:
        """As Django's own, counting attempts: known and unknown addresses alike, and each costs
        one hashing of a password.
        """
        given = self.cleaned_data
        address, password = given.get("username"), given.get("password")
        if address is None or not password:
            return given
        take_back = limits.spend(self.request, "password", address)
        self.user_cache = authenticate(self.request, username=address, password=password)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        take_back()
        return given


class AskForm(_Plain, auth.PasswordResetForm):
    """Asks for a link by which to set a new password."""

    empty = {"email": _("Enter your email address.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Email address")
        self.fields["email"].help_text = _("The one that you sign in with.")
        self.fields["email"].error_messages["invalid"] = _(
            "Enter an email address such as name@barnet.gov.uk."
        )

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Beside the answer: a slow mail server would tell who has an account."""
        stock = super().send_mail
        letters.later(lambda: stock(*args, **kwargs))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Send the link, unless too many were asked for: the answer is the same."""
        with suppress(ValidationError):
            limits.spend(kwargs["request"], "mail", self.cleaned_data["email"])
            super().save(*args, **kwargs)


class _NewPassword(_Plain):
    """A new password, twice."""

    empty = {
        "new_password1": _("Enter a new password."),
        "new_password2": _("Enter the new password again."),
    }
    error_messages = {"password_mismatch": _NOT_THE_SAME}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = _HOW_LONG
        self.fields["new_password2"].label = _("New password, once more")
        self.fields["new_password2"].help_text = ""

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        person = super().save(commit)  # type: ignore[misc]
        audit.record(Act.PASSWORD_SET, by=person, subject=person)
        return person


class NewPasswordForm(_NewPassword, auth.SetPasswordForm):
    """Sets a password for somebody who came by a link."""


class ChangeForm(_NewPassword, auth.PasswordChangeForm):
    """Sets another password for somebody who knows the present one."""

    empty = {**_NewPassword.empty, "old_password": _("Enter your present password.")}
    error_messages = {
        **_NewPassword.error_messages,
        "password_incorrect": _("That is not your present password. Enter it again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Present password")
