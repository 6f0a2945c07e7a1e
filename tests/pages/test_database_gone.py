"""The database goes in the middle of a request: a page says so, and nothing is half-written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import OperationalError, close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from contracts.models import Recheck
from costs.models import CostEntry, CostLine, RunningTotal, StageTotal
from tests import factories
from tests.actors import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only a server can be told to end a connection"
)


@pytest.fixture
def line() -> CostLine:
    cache.clear()
    line = factories.a_line(factories.a_contract())
    factories.post(line, "approved", 100, "2018-01-01")
    return line


@pytest.fixture
def browser() -> Client:
    browser = signed_in(factories.a_person("Fin Ance", Role.FINANCE_OFFICER))
    browser.raise_request_exception = False
    return browser


def written() -> list[Any]:
    """All that a posting leaves behind."""
    models = (CostEntry, StageTotal, RunningTotal, Recheck)
    return [list(model._base_manager.order_by("pk").values_list()) for model in models]


def confirmed(browser: Client, line: CostLine) -> dict[str, str]:
    """The page that asks to confirm a posting, as a browser sends it."""
    asked = {
        "stage": "approved",
        "amount": "£3,000",
        "effective_on_day": "12",
        "effective_on_month": "7",
        "effective_on_year": "2018",
        "source": line.source_id,
        "stated_by": "Policy and Resources Committee",
    }
    html = browser.post(reverse("admin:cost_post", args=[line.pk]), asked).content.decode()
    fields = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html)
    return dict(fields) | {"confirmed": "1"}


@contextmanager
def ended_at(words: str, end: Any) -> Iterator[list[str]]:
    """`end` is called in place of the first statement that holds some words."""
    met: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not met and words in sql:
            met.append(sql)
            end()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield met


def disk_failed() -> None:
    """What both databases' drivers raise when their files or their server are gone."""
    raise OperationalError("disk I/O error on /var/lib/CANARY")


def connection_ended() -> None:
    """The server ends this very connection, as it does when it is stopped."""
    told = connection.get_connection_params()
    names = {"dbname", "host", "port", "user", "password"}
    settings = {name: value for name, value in told.items() if name in names and value}
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**settings, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def says_so(answer: Any) -> None:
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "The site cannot reach its record" in html
    assert "barnetwatch/built/site.css" in html
    assert answer["Retry-After"]
    assert "CANARY" not in html
    assert "OperationalError" not in html


#: The first writes of a posting, in their order.
WRITES = ['INTO "costs_costentry"', '"costs_stagetotal"', '"costs_runningtotal"', '"contracts_re']


@pytest.mark.parametrize("words", WRITES)
@pytest.mark.parametrize("end", [disk_failed, pytest.param(connection_ended, marks=on_postgresql)])
def test_a_posting_that_the_database_left_in_the_middle_leaves_nothing(browser, line, words, end):
    address, page = reverse("admin:cost_post", args=[line.pk]), confirmed(browser, line)
    before = written()
    with ended_at(words, end) as met:
        answer = browser.post(address, page)
    assert met, "the posting never wrote there"
    says_so(answer)
    close_old_connections()  # As the next request does.
    assert written() == before
    again = browser.post(address, page)
    assert again.status_code == 302, "the same page may be sent again once the database is back"
    assert CostEntry.objects.count() == len(before[0]) + 1


@pytest.mark.parametrize("end", [disk_failed, pytest.param(connection_ended, marks=on_postgresql)])
@pytest.mark.parametrize("words", ["django_session", "accounts_user", "costs_costline"])
def test_a_page_that_only_reads_says_so_too(browser, line, words, end):
    with ended_at(words, end) as met:
        answer = browser.get(reverse("admin:costs"))
    assert met
    says_so(answer)
    close_old_connections()
    assert browser.get(reverse("admin:costs")).status_code == 200
