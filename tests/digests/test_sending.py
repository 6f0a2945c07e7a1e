"""Handing mails to the mail server: who holds a mail, and what each answer does to it."""

import datetime as dt

import pytest
from django.conf import settings as project
from django.db import OperationalError, connection

from digests import sending
from digests.models import Edition, Subscription
from digests.preparing import resend
from digests.sending import BACK_OFF, BATCH, LEASE, ROUND, claim, deliver, release_lapsed
from digests.smtp import EmailBackend
from digests.subscribing import stop
from tests.digests.mails import DUE, MINUTE, SECOND, Clock, a_mail, message_id, some_mails
from tests.digests.smtpserver import Act, Moment, Script, Step, behave
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

State = Edition.State
NO_SUCH_READER = "550 5.1.1 No such reader"


def at(step: Step, *acts: str | Act | None) -> Script:
    """A server that does one act after another each time it comes to a step, then behaves."""
    left = list(acts)
    return lambda moment: left.pop(0) if moment.step == step and left else None


def always(step: Step, act: str | Act) -> Script:
    """A server that misbehaves at a step every time."""
    return lambda moment: act if moment.step == step else None


def now(edition: Edition) -> Edition:
    """How it stands now."""
    return Edition.objects.get(pk=edition.pk)


def is_free(edition: Edition) -> bool:
    """Whether nobody holds it."""
    found = now(edition)
    return (found.held_by, found.held_until, found.handed_at) == (None, None, None)


# Who holds a mail ----------------------------------------------------------------------------


class TestAClaim:
    def test_takes_what_is_due_for_the_length_of_a_lease(self):
        due, later = a_mail(), a_mail(due_at=DUE + SECOND)
        assert claim(DUE) == [due]
        assert now(due).state == State.CLAIMED
        assert now(due).held_until == DUE + LEASE
        assert now(due).handed_at is None
        assert now(later).state == State.DUE

    def test_is_nobody_elses(self):
        a_mail()
        assert len(claim(DUE)) == 1
        assert claim(DUE) == []

    def test_takes_what_waited_longest_first_and_no_more_than_asked(self):
        later, sooner, soonest = (a_mail(due_at=DUE - n * MINUTE) for n in (1, 2, 3))
        assert claim(DUE, 2) == [soonest, sooner]
        assert claim(DUE, 2) == [later]

    def test_takes_no_mail_that_was_sent_or_has_failed(self):
        for state in (State.SENT, State.FAILED):
            a_mail(state=state)
        assert claim(DUE) == []

    @pytest.mark.django_db(transaction=True)
    def test_of_several_workers_takes_each_mail_once_and_leaves_nobody_idle(self):
        mails = some_mails(80)
        taken = in_threads(4, lambda n: claim(DUE, 20))
        assert [len(batch) for batch in taken] == [20] * 4
        assert {each.pk for batch in taken for each in batch} == {each.pk for each in mails}


