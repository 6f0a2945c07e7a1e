"""The database goes at one statement of a request after another, and stays away until the answer:
the page says so, nothing is half-written, and the same page sent again is done once."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection
from django.urls import reverse

from costs.models import CostEntry
from tests.faults.counting import TIMES, few_or
from tests.pages.test_database_gone import (
    browser,
    confirmed,
    connection_ended,
    line,
    says_so,
    written,
)

__all__ = ["browser", "line"]

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def gone_at(number: int, *, comes_back: bool) -> Iterator[list[int]]:
    """From a statement on the database is away: for good, or until it is asked again.

    PostgreSQL ends the connection itself; then nobody is let in. On SQLite the disk fails.
    """
    count: list[int] = []

    def watch(execute: Any, *query: Any) -> Any:
        count.append(len(count) + 1)
        if len(count) == number and connection.vendor == "postgresql":
            connection_ended()
        elif len(count) == number or (len(count) > number and not comes_back):
            raise OperationalError("disk I/O error")
        return execute(*query)

    def closed() -> None:
        if len(count) >= number and not comes_back:
            raise OperationalError("connection refused")
        return connect()

    connect = connection.connect
    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(watch):
        patch.setattr(connection, "connect", closed)
        yield count


@few_or(TIMES, few=4)
@pytest.mark.parametrize("comes_back", [False, True], ids=["for good", "for a moment"])
def test_a_posting_is_whole_or_absent_whenever_the_database_goes(
    browser, line, tally, times, comes_back
):
    address = reverse("admin:cost_post", args=[line.pk])
    for _ in range(2):  # The first asks for what is remembered from then on.
        page = confirmed(browser, line)
        with gone_at(10_000, comes_back=False) as statements:
            assert browser.post(address, page).status_code == 302
    last, answers = len(statements), []
    posted = CostEntry.objects.count()
    for number in range(times):
        page, before = confirmed(browser, line), written()
        with gone_at(1 + number * last // times, comes_back=comes_back) as met:
            answer = browser.post(address, page)
        assert met
        close_old_connections()
        if answer.status_code == 302:  # It was written before, or after, the database went.
            assert CostEntry.objects.count() == posted + 1
        else:
            says_so(answer)
            assert written() == before, f"half-written at statement {number}"
            answers.append(number)
        again = browser.post(address, page)
        assert again.status_code == 302
        posted += 1
        assert CostEntry.objects.count() == posted, f"sent again after statement {number}"
    with suppress(OperationalError):
        connection.close()
    said = f"database gone {'for a moment' if comes_back else 'until the answer'}"
    tally.count(
        *(said, times, "postings"),
        range(posted),
        range(CostEntry.objects.count()),
        note=f"{len(answers)} pages answered 503, at {last} statements",
    )
    assert len(answers) == times
