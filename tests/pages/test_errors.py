"""What people read when a page cannot be shown: plain words, in the site's clothes."""

import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages import errors
from tests.actors import as_role
from tests.factories import a_contract, a_councillor, exempt

pytestmark = pytest.mark.django_db

#: In the clothes of the site: its style sheet, one heading, a way on.
CLOTHES = ("barnetwatch/built/site.css", 'class="govuk-heading-l"')


def asked(browser: Client, address: str, **options: object):
    """What a browser is shown, errors included."""
    browser.raise_request_exception = False
    return browser.get(address, **options)


def text(answer) -> str:
    html = answer.content.decode()
    for mark in CLOTHES:
        assert mark in html
    assert html.count("<h1") == 1
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", html)
    return html


@pytest.fixture
def failing(monkeypatch):
    """Makes the help page fail in some way."""

    def fail(error: Exception) -> None:
        def groups() -> None:
            raise error

        monkeypatch.setattr("barnetwatch.pages.help.groups", groups)

    return fail


def test_an_address_that_is_not_there_is_answered_in_plain_words_with_the_navigation():
    answer = asked(as_role(Role.COUNCILLOR), "/no-such-page/")
    html = text(answer)
    assert answer.status_code == 404
    assert "<title>Page not found – BarnetWatch</title>" in html
    assert reverse("admin:contracts") in html
    assert "no-store" in answer["Cache-Control"]


def test_what_a_person_may_not_see_and_what_is_not_there_read_alike():
    hidden = a_contract("HIDDEN-CANARY", **exempt(1))
    browser = as_role(Role.COUNCILLOR)
    change = "admin:contracts_contract_change"
    pages = [asked(browser, f"/digest/past/{pk}/") for pk in (1, 987_654)]
    assert [page.status_code for page in pages] == [404, 404]
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    first, second = (token.sub("", text(page)) for page in pages)
    assert first == second
    for word in ("hidden", "restricted", "exist", "permission"):
        assert word not in re.sub(r"<[^>]+>", "", first)
    assert "HIDDEN-CANARY" not in asked(browser, reverse(change, args=[hidden.pk])).content.decode()


def test_signed_out_people_learn_nothing_of_what_is_there(client):
    hidden = a_contract(**exempt(1))
    answers = [
        asked(client, reverse("admin:contracts_contract_change", args=[pk]))
        for pk in (hidden.pk, 987_654)
    ]
    assert {answer.status_code for answer in answers} == {302}
    assert all(answer["Location"].startswith(reverse("admin:login")) for answer in answers)
    nowhere = asked(client, "/no-such-page/")
    assert nowhere.status_code == 404
    html = text(nowhere)
    assert "govuk-service-navigation" not in html
    assert "Sign out" not in html


def test_a_page_that_a_role_does_not_give_says_whom_to_ask():
    answer = asked(as_role(Role.COUNCILLOR), reverse("admin:accounts_user_changelist"))
    assert answer.status_code == 403
    html = text(answer)
    assert "Your role does not give you this page" in html
    assert "ask an administrator" in html


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (BadRequest("SECRET"), 400, "cannot read this request"),
        (PermissionDenied("SECRET"), 403, "Your role does not give you this page"),
        (RuntimeError("SECRET"), 500, "Sorry, something went wrong"),
        (OperationalError("SECRET"), 503, "The site cannot reach its record"),
    ],
)
def test_every_fault_has_a_page_that_says_what_to_do_and_not_where_it_was(
    failing, error, status, said
):
    browser = as_role(Role.COUNCILLOR)
    failing(error)
    answer = asked(browser, reverse("admin:help"))
    html = text(answer)
    assert answer.status_code == status
    assert said in html
    assert "SECRET" not in html
    assert "Traceback" not in html
    assert ("Retry-After" in answer) is (status == 503)


def test_the_page_about_a_fault_asks_the_database_nothing(rf):
    with CaptureQueriesContext(connection) as queries:
        answer = errors.broken(rf.get("/"))
    assert answer.status_code == 500
    assert "Sorry, something went wrong" in text(answer)
    assert len(queries) == 0


def test_a_fault_in_the_page_about_a_fault_still_gives_words(rf, monkeypatch):
    def broken(*args: object) -> None:
        raise ValueError("no style sheet")

    monkeypatch.setattr("django.contrib.staticfiles.storage.StaticFilesStorage.url", broken)
    answer = errors.broken(rf.get("/"))
    assert answer.status_code == 500
    assert b"something went wrong" in answer.content
    assert answer["Content-Type"].startswith("text/plain")


def test_a_form_without_its_secret_is_refused_in_plain_words():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(a_councillor())
    answer = browser.post(reverse("admin:digest"), {"everything": "yes"})
    assert answer.status_code == 403
    assert "This page is out of date" in text(answer)