class TestALeaseThatRanOut:
    def test_gives_the_mail_back(self):
        mine = a_mail()
        claim(DUE)
        assert release_lapsed(DUE + LEASE - SECOND) == 0
        assert now(mine).state == State.CLAIMED

        assert release_lapsed(DUE + LEASE) == 0
        assert now(mine).state == State.DUE
        assert now(mine).due_at == DUE + LEASE
        assert is_free(mine)

    def test_counts_as_possibly_twice_only_what_was_handed_over(self):
        handed, not_handed = some_mails(2)
        claim(DUE)
        Edition.objects.filter(pk=handed.pk).update(handed_at=DUE)
        assert release_lapsed(DUE + LEASE) == 1
        assert (now(handed).possibly_twice, now(not_handed).possibly_twice) == (1, 0)
        assert is_free(handed)
        assert now(handed).server_said.startswith("The worker ended before")
        assert now(not_handed).server_said == ""

    def test_counts_once_however_often_it_is_looked_at(self):
        handed = a_mail()
        claim(DUE)
        Edition.objects.update(handed_at=DUE)
        assert [release_lapsed(DUE + LEASE) for _ in range(3)] == [1, 0, 0]
        assert now(handed).possibly_twice == 1

    def test_counts_what_a_slow_worker_hands_over_meanwhile(self):
        """It came back to life between the two looks: its mail must not go back uncounted."""
        slow = a_mail()
        claim(DUE)

        def meanwhile(execute, sql, params, many, context):
            answer = execute(sql, params, many, context)
            if sql.startswith("UPDATE") and not now_handed:
                now_handed.append(True)
                Edition.objects.filter(state=State.CLAIMED).update(handed_at=DUE + LEASE)
            return answer

        now_handed: list[bool] = []
        with connection.execute_wrapper(meanwhile):
            counted = release_lapsed(DUE + LEASE)
        assert now_handed
        counted += release_lapsed(DUE + LEASE)
        assert counted == now(slow).possibly_twice == 1
        assert is_free(slow)

    def test_leaves_the_mail_to_whoever_took_it_next(self, mail_server, monkeypatch):
        """The first worker wakes up with a batch that was released and claimed again."""
        a_mail()
        (first,) = claim(DUE)
        release_lapsed(DUE + LEASE)
        (second,) = claim(DUE + LEASE)
        monkeypatch.setattr(sending, "claim", one_batch([first]))
        assert deliver(Clock(DUE + LEASE)).counts == counts()
        assert not mail_server.taken
        assert now(second).held_by == second.held_by

    @pytest.mark.parametrize("answer", [None, "554 5.7.1 not this"])
    def test_does_not_undo_what_the_next_worker_did(self, mail_server, monkeypatch, answer):
        """The server's answer comes after another worker has taken the mail over and sent it."""
        sent = a_mail()
        mail_server.script = at(Step.READ, answer)
        send, clock = EmailBackend.send_messages, Clock()

        def slow(backend: EmailBackend, messages: list) -> int:
            try:
                return send(backend, messages)
            finally:
                if clock.now == DUE:
                    clock.now = DUE + LEASE
                    assert deliver(clock).counts == counts(sent=1, possibly_twice=1)
                    clock.now += MINUTE

        monkeypatch.setattr(EmailBackend, "send_messages", slow)
        deliver(clock)
        found = now(sent)
        assert (found.state, found.sent_at) == (State.SENT, DUE + LEASE)
        assert (found.attempts, found.possibly_twice, found.server_said) == (1, 1, "")
        assert len(mail_server.taken) == (1 if answer else 2)


def one_batch(batch: list[Edition]):
    """A claim that gives one batch, then nothing."""
    batches = [batch]
    return lambda *args: batches.pop() if batches else []


def counts(**some: int) -> dict[str, int]:
    """What a round says of itself: these counts, and nothing else."""
    return {"sent": 0, "failed": 0, "put_off": 0, "possibly_twice": 0, **some}


# What each answer does -----------------------------------------------------------------------


def test_a_mail_that_was_taken_is_sent(mail_server):
    sent = a_mail(server_said="An earlier trouble.", attempts=2)
    assert deliver(Clock(DUE)).counts == counts(sent=1)
    found = now(sent)
    assert (found.state, found.sent_at, found.attempts) == (State.SENT, DUE, 3)
    assert found.server_said == ""
    assert found.possibly_twice == 0
    assert is_free(sent)
    assert mail_server.copies == {message_id(sent): 1}
    assert deliver(Clock(DUE + LEASE)).counts == counts()


def test_many_mails_go_over_one_connection(mail_server):
    some_mails(BATCH + 2)
    assert deliver(Clock()).sent == BATCH + 2
    assert mail_server.connections == 1
    assert set(mail_server.copies.values()) == {1}
    assert {taken.recipient for taken in mail_server.taken} == set(
        Edition.objects.values_list("to", flat=True)
    )


def test_no_more_are_tried_than_asked_for(mail_server):
    some_mails(3)
    assert deliver(Clock(), limit=2).sent == 2
    assert Edition.objects.due(DUE).count() == 1


@pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.READ])
def test_a_refusal_for_good_fails_with_the_servers_words(mail_server, step):
    mail_server.script = at(step, NO_SUCH_READER)
    refused, other = some_mails(2)
    assert deliver(Clock()).counts == counts(sent=1, failed=1)
    found = now(refused)
    assert (found.state, found.server_said) == (State.FAILED, NO_SUCH_READER)
    assert (found.attempts, found.possibly_twice, found.sent_at) == (1, 0, None)
    assert is_free(refused)
    assert now(other).state == State.SENT
    assert message_id(refused) not in mail_server.copies


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step.RCPT, "451 4.7.1 try again later"),
        (Step.RCPT, "421 4.3.2 closing"),
        (Step.DATA, "451 4.3.0 no room"),
        (Step.READ, "452 4.3.1 no room"),
        (Step.READ, "421 4.3.2 closing"),
        # Of the sender, which is the settings' fault and mended there.
        (Step.MAIL, "550 5.7.1 not from you"),
        (Step.MAIL, "421 4.3.2 closing"),
    ],
)
def test_a_refusal_for_now_is_put_off_with_the_servers_words(mail_server, step, words):
    mail_server.script = at(step, words)
    refused, other = some_mails(2)
    assert deliver(Clock()).counts == counts(sent=1, put_off=1)
    found = now(refused)
    assert (found.state, found.server_said) == (State.DUE, words)
    assert (found.attempts, found.possibly_twice) == (1, 0)
    assert found.due_at == DUE + BACK_OFF[0]
    assert is_free(refused)
    assert now(other).state == State.SENT
    assert deliver(Clock(found.due_at)).counts == counts(sent=1)
    assert set(mail_server.copies.values()) == {1}


def test_waits_grow_and_the_mail_is_given_up_only_after_the_last(mail_server):
    mail_server.script = always(Step.RCPT, "451 4.7.1 not now")
    refused, clock = a_mail(), Clock()
    for number, wait in enumerate(BACK_OFF, 1):
        assert deliver(clock).counts == counts(put_off=1)
        found = now(refused)
        assert (found.state, found.attempts) == (State.DUE, number)
        assert found.due_at == clock.now + wait
        assert deliver(Clock(found.due_at - SECOND)).counts == counts()
        clock.now = found.due_at

    assert deliver(clock).counts == counts(failed=1)
    found = now(refused)
    assert (found.state, found.attempts) == (State.FAILED, len(BACK_OFF) + 1)
    assert found.server_said == "451 4.7.1 not now"
    assert clock.now - DUE > dt.timedelta(days=2)
    assert list(BACK_OFF) == sorted(BACK_OFF)
    assert deliver(Clock(clock.now + dt.timedelta(days=9))).counts == counts()


@pytest.mark.parametrize("act", [Act.HANG_UP, "What was that?"])
def test_no_answer_to_the_whole_mail_is_tried_again_and_counted(mail_server, act):
    """The server has taken it and did not say so: a second copy under the same Message-ID."""
    mail_server.script = at(Step.TAKEN, act)
    twice, once = some_mails(2)
    assert deliver(Clock()).counts == counts(sent=1, put_off=1, possibly_twice=1)
    found = now(twice)
    assert (found.state, found.possibly_twice, found.attempts) == (State.DUE, 1, 1)
    assert found.server_said.startswith("No answer from the mail server")
    assert deliver(Clock(found.due_at)).counts == counts(sent=1)
    assert mail_server.copies == {message_id(twice): 2, message_id(once): 1}
    assert now(twice).possibly_twice == 1


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_a_connection_that_broke_is_opened_again_for_the_next_mail(mail_server, step):
    mail_server.script = at(step, Act.HANG_UP)
    broken, other = some_mails(2)
    assert deliver(Clock()).counts == counts(sent=1, put_off=1)
    assert mail_server.connections == 2
    assert now(broken).server_said.startswith("No answer from the mail server")
    assert now(broken).possibly_twice == 0
    assert now(other).state == State.SENT


