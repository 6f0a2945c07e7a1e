"""Mails that came back: notices as Postfix, Exim and Exchange write them, and what are none."""

import io
import sys
from email.message import EmailMessage

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digests.bounces import Bounce, read, record
from digests.models import Edition
from digests.sending import message_of
from tests.digests.mails import DUE, a_mail
from tests.factories import undone

State = Edition.State
OURS = "0b9d3f63-6f1a-4c5e-9d0e-3f1f6a4c2b11"

POSTFIX = b"""\
Return-Path: <>
Received: by mx.barnet.example (Postfix) id 4F1; Mon,  8 Oct 2018 06:01:02 +0000 (UTC)
Date: Mon,  8 Oct 2018 06:01:02 +0000 (UTC)
From: MAILER-DAEMON@mx.barnet.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: barnetwatch@localhost
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9D2.1538/mx.barnet.example"
Message-Id: <20181008060102.4F1@mx.barnet.example>

This is a MIME-encapsulated message.

--9D2.1538/mx.barnet.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--9D2.1538/mx.barnet.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.barnet.example
X-Postfix-Queue-ID: 9D2
Arrival-Date: Mon,  8 Oct 2018 06:01:00 +0000 (UTC)

Final-Recipient: rfc822; reader@barnet.example
Original-Recipient: rfc822;reader@barnet.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.barnet.example
Diagnostic-Code: smtp; 550 5.1.1 <reader@barnet.example>: Recipient address
    rejected: User unknown in virtual mailbox table

--9D2.1538/mx.barnet.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <barnetwatch@localhost>
From: BarnetWatch <barnetwatch@localhost>
To: reader@barnet.example
Message-ID: <0b9d3f63-6f1a-4c5e-9d0e-3f1f6a4c2b11@localhost>
Subject: BarnetWatch, 1 to 7 October 2018: 1 overrun raised

--9D2.1538/mx.barnet.example--
"""
POSTFIX_SAYS = (
    "smtp; 550 5.1.1 <reader@barnet.example>: Recipient address rejected: "
    "User unknown in virtual mailbox table"
)

EXIM = b"""\
Received: from Debian-exim by mx.barnet.example with local (Exim 4.94) id 1g9-0001
X-Failed-Recipients: reader@barnet.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.barnet.example>
To: barnetwatch@localhost
References: <0b9d3f63-6f1a-4c5e-9d0e-3f1f6a4c2b11@localhost>
Content-Type: multipart/report; report-type=delivery-status; boundary=1538-eximdsn-1
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1g9OQF-0001Xy-9c@mx.barnet.example>

--1538-eximdsn-1
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1538-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; mx.barnet.example

Action: failed
Final-Recipient: rfc822;reader@barnet.example
Status: 5.0.0
Remote-MTA: dns; mail.barnet.example
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--1538-eximdsn-1
Content-type: message/rfc822

Return-path: <barnetwatch@localhost>
Message-ID:
 <0b9d3f63-6f1a-4c5e-9d0e-3f1f6a4c2b11@localhost>
From: BarnetWatch <barnetwatch@localhost>
To: reader@barnet.example
Subject: BarnetWatch
Content-Type: text/plain

One overrun was raised.

--1538-eximdsn-1--
"""

#: Its own Message-ID looks like one of ours.
EXCHANGE = b"""\
From: <postmaster@barnet.example>
To: <barnetwatch@localhost>
Date: Mon, 8 Oct 2018 06:01:02 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_6a6b_"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-GB
Message-ID: <c1e1c7a6-51c5-4f4e-8a1b-0d7f3d9f8f10@LO2P265.prod.example>
In-Reply-To: <0b9d3f63-6f1a-4c5e-9d0e-3f1f6a4c2b11@localhost>
Subject: Undeliverable: BarnetWatch
MIME-Version: 1.0

--_6a6b_
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="_6a6c_"

--_6a6c_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZC4=

--_6a6c_--

--_6a6b_
Content-Type: message/delivery-status

Reporting-MTA: dns;LO2P265.prod.example
Received-From-MTA: dns;mail.localhost
Arrival-Date: Mon, 8 Oct 2018 06:01:00 +0000

Final-Recipient: rfc822;reader@barnet.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
X-Display-Name: reader@barnet.example

--_6a6b_
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: base64

UmVjZWl2ZWQ6IGZyb20gbWFpbC5sb2NhbGhvc3QNCk1lc3NhZ2UtSUQ6IDwwYjlkM2Y2My02
ZjFhLTRjNWUtOWQwZS0zZjFmNmE0YzJiMTFAbG9jYWxob3N0Pg0K

--_6a6b_--
"""

