"""The pages about files: add one, have it sent, say anew what it is, withdraw it."""

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.urls import reverse

from accounts import filing
from accounts.models import Role
from barnetwatch.lib import bounded
from contracts.models import Source
from incidents.models import FailureFile, Incident
from scrutiny import record
from scrutiny.models import Decision
from tests.accounts.test_filing import Full, use
from tests.actors import as_role, signed_in, the_superuser
from tests.evidence import MB, PDF, a_file, stored, upload
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_councillor,
    a_person,
    a_source,
    an_incident,
    exempt,
    the_officer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence")]


def a_decision(**fields) -> Decision:
    given = {"kind": "resolution", "title": "To pay", "text": "Pay.", "outcome": "agreed"}
    given |= {"taken_by": "A director", "source": a_source(), "by": the_officer()}
    return record.decide(**{**given, "contract": a_contract(), **fields})


#: Each kind of row that files belong to: how one is made, and the officer who keeps it.
RECORDS = {
    "failure": (an_incident, Role.INCIDENT_OFFICER),
    "source": (a_source, Role.CONTRACT_OFFICER),
    "decision": (a_decision, Role.CONTRACT_OFFICER),
}


def at(name: str, slug: str, key) -> str:
    return reverse(f"admin:{name}", args=[slug, key])


def send(browser, slug: str, row, file=None, **fields):
    given = {"description": "The letter of May", "restriction": "open", "file": file or upload()}
    sent = {name: value for name, value in {**given, **fields}.items() if value is not None}
    return browser.post(at("file_add", slug, row.pk), sent)


def text(answer) -> str:
    return answer.content.decode()


# Add one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", RECORDS)
def test_an_officer_adds_a_file_and_a_councillor_has_it_sent(slug):
    make, role = RECORDS[slug]
    row = make()
    officer, councillor = as_role(role), signed_in(a_councillor())
    page = text(officer.get(row.get_absolute_url()))
    assert at("file_add", slug, row.pk) in page
    form = text(officer.get(at("file_add", slug, row.pk)))
    assert 'enctype="multipart/form-data"' in form
    assert 'class="govuk-file-upload"' in form

    answer = send(officer, slug, row)
    assert answer.status_code == 302
    assert answer["Location"] == row.get_absolute_url()

    kept = row.files.get()
    page = text(councillor.get(row.get_absolute_url()))
    for said in ("letter.pdf", "The letter of May", kept.sha256, "Added by", "PDF, "):
        assert said in page
    assert at("file_add", slug, row.pk) not in page
    assert at("file_withdraw", slug, kept.key) not in page
    sent = councillor.get(at("file", slug, kept.key))
    assert b"".join(sent.streaming_content) == PDF
    assert sent["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert sent["Content-Length"] == str(len(PDF))


@pytest.mark.parametrize("slug", RECORDS)
def test_who_may_not_write_the_record_adds_no_file(slug, client):
    make, role = RECORDS[slug]
    row = make()
    may = {role} | (set(Role) - {Role.COUNCILLOR, Role.AUDITOR, Role.ADMINISTRATOR})
    may = may if slug == "source" else {role}
    for each in Role:
        browser = as_role(each)
        wanted = 200 if each in may else 403
        assert browser.get(at("file_add", slug, row.pk)).status_code == wanted, each
        if each not in may:
            assert send(browser, slug, row).status_code == 403
    assert send(client, slug, row).status_code == 403  # Signed out: nothing was done.
    assert stored() == []


def test_a_file_can_be_kept_back_by_itself():
    failure, officer = an_incident(), as_role(Role.INCIDENT_OFFICER)
    missing = send(officer, "failure", failure, restriction="exempt")
    assert "Choose the paragraph" in text(missing)
    assert "Say why it is kept back." in text(missing)
    assert "Give the day on which somebody looks at it again." in text(missing)
    send(
        officer,
        "failure",
        failure,
        restriction="exempt",
        exempt_paragraph="1",
        restriction_reason="It names a client.",
        restriction_review_on_day="1",
        restriction_review_on_month="2",
        restriction_review_on_year="2099",
    )
    kept = FailureFile.all_rows.get()
    assert kept.restriction_decided_by == kept.recorded_by
    key = kept.key
    for browser in (officer, signed_in(a_councillor()), signed_in(the_superuser())):
        assert "letter.pdf" not in text(browser.get(failure.get_absolute_url()))
        assert browser.get(at("file", "failure", key)).status_code == 404
    cleared = as_role(Role.AUDITOR, cleared=(1,))
    assert "It names a client." in text(cleared.get(failure.get_absolute_url()))
    assert b"".join(cleared.get(at("file", "failure", key)).streaming_content) == PDF


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"file": None}, "Choose the file."),
        ({"description": ""}, "Fill in “What it is”."),
        ({"description": "x" * 251}, "Write 250 characters or fewer"),
        ({"file": upload("a.exe", b"MZ")}, "Files of this kind cannot be kept."),
        ({"restriction": "x"}, "not on the list"),
    ],
)
def test_a_mistake_names_the_field_and_the_remedy_and_keeps_nothing(fields, says):
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    given = {"file": upload(), "description": "It", "restriction": "open", **fields}
    sent = {name: value for name, value in given.items() if value is not None}
    answer = browser.post(at("file_add", "failure", failure.pk), sent)
    assert answer.status_code == 200
    assert says in text(answer)
    assert stored() == []


