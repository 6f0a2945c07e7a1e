"""A phone with an authenticator app, and a person who has one."""

import time

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.test import Client
from django.urls import reverse

from accounts import secondfactor
from accounts.models import User

PERIOD = 30


def with_a_phone(person: User) -> str:
    """Give a person an authenticator; its key."""
    key = generate_totp_secret()
    secondfactor.set_up(person, key)
    return key


def code_of(key: str, later: int = 0) -> str:
    """The code that the app shows, or the one that it shows next.

    Never the one before: the clock may tick on before it is sent.
    """
    return format_hotp_value(hotp_value(key, int(time.time()) // PERIOD + later))


def passes(browser: Client, person: User, password: str, **more: str):
    """Send name and password, as the sign-in form does."""
    return browser.post(
        reverse("admin:login"), {"username": person.email, "password": password, **more}
    )


def enters(browser: Client, code: str):
    """Send a code, as the second step does."""
    return browser.post(reverse("mfa_authenticate"), {"code": code})


def is_in(browser: Client) -> bool:
    """Whether pages open."""
    return browser.get(reverse("admin:help")).status_code == 200
