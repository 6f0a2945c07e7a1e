"""The broker refuses, or takes the call and says nothing, while officers save: each page answers
at once, each entry is there once, and the next sweep finds it."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import redis
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from accounts.models import Role
from barnetwatch.celery import app
from costs import rechecks
from costs.models import CostEntry, OverrunAlert
from tests import factories
from tests.actors import as_role
from tests.faults.counting import TIMES, few_or

pytestmark = [pytest.mark.served, pytest.mark.django_db(transaction=True)]

#: Seconds that a page may take on a busy machine; whoever asked a silent broker waited 45.
PATIENCE = 10


class Port:
    """A port of this machine that takes calls and never answers, or refuses them."""

    def __init__(self, listener: socket.socket, is_silent: bool) -> None:
        self.listener, self.is_silent = listener, is_silent
        self.number = listener.getsockname()[1]

    @property
    def called(self) -> int:
        """How often somebody called since last asked; of one that refuses nobody knows."""
        calls = 0
        with suppress(BlockingIOError):
            while self.is_silent:
                caller, _ = self.listener.accept()
                caller.close()
                calls += 1
        return calls


@contextmanager
def a_port(is_silent: bool) -> Iterator[Port]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # Taken and not listened at: it refuses.
        if is_silent:
            listener.listen(64)
            listener.setblocking(False)
        yield Port(listener, is_silent)


@pytest.fixture(params=[False, True], ids=["refuses", "silent"])
def broker(request, monkeypatch) -> Iterator[Port]:
    """Where the site believes its broker to be."""
    with a_port(request.param) as port:
        for name in ("broker_url", "broker_read_url", "broker_write_url"):
            monkeypatch.setitem(app.conf, name, f"redis://127.0.0.1:{port.number}/0")
        yield port


def post_through_the_page(browser, line) -> float:
    """An entry of £101,000 by the form and the page that asks to confirm it; the seconds taken."""
    asked = {
        "stage": "approved",
        "amount": "£101,000",
        "effective_on_day": "12",
        "effective_on_month": "7",
        "effective_on_year": "2018",
        "source": line.source_id,
        "stated_by": "Policy and Resources Committee",
    }
    address = reverse("admin:cost_post", args=[line.pk])
    begun = time.monotonic()
    html = browser.post(address, asked).content.decode()
    fields = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html)
    assert browser.post(address, dict(fields) | {"confirmed": "1"}).status_code == 302
    return time.monotonic() - begun


@few_or(TIMES)
def test_officers_who_save_meanwhile_lose_nothing(broker, tally, times):
    factories.a_threshold("firm", 100_000)
    browser = as_role(Role.FINANCE_OFFICER)
    lines = [factories.a_line(factories.a_contract()) for _ in range(times)]
    seconds = [post_through_the_page(browser, line) for line in lines]

    assert broker.called == 0
    assert max(seconds) < PATIENCE
    said = f"broker {'silent' if broker.is_silent else 'refuses'} at save"
    tally.count(
        *(said, times, "entries"),
        {line.pk for line in lines},
        CostEntry.objects.values_list("line", flat=True),
        seconds=seconds,
    )
    rechecks.sweep(timezone.now())
    tally.count(
        *(said, times, "alerts"),
        {line.contract_id for line in lines},
        OverrunAlert.objects.values_list("contract", flat=True),
    )


def test_the_control_whoever_asks_that_broker_is_noticed_or_refused(broker):
    address = app.connection_for_write().as_uri()
    with (
        Redis.from_url(address, socket_timeout=0.3, retry=None) as asking,
        pytest.raises((redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)),
    ):
        asking.ping()  # As a task's `delay` does, which would wait much longer.
    assert broker.called >= broker.is_silent
