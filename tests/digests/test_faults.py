"""What can go wrong between the record and the readers: a mail server that misbehaves, workers
killed at any point, a scheduler that was silent, the same work done twice at once.

Nothing is lost. A second copy goes out only where nobody could know that the first had, under the
same Message-ID and counted.
"""

import datetime as dt
import os
import random
import signal
import time
from collections import Counter
from itertools import count
from queue import SimpleQueue
from threading import Lock

import pytest
from django.db import connection

from digests.models import AlertTold, Edition, Subscription
from digests.preparing import prepare_alerts, prepare_digests
from digests.sending import LEASE
from tests.digests.mails import DUE, SECOND, a_mail, many_mails, message_id
from tests.digests.readers import BEFORE, CUT, WEDNESDAY, WEEK, a_failure, a_reader, an_overrun
from tests.digests.smtpserver import Act, MailServer, Moment, Script, Step
from tests.factories import a_contract
from tests.threads import in_threads
from tests.workers.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

State = Edition.State
#: A minute of the mails' is a tenth of a second: leases run out in one, waits in proportion.
SPEED = 600
#: Seconds for which workers are killed, at most.
KILLING = 15
NO_SUCH_READER = "550 5.1.1 No such reader"
DAY = dt.timedelta(days=1)


class Moody:
    """The script of a server that does everything a mail server may do wrong, at random.

    It refuses one reader for good, a tenth of them at first, and wrongs each of the others at
    most twice.
    """

    WRONGS = {
        Step.GREETING: ["421 4.3.2 too busy", "554 5.3.2 not today", Act.HANG_UP, Act.STALL],
        Step.HELLO: ["421 4.3.2 too busy"],
        Step.MAIL: ["421 4.3.2 closing", "452 4.3.1 no room", Act.HANG_UP],
        Step.RCPT: ["421 4.3.2 closing", "450 4.2.1 busy", Act.HANG_UP, Act.STALL],
        Step.DATA: ["421 4.3.2 closing", "451 4.3.0 later", Act.HANG_UP],
        Step.BODY: [Act.HANG_UP],
        Step.READ: ["421 4.3.2 closing", "451 4.3.0 later", Act.HANG_UP, Act.STALL],
        Step.TAKEN: [Act.HANG_UP, Act.STALL, "What was that?"],
        Step.ANSWERED: [Act.HANG_UP],
    }

    def __init__(self, seed: int, readers: list[str]) -> None:
        self.random, self.lock = random.Random(seed), Lock()
        self.refused, *others = readers
        self.greylisted = set(others[::10])
        self.wronged: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def __call__(self, moment: Moment) -> str | Act | None:
        with self.lock:
            pause, wrong = self.random.uniform(0, 0.004), self.wrong(moment)
            if wrong is not None:
                self.done[f"{moment.step}: {wrong}"] += 1
        time.sleep(pause)  # A server's time, within which its client may be killed.
        return wrong

    def wrong(self, moment: Moment) -> str | Act | None:
        reader = moment.recipient
        if moment.step == Step.RCPT:
            if reader == self.refused:
                return NO_SUCH_READER
            if reader in self.greylisted:
                self.greylisted.remove(reader)
                return "451 4.7.1 greylisted"
        wrongs = self.WRONGS.get(moment.step, ())
        most = 2 if reader else 30  # Before a reader is named, any of them may be meant.
        if not wrongs or self.random.random() > 0.05 or self.wronged[reader] >= most:
            return None
        self.wronged[reader] += 1
        return self.random.choice(wrongs)


@pytest.mark.parametrize("seed", [20181001])
def test_nothing_is_lost_and_nothing_doubled_uncounted(mail_server, a_post_room, figure, seed):
    """Workers are killed again and again while the server does all it may do wrong."""
    number, workers = (300, 4) if connection.vendor == "postgresql" else (40, 2)
    mails = many_mails(number)
    mail_server.script = script = Moody(seed, [edition.to for edition in mails])
    room = a_post_room(speed=SPEED, timeout=0.4)
    begun = time.monotonic()
    kills = kill_until_done(room, workers, mail_server, random.Random(seed))
    seconds = time.monotonic() - begun

    refused, *others = mails
    after = {edition.pk: edition for edition in Edition.objects.all()}
    copies = mail_server.copies
    assert (after[refused.pk].state, after[refused.pk].server_said) == (
        State.FAILED,
        NO_SUCH_READER,
    )
    assert {after[edition.pk].state for edition in others} == {State.SENT}
    assert copies.keys() == {message_id(edition) for edition in others}, "lost"
    for edition in others:
        twice = copies[message_id(edition)] - 1
        assert twice <= after[edition.pk].possibly_twice, "a copy that nobody counted"
    to = {(taken.message_id, taken.recipient) for taken in mail_server.taken}
    assert to == {(message_id(edition), edition.to) for edition in others}

    counted = sum(edition.possibly_twice for edition in after.values())
    figure(
        f"{number} mails, {workers} workers, {kills} kills, {sum(script.done.values())} wrongs of"
        f" the server's: {len(copies)} readers got theirs, 1 does not exist, 0 lost,"
        f" {copies.total() - len(copies)} second copies, {counted} counted as possible,"
        f" {seconds:.0f} s"
    )


