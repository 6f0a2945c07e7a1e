"""Files of evidence: bytes first, then the row; where either fails neither stays."""

import datetime as dt
import errno
import hashlib
import tracemalloc
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import ProtectedError

from accounts import filing
from accounts.evidence import files_of, models_of_files, place_of
from contracts.models import Source, SourceFile
from incidents.models import FailureFile, Incident
from scrutiny.models import Decision, DecisionFile
from tests import evidence as files
from tests.evidence import GOOD, MB, PDF, a_file, stored, upload
from tests.factories import a_person, a_source, an_incident, exempt, moment, the_officer
from tests.threads import in_threads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence")]

NOW = moment("2018-10-01 09:30")


class Full(FileSystemStorage):
    """A disk that is full after a few bytes of each file."""

    error = errno.ENOSPC

    def _save(self, name, content):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(20))
        raise OSError(self.error, "No space left on device")


class Refusing(FileSystemStorage):
    """Another storage's own fault, after some bytes went there."""

    def _save(self, name, content):
        super()._save(name, content)
        raise RuntimeError("a secret of the storage's")


class Renaming(FileSystemStorage):
    """A storage that keeps a file under another name than it was told."""

    def _save(self, name, content):
        return super()._save(f"{name}-1", content)


def use(settings, backend: type) -> None:
    named = {"BACKEND": f"{__name__}.{backend.__name__}"}
    kept = settings.STORAGES["evidence"]
    settings.STORAGES = {**settings.STORAGES, "evidence": {**kept, **named}}


# Kept -----------------------------------------------------------------------------------------


def test_each_kind_of_row_that_has_files_has_a_model_of_them():
    assert set(models_of_files()) == {FailureFile, SourceFile, DecisionFile}
    for record, model in ((Incident, FailureFile), (Source, SourceFile), (Decision, DecisionFile)):
        assert files_of(record) is model


def test_a_file_is_kept_with_who_brought_it_when_and_its_hash(evidence):
    failure, ann = an_incident(), a_person("Ann")
    row = a_file(failure, description="The letter of May", by=ann, at=NOW)
    assert (row.name, row.kind, row.size) == ("letter.pdf", "pdf", len(PDF))
    assert row.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (row.recorded_by, row.recorded_at, row.owner) == (ann, NOW, failure)
    with filing.opened(row) as opened:
        assert opened.read() == PDF
        assert filing.measure(opened) == (row.size, row.sha256)


def test_its_bytes_lie_under_a_number_that_nobody_chose_for_the_sites_own_user_alone(evidence):
    row = a_file(an_incident(), "../../../etc/cron.d/evil.pdf", PDF)
    assert row.name == "evil.pdf"
    assert stored() == [place_of(row.key)]
    path = evidence / place_of(row.key)
    assert path.read_bytes() == PDF
    assert path.suffix == ""
    for each in (path, path.parent):
        assert each.stat().st_mode & 0o077 == 0


def test_by_default_they_lie_in_var_outside_what_a_web_server_serves(settings):
    from barnetwatch import env

    where = Path(env.evidence_storage("", settings.VAR_DIR)["OPTIONS"]["location"])
    assert where.is_relative_to(settings.VAR_DIR)
    assert where.is_relative_to(settings.MEDIA_ROOT)
    assert not where.is_relative_to(settings.STATIC_ROOT)
    assert not settings.MEDIA_URL.strip("/")


def test_the_same_file_twice_is_two_files_of_their_own():
    failure = an_incident()
    one, other = a_file(failure), a_file(failure)
    assert one.sha256 == other.sha256
    assert len(stored()) == 2


@pytest.mark.parametrize("column", ["name", "sha256", "size", "kind"])
def test_what_the_bytes_are_is_never_said_anew(column):
    row = a_file(an_incident())
    value = 5 if column == "size" else "x"
    with pytest.raises(IntegrityError), transaction.atomic():
        FailureFile.all_rows.filter(pk=row.pk).update(**{column: value})


