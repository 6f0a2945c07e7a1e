"""Invitations: somebody new sets their own password by a link, and nobody else ever knows one."""

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import letters
from accounts.models import User

_SALT = "accounts.inviting"


def is_waiting(person: User) -> bool:
    """Whether somebody may sign in and has set no password yet."""
    return person.is_active and person.is_staff and not person.has_usable_password()


def invite(person: User) -> bool:
    """Send somebody the link to set their password; one sent earlier stops working.

    Returns whether the mail server took the mail. Raises ValidationError for somebody who has a
    password already or may not sign in.
    """
    if not is_waiting(person):
        raise ValidationError(
            _("%(name)s has a password already or may not sign in. Nothing was sent."),
            params={"name": person},
        )
    person.set_unusable_password()  # Another one that nobody has: earlier links were made with it.
    person.save(update_fields=["password"])
    link = settings.SITE_URL + reverse("invitation", args=[token_for(person)])
    days = settings.INVITATION_TIMEOUT // (24 * 60 * 60)
    return letters.send(person, "invitation", "Your account on BarnetWatch", link=link, days=days)


def token_for(person: User) -> str:
    """What an invitation's link ends with."""
    return signing.dumps([person.pk, _state(person)], salt=_SALT)


def invited(token: str) -> User | None:
    """Whom a link invites; None where it is too old, was used, or another one was sent since."""
    try:
        number, state = signing.loads(token, salt=_SALT, max_age=settings.INVITATION_TIMEOUT)
    except signing.BadSignature:
        return None
    person = User.objects.filter(pk=number).first()
    if person is None or not is_waiting(person):
        return None
    return person if constant_time_compare(state, _state(person)) else None


def _state(person: User) -> str:
    """What changes when a password is set or another invitation is sent."""
    said = f"{person.password}:{person.email}"
    return salted_hmac(_SALT, said, algorithm="sha256").hexdigest()[:32]
