"""The second step of signing in, and what somebody tries who has only learnt a password."""

import re
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from accounts import secondfactor
from accounts.models import Role, User
from barnetwatch.lib import kept
from tests.actors import signed_in, the_superuser
from tests.authenticator import code_of, enters, is_in, passes, with_a_phone
from tests.factories import a_person

pytestmark = pytest.mark.django_db

PASSWORD = "three words together"
CODE, SIGN_IN = reverse("mfa_authenticate"), reverse("admin:login")
SET_UP = reverse("mfa_activate_totp")


@pytest.fixture
def officer() -> User:
    return a_person("Fin Officer", Role.FINANCE_OFFICER, password=PASSWORD)


@pytest.fixture
def key(officer) -> str:
    return with_a_phone(officer)


def by_password_alone(person: User) -> Client:
    """A session that no second factor was given in."""
    browser = Client()
    browser.force_login(person)
    return browser


# Signing in ------------------------------------------------------------------------------------


def test_an_officer_signs_in_with_password_and_code_and_goes_where_they_wanted(
    client, officer, key
):
    answer = passes(client, officer, PASSWORD, next=reverse("admin:costs"))
    assert answer["Location"] == CODE
    assert not is_in(client)
    page = client.get(CODE)
    assert "Enter a code" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    code = code_of(key)
    answer = enters(client, f" {code[:3]} {code[3:]} ")  # As an app shows it.
    assert answer["Location"] == reverse("admin:costs")
    assert client.get(answer["Location"]).status_code == 200


def test_the_back_office_has_the_same_door(client, officer, key):
    wanted = reverse("admin:back_office")
    asked = client.get(wanted)
    assert asked["Location"].startswith(SIGN_IN)
    assert passes(client, officer, PASSWORD, next=wanted)["Location"] == CODE
    assert client.get(wanted).status_code == 302
    assert resolve("/back-office/login/").func == resolve(SIGN_IN).func
    assert enters(client, code_of(key))["Location"] == wanted


def test_without_the_first_step_there_is_no_second(client, officer, key):
    for answer in (client.get(CODE), enters(client, code_of(key))):
        assert answer["Location"] == SIGN_IN
    assert not is_in(client)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "Enter the code that your app shows."),
        ("000000", "That code is not right."),
        ("ééé", "That code is not right."),
        ("１２３４５６", "That code is not right."),
        ("1" * 50, "That is too long for a code."),
    ],
)
def test_a_wrong_code_says_what_to_do(client, officer, key, code, said):
    passes(client, officer, PASSWORD)
    if code == code_of(key):
        code = "000001"
    html = enters(client, code).content.decode()
    assert "<title>Error: Enter a code – BarnetWatch</title>" in html
    assert said in html
    assert not is_in(client)


def test_somebody_elses_code_is_wrong(client, officer, key):
    other = with_a_phone(a_person("An Other", Role.AUDITOR))
    passes(client, officer, PASSWORD)
    assert "not right" in enters(client, code_of(other)).content.decode()


def test_a_code_that_was_seen_once_signs_nobody_in_again(client, officer, key, monkeypatch):
    code = code_of(key)
    passes(client, officer, PASSWORD)
    assert enters(client, code).status_code == 302
    thief = Client()
    passes(thief, officer, PASSWORD)
    assert "not right" in enters(thief, code).content.decode()
    # allauth's own note of it lasts 30 seconds, for which a code is good, and 30 more.
    monkeypatch.setattr(
        "allauth.mfa.totp.internal.auth.TOTP._mark_code_used", lambda self, code: True
    )
    assert "not right" in enters(thief, code).content.decode()
    assert enters(thief, code_of(key, later=1)).status_code == 302


def test_codes_cannot_be_guessed_however_many_browsers_try(officer, key):
    for _ in range(5):
        browser = Client()
        passes(browser, officer, PASSWORD)
        enters(browser, "000000" if code_of(key) != "000000" else "000001")
    last = Client()
    passes(last, officer, PASSWORD)
    html = enters(last, code_of(key)).content.decode()
    assert "Too many attempts. Wait five minutes, then try again." in html
    assert not is_in(last)


