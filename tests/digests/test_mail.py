"""The mail itself, as a mail server gets it and as any other mail backend of Django's keeps it."""

import email
from email.policy import default as modern
from pathlib import Path

import pytest
from django.core import mail

from digests.models import Edition
from digests.rendering import PICTURE_ID
from digests.sending import deliver, message_of, unsubscribe_url
from tests.digests.mails import PNG, Clock, a_content, a_mail, message_id, some_mails

pytestmark = pytest.mark.django_db


def arrived(mail_server):
    """The one message that a mail server took."""
    deliver(Clock())
    (taken,) = mail_server.taken
    return taken.message


def test_says_in_its_headers_what_it_is_and_how_to_stop_it(mail_server):
    edition = a_mail()
    message = arrived(mail_server)
    link = unsubscribe_url(edition.subscription.key)
    assert link == f"http://localhost:8000/unsubscribe/{edition.subscription.key}/"
    wanted = {
        "Subject": edition.content.subject,
        "From": "BarnetWatch <barnetwatch@localhost>",
        "To": edition.to,
        "Message-ID": message_id(edition),
        "List-Id": "BarnetWatch digests <digests.localhost>",
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    assert {name: message[name].strip() for name in wanted} == wanted  # Long ones are folded.
    assert message["Date"] is not None
    assert not {"cc", "bcc", "reply-to"} & {name.lower() for name in message}
    assert len(message.keys()) == len(set(message.keys()))


def test_is_to_one_reader_who_learns_of_no_other(mail_server):
    editions = some_mails(3)
    deliver(Clock())
    by_recipient = {taken.recipient: taken for taken in mail_server.taken}
    assert by_recipient.keys() == {edition.to for edition in editions}
    for edition in editions:
        raw = by_recipient[edition.to].raw.decode()
        others = [other for other in editions if other != edition]
        assert by_recipient[edition.to].message["To"] == edition.to
        assert edition.subscription.key in raw.replace("=\r\n", "")
        for other in others:
            assert other.to not in raw
            assert other.subscription.key not in raw.replace("=\r\n", "")


def test_without_a_picture_is_text_and_html(mail_server):
    edition = a_mail()
    message = arrived(mail_server)
    assert shape(message) == ["multipart/alternative", "text/plain", "text/html"]
    link = unsubscribe_url(edition.subscription.key)
    text, html = (part.get_content() for part in message.iter_parts())
    assert " ".join(text.split()) == f"One overrun was raised. To stop these mails: {link}"
    assert f'<a href="{link}">Stop</a>' in html
    assert "unsubscribe.invalid" not in text + html


def test_with_a_picture_holds_it_where_the_html_shows_it(mail_server):
    a_mail(a_content(picture=PNG, html=f'<img src="cid:{PICTURE_ID}" alt="Sums.">'))
    message = arrived(mail_server)
    assert shape(message) == [
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
    ]
    *_, picture = message.walk()
    assert picture["Content-ID"] == f"<{PICTURE_ID}>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == PNG
    assert f"cid:{PICTURE_ID}" in message.get_body(("html",)).get_content()


def shape(message) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_keeps_every_sign_and_a_line_of_any_length(mail_server):
    text = "£4,200,000 – “pledged”\n.\nFrom here\n" + "long " * 500 + "\n"
    a_mail(a_content(subject="£1m – “high”", text=text))
    message = arrived(mail_server)
    assert message["Subject"] == "£1m – “high”"
    assert message.get_body(("plain",)).get_content().splitlines() == text.splitlines()
    assert max(map(len, mail_server.taken[0].raw.split(b"\r\n"))) <= 998


def test_has_its_own_message_id_that_never_changes():
    first, second = some_mails(2)
    again = Edition.objects.get(pk=first.pk)
    ids = [message_of(edition).message()["Message-ID"] for edition in (first, again, second)]
    assert ids == [message_id(first), message_id(first), message_id(second)]
    assert len(set(ids)) == 2


class TestThroughAnyBackend:
    def test_in_memory(self, settings):
        assert settings.EMAIL_BACKEND == "django.core.mail.backends.locmem.EmailBackend"
        editions = some_mails(2)
        assert deliver(Clock()).sent == 2
        assert [sent.to for sent in mail.outbox] == [[edition.to] for edition in editions]

    def test_in_files(self, settings, tmp_path):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
        editions = some_mails(2)
        assert deliver(Clock()).sent == 2
        kept = "".join(path.read_text() for path in Path(tmp_path, "mail").iterdir())
        assert [kept.count(message_id(edition)) for edition in editions] == [1, 1]

    def test_on_the_console(self, settings, capsys):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        edition = a_mail()
        assert deliver(Clock()).sent == 1
        said, _, _ = capsys.readouterr().out.rpartition("\n" + "-" * 79)
        assert email.message_from_string(said, policy=modern)["To"] == edition.to

    def test_nowhere(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        a_mail()
        assert deliver(Clock()).sent == 1
