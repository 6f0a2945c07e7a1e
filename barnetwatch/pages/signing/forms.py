"""The forms by which codes and passwords are asked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, limits, secondfactor
from accounts.audit import Act
from accounts.models import User
from barnetwatch.lib.forms import SiteForm

WRONG = gettext_lazy(
    "That code is not right. Enter the one that the app shows now; each works once, for about half "
    "a minute."
)


class CodeField(forms.CharField):
    """Digits as they are read off a phone or a sheet of paper: spaces do not matter."""

    def __init__(self, **options: Any) -> None:
        box = forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
                "class": "govuk-input--width-10",
            }
        )
        super().__init__(widget=box, max_length=40, **options)
        self.error_messages["max_length"] = _("That is too long for a code. Enter its digits.")

    def to_python(self, value: Any) -> Any:
        return "".join(str(super().to_python(value) or "").split()).replace("-", "")


class CodeForm(SiteForm):
    """The code of an authenticator, or a recovery code."""

    code = CodeField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("6 digits from the app, or 8 digits of a recovery code."),
        error_messages={"required": gettext_lazy("Enter the code that your app shows.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        take_back = limits.spend(self.request, "code", self.person.pk)
        self.factor = secondfactor.matching(self.person, code)
        if self.factor is None:
            audit.record(Act.CODE_WRONG, by=None, subject=self.person)
            raise ValidationError(WRONG, code="wrong")
        take_back()
        return code


class SetUpForm(SiteForm):
    """The first code of an authenticator that was just given its key."""

    code = CodeField(
        label=gettext_lazy("Code from the app"),
        help_text=gettext_lazy("6 digits."),
        error_messages={"required": gettext_lazy("Enter the code that your app shows.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.secret = request, secret

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        take_back = limits.spend(self.request, "code", self.request.user.pk)
        if not secondfactor.fits(self.secret, code):
            raise ValidationError(WRONG, code="wrong")
        take_back()
        return code


class PasswordForm(SiteForm):
    """The password of whoever is signed in, once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        error_messages={"required": gettext_lazy("Enter your password.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = self.request.user
        take_back = limits.spend(self.request, "password", person.get_username())
        if not person.check_password(password):
            raise ValidationError(_("That is not your password. Enter it again."), code="wrong")
        take_back()
        return password
