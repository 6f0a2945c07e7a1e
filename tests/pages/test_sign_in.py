"""Signing in, in the site's clothes; and nothing typed is lost when a session ends."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as conf
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core import mail, signing
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import Role, User
from barnetwatch.lib import kept
from digests.models import Subscription
from tests.authenticator import code_of, with_a_phone
from tests.factories import a_person

pytestmark = pytest.mark.django_db

PASSWORD = "three words together"
NEW = "correct horse battery staple"
HERE = "http://testserver"


@pytest.fixture
def ann() -> User:
    return a_person("Ann Clark", Role.COUNCILLOR, password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    """A browser that is asked for the secret of each form, as a real one is."""
    return Client(enforce_csrf_checks=True)


def secret(browser: Client) -> str:
    return browser.cookies[conf.CSRF_COOKIE_NAME].value


def send(browser: Client, address: str, data: dict, **options):
    """Send a form as a browser does from a page of the site."""
    data = {"csrfmiddlewaretoken": secret(browser), **data}
    return browser.post(address, data, headers={"origin": HERE}, **options)


def sign_in(browser: Client, person: User, **more):
    browser.get(reverse("admin:login"))
    return sign_in_here(browser, person, **more)


def sign_in_here(browser: Client, person: User, **more):
    """On the sign-in page that the browser already shows."""
    sent = {"username": person.email, "password": PASSWORD, **more}
    return send(browser, reverse("admin:login"), sent)


def hidden(answer) -> dict[str, str]:
    """The hidden fields of the sign-in page."""
    html = answer.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    found.pop("csrfmiddlewaretoken", None)
    return found


# Signing in ------------------------------------------------------------------------------------


def test_the_sign_in_page_helps_browsers_to_fill_it_in(client):
    html = client.get(reverse("admin:login")).content.decode()
    assert "<title>Sign in – BarnetWatch</title>" in html
    assert re.search(r'<input type="email" name="username"[^>]* autocomplete="username"', html)
    assert re.search(r'type="password" name="password"[^>]* autocomplete="current-password"', html)
    assert 'href="/static/barnetwatch/built/site.css"' in html


def test_a_person_signs_in_and_goes_where_they_wanted_to(browser, ann):
    wanted = browser.get(reverse("admin:help"))["Location"]
    shown = browser.get(wanted)
    answer = sign_in_here(browser, ann, **hidden(shown))
    assert answer["Location"] == reverse("admin:help")
    assert browser.get(reverse("admin:help")).status_code == 200


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Enter your email address."),
        ({"username": "ann.clark@barnet.example"}, "Enter your password."),
        (
            {"username": "ann.clark@barnet.example", "password": "wrong"},
            "That email address and password do not belong together.",
        ),
        (
            {"username": "nobody@barnet.example", "password": "wrong"},
            "That email address and password do not belong together.",
        ),
    ],
)
def test_a_mistake_is_said_in_a_summary_with_what_to_do(client, ann, sent, said):
    html = client.post(reverse("admin:login"), sent).content.decode()
    assert "<title>Error: Sign in – BarnetWatch</title>" in html
    assert "There is a problem" in html
    assert said in html
    assert "wrong" not in html


def test_the_sign_in_page_says_where_sign_ins_are_only_on_the_embedded_default(
    client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    address = reverse("admin:login")
    settings.EMBEDDED = True
    assert "sign-in.txt" not in client.get(address).content.decode()
    (tmp_path / "sign-in.txt").write_text("Password: abcd")
    html = client.get(address).content.decode()
    assert f"{tmp_path}/sign-in.txt" in html
    assert "abcd" not in html
    settings.EMBEDDED = False
    assert "sign-in.txt" not in client.get(address).content.decode()


def test_signing_out_says_so_and_leads_back(browser, ann):
    sign_in(browser, ann)
    answer = send(browser, reverse("admin:logout"), {})
    html = answer.content.decode()
    assert "You are signed out" in html
    assert f'href="{reverse("admin:login")}"' in html
    assert browser.get("/").status_code == 302


# Passwords -------------------------------------------------------------------------------------


def test_a_person_changes_their_password_and_mistakes_say_what_to_do(browser, ann):
    sign_in(browser, ann)
    address = reverse("admin:password_change")
    html = browser.get(address).content.decode()
    assert re.findall(r'autocomplete="((?:current|new)-password)"', html) == [
        "current-password",
        "new-password",
        "new-password",
    ]
    wrong = {"old_password": "no", "new_password1": NEW, "new_password2": "another"}
    html = send(browser, address, wrong).content.decode()
    assert "That is not your present password. Enter it again." in html
    assert "The two new passwords are not the same." in html
    html = send(browser, address, {}).content.decode()
    assert "Enter your present password." in html
    right = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    answer = send(browser, address, right, follow=True)
    assert "Your password is changed" in answer.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(NEW)


def test_a_link_to_set_a_password_works_once_and_then_says_why_not(browser, ann):
    browser.get(reverse("admin_password_reset"))
    html = send(browser, reverse("admin_password_reset"), {"email": "no"}).content.decode()
    assert "Enter an email address such as" in html
    sent = send(browser, reverse("admin_password_reset"), {"email": ann.email}, follow=True)
    assert "It works once, for 2 hours." in sent.content.decode()
    (message,) = mail.outbox
    assert message.subject == "Set a new password for BarnetWatch"
    assert "within 2 hours" in message.body
    (link,) = re.findall(r"http://localhost:8000(/password-reset/\S+)", message.body)
    form = browser.get(link, follow=True)
    place = form.request["PATH_INFO"]
    html = send(browser, place, {"new_password1": "123", "new_password2": "123"}).content.decode()
    assert "There is a problem" in html
    done = send(browser, place, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Your new password is set" in done.content.decode()
    again = browser.get(link).content.decode()
    assert "<title>This link no longer works – BarnetWatch</title>" in again
    assert reverse("admin_password_reset") in again


def test_a_link_for_nobody_reads_like_one_that_is_too_old(client, ann):
    uid = urlsafe_base64_encode(force_bytes(987_654))
    answer = client.get(f"/password-reset/{uid}/{default_token_generator.make_token(ann)}/")
    assert "This link no longer works" in answer.content.decode()


# A session that ends in the middle of a form ---------------------------------------------------

FORM = {"everything": "no", "cadence": "alerts", "contracts": ["1", "2"]}


def session_ends(browser: Client) -> None:
    """On the server; the browser does not know it yet."""
    Session.objects.all().delete()


def in_the_middle_of_a_form(browser: Client, person: User):
    """Somebody sends the digest's form after their session has ended: what they are shown."""
    sign_in(browser, person)
    browser.get(reverse("admin:digest"))
    session_ends(browser)
    return send(browser, reverse("admin:digest"), FORM)


