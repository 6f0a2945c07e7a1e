"""Guessing passwords and accounts: the same answer, the same work, and few tries."""

import statistics
import time
from importlib import import_module
from threading import Event

import pytest
from django.contrib.auth import hashers
from django.core import checks, mail
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.adapters import NOWHERE, AccountAdapter
from accounts.models import Role
from barnetwatch.checks import limits_are_shared
from tests.authenticator import passes, with_a_phone
from tests.factories import a_person

pytestmark = pytest.mark.django_db

PASSWORD, WRONG = "three words together", "wrong"
TOO_MANY = "Too many attempts. Wait five minutes, then try again."


@pytest.fixture
def people(db) -> dict[str, str]:
    """An address of each kind, none of which the password below signs in."""
    known = a_person("Kay Nown", Role.COUNCILLOR, password=PASSWORD)
    enrolled = a_person("En Rolled", Role.FINANCE_OFFICER, password=PASSWORD)
    with_a_phone(enrolled)
    closed = a_person("Clo Sed", Role.COUNCILLOR, password=PASSWORD, is_active=False)
    invited = a_person("In Vited", Role.COUNCILLOR)
    outside = a_person("Out Side", Role.COUNCILLOR, password=PASSWORD, is_staff=False)
    return {
        "known": known.email,
        "enrolled": enrolled.email,
        "closed": closed.email,
        "invited, without a password": invited.email,
        "may not sign in": outside.email,
        "unknown": "nobody@barnet.example",
    }


def tries(email: str, password: str = WRONG, **headers):
    sent = {"username": email, "password": password}
    return Client().post(reverse("admin:login"), sent, **headers)


def page_of(answer, email: str) -> str:
    """What is on the page but for what differs from any page to the next."""
    html = answer.content.decode().replace(email, "ADDRESS")
    token = html.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return html.replace(token, "TOKEN")


def test_the_answer_is_the_same_whoever_is_known(people):
    pages = {who: page_of(tries(email), email) for who, email in people.items()}
    assert len(set(pages.values())) == 1
    # Nor does the right password tell that an account is there and closed.
    closed = people["closed"], people["may not sign in"]
    assert {page_of(tries(each, PASSWORD), each) for each in closed} == {pages["unknown"]}


def test_the_same_hashing_is_done_whoever_is_known(people, monkeypatch):
    done: list[str] = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(
        hasher, "encode", lambda self, *args: done.append("hash") or encode(self, *args)
    )
    counts = {}
    for who, email in people.items():
        done.clear()
        tries(email)
        counts[who] = len(done)
    assert set(counts.values()) == {1}, counts


def test_it_takes_about_as_long(people, settings, figure):
    """With the hasher that the site has. Bound generously: the machine has other work."""
    settings.PASSWORD_HASHERS = import_module("barnetwatch.settings").PASSWORD_HASHERS
    known = a_person("Ar Gon", Role.COUNCILLOR, password=PASSWORD)
    took: dict[str, list[float]] = {known.email: [], people["unknown"]: []}
    for _ in range(5):
        for email, times in took.items():
            began = time.perf_counter()
            tries(email)
            times.append(time.perf_counter() - began)
    there, not_there = (statistics.median(times) * 1000 for times in took.values())
    figure(f"Refusing a known account took {there:.0f} ms, an unknown one {not_there:.0f} ms.")
    assert abs(there - not_there) < max(20, 0.5 * max(there, not_there))


def test_a_link_for_a_new_password_is_answered_alike(people):
    page = reverse("admin_password_reset")
    answers = {Client().post(page, {"email": email})["Location"] for email in people.values()}
    assert answers == {reverse("password_reset_done")}


def test_a_slow_mail_server_does_not_tell_who_is_known(
    people, monkeypatch, letters_take_their_time
):
    """The answer is there while the mail server has not even taken the mail."""
    answered, sent = Event(), Event()

    def slow(self, *args, **kwargs):
        assert answered.wait(timeout=60)
        sent.set()

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", slow)
    answer = Client().post(reverse("admin_password_reset"), {"email": people["known"]})
    assert answer.status_code == 302
    assert not sent.is_set()
    answered.set()
    assert sent.wait(timeout=60)


# Few tries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["known", "unknown"])
def test_five_wrong_passwords_close_an_account_for_five_minutes(people, who):
    for _ in range(5):
        assert TOO_MANY not in tries(people[who]).content.decode()
    shouted = people[who].upper()
    for email in (people[who], shouted):
        assert TOO_MANY in tries(email, PASSWORD).content.decode()


def test_another_account_stays_open(people):
    for _ in range(6):
        tries(people["unknown"])
    answer = tries(people["known"], PASSWORD)
    assert answer.status_code == 302


def test_signing_in_with_an_account_of_ones_own_does_not_begin_the_count_anew(people):
    own = a_person("Mal Ory", Role.COUNCILLOR, password=PASSWORD)
    for _ in range(5):
        tries(people["known"])
        assert passes(Client(), own, PASSWORD).status_code == 302
    assert TOO_MANY in tries(people["known"], PASSWORD).content.decode()


def test_one_address_tries_twenty_times_a_minute_over_all_accounts(people):
    for number in range(20):
        tries(f"somebody{number}@barnet.example")
    assert TOO_MANY in tries("another@barnet.example").content.decode()
    elsewhere = tries("another@barnet.example", REMOTE_ADDR="192.0.2.7")
    assert TOO_MANY not in elsewhere.content.decode()


def test_saying_that_one_is_elsewhere_does_not_help(people, settings):
    settings.PROXIES = 0
    for number in range(21):
        answer = tries(f"s{number}@barnet.example", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert TOO_MANY in answer.content.decode()
    # Behind a proxy, what the proxy wrote counts: the last. What stands before it was sent.
    settings.PROXIES = 1
    for number in range(21):
        forged = f"192.0.2.{number}, 203.0.113.9"
        answer = tries(f"t{number}@barnet.example", HTTP_X_FORWARDED_FOR=forged)
    assert TOO_MANY in answer.content.decode()


def test_no_mailbox_is_flooded_with_links(people):
    for _ in range(8):
        answer = Client().post(reverse("admin_password_reset"), {"email": people["known"]})
        assert answer["Location"] == reverse("password_reset_done")
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("proxies", "said", "found"),
    [
        (0, "192.0.2.1", "198.51.100.5"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.1, 192.0.2.2", "192.0.2.2"),
        (2, "192.0.2.1, 192.0.2.2", "192.0.2.1"),
        (2, "192.0.2.1", "198.51.100.5"),
        (1, "", "198.51.100.5"),
        (1, "<script>", NOWHERE),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_where_a_request_came_from(settings, proxies, said, found):
    settings.PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": said} if said else {}
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.5", **headers)
    assert AccountAdapter(request).get_client_ip(request) == found


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_served_site_refuses_a_cache_that_is_not_shared(settings, backend):
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    settings.EMBEDDED = False
    [error] = limits_are_shared(None)
    assert error.id == "barnetwatch.E007"
    assert error.level == checks.ERROR
    settings.EMBEDDED = True
    assert not list(limits_are_shared(None))


def test_the_sites_own_cache_is_shared(settings):
    settings.EMBEDDED = False
    assert not list(limits_are_shared(None))
