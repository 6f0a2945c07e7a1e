"""Work that comes late, in the week of a clock change or of a year's end, or five times at once."""

import datetime as dt
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.tasks import check_files, tell_answered
from accounts.trail import AuditEntry
from barnetwatch.tasks import throw_away
from contracts.models import Contract, Recheck
from costs.models import OverrunAlert, Payment, PaymentUpload
from costs.payments import importing, uploads
from costs.tasks import check_all, handle_uploads, sweep, sweep_uploads
from digests.models import AlertTold, Edition
from digests.preparing import prepare_digests
from digests.tasks import deliver, prepare_alerts
from digests.tasks import prepare_digests as ask_for_digests
from digests.weeks import Week, latest_told, week_of
from incidents.models import Incident, IncidentDraft
from tests import factories
from tests.costs.payments.test_importing import month
from tests.digests.readers import a_failure, a_reader
from tests.faults.counting import TIMES, few_or
from tests.workers.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR, SECOND = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(seconds=1)
WEEK = 7 * DAY
AT_ONCE = 5
#: Each task, in the order in which one prepares the next.
TASKS = (
    *(sweep, check_all, handle_uploads, sweep_uploads),
    *(ask_for_digests, prepare_alerts, deliver, tell_answered, check_files, throw_away),
)
#: Weeks of a clock change (29 March and 25 October 2026) and of a year's end, and common ones.
WEEKS = [Week(2026, 53), Week(2030, 1), Week(2026, 13), Week(2026, 43)]
WEEKS += [week_of(Week(2026, 1).monday + n * 3 * WEEK) for n in range(16)]


def after(week: Week, weeks: int = 1) -> Week:
    return week_of(week.monday + weeks * WEEK)


def a_known_failure(contract: Contract, at: dt.datetime) -> Incident:
    """One whose title no other text holds."""
    return a_failure(contract, at=at, title=f"F{uuid4().hex}")


def told_of(failures: list[Incident]) -> list[int]:
    """Each failure as often as digests tell of it."""
    texts = list(Edition.objects.values_list("content__text", flat=True))
    return [each.pk for each in failures for text in texts if each.title in text]


@few_or(TIMES, few=4)
def test_a_scheduler_silent_for_eight_days_is_one_digest_not_two(tally, times):
    readers, failures = [], []
    for number in range(times):
        week = WEEKS[number % len(WEEKS)]
        contract, silent_from = factories.a_contract(), after(week, -1).cut
        reader = a_reader(contract, since=silent_from)
        readers.append(reader)
        failures += [
            a_known_failure(contract, at=silent_from + 2 * DAY),
            a_known_failure(contract, at=week.cut + SECOND),
        ]
        back = after(week).cut + DAY  # Eight days after the cut at which nobody asked.
        assert prepare_digests(back).editions == 1
        assert [prepare_digests(back + late).editions for late in (SECOND, DAY)] == [0, 0]
        reader.refresh_from_db()
        assert reader.cut_at == after(week).cut
        reader.stopped_at = back  # It is over for this one.
        reader.save()
    said = "scheduler silent for 8 days"
    found = Edition.objects.values_list("subscription", flat=True)
    tally.count(said, times, "digests", {reader.pk for reader in readers}, found)
    tally.count(said, times, "failures told", {each.pk for each in failures}, told_of(failures))