# Neither row nor bytes --------------------------------------------------------------------------


def nothing_is_kept() -> bool:
    return not stored() and not FailureFile.all_rows.exists()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_neither_row_nor_file(settings, monkeypatch, error):
    failure = an_incident()
    use(settings, Full)
    monkeypatch.setattr(Full, "error", error)
    with pytest.raises(ValidationError, match="no room left") as refused:
        a_file(failure)
    assert refused.value.error_dict.keys() == {"file"}
    assert nothing_is_kept()


@pytest.mark.parametrize("backend", [Refusing, Renaming])
def test_a_storage_that_fails_leaves_neither_and_its_words_stay_with_it(settings, backend, caplog):
    failure = an_incident()
    use(settings, backend)
    with pytest.raises(ValidationError, match="could not be kept, and nothing was") as refused:
        a_file(failure)
    assert "secret" not in str(refused.value) + caplog.text
    assert not FailureFile.all_rows.exists()
    if backend is Refusing:
        assert stored() == []


@pytest.mark.parametrize("error", [OperationalError, IntegrityError, KeyboardInterrupt])
def test_a_database_that_fails_after_the_bytes_are_stored_leaves_neither(monkeypatch, error):
    failure = an_incident()
    seen = []

    def fail(self, *args, **options):
        seen.extend(stored())
        raise error("the database is gone")

    monkeypatch.setattr(FailureFile, "save", fail)
    with pytest.raises(error):
        a_file(failure)
    assert len(seen) == 1
    assert nothing_is_kept()


def test_a_transaction_that_ends_badly_leaves_neither():
    failure = an_incident()

    def bring() -> None:
        with filing.kept(upload(), name="a.pdf") as kept, transaction.atomic():
            filing.add(failure, kept, description="A letter", by=the_officer())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bring()
    assert nothing_is_kept()


def test_where_nobody_knows_whether_the_row_was_written_the_bytes_stay(monkeypatch):
    """Bytes without a row are reported; a row without its bytes has lost its evidence."""

    def gone():
        raise OperationalError("server closed the connection unexpectedly")
        yield

    def bring() -> None:
        with filing.kept(upload(), name="a.pdf") as kept:
            filing.add(an_incident(), kept, description="A letter", by=the_officer())
            monkeypatch.setattr(filing, "models_of_files", gone)
            raise OperationalError("in the middle of the commit")

    with pytest.raises(OperationalError, match="in the middle"):
        bring()
    row = FailureFile.objects.get()
    filing.opened(row).close()


def test_a_file_that_is_refused_is_never_stored():
    with pytest.raises(ValidationError):
        a_file(an_incident(), "evil.exe", b"MZ")
    with pytest.raises(ValidationError) as refused:
        a_file(an_incident(), description="")
    assert "description" in refused.value.error_dict
    assert nothing_is_kept()


@pytest.mark.django_db(transaction=True)
def test_many_uploads_at_once_are_all_kept_whole():
    failure, by = an_incident(), the_officer()

    def bring(number: int) -> str:
        data = PDF + b"%" + str(number).encode() * 3 * MB
        data += b"\n%%EOF"
        with filing.kept(upload("a.pdf", data), name="a.pdf") as kept:
            return str(filing.add(failure, kept, description=str(number), by=by).key)

    keys = in_threads(8, bring)
    assert len(set(keys)) == 8
    assert len(stored()) == 8
    for row in FailureFile.objects.all():
        filing.opened(row).close()


