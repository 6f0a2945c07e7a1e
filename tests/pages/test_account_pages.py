"""Somebody's own account: setting up a second factor, recovery codes, and sessions."""

import re
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as conf
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import secondfactor, sessions
from accounts.models import Role, User
from tests.actors import signed_in
from tests.authenticator import code_of, enters, is_in, passes, with_a_phone
from tests.factories import a_person

pytestmark = pytest.mark.django_db

PASSWORD = "three words together"
SET_UP, FACTOR = reverse("mfa_activate_totp"), reverse("mfa_index")
CODES, SESSIONS = reverse("mfa_view_recovery_codes"), reverse("usersessions_list")


@pytest.fixture
def officer() -> User:
    return a_person("Fin Officer", Role.FINANCE_OFFICER, password=PASSWORD)


@pytest.fixture
def councillor() -> User:
    return a_person("Ann Clark", Role.COUNCILLOR, password=PASSWORD)


def came_in(person: User, key: str = "", later: int = 0, **headers) -> Client:
    """A browser in which somebody has signed in as they do."""
    browser = Client(headers=headers)
    answer = passes(browser, person, PASSWORD)
    if key:
        answer = enters(browser, code_of(key, later))
    assert answer.status_code == 302
    return browser


def key_on(page) -> str:
    shown = re.search(r'class="bw-key">(.*?)</strong>', page.content.decode())[1]
    return "".join(re.findall(r"<span>(\w+)</span>", shown))


def as_if_older(browser: Client, *, since: int = 0, seen: int = 0, password: int = 0) -> None:
    """Move what a session remembers into the past, by seconds."""
    session = browser.session
    session[sessions.SINCE] -= since
    session[sessions.SEEN] -= seen
    for each in session["account_authentication_methods"]:
        each["at"] -= password
    session.save()


# Setting it up ---------------------------------------------------------------------------------


