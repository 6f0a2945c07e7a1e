"""The tasks themselves: thin doors, on a schedule that names them, harmless when they come late,
together or again."""

import ast
import datetime as dt
import inspect
from pathlib import Path

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone

from accounts.tasks import check_files, tell_answered
from barnetwatch.celery import app
from barnetwatch.tasks import throw_away
from contracts.models import Contract, Recheck
from costs.models import OverrunAlert
from costs.tasks import check_all, handle_uploads, sweep, sweep_uploads
from digests.models import Edition
from digests.subscribing import follow
from digests.tasks import deliver, prepare_alerts, prepare_digests
from tests import factories

TASKS = {
    check_files,
    sweep,
    check_all,
    handle_uploads,
    sweep_uploads,
    prepare_digests,
    prepare_alerts,
    deliver,
    tell_answered,
    throw_away,
}
SCHEDULE = settings.CELERY_BEAT_SCHEDULE
TIMES = 5


def test_the_scheduled_tasks_exist_and_every_task_is_scheduled():
    app.loader.import_default_modules()
    own = {name for name in app.tasks if not name.startswith("celery.")}

    assert {task.name for task in TASKS} == own
    assert {entry["task"] for entry in SCHEDULE.values()} == own


@pytest.mark.parametrize("entry", SCHEDULE.values(), ids=SCHEDULE)
def test_a_message_has_expired_by_the_time_the_next_is_sent(entry):
    every = entry["schedule"]
    if isinstance(every, crontab):
        every = 24 * 60 * 60 if every.hour != set(range(24)) else 60 * 60

    assert 0 < entry["options"]["expires"] <= every


@pytest.mark.parametrize(
    ("name", "hours"), [("every contract, nightly", 2.5), ("digests, on Mondays at seven", 7)]
)
def test_what_has_an_hour_is_due_by_londons_clock(name, hours, monkeypatch):
    """In summer, when London's clock is an hour ahead of the servers'."""
    midnight = factories.moment("2026-07-06")  # A Monday.
    due = SCHEDULE[name]["schedule"]
    monkeypatch.setattr(due, "nowfun", lambda: midnight)

    assert due.remaining_estimate(midnight) == dt.timedelta(hours=hours)


@pytest.mark.parametrize("task", sorted(TASKS, key=lambda task: task.name), ids=lambda t: t.name)
def test_a_task_is_a_thin_door(task):
    """It says what it does, asks the clock, calls one job and answers with its counts."""
    (function,) = ast.parse(inspect.getsource(task.run)).body
    docstring, *statements = function.body

    assert isinstance(docstring.value, ast.Constant)
    assert [type(statement) for statement in statements] == [ast.Return]
    jobs = [
        call
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) != "timezone.now"
    ]
    assert len(jobs) == 1
    assert not function.args.args


@pytest.fixture
def contract() -> Contract:
    """A contract whose total has just gone over a high mark."""
    factories.a_threshold("firm", 100_000, severity="high")
    contract = factories.a_contract()
    factories.post(factories.a_line(contract), "approved", "100000.01", "2018-07-30")
    return contract


@pytest.mark.django_db(transaction=True)
def test_a_message_that_expired_is_not_run(a_worker, finished, contract):
    late = sweep.apply_async(expires=timezone.now() - dt.timedelta(seconds=1)).id
    worker = a_worker()
    worker.wait_for(f"Discarding revoked task: costs.tasks.sweep[{late}]")
    assert Recheck.objects.exists()
    assert not OverrunAlert.all_rows.exists()

    in_time = sweep.apply_async(expires=settings.SWEEP_SECONDS).id
    done = finished(worker)
    done.wait_for({in_time})
    assert OverrunAlert.all_rows.count() == 1
    assert late not in done.answers


@pytest.mark.django_db(transaction=True)
def test_a_task_delivered_five_times_in_parallel_does_its_work_once(a_worker, finished, contract):
    """One alert, one mail made ready, one mail sent."""
    follow(factories.a_councillor(), everything=True)
    kept_before = mails_kept()
    done = finished(a_worker("worker", "--concurrency", str(TIMES)).started())

    for task in (sweep, check_all, prepare_alerts, deliver):
        done.wait_for({task.delay().id for _ in range(TIMES)})

    assert OverrunAlert.all_rows.count() == 1
    assert not Recheck.objects.exists()
    assert Edition.objects.get().state == Edition.State.SENT
    assert len(mails_kept() - kept_before) == 1


def mails_kept() -> set[Path]:
    """Those of this run of the suite; the folder is shared with other tests' workers."""
    return set(Path(settings.VAR_DIR, "mail").glob("*"))
