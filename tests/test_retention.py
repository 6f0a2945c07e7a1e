"""What has been held for its time is thrown away; the record and what is append-only never."""

import datetime as dt
import os

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.backoffice import journal
from accounts.trail import Act, AuditEntry
from accounts.visibility import Visible
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.personaldata.retention import KINDS, UnknownKind, nightly, retain
from costs.models import PaymentUpload, UploadChunk
from costs.payments import importing, uploads
from incidents.models import IncidentDraft
from scrutiny import calendars
from scrutiny.models import CalendarLink, QuestionList
from tests import everything, factories
from tests.actors import signed_in

pytestmark = pytest.mark.django_db

NOW = factories.moment("2026-11-25 03:30")
DAY = dt.timedelta(days=1)
ASKED = {kind.name for kind in KINDS if kind.only_if_asked}


def counts(**options) -> dict[str, int]:
    return {each.kind.name: each.number for each in retain(NOW, **options)}


def one_of_each(at: dt.datetime) -> None:
    """One thing of every kind, last of use at a moment."""
    person = factories.a_councillor("Gone Member")
    signed_in(person)
    Session.objects.update(expire_date=at)
    publisher = importing.publisher_of("Barnet")
    uploads.receive([b"a,b\n1,2\n"], name="a.csv", publisher=publisher, by=person, at=at)
    IncidentDraft.objects.create(user=person, answers={"what": {}}, updated_at=at)
    calendars.make(by=person, at=at)
    calendars.revoke(by=person, at=at)
    QuestionList.objects.create(owner=person, occasion="A meeting")
    journal.write(person, person, CHANGE, "Something.")
    LogEntry.objects.update(action_time=at)
    person.is_active, person.last_login = False, at
    person.save()


@pytest.fixture
def mail_file(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    path = tmp_path / "20260101-000000-1.log"
    path.write_text("To: ann@barnet.example")

    def last_written(at):
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    return last_written


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_held_to_the_last_moment_of_its_time_and_not_beyond(kind, mail_file):
    ends = NOW - dt.timedelta(days=kind.days)
    one_of_each(ends + dt.timedelta(seconds=1))
    mail_file(ends + dt.timedelta(seconds=1))
    assert counts(dry=True)[kind.name] == 0
    later = retain(NOW + dt.timedelta(seconds=1), dry=True)
    assert {each.kind.name: each.number for each in later}[kind.name] == 1


def test_a_dry_run_counts_everything_and_throws_nothing_away(mail_file):
    one_of_each(NOW - 3000 * DAY)
    path = mail_file(NOW - 3000 * DAY)
    assert counts(dry=True, also=ASKED) == {kind.name: 1 for kind in KINDS}
    assert counts(dry=True, also=ASKED) == {kind.name: 1 for kind in KINDS}
    assert path.exists()


def test_what_is_not_asked_for_by_name_is_counted_and_kept(mail_file):
    one_of_each(NOW - 3000 * DAY)
    path = mail_file(NOW - 3000 * DAY)
    done = retain(NOW)

    assert {each.kind.name for each in done if not each.cleared} == ASKED
    assert all(each.number == 1 for each in done)
    assert QuestionList.objects.count() == LogEntry.objects.count() == 1
    assert not Session.objects.exists()
    assert not IncidentDraft.objects.exists()
    assert not CalendarLink.objects.exists()
    assert not UploadChunk.objects.exists()
    assert PaymentUpload.objects.get().state == PaymentUpload.State.CANCELLED
    assert not path.exists()
    assert {name: 0 for name in counts() if name not in ASKED}.items() <= counts().items()


def test_what_is_asked_for_by_name_goes_too_and_the_audit_trail_says_so():
    one_of_each(NOW - 3000 * DAY)
    counts(also=ASKED)
    told = AuditEntry.objects.filter(act=Act.DISCARDED).values_list("after", flat=True)
    assert {each["kind"]: each["number"] for each in told if "number" in each}["history"] == 1
    assert not QuestionList.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_link_draft_and_session_in_use_stay():
    person = factories.a_councillor("Ann Member")
    signed_in(person)
    calendars.make(by=person, at=NOW - 3000 * DAY)
    IncidentDraft.objects.create(user=person, answers={}, updated_at=NOW - DAY)
    QuestionList.objects.create(owner=person, occasion="A meeting")
    retain(NOW, also=ASKED)
    assert Session.objects.count() == 1
    assert CalendarLink.objects.count() == 1
    assert IncidentDraft.objects.count() == QuestionList.objects.count() == 1


def test_no_kind_touches_a_row_of_the_record_or_one_that_is_append_only():
    for kind in KINDS:
        for model in kind.models:
            assert not issubclass(model, AppendOnly | Visible), (kind.name, model)


def test_a_century_later_every_row_of_the_record_still_stands():
    everything.a_contract_with_everything("Plain")
    everything.people()
    one_of_each(NOW)
    kept = [
        model
        for model in apps.get_models()
        if issubclass(model, AppendOnly | Visible) or model._meta.app_label == "accounts"
    ]
    before = {model: model._base_manager.count() for model in kept}
    retain(NOW + 36_500 * DAY, also=ASKED)
    after = {model: model._base_manager.count() for model in kept}
    assert after.pop(AuditEntry) > before.pop(AuditEntry)  # What was thrown away is told.
    assert after == before
    assert len(kept) > 40


def test_a_name_that_is_no_kind_is_refused_before_anything_is_thrown_away():
    one_of_each(NOW - 3000 * DAY)
    with pytest.raises(UnknownKind, match="Those to ask for are: question-lists, history"):
        retain(NOW, also=["ledger"])
    assert IncidentDraft.objects.exists()
    with pytest.raises(CommandError, match="There is no kind “ledger”"):
        call_command("retain", "--also", "ledger")


def test_the_nightly_job_asks_for_what_the_settings_name(settings):
    one_of_each(NOW - 3000 * DAY)
    settings.RETAIN_ALSO = []
    assert "history" not in nightly(NOW)
    settings.RETAIN_ALSO = ["history"]
    assert nightly(NOW)["history"] == 1


def test_the_command_prints_each_kind_with_its_number_and_what_is_never_thrown_away(capsys):
    one_of_each(timezone.now() - 3000 * DAY)
    call_command("retain", "--dry-run")
    said = capsys.readouterr().out
    assert "1  past their time, kept: Reports of a failure that somebody began" in said
    assert "never  Ledger, seals, payments and imports" in said
    assert IncidentDraft.objects.exists()

    call_command("retain")
    said = capsys.readouterr().out
    assert "1  thrown away: Reports of a failure that somebody began" in said
    assert "1  past their time, kept (--also history): The back office's history" in said
    assert not IncidentDraft.objects.exists()