def test_memory_does_not_grow_with_the_size_of_a_file(settings, tmp_path):
    failure = an_incident()
    file = TemporaryUploadedFile("big.txt", "text/plain", 0, None)
    for _ in range(24):
        file.write(b"0123456789abcde\n" * (MB // 16))
    file.size = 24 * MB
    tracemalloc.start()
    with filing.kept(file, name="big.txt") as kept:
        row = filing.add(failure, kept, description="Long", by=the_officer())
    filing.opened(row).close()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row.size == 24 * MB
    assert most < 6 * MB


# Withdrawn, described anew ----------------------------------------------------------------------


def test_a_withdrawn_file_keeps_its_row_its_reason_and_its_bytes():
    row, ann = a_file(an_incident()), a_person("Ann")
    filing.withdraw(row, reason=" It is of another contract. ", by=ann, at=NOW)
    row = FailureFile.objects.get()
    assert (row.withdrawn_by, row.withdrawn_at) == (ann, NOW)
    assert row.withdrawn_reason == "It is of another contract."
    assert stored() == [row.place]


def test_bytes_that_should_never_have_been_kept_are_destroyed_once_that_is_written(
    django_capture_on_commit_callbacks,
):
    row = a_file(an_incident())
    with django_capture_on_commit_callbacks(execute=True):
        filing.withdraw(row, reason="Names a client.", by=the_officer(), destroy=True)
        assert stored() == [row.place]
    assert stored() == []
    row = FailureFile.objects.get()
    assert row.is_destroyed
    with pytest.raises(filing.Damaged):
        filing.opened(row)


def test_a_file_is_withdrawn_once_and_with_a_reason():
    row = a_file(an_incident())
    with pytest.raises(ValidationError, match="Say why"):
        filing.withdraw(row, reason=" ", by=the_officer())
    stale = FailureFile.objects.get()
    filing.withdraw(row, reason="Wrong file.", by=the_officer())
    for again in (
        lambda: filing.withdraw(stale, reason="Mine.", by=the_officer()),
        lambda: filing.describe(row, description="Anew", by=the_officer()),
    ):
        with pytest.raises(ValidationError, match="withdrawn this file already"):
            again()
    assert FailureFile.objects.get().withdrawn_reason == "Wrong file."


def test_the_database_holds_no_withdrawal_without_a_reason_and_nothing_destroyed_that_stands():
    row = a_file(an_incident())
    for wrong in (
        {"withdrawn_at": NOW},
        {"withdrawn_at": NOW, "withdrawn_by": the_officer()},
        {"is_destroyed": True},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            FailureFile.all_rows.filter(pk=row.pk).update(**wrong)


def test_a_record_with_files_cannot_be_deleted_from_under_them():
    source = a_source()
    a_file(source)
    with pytest.raises(ProtectedError):
        source.delete()


def test_who_may_see_a_file_is_said_anew_with_a_reason():
    row = a_file(an_incident())
    with pytest.raises(ValidationError, match="names its paragraph"):
        filing.describe(row, by=the_officer(), restriction="exempt", restriction_reason="Yes")
    row = FailureFile.objects.get()
    filing.describe(row, by=the_officer(), description="Anew", **exempt(1))
    assert not FailureFile.objects.exists()
    assert FailureFile.all_rows.get().description == "Anew"
    with pytest.raises(TypeError):
        filing.describe(row, by=the_officer(), sha256="0" * 64)


# Opened -----------------------------------------------------------------------------------------


def test_bytes_that_are_gone_or_were_changed_are_not_handed_out():
    row = a_file(an_incident())
    path = Path(filing.storage().path(row.place))
    path.write_bytes(PDF.replace(b"Catalog", b"catalog"))
    with pytest.raises(filing.Damaged, match="not as it was stored"):
        filing.opened(row)
    path.unlink()
    with pytest.raises(filing.Damaged, match="cannot be opened"):
        filing.opened(row)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_of_each_kind_is_kept(name):
    row = a_file(an_incident(), name)
    assert row.name == name
    assert row.kind == name.rsplit(".")[-1].replace("jpeg", "jpg")
    assert files.rows(of=FailureFile) == 1
    assert isinstance(row.recorded_at, dt.datetime)
