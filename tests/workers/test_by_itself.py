"""An entry becomes an alert by itself: a real scheduler, a real worker, nothing stood in for.

On SQLite with messages in files, as it runs without any setting; on PostgreSQL with Redis, too.
"""

import pytest
from django.utils import timezone

from contracts.models import Recheck, RecheckLease
from costs.models import OverrunAlert
from tests import factories
from tests.workers.holding import alerts_are_held, somebody_is_held
from tests.workers.processes import wait_until


@pytest.mark.django_db(transaction=True)
def test_an_overrun_is_found_though_both_were_killed_in_the_middle_of_it(a_worker, a_beat):
    factories.a_threshold("firm", 100_000)
    contract = factories.a_contract()
    line = factories.a_line(contract)

    with alerts_are_held(), a_worker("first") as worker, a_beat() as beat:
        factories.post(line, "approved", "100000.01", "2018-07-30")
        wait_until(somebody_is_held, "beat asked for a sweep, and it is about to write its alert")
        worker.kill()
        beat.kill()
    assert not OverrunAlert.all_rows.exists()
    assert Recheck.objects.exists()

    RecheckLease.objects.update(held_until=timezone.now())  # Half a minute goes by.
    a_worker("second")
    a_beat()

    wait_until(OverrunAlert.all_rows.exists, "the next sweep raises the alert")
    wait_until(lambda: not Recheck.objects.exists(), "and strikes off what was asked")
    assert OverrunAlert.all_rows.get().exceeded_on == factories.day("2018-07-30")
