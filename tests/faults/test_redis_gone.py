"""Redis refuses, or takes calls and says nothing, under a worker and a scheduler at work: pages
save meanwhile, and what they saved is worked off when it is back, with nobody's help."""

import random
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from barnetwatch.celery import app
from contracts.models import Recheck
from costs.models import OverrunAlert
from tests import factories
from tests.faults.counting import TIMES, few_or
from tests.faults.crew import Crew
from tests.faults.wire import Wire, for_a_while
from tests.workers.conftest import empty_broker, the_suites_own_servers
from tests.workers.processes import wait_until

pytestmark = [pytest.mark.served, pytest.mark.django_db(transaction=True)]

PATIENCE = 240


@pytest.fixture
def wire() -> Iterator[Wire]:
    broker = urlsplit(settings.ENV.redis_url)
    with Wire(broker.hostname, broker.port or 6379) as wire:
        yield wire


@pytest.fixture
def crew(wire, bare_environment, tmp_path) -> Iterator[Crew]:
    """A worker and a scheduler who reach Redis over the wire alone."""
    empty_broker()
    environment = bare_environment | the_suites_own_servers()
    environment["VAR_DIR"] = bare_environment["VAR_DIR"]
    broker = urlsplit(settings.ENV.redis_url)
    who = broker.netloc.rpartition("@")[0]
    there = f"{who}@127.0.0.1:{wire.port}" if who else f"127.0.0.1:{wire.port}"
    environment["REDIS_URL"] = broker._replace(netloc=there).geturl()
    with Crew(environment, tmp_path) as crew:
        yield crew
    wire.mend()
    empty_broker()


@few_or(TIMES, few=1)
def test_what_was_saved_meanwhile_is_worked_off_when_it_is_back(wire, crew, tally, times):
    factories.a_threshold("firm", 100_000)
    rng, seconds, contracts = random.Random(times), {"refuses": [], "silent": []}, []
    crew.worker.started()

    def is_worked_off() -> bool:
        return crew.look_after() and not Recheck.objects.exists()

    for number in range(2 * times):
        fault = ("refuses", "silent")[number % 2]
        wire.cut() if fault == "refuses" else wire.silence()
        contract = factories.a_contract()
        contracts.append(contract.pk)
        factories.post(factories.a_line(contract), "approved", 100_001, "2018-07-30")
        for_a_while(rng.uniform(0.5, 3))
        if number % 4 == 2:
            empty_broker()  # It comes back with nothing in it.
        if number % 4 == 3:
            wire.cut()  # What was silent never speaks again: its calls are lost.
        wire.mend()
        back = time.monotonic()
        try:
            wait_until(is_worked_off, f"worked off after it {fault}", PATIENCE, every=0.05)
        except AssertionError as error:
            error.add_note(crew.worker.logged[-6000:])
            error.add_note(crew.beat.logged[-6000:])
            raise
        seconds[fault].append(time.monotonic() - back)

    found = list(OverrunAlert.all_rows.values_list("contract", flat=True))
    for remainder, fault in enumerate(seconds):
        expected = contracts[remainder::2]
        tally.count(
            *(f"Redis {fault} at work", times, "alerts", expected),
            [contract for contract in found if contract in expected],
            seconds=seconds[fault],
            note=f"{crew.ended} programs had to be started again",
        )


def test_a_redis_that_vanished_without_a_word_is_noticed_within_two_minutes():
    """What no wire of a test's can show: the machine is gone, and nobody closes the connection."""
    with app.connection_for_write() as asking:
        pool = asking.default_channel.client.connection_pool
        line = pool.get_connection()
        try:

            def told(name: str) -> int:
                return line._sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))

            asked = told("TCP_KEEPINTVL") * told("TCP_KEEPCNT")
            assert line._sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert told("TCP_KEEPIDLE") + asked <= 120
            assert told("TCP_USER_TIMEOUT") <= 120_000
        finally:
            pool.release(line)
