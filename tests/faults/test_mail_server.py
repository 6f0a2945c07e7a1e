"""Each thing that a mail server does wrong, many times over: nothing is lost, and a second copy
goes out only where the whole message was sent and never answered, under the same Message-ID."""

from collections.abc import Callable

import pytest

from digests.models import Edition
from digests.sending import BACK_OFF, deliver
from tests.digests.mails import Clock, message_id, some_mails
from tests.digests.smtpserver import Act, MailServer, Moment, Script, Step
from tests.faults.counting import TIMES, few_or

pytestmark = pytest.mark.django_db(transaction=True)

State = Edition.State
Wrong = str | Act


def once_each(step: Step, wrong: Wrong) -> Callable[[list[Edition]], Script]:
    """The first time that each mail comes to a step."""

    def script_for(mails: list[Edition]) -> Script:
        wronged: set[str] = set()

        def script(moment: Moment) -> Wrong | None:
            if moment.step != step or moment.recipient in wronged:
                return None
            wronged.add(moment.recipient)
            return wrong

        return script

    return script_for


def at_first(step: Step, wrong: Wrong) -> Callable[[list[Edition]], Script]:
    """The first connections, as many as there are mails, whoever is meant."""

    def script_for(mails: list[Edition]) -> Script:
        def script(moment: Moment) -> Wrong | None:
            return wrong if moment.step == step and moment.connection <= len(mails) else None

        return script

    return script_for


def a_tenth(mails: list[Edition]) -> Script:
    """One mail of ten is put off at first, as by a server that greylists."""
    waiting = {mail.to for mail in mails[::10]}

    def script(moment: Moment) -> str | None:
        if moment.step != Step.RCPT or moment.recipient not in waiting:
            return None
        waiting.remove(moment.recipient)
        return "451 4.7.1 greylisted"

    return script


def one_reader(mails: list[Edition]) -> Script:
    """One reader does not exist."""

    def script(moment: Moment) -> str | None:
        refused = moment.step == Step.RCPT and moment.recipient == mails[0].to
        return "550 5.1.1 No such reader" if refused else None

    return script


#: What goes wrong; whether the mail was taken and nobody told.
WRONGS = {
    "421 at the greeting": (at_first(Step.GREETING, "421 4.3.2 too busy"), False),
    "421 at the recipient": (once_each(Step.RCPT, "421 4.3.2 closing"), False),
    "421 after the message": (once_each(Step.READ, "421 4.3.2 closing"), False),
    "451 for a tenth": (a_tenth, False),
    "550 for one": (one_reader, False),
    "silent at the recipient": (once_each(Step.RCPT, Act.STALL), False),
    "dropped in the message": (once_each(Step.BODY, Act.HANG_UP), False),
    "silent after the message": (once_each(Step.TAKEN, Act.STALL), True),
    "dropped after the message": (once_each(Step.TAKEN, Act.HANG_UP), True),
}


def until_nothing_is_due(mail_server: MailServer) -> None:
    """Round after round, as the clock goes on by the longest wait."""
    clock = Clock()
    for _ in range(10 * TIMES):
        deliver(clock)
        if not Edition.objects.filter(state__in=[State.DUE, State.CLAIMED]).exists():
            return
        clock.now += BACK_OFF[0]
    pytest.fail("mails wait for ever")


@few_or(TIMES)
@pytest.mark.parametrize("wrong", WRONGS)
def test_a_server_that_does_wrong_costs_nobody_a_mail(mail_server, impatient, tally, times, wrong):
    script_for, unanswered = WRONGS[wrong]
    mails = some_mails(times)
    mail_server.script = script_for(mails)
    until_nothing_is_due(mail_server)

    said = f"mail server: {wrong}"
    gone = mails[:1] if wrong == "550 for one" else []
    failed = Edition.objects.filter(state=State.FAILED)
    assert [mail.to for mail in failed] == [mail.to for mail in gone]
    # Half a message may have been sent when the line broke: whether it was taken nobody knows.
    counted = sum(mail.possibly_twice for mail in Edition.objects.all())
    row = tally.count(
        *(said, times, "mails"),
        {message_id(mail) for mail in mails if mail not in gone},
        mail_server.copies.elements(),
        allowed_twice=counted,
        note=f"{counted} counted as possibly sent twice" if counted else "",
    )
    assert row.doubled == (times if unanswered else 0)
    assert counted >= row.doubled


@few_or(TIMES)
def test_a_server_that_refuses_connections_costs_nobody_a_mail(mail_server, tally, times):
    mails = some_mails(times)
    clock = Clock()
    mail_server.go_away()
    for _ in range(times):
        assert deliver(clock).sent == 0
        clock.now += BACK_OFF[0]
    assert not Edition.objects.exclude(state=State.DUE, attempts=0).exists()
    mail_server.listen()
    assert deliver(clock).sent == times
    tally.count(
        *("mail server: refuses connections", times, "mails"),
        {message_id(mail) for mail in mails},
        mail_server.copies.elements(),
    )
