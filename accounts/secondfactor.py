"""The second factor: who must have one, whether it was given, and how it is set up and taken away.

Whoever can change the record or give roles must have one; others may.
"""

import logging
from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, clear_totp_secret, validate_totp_code
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, sessions
from accounts.audit import Act
from accounts.models import Role, User
from accounts.visibility import roles_of

log = logging.getLogger(__name__)

REQUIRED = frozenset(
    {
        Role.INCIDENT_OFFICER,
        Role.CONTRACT_OFFICER,
        Role.FINANCE_OFFICER,
        Role.ADMINISTRATOR,
    }
)
TYPE = Authenticator.Type
FACTORS = (TYPE.TOTP, TYPE.WEBAUTHN)
#: Seconds for which a code would be taken, had it not been used: its own 30 and those beside it.
_LIVES = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)


def must_have(person: Any) -> bool:
    """Whether a person may do nothing without a second factor."""
    return bool(person.is_superuser or roles_of(person) & REQUIRED)


def has(person: Any) -> bool:
    """Whether a person has set one up."""
    return Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS).exists()


def was_given(request: HttpRequest) -> bool:
    """Whether this session was opened with a second factor, or one was set up in it."""
    records = get_authentication_records(request, request.user)
    return any(each["method"] == "mfa" for each in records)


def matching(person: User, code: str) -> Authenticator | None:
    """The factor of a person that a code is right for; a code is right once.

    Counting attempts is the caller's (accounts.limits).
    """
    if not (code.isascii() and code.isdigit()):
        return None
    found = Authenticator.objects.filter(user=person).exclude(type=TYPE.WEBAUTHN)
    for factor in sorted(found, key=lambda each: each.type != TYPE.TOTP):
        try:
            fits = factor.wrap().validate_code(code)
        except InvalidToken:
            log.error("A second factor was sealed with another SECRET_KEY than this one.")
            continue
        if fits and (factor.type != TYPE.TOTP or use_up(person, code)):
            return factor
    return None


def use_up(person: User, code: str) -> bool:
    """Note that a code of an authenticator was used; False where it was used before.

    allauth's own note lasts 30 seconds, and a code is good for longer.
    """
    return bool(cache.add(f"second-factor-used:{person.pk}:{code}", 1, timeout=_LIVES))


@transaction.atomic
def give(request: HttpRequest, factor: Authenticator) -> None:
    """Note in the session that a factor was given."""
    if factor.type == TYPE.RECOVERY_CODES:
        audit.record(Act.CODE_SPENT, by=factor.user, subject=factor.user)
    post_authentication(request, factor)


def fits(secret: str, code: str) -> bool:
    """Whether a code comes from an authenticator with this key."""
    return code.isascii() and validate_totp_code(secret, code)


@transaction.atomic
def set_up(person: User, secret: str) -> Authenticator:
    """Give a person an authenticator with a key and ten new recovery codes, in place of those
    they had."""
    User.objects.select_for_update().get(pk=person.pk)  # One at a time.
    Authenticator.objects.filter(user=person, type__in=(TYPE.TOTP, TYPE.RECOVERY_CODES)).delete()
    factor = TOTP.activate(person, secret).instance
    RecoveryCodes.activate(person)
    return factor


@transaction.atomic
def enrol(request: HttpRequest, secret: str, code: str) -> None:
    """Set up the authenticator of whoever asks; their other sessions end."""
    person = request.user
    factor = set_up(person, secret)
    use_up(person, code)
    clear_totp_secret(request)
    record_authentication(request, person, "mfa", id=factor.pk, type=factor.type)
    sessions.end_others(request, person)
    audit.record(Act.FACTOR_SET_UP, by=person, subject=person)


@transaction.atomic
def take_away(person: User) -> None:
    """A person has no second factor any more, and every session of theirs ends."""
    Authenticator.objects.filter(user=person).delete()
    sessions.end_all(person)


@transaction.atomic
def give_up(request: HttpRequest) -> None:
    """Whoever asks goes on without a second factor; their other sessions end."""
    Authenticator.objects.filter(user=request.user).delete()
    records = get_authentication_records(request, request.user)
    left = [each for each in records if each["method"] != "mfa"]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = left
    sessions.end_others(request, request.user)
    audit.record(Act.FACTOR_GIVEN_UP, by=request.user, subject=request.user)


@transaction.atomic
def new_recovery_codes(person: User) -> None:
    """Ten other recovery codes; those before stop working."""
    User.objects.select_for_update().get(pk=person.pk)
    Authenticator.objects.filter(user=person, type=TYPE.RECOVERY_CODES).delete()
    RecoveryCodes.activate(person)
    audit.record(Act.CODES_MADE, by=person, subject=person)


def codes_left(codes: Authenticator | None) -> int:
    """How many recovery codes were not used yet."""
    return len(_unused(codes)) if codes else 0


def show_codes(codes: Authenticator) -> list[str]:
    """Recovery codes for whom they are, once: nothing where they were shown before."""
    wrapped = codes.wrap()
    if wrapped.did_view:
        return []
    wrapped.mark_as_viewed()
    return _unused(codes)


def _unused(codes: Authenticator) -> list[str]:
    try:
        found: list[str] = codes.wrap().get_unused_codes()
    except InvalidToken:
        return []  # Sealed with another secret key: none of them works.
    return found
