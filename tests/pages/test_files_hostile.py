"""A hundred files brought to do harm: refused with a sentence, or kept and sent inertly."""

import re
from urllib.parse import unquote

import pytest
from django.urls import reverse

from accounts.models import Role
from incidents.models import FailureFile
from tests.actors import as_role
from tests.evidence import stored, upload
from tests.factories import an_incident
from tests.hostile import KEPT, REFUSED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence")]


@pytest.fixture
def failure():
    return an_incident()


@pytest.fixture
def officer():
    return as_role(Role.INCIDENT_OFFICER)


def bring(officer, failure, name: str, data: bytes):
    """Send a file by the form, under a name that Django's own upload would have shortened."""
    sent = upload("a.txt", data)
    sent._name = name
    address = reverse("admin:file_add", args=["failure", failure.pk])
    return officer.post(address, {"file": sent, "description": "A file", "restriction": "open"})


def test_there_are_more_than_sixty_of_them():
    assert len(REFUSED) + len(KEPT) >= 90


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_sentence_and_nothing_is_kept(officer, failure, what):
    name, data = REFUSED[what]
    answer = bring(officer, failure, name, data() if callable(data) else data)
    assert answer.status_code == 200
    html = answer.content.decode()
    summary = re.search(r'<ul class="govuk-list govuk-error-summary__list">(.*?)</ul>', html, re.S)
    [said] = re.findall(r'<a href="#id_file">(.*?)</a>', summary[1])
    assert said.endswith(".")
    assert re.search(r"Choose|choose|Save|Open it", said), said
    assert not FailureFile.all_rows.exists()
    assert stored() == []


@pytest.mark.parametrize("what", KEPT)
def test_it_is_kept_and_sent_as_bytes_of_no_kind(officer, failure, what, evidence):
    name, data, kept_as = KEPT[what]
    answer = bring(officer, failure, name, data)
    assert answer.status_code == 302, re.findall(r"error-message.*", answer.content.decode())
    row = FailureFile.objects.get()
    if kept_as is not None:
        assert row.name == kept_as
    assert len(row.name) <= 255
    assert row.name.isprintable()
    assert not set(row.name) & set("/\\")

    # Under its number, in the storage and nowhere else.
    assert stored() == [f"{row.key.hex[:2]}/{row.key}"]
    assert (evidence / row.place).read_bytes() == data

    page = officer.get(failure.get_absolute_url()).content.decode()
    assert row.sha256 in page
    assert "<img src=x" not in page

    sent = officer.get(reverse("admin:file", args=["failure", row.key]))
    assert sent.status_code == 200
    assert b"".join(sent.streaming_content) == data
    assert_inert(sent, row.name)


#: Every header of an answer with a file, but those with the name, the length and what is kept
#: for nobody.
HEADERS = {
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Accept-Ranges": "none",
}


def assert_inert(sent, name: str) -> None:
    """An answer that no browser takes for anything but bytes to be saved under a name."""
    others = {
        "Content-Disposition",
        "Content-Length",
        "Cache-Control",
        "Expires",
        "Vary",
        "X-Request-ID",
    }
    assert {k: v for k, v in sent.headers.items() if k not in others} == HEADERS
    assert "no-store" in sent["Cache-Control"]
    said = sent["Content-Disposition"]
    assert said.startswith("attachment; filename")
    assert "\r" not in said
    assert "\n" not in said
    assert told(said) == name


def told(disposition: str) -> str:
    """The name in a header, read as a browser reads it."""
    if wide := re.fullmatch(r"attachment; filename\*=utf-8''([^;\s]+)", disposition):
        return unquote(wide[1])
    plain = re.fullmatch(r'attachment; filename="((?:[^"\\]|\\.)*)"', disposition)
    return re.sub(r"\\(.)", r"\1", plain[1])
