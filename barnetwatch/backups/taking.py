"""Take a backup: the database as of one moment, the uploaded files, and the manifest over both."""

import datetime as dt
import shutil
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db import connection

from barnetwatch.backups import evidence, manifest, postgresql, sqlite
from barnetwatch.backups.manifest import DATABASE, FILES, Manifest, Refused
from barnetwatch.probes import unapplied
from costs import seals


def backup(folder: Path, at: dt.datetime) -> Manifest:
    """Write a backup into a folder that is new or empty; what it holds.

    Raises Refused, and leaves no folder that could be taken for a backup.
    """
    _claim(folder)
    if unapplied():
        raise Refused("The database is not the one of this version. Run migrate first.")
    engine = engine_of(connection.vendor)
    with engine.held(connection):
        engine.dump(connection, folder / DATABASE)
        tables, seal = manifest.counts(connection), seals.head(at)
    uploads = Path(settings.MEDIA_ROOT)
    if uploads.is_dir():
        shutil.copytree(uploads, folder / FILES, copy_function=_copy)
    evidence.take(folder / FILES)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    taken = Manifest(
        taken_at=at,
        database=connection.vendor,
        server=engine.server(connection),
        migrations=manifest.migrations(connection),
        tables=tables,
        ledger_seal=seal,
        files=dict(manifest.hashes(folder)),
    )
    taken.write(folder)
    return taken


def engine_of(vendor: str) -> ModuleType:
    """The module that copies a database of a vendor."""
    return {"sqlite": sqlite, "postgresql": postgresql}[vendor]


def _copy(source: str, target: str) -> str:
    """A file that is gone by now was refused a moment ago: no row names it."""
    try:
        return str(shutil.copy2(source, target))
    except FileNotFoundError:
        return target


def _claim(folder: Path) -> None:
    """For its owner alone: a backup holds restricted records."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty. Name a folder that is new.")
        folder.chmod(0o700)
    except OSError as error:
        raise Refused(f"{folder} cannot be written to: {error.strerror}.") from error