def test_what_was_typed_is_back_on_its_page_after_signing_in_again(browser, ann):
    asked = in_the_middle_of_a_form(browser, ann)
    html = asked.content.decode()
    assert asked.status_code == 403
    assert "You were signed out before this was sent" in html
    assert "no-store" in asked["Cache-Control"]

    answer = sign_in_here(browser, ann, **hidden(asked))
    assert answer["Location"] == reverse("admin:digest")
    page = browser.get(reverse("admin:digest"))
    assert page.context["form"].data.getlist("contracts") == ["1", "2"]
    html = page.content.decode()
    assert "You were signed out. What you typed is still here" in html
    assert re.search(r'value="alerts"[^>]* checked', html)
    assert not Subscription.objects.exists()

    again = browser.get(reverse("admin:digest"))
    assert not again.context["form"].is_bound
    assert "What you typed" not in again.content.decode()


def test_it_survives_a_mistyped_password(browser, ann):
    asked = in_the_middle_of_a_form(browser, ann)
    wrong = sign_in_here(browser, ann, **{**hidden(asked), "password": "wrong"})
    assert "do not belong together" in wrong.content.decode()
    sign_in_here(browser, ann, **hidden(wrong))
    assert browser.get(reverse("admin:digest")).context["form"].is_bound


def test_it_waits_for_its_own_page(browser, ann):
    asked = in_the_middle_of_a_form(browser, ann)
    sign_in_here(browser, ann, **hidden(asked))
    assert not browser.get(f"{reverse('admin:digest')}?other=1").context["form"].is_bound
    assert browser.get(reverse("admin:help")).status_code == 200
    assert browser.get(reverse("admin:digest")).context["form"].is_bound


def test_passwords_and_secrets_are_not_kept():
    sent = QueryDict("csrfmiddlewaretoken=x&old_password=y&new_password1=z&title=Down&title=Up")
    assert kept.keepable(sent) == "title=Down&title=Up"
    assert kept.keepable(QueryDict("csrfmiddlewaretoken=x&old_password=y&empty=")) == ""