def test_a_server_that_hangs_up_after_each_mail_gets_them_all_once(mail_server):
    mail_server.script = always(Step.ANSWERED, Act.HANG_UP)
    some_mails(3)
    clock = Clock()
    for _ in range(3):
        deliver(clock)
        clock.now += BACK_OFF[0]
    assert set(Edition.objects.values_list("state", "possibly_twice")) == {(State.SENT, 0)}
    assert list(mail_server.copies.values()) == [1, 1, 1]


def test_a_stalled_server_is_given_up_in_its_time_and_asked_again(mail_server, impatient):
    mail_server.script = at(Step.RCPT, Act.STALL)
    stalled, other = some_mails(2)
    assert deliver(Clock()).counts == counts(sent=1, put_off=1)
    assert now(stalled).server_said.endswith("timed out")
    assert now(other).state == State.SENT


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (always(Step.GREETING, "421 4.3.2 closing"), "421 4.3.2 closing"),
        (always(Step.GREETING, "554 5.3.2 not today"), "554 5.3.2 not today"),
        (always(Step.GREETING, Act.HANG_UP), "No answer from the mail server"),
        (always(Step.HELLO, "550 5.7.1 not you"), "550 5.7.1 not you"),
        (always(Step.AUTH, "535 5.7.8 wrong password"), "535 5.7.8 wrong password"),
    ],
)
def test_a_server_that_will_not_have_us_is_asked_once_and_costs_no_mail_an_attempt(
    mail_server, settings, script, said
):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "barnetwatch", "secret"
    mail_server.script = script
    first, *others = some_mails(3)
    assert deliver(Clock()).counts == counts(put_off=1)
    assert mail_server.connections == 1
    assert now(first).server_said.startswith(said)
    assert now(first).due_at == DUE + BACK_OFF[0]
    assert {now(other).due_at for other in others} == {DUE}
    assert set(Edition.objects.values_list("state", "attempts")) == {(State.DUE, 0)}
    assert all(is_free(edition) for edition in Edition.objects.all())

    mail_server.script = behave
    assert deliver(Clock(DUE + BACK_OFF[0])).counts == counts(sent=3)


def test_a_server_that_is_away_for_a_month_loses_nobody_a_mail(mail_server):
    mail_server.go_away()
    away, clock = a_mail(), Clock()
    for _ in range(30):
        assert deliver(clock).counts == counts(put_off=1)
        clock.now += dt.timedelta(days=1)
    assert "refused" in now(away).server_said
    mail_server.listen()
    assert deliver(clock).counts == counts(sent=1)
    assert (now(away).attempts, now(away).possibly_twice) == (1, 0)


def test_a_mail_backend_that_cannot_be_made_costs_no_mail_an_attempt(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "file")
    some_mails(2)
    assert deliver(Clock()).counts == counts(put_off=1)
    assert set(Edition.objects.values_list("state", "attempts")) == {(State.DUE, 0)}


def test_a_mail_that_breaks_the_backend_is_put_off_and_holds_up_nobody(mail_server):
    broken, other = a_mail(to="one@barnet.example\ntwo@barnet.example"), a_mail()
    assert deliver(Clock()).counts == counts(sent=1, put_off=1)
    assert (now(broken).attempts, now(broken).possibly_twice) == (1, 0)
    assert now(broken).server_said.startswith("Not handed over: ")
    assert now(other).state == State.SENT


def test_words_that_a_database_cannot_hold_are_kept_without_what_it_cannot(mail_server):
    mail_server.script = at(Step.RCPT, "550 5.1.1 no\0body \udcff")
    refused = a_mail()
    assert deliver(Clock()).counts == counts(failed=1)
    assert now(refused).server_said == "550 5.1.1 no\ufffdbody \ufffd"


# When a round ends ---------------------------------------------------------------------------


