"""While people write, the worker, its process and the scheduler are killed at random points.

Each by its own id, with SIGKILL, and started again; some before the last kill was made good. In
the end all that was written has been worked off once: no alert, digest, mail or payment is lost
or there twice.
"""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command

from costs.models import PaymentUpload
from costs.payments import working
from digests.models import Edition
from digests.tasks import prepare_digests
from tests.digests.mails import message_id
from tests.digests.smtpserver import MailServer, Moment, Step
from tests.faults.counting import KILLS, few_or
from tests.faults.crew import Crew
from tests.faults.hurried import EVERY
from tests.faults.writing import ROWS, Record, leases_run_out
from tests.workers.processes import wait_until

pytestmark = [pytest.mark.served, pytest.mark.django_db(transaction=True)]

SEED = int(os.environ.get("FAULT_SEED", "20260329"))
#: What is killed how often: starting a worker takes seconds, another process of its pool none.
SHARES = {"child": 5, "worker": 3, "beat": 2}
#: Seconds that everything may take on a busy machine until it is made good.
PATIENCE = 240
#: Seconds between two of the scheduler's questions in service.
IN_SERVICE = 15


@dataclass
class Killing:
    """What was killed, and how long it took until all was done that waited then."""

    record: Record
    crew: Crew
    rng: random.Random
    pending: list[tuple[str, float]] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    skipped: float = 0

    def kill(self, victim: str) -> None:
        """Now, whatever it is doing."""
        self.pending.append((victim, time.monotonic()))
        self.crew.kills[victim]()
        self.skip()

    def skip(self) -> None:
        """Nobody waits for the leases of the dead; they are counted as if."""
        self.skipped = max(self.skipped, leases_run_out(self.crew.died_at))

    def until_made_good(self) -> None:
        """Wait until nothing waits any more."""

        def is_done() -> bool:
            self.crew.look_after()
            self.skip()
            return self.record.is_done()

        try:
            wait_until(is_done, "all is worked off", PATIENCE, every=0.05)
        except AssertionError as error:
            error.add_note(self.record.waits_for())
            error.add_note(self.crew.worker.logged[-8000:])
            error.add_note(self.crew.beat.logged[-2000:])
            raise
        now = time.monotonic()
        for victim, killed in self.pending:
            took = now - killed + self.skipped + IN_SERVICE - EVERY
            self.seconds.setdefault(victim, []).append(took)
        self.pending, self.skipped = [], 0


def unhurried(seed: int):
    """A mail server that takes its time, within which its client may be killed."""
    rng = random.Random(seed)

    def script(moment: Moment) -> None:
        if moment.step in (Step.READ, Step.TAKEN):
            time.sleep(rng.uniform(0, 0.03))

    return script


@few_or(KILLS, few=3)
def test_whatever_is_killed_nothing_is_lost_and_nothing_doubled(times, mail_server, crew, tally):
    rng = random.Random(SEED)
    mail_server.script = unhurried(SEED)
    record = Record(rng)
    killing = Killing(record, crew, rng)
    crew.worker.started()
    names, shares = list(SHARES), list(SHARES.values())
    victims = [*names, *rng.choices(names, shares, k=times - len(names))]
    rng.shuffle(victims)
    for victim in victims:
        for _ in range(rng.randint(1, 3)):
            record.write()
        prepare_digests.delay()
        # What makes the points random at which they die.
        time.sleep(rng.uniform(0, 1.5))
        record.confirm_what_is_ready()
        killing.kill(victim)
        if rng.random() < 0.75:
            killing.until_made_good()
    killing.until_made_good()
    what_was_written_is_there_once(record, mail_server, killing, tally)
    call_command("verifyledger")


def what_was_written_is_there_once(
    record: Record, server: MailServer, killing: Killing, tally
) -> None:
    deaths = Counter({victim: len(took) for victim, took in killing.seconds.items()})
    times, took = deaths.total(), [s for each in killing.seconds.values() for s in each]
    for victim, number in deaths.items():
        tally.note(f"{victim} killed -9", number, killing.seconds[victim])
    said = f"{times} kills -9 (seed {SEED})"

    ended = killing.crew.ended
    tally.count(
        *(said, times, "entries", record.entries, record.entries_found()),
        note=f"{ended} programs ended by themselves and were started again" if ended else "",
    )
    expected, found = record.alerts_expected(), record.alerts_found()
    tally.count(said, times, "alerts", expected, found, seconds=took)
    tally.count(said, times, "alerts told", record.tellings, record.tellings_found())
    tally.count(said, times, "digests", record.readers, record.digests_found())

    mails = Edition.objects.all()
    counted = sum(mail.possibly_twice for mail in mails)
    tally.count(
        *(said, times, "mails"),
        {message_id(mail) for mail in mails},
        server.copies.elements(),
        allowed_twice=counted,
        note=f"{counted} counted as possibly sent twice, the server not having been heard",
    )
    for mail in mails:
        assert mail.state == Edition.State.SENT
        assert server.copies[message_id(mail)] <= 1 + mail.possibly_twice

    ended = Counter(PaymentUpload.objects.values_list("state", "why_not"))
    given_up = ended.pop(("refused", working.GIVEN_UP), 0)
    assert ended == {("imported", ""): len(record.uploads) - given_up}
    tally.count(
        *(said, times, "payments"),
        record.payments_expected(),
        record.payments_found(),
        note=f"{len(record.uploads)} files of {ROWS} each, {given_up} given up after three kills",
    )
