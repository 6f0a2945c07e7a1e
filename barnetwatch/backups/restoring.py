"""Put a backup back: refused over what is there unless told so, and checked before it stands."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from barnetwatch.backups import evidence, manifest
from barnetwatch.backups.manifest import DATABASE, FILES, Differs, Manifest, Refused
from barnetwatch.backups.taking import engine_of
from barnetwatch.lib import appendonly
from barnetwatch.probes import unapplied
from costs import seals

#: What `migrate` fills in by itself: a database with nothing else is an empty one.
MADE_BY_MIGRATE = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "barnetwatch_cache",
    "django_content_type",
    "django_migrations",
}


def restore(folder: Path, *, replace_everything: bool = False) -> Manifest:
    """Put a backup in the place of the database and the uploaded files; what it held.

    Raises Refused before anything is touched, and Differs where what was restored is not what the
    manifest says; either way what stood before stands again.
    """
    wanted = manifest.read(folder)
    _check_kind(wanted)
    engine = engine_of(connection.vendor)
    engine.may_load(connection, folder / DATABASE)
    uploads = Path(settings.MEDIA_ROOT)
    if left := engine.left_over(connection) or _left_over(uploads):
        raise Refused(
            f"An earlier restore was cut off: {left} holds what stood before it. Put that back or "
            "remove it, as docs/operating.md says, then restore."
        )
    if not replace_everything and (there := _what_is_there(uploads)):
        raise Refused(
            f"Here is a record already: {there}. To throw all of it away for the backup, stop the "
            "site, the worker and the scheduler, take a backup of what is here, and give "
            "--replace-everything."
        )
    with _files_in_place(folder / FILES, uploads), evidence.put_back(folder / FILES):
        engine.load(connection, folder / DATABASE, lambda: _check(wanted))
    return wanted


def _check_kind(wanted: Manifest) -> None:
    if wanted.database != connection.vendor:
        raise Refused(
            f"This is a backup of {wanted.database}, and DATABASE_URL names {connection.vendor}. "
            "A backup goes back into a database of its own kind."
        )
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for app, names in wanted.migrations.items():
        for name in names:
            if (app, name) not in known:
                raise Refused(
                    "The backup was taken by a newer version of BarnetWatch: this one does not "
                    f"know {app}'s {name}. Install that version and restore there."
                )


def _what_is_there(uploads: Path) -> str:
    """What a restore would throw away, in words; empty where there is nothing."""
    tables = manifest.counts(connection)
    held = {table: rows for table, rows in tables.items() if rows and table not in MADE_BY_MIGRATE}
    if held:
        return f"{sum(held.values())} rows in {len(held)} tables"
    return f"files in {uploads}" if uploads.is_dir() and any(uploads.iterdir()) else ""


def _aside(uploads: Path) -> Path:
    return uploads.with_name(f"{uploads.name}.before-restore")


def _left_over(uploads: Path) -> str:
    return str(_aside(uploads)) if _aside(uploads).exists() else ""


@contextmanager
def _files_in_place(source: Path, uploads: Path) -> Iterator[None]:
    """The backup's files for those that are there; those are back where the block raises."""
    aside = _aside(uploads)
    new = uploads.with_name(f"{uploads.name}.restoring")
    shutil.rmtree(new, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, new)
    if uploads.is_dir():
        uploads.rename(aside)
    if new.is_dir():
        new.rename(uploads)
    try:
        yield
    except BaseException:
        shutil.rmtree(uploads, ignore_errors=True)
        if aside.is_dir():
            aside.rename(uploads)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _check(wanted: Manifest) -> None:
    """Hold what was restored against the manifest. An older schema is sealed and guarded once
    `migrate` has run."""
    found: dict[str, Any] = {
        "tables": manifest.counts(connection),
        "migrations": manifest.migrations(connection),
    }
    wrong = list(manifest.differences(wanted, found))
    if not wrong and not unapplied():
        found["ledger_seal"] = seals.head(wanted.taken_at)
        wrong = list(manifest.differences(wanted, found))
        wrong += [f"The guard {name} is missing." for name in appendonly.missing(connection)]
    wrong += list(_other_files(wanted))
    if wrong:
        raise Differs(" ".join(wrong[:5]))


def _other_files(wanted: Manifest) -> Iterator[str]:
    held = {f"{FILES}/{name}": sha for name, sha in manifest.hashes(Path(settings.MEDIA_ROOT))}
    given = {name: sha for name, sha in wanted.files.items() if name != DATABASE}
    for name in sorted(held.keys() | given.keys()):
        if held.get(name) != given.get(name):
            yield f"The file {name} is not the one that was backed up."