@few_or(TIMES, few=4)
def test_around_a_clock_change_and_a_years_end_each_hour_is_told_once(tally, times):
    """Failures around the hour that is left out or there twice, and in the last second before
    each cut and the first after it, told by four weeks' digests in a row."""
    failures, readers = [], []
    for number in range(times):
        week, contract = WEEKS[number % 4], factories.a_contract()
        weeks = [after(week, n) for n in (-1, 0, 1, 2)]
        reader = a_reader(contract, since=after(week, -2).cut)
        readers.append(reader)
        offset = dt.timedelta(minutes=number)
        sunday = dt.datetime.combine(week.sunday, dt.time(), dt.UTC)
        moments = [sunday + n * HOUR + offset for n in (0, 1, 2)[: 2 + number % 2]]
        for told in weeks[:3]:
            moments += [told.cut - SECOND, told.cut]
        made = [a_known_failure(contract, at=at) for at in moments]
        failures += made
        for told in weeks:
            assert latest_told(told.cut) == told
            assert prepare_digests(told.cut + 30 * SECOND, told).editions <= 1
        assert Edition.objects.filter(subscription=reader).count() == 4
        reader.stopped_at = weeks[-1].cut
        reader.save()
    said = "clock changes, weeks 53 and 1"
    tally.count(said, times, "failures told", {each.pk for each in failures}, told_of(failures))


@pytest.mark.served
@few_or(TIMES, few=1)
def test_each_task_five_times_at_once_does_its_work_once(a_worker, finished, tally, times):
    assert {task.name for task in TASKS} == {
        entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }
    factories.a_threshold("firm", 100_000, severity="high")
    done = finished(a_worker("five", "--concurrency", str(AT_ONCE)).started())
    week, officer = latest_told(timezone.now()), factories.the_officer()
    contracts, readers, files, old, drafts = [], [], [], [], []
    for number in range(times):
        contract = factories.a_contract()
        contracts.append(contract.pk)
        factories.post(factories.a_line(contract), "approved", 100_001, "2018-07-30")
        a_failure(contract, at=week.cut - 2 * DAY)
        readers.append(a_reader(contract, since=week.cut - WEEK).pk)
        brought = [
            uploads.receive(
                [f"{month(4)}\n# {number}{name}".encode()],
                name=f"{name}.csv",
                publisher=importing.publisher_of(f"{name} {number}"),
                by=officer,
            )
            for name in ("new", "old")
        ]
        files.append(brought[0].pk)
        old.append(brought[1].pk)
        PaymentUpload.objects.filter(pk__in=files[-1:]).update(
            state="ready", report={"why_not": ""}
        )
        uploads.confirm(brought[0], by=officer)
        aged = PaymentUpload.objects.filter(pk=old[-1])
        aged.update(state="ready", uploaded_at=timezone.now() - 15 * DAY)
        draft = IncidentDraft.objects.create(
            user=factories.a_person(), answers={}, updated_at=timezone.now() - 800 * DAY
        )
        drafts.append(draft.pk)
        for task in TASKS:
            done.wait_for({task.delay().id for _ in range(AT_ONCE)})
        # Of five who deliver, one may have claimed a mail and another found nothing.
        wait_until(
            lambda: not Edition.objects.filter(state__in=["due", "claimed"]).exists(),
            "every mail is sent",
        )
    assert not Recheck.objects.exists()
    assert set(Edition.objects.values_list("state", "attempts")) == {("sent", 1)}

    def count(what, expected, found) -> None:
        tally.count(f"each task {AT_ONCE} times at once", times, what, expected, found)

    count("alerts", contracts, OverrunAlert.all_rows.values_list("contract", flat=True))
    count("alerts told", readers, AlertTold.objects.values_list("subscription", flat=True))
    digests = Edition.objects.exclude(week="")
    count("digests", readers, digests.values_list("subscription", flat=True))
    state = dict(PaymentUpload.objects.values_list("pk", "state"))
    count("uploads imported", files, [pk for pk in state if state[pk] == "imported"])
    count("uploads thrown away", old, [pk for pk in state if state[pk] == "cancelled"])
    left = set(IncidentDraft.objects.values_list("pk", flat=True))
    count("drafts thrown away", drafts, [pk for pk in drafts if pk not in left])
    told = AuditEntry.objects.filter(act="discarded").values_list("after", flat=True)
    assert sum(each["number"] for each in told if each.get("kind") == "drafts") == times
    assert Payment.objects.count() == 20 * times
