"""SMTP that knows when a message may have been taken although nobody said so: tried on a real
connection, plain and in TLS."""

import smtplib
import time

import pytest
from django.conf import settings as project
from django.core.mail import EmailMessage, get_connection

from digests.smtp import AttentiveSMTP, UnansweredData
from tests.digests.smtpserver import Act, MailServer, Moment, Script, Step

#: Ways to the same server.
WAYS = ["", "starttls", "start"]
A_MESSAGE = EmailMessage("Digest", "Nothing new.\n.\n..\nThe end.", to=["reader@barnet.example"])


def at(step: Step, act: str | Act) -> Script:
    """A server that misbehaves at one step, always."""
    return lambda moment: act if moment.step == step else None


def send() -> int:
    """The message, through the project's own backend."""
    with get_connection() as connection:
        return connection.send_messages([A_MESSAGE])


@pytest.mark.parametrize("tls", WAYS)
def test_a_message_arrives_as_it_was_written(a_mail_server, tls):
    server = a_mail_server(tls=tls)
    assert send() == 1
    (taken,) = server.taken
    assert taken.recipient == "reader@barnet.example"
    assert taken.message.get_content().split() == ["Nothing", "new.", ".", "..", "The", "end."]


@pytest.mark.parametrize("tls", WAYS)
@pytest.mark.parametrize(
    ("step", "act", "copies"),
    [
        (Step.READ, Act.HANG_UP, 0),
        (Step.TAKEN, Act.HANG_UP, 1),
        (Step.TAKEN, "What was that?", 1),
        (Step.TAKEN, "250" + "-" * 10_000, 1),
    ],
)
def test_silence_after_the_whole_message_is_told_from_a_refusal(
    a_mail_server, tls, step, act, copies
):
    """Whether it was taken nobody here can know; that is the point."""
    server = a_mail_server(at(step, act), tls)
    with pytest.raises(UnansweredData):
        send()
    assert len(server.taken) == copies


@pytest.mark.parametrize("tls", ["", "start"])
def test_a_stall_after_the_whole_message_is_such_a_silence(a_mail_server, impatient, tls):
    server = a_mail_server(at(Step.TAKEN, Act.STALL), tls)
    with pytest.raises(UnansweredData):
        send()
    assert len(server.taken) == 1


@pytest.mark.parametrize("act", [Act.HANG_UP, Act.STALL, "421 4.3.2 closing", "451 4.3.0 later"])
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_trouble_before_the_message_is_not_such_a_silence(a_mail_server, impatient, step, act):
    server = a_mail_server(at(step, act))
    with pytest.raises(smtplib.SMTPException):
        send()
    assert not server.taken


@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "451 4.3.0 later", "554 5.7.1 spam"])
def test_an_answer_to_the_message_is_an_answer(a_mail_server, answer):
    a_mail_server(at(Step.READ, answer))
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send()
    assert refused.value.smtp_code == int(answer[:3])


def test_another_word_for_taken_is_taken(a_mail_server):
    server = a_mail_server(at(Step.TAKEN, "251 2.0.0 passed on"))
    assert send() == 1
    assert len(server.taken) == 1


def test_a_message_that_did_not_go_out_whole_is_not_taken(a_mail_server):
    """The server stops reading; the message is longer than what lies between the two."""
    server = a_mail_server(at(Step.BODY, Act.HANG_UP))
    line = b"x" * 70 + b"\r\n"
    with (
        AttentiveSMTP("localhost", server.port, timeout=5) as connection,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        connection.sendmail("us@barnet.example", "reader@barnet.example", line * 400_000)
    assert not server.taken


def test_a_connection_that_breaks_after_the_answer_breaks_nothing(a_mail_server):
    server = a_mail_server(at(Step.ANSWERED, Act.HANG_UP))
    assert send() == 1
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "script",
    [
        at(Step.GREETING, "554 5.3.2 not today"),
        at(Step.GREETING, "421 4.3.2 closing"),
        at(Step.GREETING, Act.HANG_UP),
        at(Step.GREETING, Act.STALL),
        at(Step.HELLO, "550 5.7.1 not from there"),
        at(Step.HELLO, Act.HANG_UP),
        at(Step.HELLO, Act.STALL),
    ],
)
def test_a_server_that_will_not_talk_is_found_out_before_any_message(
    a_mail_server, impatient, script
):
    a_mail_server(script)
    connection = get_connection()
    with pytest.raises(smtplib.SMTPException):
        connection.open()
    connection.close()


@pytest.mark.parametrize("tls", ["starttls", "start"])
def test_a_server_with_a_certificate_of_its_own_making_gets_nothing(
    a_mail_server, monkeypatch, tls
):
    server = a_mail_server(tls=tls)
    monkeypatch.setenv("SSL_CERT_FILE", "")
    connection = get_connection()
    with pytest.raises(OSError, match="certificate verify failed"):
        connection.open()
    connection.close()
    assert not server.steps[Step.MAIL]


def test_a_silent_server_is_given_up_after_the_projects_own_timeout(a_mail_server, settings):
    assert project.EMAIL_TIMEOUT == 10
    assert get_connection("digests.smtp.EmailBackend").timeout == project.EMAIL_TIMEOUT
    settings.EMAIL_TIMEOUT = 0.3
    a_mail_server(at(Step.RCPT, Act.STALL))
    begun = time.monotonic()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send()
    assert 0.3 <= time.monotonic() - begun < 10


def test_what_a_script_is_told(mail_server: MailServer):
    asked: list[Moment] = []
    mail_server.script = asked.append
    send()
    *before, read, taken, answered = asked
    assert [moment.step for moment in before] == list(Step)[:2] + list(Step)[3:7]
    assert {moment.recipient for moment in asked[3:]} == {"reader@barnet.example"}
    assert {moment.message_id for moment in before} == {""}
    assert {moment.message_id for moment in (read, taken, answered)} == set(mail_server.copies)
