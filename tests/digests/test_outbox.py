"""The outbox: mails that were written to files, for those who look after them."""

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import Role
from contracts.models import Contract
from digests import preparing, sending
from digests.models import Edition
from digests.outbox import Kept
from tests.actors import as_role, signed_in
from tests.digests.readers import CUT, WEEK, a_failure, a_reader
from tests.factories import a_contract, exempt

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_files(settings, tmp_path) -> Path:
    """Mail goes to files, on a site that others use, too."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.EMBEDDED = False
    return tmp_path


@pytest.fixture
def sent(in_files) -> Edition:
    """A digest that was written to a file."""
    a_failure(a_contract("CSG"), title="It does not bill")
    a_reader()
    preparing.prepare_digests(CUT, WEEK)
    sending.deliver(lambda: CUT)
    return Edition.objects.get()


def read(browser, name: str, *args: int) -> str:
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_administrator_reads_what_was_written_and_when(sent):
    browser = as_role(Role.ADMINISTRATOR)
    html = read(browser, "admin:outbox")
    assert sent.to in html
    assert re.search(r"<td[^>]*>\d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d</td>", html)
    assert f'href="{reverse("admin:outbox_mail", args=[sent.pk])}"' in html
    mail = read(browser, "admin:outbox_mail", sent.pk)
    assert "It does not bill" in mail
    assert "<dt" in mail
    assert "It does not bill" in read(browser, "admin:outbox_mail_html", sent.pk)


def test_nobody_else_reads_it_where_others_use_the_site(sent):
    for browser in (as_role(Role.COUNCILLOR), signed_in(sent.subscription.user)):
        assert browser.get(reverse("admin:outbox")).status_code == 403
        assert browser.get(reverse("admin:outbox_mail", args=[sent.pk])).status_code == 403


def test_on_the_embedded_default_everybody_does(sent, settings):
    settings.EMBEDDED = True
    assert sent.to in read(as_role(Role.COUNCILLOR), "admin:outbox")


def test_the_link_that_stops_anothers_mails_is_left_out(sent, settings):
    settings.EMBEDDED = True
    key = sent.subscription.key
    reader, other = signed_in(sent.subscription.user), as_role(Role.ADMINISTRATOR)
    for name in ("admin:outbox_mail", "admin:outbox_mail_html"):
        assert key not in read(other, name, sent.pk)
        assert key in read(reader, name, sent.pk)


def test_a_mail_of_which_parts_were_restricted_since_is_named_and_not_opened(sent):
    contract = Contract.objects.get()
    type(contract).all_rows.filter(pk=contract.pk).update(**exempt(1))
    browser = as_role(Role.ADMINISTRATOR)
    html = read(browser, "admin:outbox")
    assert "parts of it have since been restricted" in html
    assert "It does not bill" not in html
    assert browser.get(reverse("admin:outbox_mail", args=[sent.pk])).status_code == 404


def test_an_empty_outbox_says_so(in_files):
    assert "No mail has been written yet." in read(as_role(Role.ADMINISTRATOR), "admin:outbox")


@pytest.mark.parametrize(
    ("header", "at"),
    [
        (b"Date: Mon, 08 Oct 2018 06:00:00 -0000", dt.datetime(2018, 10, 8, 6, tzinfo=dt.UTC)),
        (b"Date: Mon, 08 Oct 2018 07:00:00 +0100", dt.datetime(2018, 10, 8, 6, tzinfo=dt.UTC)),
        (b"Date: yesterday", None),
        (b"Subject: no date", None),
    ],
)
def test_when_a_mail_was_written_is_read_from_the_mail(header, at):
    assert Kept(uuid.uuid4(), header + b"\n\nWords").written == at
