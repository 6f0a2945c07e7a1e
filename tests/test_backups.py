"""The drill: back up, restore elsewhere, compare; and what backup and restore refuse."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import filing
from accounts.filechecks import check_files
from barnetwatch.backups import manifest, postgresql
from barnetwatch.backups.manifest import Differs, Refused
from barnetwatch.backups.restoring import restore
from barnetwatch.backups.taking import backup
from barnetwatch.env import BASE_DIR
from costs import seals, verification
from costs.models import CostEntry
from tests.evidence import a_file
from tests.factories import (
    a_contract,
    a_line,
    a_source,
    an_incident,
    exempt,
    post,
    reverse,
    the_officer,
)

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite needs no programs of its own"
)


@pytest.fixture
def uploads(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "here" / "files"
    folder = Path(settings.MEDIA_ROOT, "ab")
    folder.mkdir(parents=True)
    (folder / "evidence").write_bytes(b"what was uploaded")
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def record(uploads) -> CostEntry:
    """A record with a restricted line, a reversal and an uploaded file."""
    contract = a_contract("CSG", award=320_000_000)
    post(a_line(contract, "Kept back", **exempt(3)), "paid", 5, "2018-01-01")
    line = a_line(contract)
    reverse(post(line, "approved", 3, "2018-01-01"))
    return post(line, "pledged", 4_200_000, "2018-07-01", precision="month")


@pytest.fixture
def folder(record, tmp_path) -> Path:
    """A backup of it."""
    backup(tmp_path / "backup", timezone.now())
    return tmp_path / "backup"


class Elsewhere:
    """Another database and another folder of files: the machine a backup is restored on."""

    def __init__(self, url: str, var: Path) -> None:
        self.var = var
        kept = ("HOME", "LANG", "PATH", "TMPDIR")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | {
            "DATABASE_URL": url,
            "VAR_DIR": str(var),
            "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the project there."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def a_database(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the same kind."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
        return
    told = connection.get_connection_params()
    names = {"host", "port", "user", "password"}
    server = {name: value for name, value in told.items() if name in names and value}
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            secret = f":{quote(str(server['password']))}" if server.get("password") else ""
            at = f"{server.get('host', '127.0.0.1')}:{server.get('port', 5432)}"
            yield f"postgres://{server['user']}{secret}@{at}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def elsewhere(tmp_path) -> Iterator[Elsewhere]:
    with a_database(tmp_path) as url:
        yield Elsewhere(url, tmp_path / "there")


def told(folder: Path) -> dict[str, Any]:
    return json.loads((folder / manifest.NAME).read_text())


# The drill ------------------------------------------------------------------------------------


def test_a_backup_restored_elsewhere_is_the_same_record(folder, elsewhere, tmp_path):
    wanted = told(folder)

    done = elsewhere.run("restore", str(folder))

    assert done.returncode == 0, done.stderr
    assert f"{sum(wanted['tables'].values())} rows in {len(wanted['tables'])} tables" in done.stdout
    assert seals.grouped(wanted["ledger_seal"]) in done.stdout
    assert (elsewhere.var / "files" / "ab" / "evidence").read_bytes() == b"what was uploaded"

    checked = elsewhere.run(
        "verifyledger", "--at", wanted["taken_at"], "--seal", wanted["ledger_seal"]
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.endswith("It is the one given.\n")

    again = tmp_path / "again"
    assert elsewhere.run("backup", str(again)).returncode == 0
    # That it was restored is an act of the audit trail.
    wanted["tables"]["accounts_auditentry"] += 1
    for what in ("tables", "migrations", "database"):
        assert told(again)[what] == wanted[what]
    assert told(again)["files"].keys() == wanted["files"].keys()
    assert told(again)["files"]["files/ab/evidence"] == wanted["files"]["files/ab/evidence"]

    # A second time there is a record already.
    refused = elsewhere.run("restore", str(folder))
    assert refused.returncode == 2
    assert "Here is a record already" in refused.stderr
    replaced = elsewhere.run("restore", str(folder), "--replace-everything")
    assert replaced.returncode == 0, replaced.stderr
    assert elsewhere.run("verifyledger").returncode == 0
    assert not list(elsewhere.var.glob("*before-restore"))


# Evidence -------------------------------------------------------------------------------------


@pytest.fixture(params=["beside the uploads", "in another storage"])
def evidence_lies(request, settings, uploads, tmp_path) -> Path:
    """Where evidence lies: by default among the uploaded files, or where a setting says."""
    where = uploads / "evidence"
    if request.param == "in another storage":
        where = tmp_path / "elsewhere" / "bucket"
    kept = settings.STORAGES["evidence"]
    options = {**kept["OPTIONS"], "location": where}
    settings.STORAGES = {**settings.STORAGES, "evidence": {**kept, "OPTIONS": options}}
    return where


@pytest.fixture
def files_kept(record, evidence_lies) -> list[Any]:
    """One that stands, one that is kept back, one that is withdrawn, one that is destroyed."""
    failure, by = an_incident(), the_officer()
    rows = [a_file(failure, "a.txt", str(n).encode()) for n in range(3)]
    rows.append(a_file(a_source(), "b.txt", b"kept back", **exempt(1)))
    filing.withdraw(rows[1], reason="Wrong one.", by=by)
    filing.withdraw(rows[2], reason="Names a client.", by=by, destroy=True)
    return rows


def test_a_backup_carries_evidence_with_its_hashes_and_a_restore_brings_it_back(
    files_kept, evidence_lies, uploads, tmp_path
):
    taken = backup(tmp_path / "backup", timezone.now())
    carried = {name: sha for name, sha in taken.files.items() if "evidence/" in name}
    standing = [row for row in files_kept if not row.is_destroyed]
    assert carried == {f"files/evidence/{row.place}": row.sha256 for row in standing}

    newer = a_file(an_incident(), "newer.txt", b"since")
    for row in standing:
        (evidence_lies / row.place).unlink()
    call_command("restore", str(tmp_path / "backup"), "--replace-everything")

    for row in standing:
        filing.opened(row).close()
    assert not type(newer).all_rows.filter(key=newer.key).exists()
    found = check_files(timezone.now())
    assert (found.files, found.is_clean) == (3, True)
    if not evidence_lies.is_relative_to(uploads):
        assert not (uploads / "evidence").exists()


def test_a_backup_in_which_evidence_was_changed_is_not_restored(files_kept, tmp_path):
    folder = tmp_path / "backup"
    backup(folder, timezone.now())
    (folder / "files" / "evidence" / files_kept[0].place).write_bytes(b"something else")
    with pytest.raises(Refused, match="is not as it was backed up"):
        restore(folder, replace_everything=True)
    filing.opened(files_kept[0]).close()


def test_a_restore_that_differs_leaves_the_evidence_as_it_stood(
    files_kept, evidence_lies, tmp_path
):
    folder = tmp_path / "backup"
    backup(folder, timezone.now())
    gone = files_kept[0]
    (evidence_lies / gone.place).unlink()
    change(folder, ledger_seal="0" * 64)
    with pytest.raises(Differs):
        restore(folder, replace_everything=True)
    assert not (evidence_lies / gone.place).exists()
    filing.opened(files_kept[3]).close()


def test_a_file_that_vanishes_while_a_backup_is_taken_stops_nothing(record, uploads, tmp_path):
    """As an upload that is refused at that moment; a broken link stands for it here."""
    (uploads / "vanishing").symlink_to(uploads / "nothing")
    assert "files/vanishing" not in backup(tmp_path / "backup", timezone.now()).files


# Taking ---------------------------------------------------------------------------------------


def test_a_backup_says_what_it_holds_and_is_its_owners_alone(folder, record):
    held = manifest.read(folder)
    assert held.tables["costs_costentry"] == 4
    assert held.tables["costs_ledgerseal"] == 4
    assert held.ledger_seal == seals.head(held.taken_at)
    assert held.migrations["costs"][-1][:4].isdecimal()
    assert held.files.keys() == {"database", "files/ab/evidence"}
    for path in (folder, *folder.rglob("*")):
        if path.name != manifest.NAME:
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_backup_goes_into_a_new_folder_only(folder):
    with pytest.raises(CommandError, match="is not empty") as refusal:
        call_command("backup", str(folder))
    assert refusal.value.returncode == 2


def test_a_folder_that_cannot_be_written_is_refused(record, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written to"):
        backup(tmp_path / "file" / "backup", timezone.now())


# Refused before anything is touched -----------------------------------------------------------


def untouched() -> list[Any]:
    return [CostEntry.all_rows.count(), sorted(connection.introspection.table_names())]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / manifest.NAME).unlink(), "it is no backup, or one cut off"),
        (lambda folder: (folder / manifest.NAME).write_text("{"), "cannot be read"),
        (lambda folder: (folder / manifest.NAME).write_text('{"form": 1}'), "cannot be read"),
        (lambda folder: (folder / manifest.NAME).write_text('{"form": 9}'), "another version"),
        (lambda folder: (folder / "database").write_bytes(b"x"), "is not as it was backed up"),
        (lambda folder: (folder / "files/ab/evidence").unlink(), "is missing from the backup"),
        (lambda folder: change(folder, files={"../x": "0"}), "names no database"),
        (lambda folder: change(folder, more={"../x": "0"}), "lies outside the folder"),
        (lambda folder: change(folder, database="oracle"), "a backup of oracle"),
        (lambda folder: change(folder, migrations={"costs": ["9999_x"]}), "newer version"),
    ],
)
def test_what_is_no_whole_backup_is_not_restored(folder, spoil, says):
    before = untouched()
    spoil(folder)
    with pytest.raises(Refused, match=says):
        restore(folder, replace_everything=True)
    assert untouched() == before


def change(folder: Path, more: dict[str, str] | None = None, **fields: Any) -> None:
    held = told(folder) | fields
    held["files"] |= more or {}
    (folder / manifest.NAME).write_text(json.dumps(held))


def test_a_damaged_database_with_a_matching_hash_is_not_restored(folder):
    path = folder / "database"
    content = bytearray(path.read_bytes())
    content[: len(content) // 2] = b"x" * (len(content) // 2)
    path.write_bytes(content)
    change(folder, more={"database": manifest.sha256(path)})
    with pytest.raises(Refused, match=r"damaged|cannot read"):
        restore(folder, replace_everything=True)


def test_over_a_record_it_says_how_much_would_be_thrown_away(folder):
    before = untouched()
    with pytest.raises(CommandError, match=r"rows in \d+ tables") as refusal:
        call_command("restore", str(folder))
    assert refusal.value.returncode == 2
    assert "Nothing was changed" in str(refusal.value)
    assert untouched() == before


def test_a_restore_that_was_cut_off_is_not_gone_over(folder, uploads):
    uploads.with_name("files.before-restore").mkdir()
    with pytest.raises(Refused, match="An earlier restore was cut off"):
        restore(folder, replace_everything=True)


# Put back where it differs --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"tables": {"costs_costentry": 5}}, "Table costs_costentry holds 4 rows"),
        ({"ledger_seal": "0" * 64}, "The ledger's seal is not the one that was backed up"),
    ],
)
def test_what_differs_from_its_manifest_does_not_stay(folder, record, uploads, wrong, says):
    post(record.line, "paid", 7, "2018-01-01")
    (uploads / "newer").write_text("since")
    before = untouched()
    if "tables" in wrong:
        wrong = {"tables": told(folder)["tables"] | wrong["tables"]}
    change(folder, **wrong)
    with pytest.raises(CommandError, match=says) as refusal:
        call_command("restore", str(folder), "--replace-everything")
    assert refusal.value.returncode == 1
    assert "is back in its place" in str(refusal.value)
    assert untouched() == before
    assert (uploads / "newer").read_text() == "since"
    assert list(verification.faults()) == []


def test_a_restore_brings_back_the_day_of_the_backup(folder, record, uploads):
    post(record.line, "paid", 7, "2018-01-01")
    (uploads / "newer").write_text("since")
    call_command("restore", str(folder), "--replace-everything")
    assert CostEntry.all_rows.count() == 4
    assert not (uploads / "newer").exists()
    assert list(verification.faults()) == []
    post(record.line, "paid", 7, "2018-01-01")


# PostgreSQL's own programs --------------------------------------------------------------------


@on_postgresql
def test_a_machine_without_pg_dump_says_what_to_install(record, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"no pg_dump here\. Install PostgreSQL's client programs"):
        backup(tmp_path / "backup", timezone.now())
    assert not (tmp_path / "backup" / manifest.NAME).exists()


@on_postgresql
def test_an_older_pg_dump_says_which_version_the_server_is(record, tmp_path, monkeypatch):
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Refused, match=r"pg_dump here is 9, older than the server's \d+"):
        backup(tmp_path / "backup", timezone.now())


def test_a_machine_that_lacks_them_says_so_of_any_server(monkeypatch):
    monkeypatch.setattr(postgresql, "server", lambda connection: "17.5")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Refused, match="version 17 or newer"):
        postgresql.tool("pg_dump", connection)