def test_right_codes_are_not_counted(officer, key):
    codes = Authenticator.objects.get(user=officer, type="recovery_codes").wrap()
    for code in codes.get_unused_codes()[:7]:
        browser = Client()
        passes(browser, officer, PASSWORD)
        assert enters(browser, code).status_code == 302


def test_a_recovery_code_signs_in_once(client, officer, key):
    [code, *_] = (
        Authenticator.objects.get(user=officer, type="recovery_codes").wrap().get_unused_codes()
    )
    passes(client, officer, PASSWORD)
    assert enters(client, code).status_code == 302
    assert is_in(client)
    again = Client()
    passes(again, officer, PASSWORD)
    assert "not right" in enters(again, code).content.decode()


def test_a_browser_has_another_session_after_each_step(client, officer, key):
    client.get(SIGN_IN)
    client.session.save()
    planted = client.session
    planted["x"] = 1
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    passes(client, officer, PASSWORD)
    second = client.session.session_key
    enters(client, code_of(key))
    assert len({planted.session_key, second, client.session.session_key}) == 3
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert thief.get(CODE)["Location"] == SIGN_IN


def test_a_password_changed_between_the_steps_begins_anew(client, officer, key):
    passes(client, officer, PASSWORD)
    officer.set_password("another three words")
    officer.save()
    assert enters(client, code_of(key))["Location"] == SIGN_IN
    assert not is_in(client)


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_an_account_closed_between_the_steps_stays_closed(client, officer, key, field):
    passes(client, officer, PASSWORD)
    setattr(officer, field, False)
    officer.save()
    assert enters(client, code_of(key))["Location"] == SIGN_IN
    assert not is_in(client)


def test_whoever_was_signed_in_is_signed_out_by_the_first_step(officer, key):
    councillor = a_person("Ann Clark", Role.COUNCILLOR)
    browser = signed_in(councillor)
    assert passes(browser, officer, PASSWORD)["Location"] == CODE
    assert not is_in(browser)
    enters(browser, code_of(key))
    assert browser.get("/").context["user"] == officer


def test_what_was_typed_waits_for_whom_it_is(officer, key):
    """Somebody leaves at the second step, and somebody else signs in in the same browser."""
    browser = Client()
    browser.get(SIGN_IN)
    passes(browser, officer, PASSWORD)
    session = browser.session
    session[kept.NAME] = {
        "path": reverse("admin:digest"),
        "typed": "cadence=alerts",
        "why": "Still here.",
        "person": officer.pk,
    }
    session.save()
    other = a_person("Ann Clark", Role.COUNCILLOR, password=PASSWORD)
    passes(browser, other, PASSWORD)
    assert not browser.get(reverse("admin:digest")).context["form"].is_bound


# Nobody who changes the record goes without ----------------------------------------------------


def every_address(resolver: URLResolver | None = None, above: str = "/"):
    """An address of each page, with something in each of its places."""
    for pattern in (resolver or get_resolver()).url_patterns:
        at = above + re.sub(r"<uuid:[^>]+>", str(UUID(int=1)), str(pattern.pattern))
        at = re.sub(r"<[^>]+>", "1", at)
        at = re.sub(r"\(\?P<\w+>[^)]*\)", "nowhere", at).replace("$", "").replace("^", "")
        if isinstance(pattern, URLPattern):
            yield at
        else:
            yield from every_address(pattern, at)


ADDRESSES = sorted(set(every_address()))


def is_guarded(address: str) -> bool:
    view = resolve(address).func
    return getattr(view, "login_required", True)


@pytest.mark.parametrize("method", ["get", "post"])
def test_until_an_officer_has_set_it_up_every_page_leads_there(officer, method):
    browser = by_password_alone(officer)
    opened = set()
    for address in filter(is_guarded, ADDRESSES):
        answer = getattr(browser, method)(address)
        if answer.get("Location") != SET_UP:
            opened.add(resolve(address).view_name)
            browser = by_password_alone(officer)  # One of them signs out.
    assert opened == {"account_reauthenticate", "mfa_activate_totp", "admin:logout"}
    assert len(ADDRESSES) > 150


