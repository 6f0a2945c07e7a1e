"""Signing in, out and in vain, told to the audit trail: Django's own signals, whatever signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.audit import Act
from accounts.models import User


def listen() -> None:
    """Connect the three signals; once, when the apps are loaded."""
    for signal, heard in (
        (user_logged_in, signed_in),
        (user_logged_out, signed_out),
        (user_login_failed, failed),
    ):
        signal.connect(heard, dispatch_uid=f"accounts.signins.{heard.__name__}")


@transaction.atomic
def signed_in(sender: Any, user: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Somebody is in."""
    audit.record(Act.SIGNED_IN, by=user, subject=user)


@transaction.atomic
def signed_out(sender: Any, user: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Somebody has left; nobody where the session had ended before."""
    if user is not None:
        audit.record(Act.SIGNED_OUT, by=user, subject=user)


@transaction.atomic
def failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Somebody tried. Not what was typed, which may be a password in the wrong box: only whose
    account it is, where there is one.
    """
    typed = next((credentials[name] for name in ("username", "email") if name in credentials), "")
    address = str(typed).strip().lower().replace("\x00", "")
    person = User.objects.filter(email=address).first()
    audit.record(Act.SIGN_IN_FAILED, by=None, subject=person)