DELAYED = (
    POSTFIX.replace(b"Action: failed", b"Action: delayed")
    .replace(b"Status: 5.1.1", b"Status: 4.4.1")
    .replace(b"550 5.1.1 <reader@barnet.example>", b"450 4.4.1 <reader@barnet.example>")
)
NOTICES = {"postfix": POSTFIX, "exim": EXIM, "exchange": EXCHANGE}


# Reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (POSTFIX, POSTFIX_SAYS),
        (EXIM, "smtp; 552 5.2.2 Mailbox full"),
        (EXCHANGE, "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"),
    ],
    ids=NOTICES,
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_a_notice_says_which_mail_and_why(raw, words, ends):
    bounce = read(raw.replace(b"\n", ends))
    assert bounce is not None
    assert OURS in bounce.message_ids
    assert (bounce.is_final, bounce.words) == (True, words)


def test_a_delay_is_not_for_good():
    assert read(DELAYED) == Bounce(
        (OURS,), is_final=False, words=POSTFIX_SAYS.replace("550 5.1.1", "450 4.4.1")
    )


def test_of_several_reports_the_failed_one_counts():
    report = b"Final-Recipient: rfc822; else@barnet.example\nAction: %s\nStatus: 2.0.0\n\n"
    for other in (b"relayed", b"expanded", b"delayed"):
        raw = POSTFIX.replace(b"Final-Recipient", report % other + b"Final-Recipient", 1)
        assert read(raw) == Bounce((OURS,), is_final=True, words=POSTFIX_SAYS)


def test_without_a_diagnosis_the_status_is_told_and_without_that_so_much():
    raw = b"\n".join(line for line in EXIM.split(b"\n") if not line.startswith(b"Diagnostic"))
    assert read(raw).words == "5.0.0"
    assert read(raw.replace(b"Status: 5.0.0\n", b"")).words == "no reason given"


def test_words_are_kept_as_a_database_can_hold_them():
    bounce = read(EXIM.replace(b"Mailbox full", b"caf\xe9 \0 " + b"x" * 10_000))
    assert bounce.words.startswith("smtp; 552 5.2.2 caf\ufffd \ufffd xxx")
    assert len(bounce.words) == 500


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"Subject: Out of office\nMessage-ID: <%s@localhost>\n\nBack on Monday." % OURS.encode(),
        POSTFIX.replace(b"message/delivery-status", b"text/plain"),
        POSTFIX.replace(b"Action: failed", b"Action: delivered"),
        POSTFIX.replace(b"Action: failed\n", b""),
        POSTFIX.replace(OURS.encode(), b"20181008.1234"),
        POSTFIX.replace(OURS.encode(), b"-" * 36),
        b"Content-Type: message/rfc822\n\n" * 3_000,
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nAAAA",
    ],
    ids=[
        *("empty", "garbage", "out of office", "no report", "delivered", "no action"),
        *("another's mail", "no real id", "parts in parts", "an encoded report"),
    ],
)
def test_other_mails_are_no_notices(raw):
    assert read(raw) is None


#: What breaks readers of mail.
SPLINTERS = [
    *(b"<", b">", b"@", b'"', b";", b"[", b"]", b"(", b"\\", b"\0", b"\xff", b"\n", b"\r", b"\n "),
    *(b"=?utf-8?q?", b"=?utf-8?b?/?=", b"charset*0*=x''", b"boundary=", b"Message-ID: <["),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n"),
]


@given(st.binary())
@settings(max_examples=200)
@example(b"Message-ID: <[s: 5.1.1")
def test_any_bytes_are_read_or_are_no_notice(raw):
    assert read(raw) is None


@given(
    st.sampled_from(sorted(NOTICES.values())),
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 20), st.sampled_from(SPLINTERS) | st.binary(max_size=9)
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=300)
def test_a_damaged_notice_is_read_or_is_none(raw, damages):
    for where, length, splinter in damages:
        start = int(where * len(raw))
        raw = raw[:start] + splinter + raw[start + length :]
    bounce = read(raw)
    if bounce is not None:
        bounce.words.encode()
        assert "\0" not in bounce.words
        assert len(bounce.words) <= 500