def test_a_file_larger_than_25_mb_is_refused_in_plain_words():
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    answer = send(browser, "failure", failure, upload("a.txt", b"a" * (25 * MB + 1)))
    assert "The file is larger than 25 MB. Choose a smaller one." in text(answer)
    assert stored() == []


def test_a_file_larger_than_any_page_takes_is_thrown_away_on_the_way(monkeypatch):
    monkeypatch.setattr(bounded, "MOST", MB)
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    answer = send(browser, "failure", failure, upload("a.txt", b"a" * 2 * MB))
    assert "The file is larger than 25 MB. Choose a smaller one." in text(answer)


def test_what_is_uploaded_is_set_aside_on_disk_and_not_in_memory(monkeypatch):
    seen = []
    real = filing.kept

    def kept(file, name):
        seen.append(type(file))
        return real(file, name=name)

    monkeypatch.setattr(filing, "kept", kept)
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    assert send(browser, "failure", failure, upload("a.txt", b"a" * 20 * MB)).status_code == 302
    assert seen == [TemporaryUploadedFile]


def test_a_page_that_is_sent_twice_keeps_one_file():
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    for _ in range(2):
        assert send(browser, "failure", failure, token="the same").status_code == 302
    assert FailureFile.objects.count() == len(stored()) == 1
    assert "sent before" in text(browser.get(failure.get_absolute_url()))


def test_a_full_disk_is_said_on_the_page(settings):
    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()
    use(settings, Full)
    answer = send(browser, "failure", failure)
    assert answer.status_code == 200
    assert "There is no room left for the file, and nothing was kept." in text(answer)
    assert not FailureFile.all_rows.exists()
    assert stored() == []


def test_a_database_that_fails_after_the_bytes_are_stored_leaves_no_file(monkeypatch):
    from accounts.backoffice import journal

    browser, failure = as_role(Role.INCIDENT_OFFICER), an_incident()

    def fail(*args):
        assert len(stored()) == 1
        raise ZeroDivisionError

    monkeypatch.setattr(journal, "write", fail)
    with pytest.raises(ZeroDivisionError):
        send(browser, "failure", failure)
    assert not FailureFile.all_rows.exists()
    assert stored() == []


# Sent -------------------------------------------------------------------------------------------


HIDING = [exempt(1), exempt(3, negotiation_terms=True), CONFIDENTIAL]


@pytest.mark.parametrize("restriction", HIDING)
@pytest.mark.parametrize("where", ["record", "file", "above"])
def test_what_somebody_may_not_see_is_as_if_it_were_not_there(restriction, where):
    failure = an_incident()
    row = a_file(failure, "canary.pdf")
    model, pk = {
        "record": (Incident, failure.pk),
        "file": (FailureFile, row.pk),
        "above": (type(failure.contract), failure.contract_id),
    }[where]
    model.all_rows.filter(pk=pk).update(**restriction)
    browser = as_role(Role.INCIDENT_OFFICER)
    absent = [browser.get(at("file", "failure", uuid.uuid4()))]
    for name in ("file", "file_change", "file_withdraw"):
        absent.append(browser.get(at(name, "failure", row.key)))
        absent.append(browser.post(at(name, "failure", row.key)) if name != "file" else absent[0])
    assert {answer.status_code for answer in absent} == {404}
    assert all("canary" not in text(answer) for answer in absent)
    wanted = 200 if where == "file" else 404
    assert browser.get(at("file_add", "failure", failure.pk)).status_code == wanted
    page = browser.get(failure.get_absolute_url())
    assert "canary" not in text(page)


def test_a_file_is_asked_for_under_its_own_kind_alone():
    row = a_file(an_incident())
    browser = as_role(Role.INCIDENT_OFFICER)
    for slug in ("source", "decision", "contract", "failures"):
        assert browser.get(at("file", slug, row.key)).status_code == 404


def test_whoever_is_signed_out_is_asked_to_sign_in_and_an_administrator_reads_no_record(client):
    row = a_file(an_incident())
    assert client.get(at("file", "failure", row.key)).status_code == 302
    assert as_role(Role.ADMINISTRATOR).get(at("file", "failure", row.key)).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_file_is_only_ever_read_there(method):
    row = a_file(an_incident())
    browser = as_role(Role.INCIDENT_OFFICER)
    assert getattr(browser, method)(at("file", "failure", row.key)).status_code == 405


