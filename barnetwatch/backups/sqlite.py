"""SQLite, by its own online backup: a whole file, also while others read."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from barnetwatch.backups.manifest import Refused


def server(connection: BaseDatabaseWrapper) -> str:
    """The version of the library."""
    return sqlite3.sqlite_version


@contextmanager
def held(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Nobody writes in the block, so that what is counted is what is copied."""
    with transaction.atomic(using=connection.alias):
        yield


def dump(connection: BaseDatabaseWrapper, to: Path) -> None:
    """Copy the database into a file, one that needs no others beside it."""
    _copy(_file(connection), to)
    with closing(sqlite3.connect(to)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")


def may_load(connection: BaseDatabaseWrapper, path: Path) -> None:
    """Refuse a file that SQLite finds damaged."""
    with closing(sqlite3.connect(path)) as source:
        try:
            [(found,), *_] = source.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise Refused(f"SQLite finds {path} damaged: {found}. Use another backup.")


def load(connection: BaseDatabaseWrapper, path: Path, check: Callable[[], None]) -> None:
    """Put a file's content in the place of the database's; back again where `check` raises."""
    database, before = _file(connection), _before(connection)
    connection.close()
    _copy(database, before)
    try:
        _copy(path, database)
        check()
    except BaseException:
        connection.close()
        _copy(before, database)
        before.unlink()
        raise
    before.unlink()


def left_over(connection: BaseDatabaseWrapper) -> str:
    """Where a restore that was cut off left what stood before it; empty where none was."""
    return str(_before(connection)) if _before(connection).exists() else ""


def _before(connection: BaseDatabaseWrapper) -> Path:
    database = _file(connection)
    return database.with_name(f"{database.name}.before-restore")


def _file(connection: BaseDatabaseWrapper) -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _copy(of: Path, to: Path) -> None:
    with closing(sqlite3.connect(of)) as source, closing(sqlite3.connect(to, timeout=20)) as target:
        source.backup(target)