def test_an_officer_sets_it_up_at_the_first_sign_in(officer):
    browser = came_in(officer)
    assert browser.get("/")["Location"] == SET_UP
    page = browser.get(SET_UP)
    html = page.content.decode()
    assert '<svg role="img" aria-label="QR code' in html
    assert "img-src" not in page["Content-Security-Policy"]
    assert "data:image" not in html
    assert " style=" not in html
    key = key_on(page)
    assert key_on(browser.get(SET_UP)) == key  # A second window shows the same.

    wrong = browser.post(SET_UP, {"code": "000000" if code_of(key) != "000000" else "000001"})
    assert "That code is not right." in wrong.content.decode()
    assert not Authenticator.objects.exists()

    assert browser.post(SET_UP, {"code": code_of(key)})["Location"] == CODES
    shown = browser.get(CODES).content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", shown)
    assert len(codes) == 10
    file = unquote(re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download', shown)[1])
    assert all(code in file for code in codes)
    assert not re.search(r"\d{8}", browser.get(CODES).content.decode())  # Shown once.
    assert browser.get("/").status_code == 200
    assert [each.subject for each in mail.outbox] == ["A second factor was set up"]

    next_time = Client()
    passes(next_time, officer, PASSWORD)
    assert not is_in(next_time)
    assert enters(next_time, codes[3]).status_code == 302
    assert "9 recovery codes are left" in next_time.get(FACTOR).content.decode()


def test_the_code_that_set_it_up_does_not_sign_in(officer):
    browser = came_in(officer)
    key = key_on(browser.get(SET_UP))
    code = code_of(key)
    browser.post(SET_UP, {"code": code})
    other = Client()
    passes(other, officer, PASSWORD)
    assert "not right" in enters(other, code).content.decode()


def test_the_key_of_the_page_is_the_one_that_counts_whatever_is_sent(officer):
    browser = came_in(officer)
    browser.get(SET_UP)
    mine = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    browser.post(SET_UP, {"code": code_of(mine), "secret": mine, "key": mine})
    assert not Authenticator.objects.exists()


def test_setting_it_up_ends_the_other_sessions(officer):
    elsewhere, browser = came_in(officer), came_in(officer)
    key = key_on(browser.get(SET_UP))
    browser.post(SET_UP, {"code": code_of(key)})
    assert is_in(browser)
    assert elsewhere.get(SET_UP)["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("page", [SET_UP, CODES, reverse("mfa_deactivate_totp")])
def test_a_browser_left_open_does_not_change_it_without_the_password(councillor, page):
    browser = came_in(councillor, with_a_phone(councillor))
    browser.get("/")
    as_if_older(browser, password=11 * 60)
    for answer in (browser.get(page), browser.post(page, {"code": "123456"})):
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    before = set(Authenticator.objects.values_list("pk", flat=True))
    again = answer["Location"]
    html = browser.post(again, {"password": "wrong"}).content.decode()
    assert "That is not your password. Enter it again." in html
    html = browser.post(again, {"password": ""}).content.decode()
    assert "Enter your password." in html
    assert browser.get(page).status_code == 302
    answer = browser.post(again, {"password": PASSWORD, "next": page})
    assert answer["Location"] == page
    assert browser.get(page).status_code == 200
    assert set(Authenticator.objects.values_list("pk", flat=True)) == before


def test_the_password_asked_again_leads_to_no_other_site(councillor):
    browser = came_in(councillor)
    sent = {"password": PASSWORD, "next": "https://evil.example/"}
    assert browser.post(reverse("account_reauthenticate"), sent)["Location"] == FACTOR


def test_a_new_phone_takes_the_place_of_the_old_one(officer):
    old = with_a_phone(officer)
    browser = came_in(officer, old)
    page = browser.get(SET_UP)
    assert "Use another phone" in page.content.decode()
    new = key_on(page)
    assert new != old
    browser.post(SET_UP, {"code": code_of(new)})
    assert Authenticator.objects.filter(user=officer).count() == 2
    other = Client()
    passes(other, officer, PASSWORD)
    assert "not right" in enters(other, code_of(old, later=1)).content.decode()
    assert enters(other, code_of(new, later=1)).status_code == 302


def test_new_recovery_codes_stop_the_old_ones(officer):
    key = with_a_phone(officer)
    [old, *_] = secondfactor.show_codes(
        Authenticator.objects.get(user=officer, type="recovery_codes")
    )
    browser = came_in(officer, key)
    assert "10 of your recovery codes are left" in browser.get(CODES).content.decode()
    assert browser.post(CODES)["Location"] == CODES
    new = re.findall(r"<code>(\d{8})</code>", browser.get(CODES).content.decode())
    assert old not in new
    other = Client()
    passes(other, officer, PASSWORD)
    assert "not right" in enters(other, old).content.decode()
    assert enters(other, new[0]).status_code == 302


def test_an_officer_cannot_turn_it_off_and_a_councillor_can(officer, councillor):
    off = reverse("mfa_deactivate_totp")
    browser = came_in(officer, with_a_phone(officer))
    assert "cannot be turned off" in browser.get(FACTOR).content.decode()
    assert browser.post(off)["Location"] == FACTOR
    assert secondfactor.has(officer)

    browser = came_in(councillor, with_a_phone(councillor))
    assert "Your password alone will sign you in." in browser.get(off).content.decode()
    assert secondfactor.has(councillor)
    assert browser.post(off)["Location"] == FACTOR
    assert not Authenticator.objects.filter(user=councillor).exists()
    assert passes(Client(), councillor, PASSWORD)["Location"] == reverse("admin:index")
    # Given a role that needs one, the same session does not count as one that had it.
    session = browser.session
    assert [each["method"] for each in session["account_authentication_methods"]] == ["password"]


# How keys are kept -----------------------------------------------------------------------------


def test_keys_are_sealed_in_the_database_and_outlive_a_new_secret_key(officer, settings):
    key = with_a_phone(officer)
    kept = Authenticator.objects.get(user=officer, type="totp").data["secret"]
    assert key not in kept
    seed = Authenticator.objects.get(user=officer, type="recovery_codes").data["seed"]
    assert seed.startswith("gAAAA")

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert secondfactor.matching(officer, code_of(key))


def test_with_the_secret_key_lost_codes_are_wrong_and_nothing_breaks(officer, settings):
    key = with_a_phone(officer)
    settings.SECRET_KEY = "another" * 10
    assert secondfactor.matching(officer, code_of(key)) is None
    browser = signed_in(officer)
    assert "No recovery codes are left" in browser.get(FACTOR).content.decode()


# Sessions --------------------------------------------------------------------------------------


def test_a_session_left_alone_for_half_an_hour_is_over(councillor):
    browser = came_in(councillor)
    assert is_in(browser)
    as_if_older(browser, seen=29 * 60)
    assert is_in(browser)
    as_if_older(browser, seen=30 * 60)
    assert not is_in(browser)
    assert not browser.session.get("_auth_user_id")


def test_a_session_is_over_after_twelve_hours_however_busy(councillor):
    browser = came_in(councillor)
    assert is_in(browser)
    as_if_older(browser, since=12 * 3600 - 60)
    assert is_in(browser)
    as_if_older(browser, since=60)
    assert not is_in(browser)


def test_signing_in_again_begins_the_twelve_hours_anew(councillor):
    browser = came_in(councillor)
    is_in(browser)
    as_if_older(browser, since=12 * 3600 - 60)
    passes(browser, councillor, PASSWORD)
    is_in(browser)
    as_if_older(browser, since=120)
    assert is_in(browser)


def test_not_every_page_writes_the_session(councillor, django_assert_num_queries):
    browser = signed_in(councillor)
    address = reverse("admin:help")
    browser.get(address)
    with django_assert_num_queries(3):  # The session, the person, what they may.
        browser.get(address)


def test_the_servers_own_clock_ends_it_too():
    assert conf.SESSION_COOKIE_AGE == 30 * 60
    assert conf.SESSION_EXPIRE_AT_BROWSER_CLOSE


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def test_a_person_sees_where_they_are_signed_in_and_ends_one(councillor):
    here = came_in(councillor, **{"user-agent": FIREFOX})
    phone = came_in(councillor, **{"user-agent": PHONE})
    html = here.get(SESSIONS).content.decode()
    assert "Firefox on Windows (here)" in html
    assert "Safari on an iPhone" in html
    assert "127.0.0.1" in html
    other = UserSession.objects.get(user_agent=PHONE)
    assert here.post(SESSIONS, {"session": other.pk})["Location"] == SESSIONS
    assert is_in(here)
    assert not is_in(phone)
    assert "Safari on an iPhone" not in here.get(SESSIONS).content.decode()


def test_a_person_ends_all_sessions_but_this(councillor):
    browsers = [came_in(councillor) for _ in range(3)]
    stranger = came_in(a_person("Bob Ray", Role.COUNCILLOR, password=PASSWORD))
    browsers[0].post(SESSIONS, {"others": "1"})
    assert [is_in(each) for each in browsers] == [True, False, False]
    assert is_in(stranger)


def test_ending_this_session_signs_out(councillor):
    browser = came_in(councillor)
    [mine] = UserSession.objects.all()
    assert browser.post(SESSIONS, {"session": mine.pk})["Location"] == reverse("admin:login")
    assert not is_in(browser)


@pytest.mark.parametrize("number", ["0", "x", "", "1" * 30, "²"])
def test_what_is_no_session_of_ones_own_is_not_there(councillor, number):
    browser = came_in(councillor)
    assert browser.post(SESSIONS, {"session": number}).status_code == 404


def test_nobody_sees_or_ends_anothers_session(councillor):
    victim = came_in(councillor, **{"user-agent": PHONE})
    other = came_in(a_person("Bob Ray", Role.COUNCILLOR, password=PASSWORD))
    assert "iPhone" not in other.get(SESSIONS).content.decode()
    theirs = UserSession.objects.get(user=councillor)
    assert other.post(SESSIONS, {"session": theirs.pk}).status_code == 404
    assert is_in(victim)


def test_another_password_ends_the_other_sessions(councillor):
    here, elsewhere = came_in(councillor), came_in(councillor)
    new = "correct horse battery staple"
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    here.post(reverse("admin:password_change"), sent)
    assert not is_in(elsewhere)
    assert is_in(here)
    [left] = UserSession.objects.filter(user=councillor)
    assert left.session_key == here.session.session_key