def test_head_says_the_same_and_sends_nothing():
    row = a_file(an_incident())
    browser = signed_in(a_councillor())
    got, head = (ask(at("file", "failure", row.key)) for ask in (browser.get, browser.head))
    got.close()
    assert b"".join(head.streaming_content) == b""
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "Cache-Control"):
        assert head[name] == got[name]


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": "*"},
        {"if-modified-since": "Fri, 25 Dec 2026 08:00:00 GMT"},
        {"range": "bytes=0-3"},
        {"accept-encoding": "gzip, br"},
        {"accept": "text/html"},
    ],
)
def test_whatever_a_browser_asks_for_it_is_sent_the_whole_file_as_it_is(headers):
    row = a_file(an_incident(), "a.txt", b"a" * 10_000)
    answer = signed_in(a_councillor()).get(at("file", "failure", row.key), headers=headers)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == b"a" * 10_000
    assert answer["Content-Length"] == "10000"
    for name in ("ETag", "Last-Modified", "Content-Encoding"):
        assert name not in answer


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"%PDF-x%%EOF")])
def test_a_file_that_is_gone_or_changed_is_not_sent_and_the_page_says_what_to_do(spoil, caplog):
    failure = an_incident()
    row = a_file(failure, "a name.pdf")
    spoil(Path(filing.storage().path(row.place)))
    browser = signed_in(a_councillor())
    answer = browser.get(at("file", "failure", row.key), follow=True)
    assert answer.status_code == 200
    assert "The file is not as it was stored, so it is not sent." in text(answer)
    assert str(row.key) in caplog.text
    assert "a name" not in caplog.text


# Described anew, withdrawn ----------------------------------------------------------------------


def test_an_officer_says_anew_what_a_file_is():
    failure, officer = an_incident(), as_role(Role.INCIDENT_OFFICER)
    row = a_file(failure)
    page = at("file_change", "failure", row.key)
    form = text(officer.get(page))
    assert "A letter" in form
    sent = {"description": "Their letter of June", "restriction": "open"}
    sent["version"] = re.search(r'name="version" value="([^"]+)"', form)[1]
    assert officer.post(page, sent).status_code == 302
    # Another who had the page open all the while is shown both versions.
    second = text(officer.post(page, {**sent, "description": "Their letter of July"}))
    for said in ("Somebody else saved this meanwhile", "letter of June", "letter of July"):
        assert said in second
    assert FailureFile.objects.get().description == "Their letter of June"
    assert "Their letter of June" in text(officer.get(failure.get_absolute_url()))
    assert signed_in(a_councillor()).get(page).status_code == 403


@pytest.mark.parametrize("destroy", [False, True])
def test_a_withdrawn_file_stays_on_the_page_with_its_reason_and_is_not_sent(
    destroy, django_capture_on_commit_callbacks
):
    failure, officer = an_incident(), as_role(Role.INCIDENT_OFFICER)
    row = a_file(failure)
    page = at("file_withdraw", "failure", row.key)
    assert "Fill in “Why it is withdrawn”." in text(officer.post(page, {"reason": ""}))
    sent = {"reason": "It is of another contract."} | ({"destroy": "on"} if destroy else {})
    with django_capture_on_commit_callbacks(execute=True):
        assert officer.post(page, sent).status_code == 302
    assert bool(stored()) is not destroy
    for browser in (officer, signed_in(a_councillor())):
        html = text(browser.get(failure.get_absolute_url()))
        assert "It is of another contract." in html
        assert ("Its bytes were destroyed." in html) is destroy
        assert at("file", "failure", row.key) not in html
        assert browser.get(at("file", "failure", row.key)).status_code == 404
    assert officer.get(page).status_code == 404


def test_of_two_who_withdraw_a_file_the_second_is_told(monkeypatch):
    from barnetwatch.pages.files import changing

    failure, officer = an_incident(), as_role(Role.INCIDENT_OFFICER)
    stale = a_file(failure)
    filing.withdraw(
        FailureFile.objects.get(), reason="First.", by=a_person("Ann"), at=stale.recorded_at
    )
    monkeypatch.setattr(changing, "the_file", lambda *args: stale)
    answer = officer.post(at("file_withdraw", "failure", stale.key), {"reason": "Second."})
    assert "Somebody has withdrawn this file already." in text(answer)
    assert FailureFile.objects.get().withdrawn_reason == "First."


# The source's page ------------------------------------------------------------------------------


def test_a_source_has_a_page_of_its_own_that_the_others_lead_to():
    source = a_source("Delivery report", quotation="It fails.", published_on=dt.date(2018, 7, 25))
    failure = an_incident(sources=[source])
    browser = signed_in(a_councillor())
    page = text(browser.get(source.get_absolute_url()))
    for said in ("Delivery report", "“It fails.”", "25 July 2018"):
        assert said in page
    assert source.get_absolute_url() in text(browser.get(failure.get_absolute_url()))
    decision = a_decision(source=source)
    assert source.get_absolute_url() in text(browser.get(decision.get_absolute_url()))
    Source.all_rows.filter(pk=source.pk).update(**exempt(1))
    assert browser.get(source.get_absolute_url()).status_code == 404
    assert "Delivery report" not in text(browser.get(failure.get_absolute_url()))
    assert as_role(Role.ADMINISTRATOR).get(source.get_absolute_url()).status_code == 403