def test_a_round_ends_when_its_time_is_up_and_gives_back_the_rest(mail_server):
    clock = Clock()

    def slow(moment: Moment) -> None:
        if moment.step == Step.TAKEN:
            clock.now += ROUND / 2

    mail_server.script = slow
    some_mails(5)
    assert deliver(clock).counts == counts(sent=2)
    left = Edition.objects.due(DUE)
    assert left.count() == 3
    assert all(is_free(edition) for edition in left)


def test_a_round_with_its_slowest_mail_is_shorter_than_a_task_and_than_a_lease():
    """A task is ended at its limit, in the middle of whatever it does; a lease runs out."""
    # Connecting, greeting, two hellos and TLS between them, signing in, then four commands.
    slowest_mail = dt.timedelta(seconds=project.EMAIL_TIMEOUT * 10)
    assert ROUND + slowest_mail < dt.timedelta(seconds=project.CELERY_TASK_TIME_LIMIT)
    assert dt.timedelta(seconds=project.CELERY_TASK_TIME_LIMIT) < LEASE


@pytest.mark.django_db(transaction=True)
def test_a_round_that_dies_leaves_its_mails_to_the_lease(mail_server):
    """The database goes away just when the second mail's answer is to be noted."""
    first, second, third = some_mails(3)

    def goes_away(execute, sql, params, many, context):
        if State.SENT in (params or ()) and len(mail_server.taken) == 2:
            raise OperationalError("the connection is lost")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(goes_away), pytest.raises(OperationalError):
        deliver(Clock())
    assert now(first).state == State.SENT
    assert {now(second).state, now(third).state} == {State.CLAIMED}

    assert deliver(Clock(DUE + LEASE)).counts == counts(sent=2, possibly_twice=1)
    assert mail_server.copies == {
        message_id(first): 1,
        message_id(second): 2,
        message_id(third): 1,
    }
    assert now(second).possibly_twice == 1


# Who is written to ---------------------------------------------------------------------------


def test_a_reader_who_has_stopped_is_not_written_to(mail_server):
    stopped, other = some_mails(2)
    stop(stopped.subscription, Subscription.Stopped.LINK)
    assert deliver(Clock()).counts == counts(sent=1, failed=1)
    found = now(stopped)
    assert (found.state, found.server_said) == (
        State.FAILED,
        "Not sent: the reader has stopped it.",
    )
    assert is_free(stopped)
    assert set(mail_server.copies) == {message_id(other)}


def test_a_reader_who_may_not_sign_in_any_more_is_not_written_to(mail_server):
    left = a_mail()
    left.subscription.user.is_active = False
    left.subscription.user.save()
    assert deliver(Clock()).counts == counts(failed=1)
    assert now(left).server_said == "Not sent: the reader may no longer sign in."
    assert not mail_server.taken


# Sending again by hand -----------------------------------------------------------------------


def test_a_mail_is_sent_again_by_hand_from_the_beginning(mail_server):
    mail_server.script = at(Step.RCPT, NO_SUCH_READER)
    failed, sent = some_mails(2)
    deliver(Clock())
    later = DUE + dt.timedelta(days=30)
    assert resend([now(failed), now(sent)], later) == 2
    for edition in (failed, sent):
        found = now(edition)
        assert (found.state, found.due_at, found.attempts) == (State.DUE, later, 0)
        assert (found.server_said, found.sent_at) == ("", None)
    assert deliver(Clock(later)).counts == counts(sent=2)
    assert mail_server.copies == {message_id(failed): 1, message_id(sent): 2}


def test_a_mail_that_is_on_its_way_is_not_sent_again(mail_server):
    due, claimed = a_mail(), a_mail(state=State.CLAIMED, held_until=DUE + LEASE)
    assert resend([due, claimed], DUE) == 0


def test_a_mail_to_a_reader_who_stopped_is_not_sent_again(mail_server):
    stopped = a_mail(state=State.SENT)
    stop(stopped.subscription, Subscription.Stopped.PAGE)
    assert resend([stopped], DUE) == 1
    assert deliver(Clock()).counts == counts(failed=1)
    assert not mail_server.taken
