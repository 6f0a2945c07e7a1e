"""What is logged: a number for each request, and nothing of whom or what it was about."""

import io
import json
import logging
import re
from http.client import responses

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from barnetwatch.logs import HEADER, Lines
from tests import factories
from tests.actors import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[True, False], ids=["served", "embedded"])
def logged(request):
    """All that is logged, as the installation of either kind would write it."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(Lines(as_json=request.param))
    root, own = logging.getLogger(), logging.getLogger("barnetwatch.requests")
    level = own.level
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    own.setLevel(level)


@pytest.fixture
def browser() -> Client:
    person = factories.a_person("CANARY Person", Role.FINANCE_OFFICER)
    browser = signed_in(person)
    browser.raise_request_exception = False
    return browser


def failing(monkeypatch, error: Exception) -> None:
    def groups() -> None:
        raise error

    monkeypatch.setattr("barnetwatch.pages.help.groups", groups)


def test_each_answer_has_a_number_that_its_lines_carry(logged, browser):
    answers = [browser.get(reverse("admin:help")) for _ in range(2)]
    numbers = [answer[HEADER] for answer in answers]
    assert numbers[0] != numbers[1]
    for number in numbers:
        assert re.fullmatch("[0-9a-f]{4}-[0-9a-f]{4}", number)
        assert logged.getvalue().count(number) == 1
    assert "/help/" in logged.getvalue()


def test_a_number_that_a_browser_sends_is_not_taken(logged, browser):
    answer = browser.get(reverse("admin:help"), headers={"x-request-id": "CANARY"})
    assert answer[HEADER] != "CANARY"
    assert "CANARY" not in logged.getvalue()


@pytest.mark.parametrize("error", [RuntimeError("CANARY"), OperationalError("CANARY")])
def test_the_page_about_a_fault_gives_the_number_by_which_it_is_found(
    logged, browser, monkeypatch, error
):
    failing(monkeypatch, error)
    answer = browser.get(reverse("admin:help"))
    number = answer[HEADER]
    assert f"quote this number: <strong>{number}</strong>" in answer.content.decode()
    lines = [line for line in logged.getvalue().splitlines() if number in line]
    assert len(lines) == 2
    [fault] = [line for line in lines if "answered" not in line]
    assert responses[answer.status_code] in fault
    assert type(error).__name__ in fault
    assert "tests/test_logs.py" in fault, "where it was"
    assert "CANARY" not in logged.getvalue()


def test_no_name_no_title_and_no_words_typed_reach_the_log(logged, browser, monkeypatch):
    hidden = factories.a_contract("CANARY-REF", title="CANARY title", **factories.exempt(1))
    factories.a_line(hidden, "CANARY line", **factories.exempt(3))
    Client().post(reverse("admin:login"), {"username": "canary@b.example", "password": "CANARY"})
    for address in (
        "/search/?q=CANARY",
        "/CANARY/no/such/page/",
        "/password-reset/CANARY/CANARY-token/",
        f"/contracts/{hidden.pk}/?words=CANARY",
        reverse("admin:costs") + "?q=CANARY",
    ):
        browser.get(address)
    browser.post(reverse("admin:digest"), {"everything": "CANARY"})
    for error in (PermissionDenied("CANARY"), IntegrityError("Key (email)=(CANARY) exists")):
        failing(monkeypatch, error)
        browser.get(reverse("admin:help") + "?CANARY")
    text = logged.getvalue()
    assert text.count("answered") == 9
    assert "canary" not in text.lower()


def test_a_fault_under_a_fault_is_named_without_its_words(logged):
    try:
        try:
            raise ValueError("CANARY")
        except ValueError as error:
            raise IntegrityError("CANARY") from error
    except IntegrityError:
        logging.getLogger("costs.rechecks").exception("contract %s could not be checked", 7)
    text = logged.getvalue()
    assert "contract 7 could not be checked" in text
    assert "IntegrityError at " in text
    assert "after ValueError" in text
    assert "CANARY" not in text
    assert len(text.splitlines()) == 1


def test_what_celery_says_of_a_task_that_failed_quotes_nothing(logged):
    try:
        raise ValueError("CANARY")
    except ValueError as error:
        told = {"name": "costs.tasks.sweep", "id": "1", "description": "raised", "exc": repr(error)}
        words = "Task %(name)s[%(id)s] %(description)s: %(exc)s"
        logging.getLogger("celery.app.trace").exception(words, told)
    text = logged.getvalue()
    assert "Task costs.tasks.sweep[1] raised: ValueError" in text
    assert "CANARY" not in text


@pytest.mark.parametrize("logged", [True], indirect=True)
def test_a_served_site_writes_one_object_a_line(logged, browser):
    browser.get(reverse("admin:help"))
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert line["event"] == "answered"
    assert (line["method"], line["page"], line["status"]) == ("GET", "/help/", 200)
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("logged", [False], indirect=True)
def test_on_ones_own_machine_a_line_can_be_read(logged):
    logging.getLogger("costs.rechecks").warning("contract %s waits", 7)
    assert logged.getvalue() == "WARNING costs.rechecks: contract 7 waits\n"


def test_the_number_is_given_before_anything_else_can_fail():
    assert settings.MIDDLEWARE[0] == "barnetwatch.logs.NumberedRequests"