def test_what_is_too_long_is_not_kept_and_the_sign_in_asks_as_ever(browser, ann):
    sign_in(browser, ann)
    session_ends(browser)
    answer = send(browser, reverse("admin:digest"), {"cadence": "x" * kept.LIMIT})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_another_browser_cannot_use_what_was_kept(browser, ann):
    asked = in_the_middle_of_a_form(browser, ann)
    other = Client(enforce_csrf_checks=True)
    sign_in(other, ann, **hidden(asked))
    assert not other.get(reverse("admin:digest")).context["form"].is_bound


def test_it_is_kept_for_an_hour(browser, ann, monkeypatch):
    asked = in_the_middle_of_a_form(browser, ann)
    now = signing.time.time()
    later = timedelta(seconds=kept.FOR + 1).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: now + later)
    answer = sign_in_here(browser, ann, **hidden(asked))
    assert answer.status_code == 302
    monkeypatch.undo()
    assert not browser.get(reverse("admin:digest")).context["form"].is_bound


def test_a_forged_field_keeps_nothing_and_the_sign_in_goes_on(browser, ann):
    answer = sign_in(browser, ann, kept="x:y:z")
    assert answer.status_code == 302
    assert kept.NAME not in browser.session


def test_a_form_opened_before_the_last_sign_in_is_out_of_date_and_not_lost(browser, ann):
    sign_in(browser, ann)
    old = secret(browser)
    session_ends(browser)
    sign_in(browser, ann)  # In another window: the browser has another secret now.
    answer = send(browser, reverse("admin:digest"), {**FORM, "csrfmiddlewaretoken": old})
    assert answer["Location"] == reverse("admin:digest")
    page = browser.get(reverse("admin:digest"))
    assert page.context["form"].is_bound
    assert "nothing was done" in page.content.decode()
    assert not Subscription.objects.exists()


def test_what_another_site_sends_is_refused_and_kept_nowhere(browser, ann):
    sign_in(browser, ann)
    for origin in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
        answer = browser.post(reverse("admin:digest"), FORM, headers=origin)
        assert answer.status_code == 403
        assert kept.NAME not in browser.session
    session_ends(browser)
    answer = browser.post(reverse("admin:digest"), FORM, headers={"origin": "https://evil.example"})
    assert kept.NAME not in hidden(answer)


def test_forms_of_the_back_office_ask_to_sign_in_as_ever(browser, ann):
    sign_in(browser, ann)
    session_ends(browser)
    answer = send(browser, reverse("admin:contracts_supplier_add"), {"name": "Capita"})
    assert answer.status_code == 302


def test_a_button_pressed_too_late_leads_back_to_its_page(browser, ann):
    sign_in(browser, ann)
    session_ends(browser)
    browser.get(reverse("admin:login"))
    address = reverse("admin:failure_report_again")
    page = reverse("admin:failure_report")
    sent = {"csrfmiddlewaretoken": secret(browser)}
    for referer, led_to in (
        (f"{HERE}{page}?contract=1", f"{page}?contract=1"),
        ("https://evil.example/page/", address),
        ("", address),
    ):
        answer = browser.post(address, sent, headers={"origin": HERE, "referer": referer})
        asked = QueryDict(urlsplit(answer["Location"]).query)
        assert asked["next"] == led_to


def test_an_officers_report_of_a_failure_is_still_there(browser):
    officer = a_person("In Cident", Role.INCIDENT_OFFICER, password=PASSWORD)
    key = with_a_phone(officer)
    sign_in(browser, officer)
    send(browser, reverse("mfa_authenticate"), {"code": code_of(key)})
    page = reverse("admin:failure_report_step", args=["what"])
    browser.get(page)
    session_ends(browser)
    words = "It should bill clients & does not."
    asked = send(browser, page, {"title": "Mosaic cannot bill", "description": words})
    answer = sign_in_here(browser, officer, **hidden(asked))
    assert answer["Location"] == reverse("mfa_authenticate")
    answer = send(browser, answer["Location"], {"code": code_of(key, later=1)})
    assert answer["Location"] == page
    form = browser.get(page).context["form"]
    assert form["title"].value() == "Mosaic cannot bill"
    assert form["description"].value() == words
