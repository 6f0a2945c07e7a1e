"""What a backup holds, so that a restore can be held against it."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

NAME = "manifest.json"
#: The database's own file, and the folder of the uploaded ones.
DATABASE, FILES = "database", "files"
#: Of this form of a backup; another one is for another version to read.
FORM = 1


class Refused(Exception):
    """It cannot be done, and nothing was; the sentence says why and what to do."""


class Differs(Exception):
    """What was restored is not what was backed up; what stood before is back in its place."""


@dataclass(frozen=True)
class Manifest:
    """When a backup was taken, of what, and what was in it.

    `tables` counts rows; `files` gives the SHA-256 of each file of the folder by its path in it;
    `ledger_seal` is the seal over all lines at `taken_at`.
    """

    taken_at: dt.datetime
    database: str
    server: str
    migrations: dict[str, list[str]]
    tables: dict[str, int]
    ledger_seal: str
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write it, whole, as the last file of a backup: a folder without one is none."""
        draft = folder / f"{NAME}.part"
        told = {"form": FORM, **asdict(self), "taken_at": self.taken_at.isoformat()}
        draft.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        draft.rename(folder / NAME)

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(self.tables.values())


def read(folder: Path) -> Manifest:
    """The manifest of a folder, once each file in it is found to be the one that was written.

    Raises Refused, naming the file, for a folder that is no backup or no whole one.
    """
    try:
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if told.pop("form") != FORM:
            raise Refused(f"{folder} was written by another version of BarnetWatch: restore there.")
        found = Manifest(**{**told, "taken_at": dt.datetime.fromisoformat(told["taken_at"])})
    except FileNotFoundError:
        raise Refused(f"{folder} has no {NAME}: it is no backup, or one cut off.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{folder / NAME} cannot be read. Use another backup.") from None
    _check_files(folder, found.files)
    return found


def _check_files(folder: Path, files: dict[str, str]) -> None:
    if DATABASE not in files:
        raise Refused(f"{folder / NAME} names no database. Use another backup.")
    for name, wanted in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Refused(f"{folder / NAME} names {name}, which lies outside the folder.")
        if not path.is_file():
            raise Refused(f"{path} is missing from the backup. Use another one.")
        if sha256(path) != wanted:
            raise Refused(f"{path} is not as it was backed up (SHA-256). Use another backup.")


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file of a folder by its path in it, with its SHA-256."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), sha256(path)


def counts(connection: BaseDatabaseWrapper) -> dict[str, int]:
    """The rows of each table."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    return found


def migrations(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """The migrations that a database has, by app: the version of its schema."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def differences(wanted: Manifest, found: dict[str, Any]) -> Iterator[str]:
    """Each thing of a restored database that is not what the manifest says, as a sentence."""
    tables = found["tables"]
    for table in sorted(wanted.tables.keys() | tables.keys()):
        if wanted.tables.get(table) != tables.get(table):
            yield (
                f"Table {table} holds {tables.get(table, 'no')} rows and was backed up with "
                f"{wanted.tables.get(table, 'none')}."
            )
    if found["migrations"] != wanted.migrations:
        yield "The schema is not of the version that was backed up."
    if found.get("ledger_seal", wanted.ledger_seal) != wanted.ledger_seal:
        yield "The ledger's seal is not the one that was backed up."
