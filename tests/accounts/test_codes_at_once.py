"""Codes and guesses that come at the same moment count as those that come one after another."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import hashers
from django.core.cache import cache
from django.test import Client

from accounts import secondfactor
from accounts.models import Role, User
from tests.authenticator import code_of, passes, with_a_phone
from tests.factories import a_person
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_counted_yet():
    """What is counted in the cache outlives a test that commits."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def officer() -> User:
    return a_person("Fin Officer", Role.FINANCE_OFFICER, password="three words together")


def test_one_code_of_an_app_lets_one_browser_in(officer):
    code = code_of(with_a_phone(officer))
    found = in_threads(6, lambda n: secondfactor.matching(officer, code))
    assert sum(1 for each in found if each) == 1


def test_one_recovery_code_lets_one_browser_in(officer):
    with_a_phone(officer)
    codes = Authenticator.objects.get(user=officer, type="recovery_codes")
    [code, *_] = codes.wrap().get_unused_codes()
    found = in_threads(6, lambda n: secondfactor.matching(officer, code))
    assert sum(1 for each in found if each) == 1
    codes.refresh_from_db()
    assert secondfactor.codes_left(codes) == 9


def test_guesses_at_once_are_no_more_than_guesses_one_by_one(officer, monkeypatch):
    hashed: list[int] = []
    hasher = type(hashers.get_hasher())
    verify = hasher.verify
    monkeypatch.setattr(
        hasher, "verify", lambda self, *args: hashed.append(1) or verify(self, *args)
    )
    in_threads(12, lambda n: passes(Client(), officer, f"guess {n}"))
    assert 0 < len(hashed) <= 5


def test_two_windows_set_up_one_authenticator(officer):
    keys = in_threads(4, lambda n: with_a_phone(officer))
    assert Authenticator.objects.filter(user=officer, type="totp").count() == 1
    assert [key for key in keys if secondfactor.matching(officer, code_of(key))]