# Laying it to its mail -----------------------------------------------------------------------


def a_sent_mail(**fields) -> Edition:
    return a_mail(message_id=OURS, state=State.SENT, sent_at=DUE, attempts=1, **fields)


@pytest.mark.django_db
@pytest.mark.parametrize("raw", NOTICES.values(), ids=NOTICES)
def test_a_mail_that_came_back_has_failed_with_the_servers_words(raw):
    sent, other = a_sent_mail(), a_mail(state=State.SENT)
    bounce = read(raw)
    assert record(bounce) == sent
    sent.refresh_from_db()
    other.refresh_from_db()
    assert (sent.state, sent.server_said) == (State.FAILED, f"Came back: {bounce.words}")
    assert sent.sent_at == DUE
    assert other.state == State.SENT


@pytest.mark.django_db
def test_a_delay_changes_nothing():
    sent = a_sent_mail()
    assert record(read(DELAYED)) == sent
    sent.refresh_from_db()
    assert (sent.state, sent.server_said) == (State.SENT, "")


@pytest.mark.django_db
def test_a_notice_about_a_mail_of_somebody_elses_is_laid_to_none():
    a_mail(state=State.SENT)
    assert record(read(POSTFIX)) is None


@pytest.mark.django_db
def test_a_notice_of_a_notice_finds_the_mail_inside_both():
    """Somebody passes the notice on as an attachment."""
    sent = a_sent_mail()
    forwarded = EmailMessage()
    forwarded["Message-ID"] = "<c1e1c7a6-51c5-4f4e-8a1b-0d7f3d9f8f11@barnet.example>"
    forwarded.set_content("Yours?")
    forwarded.add_attachment(EXCHANGE, maintype="application", subtype="octet-stream")
    assert read(forwarded.as_bytes()) is None
    wrapped = (
        b"Content-Type: multipart/mixed; boundary=w\n\n--w\nContent-Type: message/rfc822\n\n"
        + EXCHANGE
        + b"\n--w--\n"
    )
    assert record(read(wrapped)) == sent


@pytest.mark.django_db
@given(words=st.text())
@settings(max_examples=50)
def test_any_words_can_be_kept(words):
    diagnosis = words.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\r", b" ")
    with undone():
        a_sent_mail()
        edition = record(read(EXIM.replace(b"552 5.2.2 Mailbox full", diagnosis)))
        edition.refresh_from_db()
        assert edition.state == State.FAILED


@pytest.mark.django_db
def test_the_mail_as_it_was_sent_is_known_again():
    """The Message-ID in the notice is the one that sending writes."""
    sent = a_mail(state=State.SENT)
    original = message_of(sent).message().as_bytes()
    headers = original.partition(b"\n\n")[0]
    notice = (
        b"Content-Type: multipart/report; boundary=b\n\n--b\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        b"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\n"
        + headers
        + b"\n\n--b--\n"
    )
    assert record(read(notice)) == sent


# The command ---------------------------------------------------------------------------------


@pytest.fixture
def piped(monkeypatch, capsys):
    """Runs the command over some bytes on standard input; what it says."""

    def run(raw: bytes) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        call_command("recordbounce")
        return capsys.readouterr().out.strip()

    return run


@pytest.mark.django_db
def test_the_command_notes_a_notice_and_says_where(piped):
    sent = a_sent_mail()
    assert piped(EXIM) == (
        f"Noted on the mail to {sent.to}: Came back: smtp; 552 5.2.2 Mailbox full"
    )
    sent.refresh_from_db()
    assert sent.state == State.FAILED


@pytest.mark.django_db
def test_the_command_says_of_a_delay_that_it_is_one(piped):
    sent = a_sent_mail()
    assert piped(DELAYED).startswith(f"The mail to {sent.to} is only delayed: smtp; 450")
    sent.refresh_from_db()
    assert sent.state == State.SENT


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [b"", b"\xff\0", POSTFIX], ids=["empty", "garbage", "no such mail"])
def test_the_command_ends_with_2_where_there_is_nothing_to_note(piped, raw):
    with pytest.raises(CommandError, match="no notice about a mail") as refused:
        piped(raw)
    assert refused.value.returncode == 2