def test_pages_that_need_no_sign_in_are_the_ones_we_know():
    assert {resolve(at).view_name for at in ADDRESSES if not is_guarded(at)} == {
        "account_login",
        "admin:login",
        "admin:accessibility",
        "admin:calendar_feed",
        "admin:cookies",
        "admin:privacy",
        "admin_password_reset",
        "invitation",
        "livez",
        "mfa_authenticate",
        "password_reset_complete",
        "password_reset_confirm",
        "password_reset_done",
        "readyz",
        "unsubscribe",
    } - {"account_login"}


@pytest.mark.parametrize("role", Role)
def test_who_must_and_who_may(role):
    browser = by_password_alone(a_person("Pat", role))
    must = role in secondfactor.REQUIRED
    assert (browser.get("/").get("Location") == SET_UP) == must
    if not must:
        assert "Set it up" in browser.get(reverse("mfa_index")).content.decode()


def test_a_superuser_must():
    assert by_password_alone(the_superuser()).get("/")["Location"] == SET_UP


def test_exports_and_files_lead_there_too(officer):
    browser = by_password_alone(officer)
    for form in ("csv", "xlsx", "json"):
        answer = browser.get(reverse("admin:costs"), {"as": form})
        assert answer["Location"] == SET_UP
        assert not answer.content


def test_what_an_officer_typed_before_they_had_to_is_not_lost(officer):
    browser = by_password_alone(officer)
    browser.post(reverse("admin:digest"), {"cadence": "alerts", "everything": "no"})
    session = browser.session
    assert session[kept.NAME]["person"] == officer.pk


def test_a_session_opened_without_the_code_is_over_once_there_is_one(officer):
    browser = by_password_alone(officer)
    with_a_phone(officer)
    assert browser.get(reverse("admin:costs"))["Location"].startswith(SIGN_IN)
    assert not is_in(browser)


def test_a_role_given_asks_for_it_at_the_next_page_and_one_taken_away_is_gone():
    councillor = a_person("Ann Clark", Role.COUNCILLOR)
    browser = by_password_alone(councillor)
    assert browser.get(reverse("admin:costs")).status_code == 200
    councillor.groups.add(Group.objects.get(name=Role.FINANCE_OFFICER))
    assert browser.get(reverse("admin:costs"))["Location"] == SET_UP

    officer = a_person("Fin Nance", Role.FINANCE_OFFICER)
    browser = signed_in(officer)
    page = reverse("admin:payment_import")
    assert browser.get(page).status_code == 200
    officer.groups.clear()
    assert browser.get(page).status_code == 403


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_an_account_that_is_closed_is_out_at_the_next_page(officer, field):
    browser = signed_in(officer)
    assert is_in(browser)
    User.objects.filter(pk=officer.pk).update(**{field: False})
    assert not is_in(browser)


def test_an_inactive_superuser_does_not_sign_in(client):
    root = User.objects.create_superuser("gone@barnet.example", PASSWORD, name="Gone")
    root.is_active = False
    root.save()
    html = passes(client, root, PASSWORD).content.decode()
    assert "do not belong together" in html


# Nothing else of allauth's ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        *("accounts/login/", "accounts/signup/", "accounts/email/", "accounts/password/reset/"),
        *("accounts/2fa/", "accounts/sessions/", "accounts/social/login/cancelled/"),
        *("login/", "signup/", "2fa/", "2fa/webauthn/login/", "2fa/trust/", "_allauth/"),
    ],
)
def test_no_other_page_of_allauths_is_there(at):
    assert signed_in(the_superuser()).get(f"/{at}").status_code == 404


def test_its_names_lead_to_our_pages_alone():
    names = {resolve(at).view_name for at in ADDRESSES}
    theirs = {
        each
        for each in names
        if each.startswith(("account_", "mfa_", "usersessions", "socialaccount"))
    }
    assert theirs <= {
        "account_login",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_index",
        "mfa_view_recovery_codes",
        "usersessions_list",
    }


@pytest.mark.parametrize("model", ["authenticator", "usersession", "emailaddress"])
def test_the_back_office_shows_no_keys(model):
    apps = {"authenticator": "mfa", "usersession": "usersessions", "emailaddress": "account"}
    page = f"/back-office/{apps[model]}/{model}/"
    assert signed_in(the_superuser()).get(page).status_code == 404