def kill_until_done(room, workers: int, server: MailServer, rng: random.Random) -> int:
    """Keep so many workers at it and kill one after another, for a while, until every mail has
    come to its end; how many were killed."""
    at_work = [room.start() for _ in range(workers)]
    kills, end = 0, time.monotonic() + KILLING
    while unfinished().exists() and time.monotonic() < end:
        time.sleep(rng.uniform(0.02, 0.4))  # What makes the points random at which they die.
        if kills % 20 == 10:  # Connections are refused for a while.
            server.go_away()
            time.sleep(0.2)
            server.listen()
        victim = at_work.pop(rng.randrange(workers))
        assert room.kill(victim) == -signal.SIGKILL, room.log.read_text()
        at_work.append(room.start())
        kills += 1

    def is_done() -> bool:
        # A mail that was put off for hours need not be waited for: its time has come.
        unfinished().filter(state=State.DUE).update(due_at=DUE)
        return not unfinished().exists()

    wait_until(is_done, "every mail is sent or refused")
    for worker in at_work:
        assert room.kill(worker) == -signal.SIGKILL, room.log.read_text()
    return kills


def unfinished():
    """Mails that are neither sent nor refused for good."""
    return Edition.objects.filter(state__in=[State.DUE, State.CLAIMED])


# A worker killed at each point, one after another -----------------------------------------------


def test_a_worker_killed_before_any_of_its_queries_loses_nothing(mail_server, a_post_room):
    room = a_post_room()
    outcomes = []
    for query in count(1):
        edition = a_mail()
        ended = room.wait_for(room.start(rounds=1, dies_at=query))
        assert room.wait_for(room.start(rounds=1, ahead=LEASE.total_seconds())) == 0
        edition.refresh_from_db()
        assert edition.state == State.SENT
        outcomes.append((mail_server.copies[message_id(edition)], edition.possibly_twice))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL

    # Only once had the server taken the mail and could that not be noted any more.
    assert outcomes.count((2, 1)) == 1
    assert outcomes.count((1, 0)) == len(outcomes) - 1 >= 6


def test_a_worker_killed_at_any_step_of_the_conversation_loses_nothing(mail_server, a_post_room):
    room, outcomes = a_post_room(), {}
    for fatal in Step:
        if fatal == Step.AUTH:  # Nobody signs in here.
            continue
        edition, victim = a_mail(), SimpleQueue()
        mail_server.script = killing(victim, fatal)
        worker = room.start(rounds=1)
        victim.put(worker)
        assert room.wait_for(worker) == -signal.SIGKILL
        assert room.wait_for(room.start(rounds=1, ahead=LEASE.total_seconds())) == 0
        edition.refresh_from_db()
        assert edition.state == State.SENT
        outcomes[fatal] = mail_server.copies[message_id(edition)], edition.possibly_twice

    answered = outcomes.pop(Step.ANSWERED)
    assert answered in {(1, 0), (2, 1)}  # It may just have noted the answer.
    assert outcomes.pop(Step.TAKEN) == (2, 1)
    assert set(outcomes.values()) == {(1, 1)}


def killing(victim: SimpleQueue, fatal: Step) -> Script:
    """A server that kills its client when it first comes to a step."""
    steps = [fatal]

    def script(moment: Moment) -> Act | None:
        if moment.step not in steps:
            return None
        steps.remove(moment.step)
        os.kill(victim.get(timeout=30), signal.SIGKILL)
        return Act.HANG_UP

    return script


# The same work done late, or twice at once ------------------------------------------------------


def test_after_eight_silent_days_there_is_one_digest_not_two():
    reader, contract = a_reader(), a_contract()
    first_week = a_failure(contract, at=WEDNESDAY)
    second_week = a_failure(contract, at=WEDNESDAY + 7 * DAY)
    back = CUT + 8 * DAY

    assert prepare_digests(back).editions == 1
    edition = Edition.objects.get()
    assert edition.week == "2018-W41"
    assert (edition.content.since_at, edition.content.until_at) == (BEFORE, CUT + 7 * DAY)
    for failure in (first_week, second_week):
        assert failure.title in edition.content.text

    for late in (0 * SECOND, SECOND, 5 * DAY):
        assert prepare_digests(back + late).editions == 0
    reader.refresh_from_db()
    assert reader.cut_at == CUT + 7 * DAY
    assert prepare_digests(CUT + 14 * DAY).editions == 0  # Nothing happened since.


@pytest.mark.parametrize("silence", [0 * DAY, 8 * DAY])
def test_digests_prepared_four_times_at_once_are_made_once(silence):
    contract, another, quiet = (a_contract() for _ in range(3))
    readers = [a_reader() for _ in range(5)] + [a_reader(contract) for _ in range(5)]
    untold = a_reader(quiet)
    for each in (contract, another):
        a_failure(each)

    prepared = in_threads(4, lambda n: prepare_digests(CUT + silence + n * SECOND))

    assert sum(each.editions for each in prepared) == len(readers)
    assert sorted(Edition.objects.values_list("subscription", flat=True)) == sorted(
        reader.pk for reader in readers
    )
    assert len(set(Edition.objects.values_list("content", flat=True))) == 2
    told = WEEK.cut if not silence else CUT + 7 * DAY
    assert set(Subscription.objects.values_list("cut_at", flat=True)) == {told}
    assert not untold.editions.exists()


@pytest.mark.parametrize("apart", [0 * SECOND, SECOND])
def test_alerts_prepared_four_times_at_once_are_told_each_follower_once(apart):
    contracts = [a_contract() for _ in range(3)]
    alerts = [an_overrun(contract) for contract in contracts]
    readers = [a_reader() for _ in range(5)] + [a_reader(contracts[0]) for _ in range(5)]

    in_threads(4, lambda n: prepare_alerts(WEDNESDAY + n * apart))
    while prepare_alerts(WEDNESDAY + 4 * SECOND).editions:
        pass

    assert Edition.objects.count() == len(readers)
    told = Counter(AlertTold.objects.values_list("subscription", "alert"))
    assert set(told.values()) == {1}
    assert told.keys() == {
        (reader.pk, alert.pk)
        for reader in readers
        for alert in (alerts if reader.everything else alerts[:1])
    }
