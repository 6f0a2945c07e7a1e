"""Two real workers over the same rechecks: one open alert for each contract, threshold and basis.

Between them stand, in this order, a lease on the contract, a lock for the length of a check, and
the constraint. The first test takes the workers as they are, the control takes one after another
away.
"""

import datetime as dt
from collections import Counter

import pytest

from contracts.models import Recheck
from costs.models import CostLine, OverrunAlert
from costs.tasks import check_all, sweep
from tests import factories
from tests.workers.holding import (
    alerts_are_held,
    two_write_alerts_at_once,
    waiting,
    without_the_constraint,
)
from tests.workers.processes import wait_until

pytestmark = [pytest.mark.served, pytest.mark.django_db(transaction=True)]

ROUNDS = 200
FIRST_DAY, FORTNIGHT = dt.date(2014, 1, 1), dt.timedelta(days=14)
CONTROL_ROUNDS = 20
ONE_OPEN = "costs_overrunalert_one_open"


@pytest.fixture
def lines() -> list[CostLine]:
    """Of two contracts, both on the mark, so that a penny takes either over it and back."""
    factories.a_threshold("firm", 100_000)
    lines = [factories.a_line(factories.a_contract()) for _ in range(2)]
    for line in lines:
        factories.post(line, "approved", 100_000, "2013-12-31")
    Recheck.objects.all().delete()
    return lines


def deliver(*tasks) -> set[str]:
    """The same tasks to both workers at once, to each in its own order; their messages' ids."""
    first = [task.apply_async(queue="first").id for task in tasks]
    return {*first, *(task.apply_async(queue="second").id for task in reversed(tasks))}


def standing() -> Counter[tuple[int, int, str]]:
    """How many open alerts each contract has for a threshold and a basis."""
    return Counter(OverrunAlert.all_rows.standing().values_list("contract", "threshold", "basis"))


def contracts_over() -> set[int]:
    return {contract for contract, *_ in standing()}


def test_over_the_same_rechecks_for_200_rounds_keep_one_open_alert_each(
    a_worker, finished, figure, lines
):
    workers = [a_worker(name, "--queues", name) for name in ("first", "second")]
    done = finished(*workers)
    for number in range(ROUNDS):
        on = FIRST_DAY + number * FORTNIGHT
        up, down = lines[number % 2], lines[1 - number % 2]
        factories.post(up, "approved", "0.01", on)
        if number:
            factories.post(down, "approved", "-0.01", on)

        done.wait_for(deliver(sweep, check_all))

        assert max(standing().values()) == 1
        assert contracts_over() == {up.contract_id}
        assert not Recheck.objects.exists()

    episodes = OverrunAlert.all_rows.all()
    assert episodes.count() == ROUNDS
    assert episodes.standing().count() == 1
    left = sum("'left': 0" not in answer for answer in done.answers.values())
    figure(
        f"{ROUNDS} rounds, {len(done.answers)} tasks on two workers: {episodes.count()} alerts"
        f" raised, {ROUNDS - 1} cleared, 1 open, 0 duplicates; {left} tasks left a contract to"
        " the other worker"
    )


def test_with_neither_lease_nor_lock_are_stopped_by_the_constraint_and_by_nothing_else(
    a_worker, finished, figure
):
    factories.a_threshold("firm", 100_000)
    workers = [
        a_worker(name, "--queues", name, by="tests.workers.unguarded")
        for name in ("first", "second")
    ]
    done = finished(*workers)

    def alerts_of_crossings(rounds: int) -> list[int]:
        """Open alerts of each of some contracts that two workers saw cross at one moment."""
        contracts = []
        for number in range(rounds):
            contract = factories.a_contract()
            factories.post(factories.a_line(contract), "approved", 100_001, "2018-07-30")
            done.wait_for(deliver(check_all if number % 2 else sweep))
            contracts.append(contract)
        counts = standing()
        (mark,) = {threshold for _, threshold, _ in counts}
        return [counts[contract.pk, mark, "open"] for contract in contracts]

    with two_write_alerts_at_once():
        kept = alerts_of_crossings(CONTROL_ROUNDS)
        refused = sum("'left': 1" in answer for answer in done.answers.values())
        with without_the_constraint(ONE_OPEN):
            control = alerts_of_crossings(CONTROL_ROUNDS)

    assert kept == [1] * CONTROL_ROUNDS
    assert refused == CONTROL_ROUNDS
    assert control == [2] * CONTROL_ROUNDS
    figure(
        f"control without lease and lock, {CONTROL_ROUNDS} rounds each: with the constraint"
        f" {sum(kept)} alerts and {refused} refused, without it {sum(control)} alerts,"
        f" {sum(control) - CONTROL_ROUNDS} of them duplicates"
    )


def test_of_whom_one_is_slow_do_not_undo_what_the_other_found(a_worker, finished, lines):
    """The night's check has read a total above the mark; then it falls, and a sweep sees that."""
    workers = [a_worker(name, "--queues", name) for name in ("first", "second")]
    done = finished(*workers)
    line = lines[0]
    factories.post(line, "approved", 1, "2018-07-30")

    with alerts_are_held():
        night = check_all.apply_async(queue="first").id
        wait_until(lambda: waiting() == 1, "the night's check is about to write its alert")
        factories.post(line, "approved", -1, "2018-07-30")
        day = sweep.apply_async(queue="second").id
        wait_until(
            lambda: waiting() == 2 or done.of({day}), "the sweep waits for the night's check"
        )

    done.wait_for({night, day})
    assert not standing()
    assert not Recheck.objects.exists()
