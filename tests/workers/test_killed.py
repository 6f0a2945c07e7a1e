"""A worker killed between claiming a contract and finishing it: the next sweep does it.

On SQLite with messages in files and on PostgreSQL with Redis; whole workers as a power cut ends
them, and single processes of a pool as the kernel does when memory runs out.
"""

import os
import signal

import pytest
from django.utils import timezone

from contracts.models import Contract, Recheck, RecheckLease
from costs import rechecks
from costs.models import OverrunAlert
from costs.tasks import check_all, sweep
from tests import factories
from tests.workers.holding import alerts_are_held, somebody_is_held
from tests.workers.processes import Finished, Worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contract() -> Contract:
    """A contract whose total has just gone over a mark."""
    factories.a_threshold("firm", 100_000)
    contract = factories.a_contract()
    factories.post(factories.a_line(contract), "approved", "100000.01", "2018-07-30")
    return contract


def its_lease_runs_out(contract: Contract) -> None:
    """The clock goes on by what is left of the lease."""
    lease = RecheckLease.objects.get(contract=contract)
    assert lease.held_until > timezone.now()
    assert lease.held_until <= timezone.now() + rechecks.LEASE
    RecheckLease.objects.update(held_until=timezone.now())


def the_next_sweep_does_it(contract: Contract, done: Finished) -> None:
    """Not before the lease has run out; then once, and nothing is left over."""
    asked = set(Recheck.objects.values_list("pk", flat=True))
    assert asked
    done.wait_for({sweep.delay().id})
    assert not OverrunAlert.all_rows.exists()
    assert set(Recheck.objects.values_list("pk", flat=True)) == asked

    its_lease_runs_out(contract)
    done.wait_for({sweep.delay().id})
    assert OverrunAlert.all_rows.get().contract == contract
    assert not Recheck.objects.exists()
    assert RecheckLease.objects.get().held_until is None

    done.wait_for({task.delay().id for task in (sweep, check_all)})
    assert OverrunAlert.all_rows.count() == 1


def test_a_killed_workers_contract_is_done_by_another_worker(a_worker, finished, contract):
    with alerts_are_held(), a_worker("first") as killed:
        sweep.delay()
        wait_until(somebody_is_held, "the worker is about to write the alert")
        killed.kill()

    the_next_sweep_does_it(contract, finished(a_worker("second")))


def test_a_killed_processs_contract_is_done_by_the_same_worker(a_worker, finished, contract):
    worker: Worker = a_worker()
    with alerts_are_held():
        try:
            message = sweep.delay().id
            wait_until(somebody_is_held, "the worker is about to write the alert")
            (child,) = worker.pool
            os.kill(child, signal.SIGKILL)
            # Its message comes back to another process, which finds the contract claimed.
            done = finished(worker)
            done.wait_for({message})
        except BaseException:
            worker.kill()  # SQLite would wait for it.
            raise

    assert worker.pool.isdisjoint({child})
    the_next_sweep_does_it(contract, done)
