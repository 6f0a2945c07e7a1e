"""The nightly look: every file of evidence is there as it was stored, and nothing else is."""

import datetime as dt
import os
import uuid
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import filing, tasks
from accounts.evidence import FileCheck, place_of
from accounts.filechecks import check_files
from barnetwatch.settings import CELERY_BEAT_SCHEDULE, CELERY_TASK_ANNOTATIONS
from tests.actors import signed_in, the_superuser
from tests.evidence import a_file, stored
from tests.factories import a_source, an_incident, exempt, the_officer
from tests.pages.test_status import is_red, shown
from tests.threads import in_threads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence")]

HOUR = dt.timedelta(hours=1)


def path_of(row) -> Path:
    return Path(filing.storage().path(row.place))


def an_orphan(age: dt.timedelta = 2 * HOUR) -> str:
    """Bytes that no row names, as a process leaves them that was killed between the two."""
    place = filing.storage().save(place_of(uuid.uuid4()), ContentFile(b"half"))
    then = (timezone.now() - age).timestamp()
    os.utime(filing.storage().path(place), (then, then))
    return place


def run(**options) -> str:
    out = StringIO()
    call_command("checkfiles", stdout=out, **options)
    return out.getvalue()


def line() -> str:
    return shown(signed_in(the_superuser()))["Evidence files"]


def test_files_in_order_are_counted_and_said_to_be_so():
    a_file(an_incident())
    a_file(a_source(), **exempt(1))
    assert run() == (
        "Files of evidence: 2.\nEach is there as it was stored, and nothing else is.\n"
    )
    assert FileCheck.objects.get().is_clean
    assert not is_red(line())
    assert "2, last looked at" in line()


def test_missing_broken_and_orphaned_files_are_named_by_number_and_nothing_else():
    hidden = a_file(an_incident(title="A secret title"), "secret.pdf", **exempt(1))
    other, orphan = a_file(a_source()), an_orphan()
    path_of(hidden).unlink()
    path_of(other).write_bytes(b"%PDF-something else%%EOF")
    out = StringIO()
    with pytest.raises(CommandError, match="1 missing, 1 broken, 1 named by no row") as failed:
        call_command("checkfiles", stdout=out)
    assert failed.value.returncode == 1
    assert out.getvalue() == (
        "Files of evidence: 2.\n"
        f"Missing: incidents.FailureFile {hidden.pk}, at {hidden.place}.\n"
        f"Broken: contracts.SourceFile {other.pk}, at {other.place}.\n"
        f"Named by no row: {orphan}.\n"
    )
    assert is_red(line())
    assert "Missing: 1. Broken: 1. Named by no row: 1." in line()
    assert "secret" not in line()


def test_once_they_are_right_again_the_next_look_says_so():
    row = a_file(an_incident())
    data = path_of(row).read_bytes()
    path_of(row).unlink()
    tasks.check_files()
    assert is_red(line())
    path_of(row).write_bytes(data)
    assert tasks.check_files() == 1
    assert not is_red(line())
    assert FileCheck.objects.count() == 1


def test_an_upload_that_is_under_way_is_no_orphan():
    an_orphan(dt.timedelta(minutes=5))
    assert check_files(timezone.now()).is_clean
    assert not check_files(timezone.now() + HOUR).is_clean


def test_orphans_are_destroyed_when_somebody_says_so_and_nothing_else():
    row, young = a_file(an_incident()), an_orphan(dt.timedelta(minutes=5))
    an_orphan()
    assert "Destroyed: 1.\n" in run(remove_orphans=True)
    assert stored() == sorted([row.place, young])


def test_a_withdrawn_file_is_still_looked_after_and_a_destroyed_one_is_gone(
    monkeypatch, django_capture_on_commit_callbacks
):
    kept, destroyed = a_file(an_incident()), a_file(an_incident())
    filing.withdraw(kept, reason="Wrong one.", by=the_officer())
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(filing, "remove", lambda place: None)  # The storage does not answer.
        filing.withdraw(destroyed, reason="Names a client.", by=the_officer(), destroy=True)
    assert len(stored()) == 2
    found = check_files(timezone.now())
    assert (found.files, found.is_clean) == (1, True)
    assert stored() == [kept.place]


def test_nobody_is_told_of_files_where_there_are_none():
    assert not is_red(line())
    assert run().startswith("Files of evidence: 0.")


@pytest.mark.parametrize("looked", [False, True])
def test_files_that_nobody_has_looked_at_for_two_nights_need_somebody(looked):
    row = a_file(an_incident(), at=timezone.now() - dt.timedelta(days=3))
    assert row
    if looked:
        check_files(timezone.now() - dt.timedelta(hours=50))
    assert is_red(line())
    check_files(timezone.now() - dt.timedelta(hours=48))
    assert not is_red(line())


def test_a_storage_that_cannot_list_or_tell_the_time_is_looked_through_all_the_same(settings):
    named = {"BACKEND": f"{__name__}.Elsewhere"}
    settings.STORAGES = {**settings.STORAGES, "evidence": named}
    row = a_file(an_incident())
    assert check_files(timezone.now()).is_clean
    filing.storage().delete(row.place)
    assert len(check_files(timezone.now()).missing) == 1


class Elsewhere(InMemoryStorage):
    """A storage of another kind."""

    def listdir(self, path):
        raise NotImplementedError

    def get_modified_time(self, name):
        raise NotImplementedError


def test_it_is_asked_for_each_night_and_may_take_its_time():
    [nightly] = [each for each in CELERY_BEAT_SCHEDULE.values() if "files" in each["task"]]
    assert nightly["task"] == tasks.check_files.name
    assert CELERY_TASK_ANNOTATIONS[tasks.check_files.name]["time_limit"] == 9 * 60


@pytest.mark.django_db(transaction=True)
def test_several_looks_at_once_keep_one_row():
    a_file(an_incident())
    found = in_threads(5, lambda number: check_files(timezone.now()))
    assert [each.files for each in found] == [1] * 5
    assert FileCheck.objects.get().is_clean
