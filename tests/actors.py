"""Who looks at the site: one person for each role, and the special ones."""

import time
from typing import Any

from allauth.account.internal.flows import login
from django.test import Client

from accounts import sessions
from accounts.models import Role, User
from tests import factories


def signed_in(person: User) -> Client:
    """A browser in which a person is signed in, second factor and all."""
    browser = Client()
    browser.force_login(person)
    session = browser.session
    session.update(factor_given(person))
    session.save()
    return browser


def factor_given(person: User) -> dict[str, Any]:
    """What the session of somebody holds who signed in with a second factor a moment ago."""
    now = time.time()
    return {
        login.AUTHENTICATION_METHODS_SESSION_KEY: [
            {"method": "password", "at": now, "reauthenticated": True},
            {"method": "mfa", "at": now, "type": "totp"},
        ],
        login._AUTHENTICATION_METHODS_USER_SESSION_KEY: str(person.pk),
        sessions.SINCE: now,
        sessions.SEEN: now,
    }


def as_role(role: Role, **fields: object) -> Client:
    """A browser in which somebody with a role is signed in."""
    return signed_in(factories.a_person(f"The {role.label.lower()}", role, **fields))


def the_superuser() -> User:
    """Allowed everything, cleared for nothing."""
    found = User.objects.filter(email="root@barnet.example").first()
    return found or User.objects.create_superuser("root@barnet.example", name="Root")
