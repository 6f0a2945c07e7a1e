"""Who looks at the site: one person for each role, and the special ones."""

from django.test import Client

from accounts.models import Role, User
from tests import factories


def signed_in(person: User) -> Client:
    """A browser in which a person is signed in."""
    browser = Client()
    browser.force_login(person)
    return browser


def as_role(role: Role, **fields: object) -> Client:
    """A browser in which somebody with a role is signed in."""
    return signed_in(factories.a_person(f"The {role.label.lower()}", role, **fields))


def the_superuser() -> User:
    """Allowed everything, cleared for nothing."""
    found = User.objects.filter(email="root@barnet.example").first()
    return found or User.objects.create_superuser("root@barnet.example", name="Root")
