"""PostgreSQL, by its own pg_dump and pg_restore, which must be as new as the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from barnetwatch.backups.manifest import Refused

#: Where what stood before waits until the restored tables are found to be right.
ASIDE = "before_restore"


def server(connection: BaseDatabaseWrapper) -> str:
    """The version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


@contextmanager
def held(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """All in the block sees one moment, pg_dump too; nobody else has to wait."""
    tool("pg_dump", connection)
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def dump(connection: BaseDatabaseWrapper, to: Path) -> None:
    """Dump the database as the transaction in hand sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
    _run(
        connection,
        "pg_dump",
        ["--format", "custom", "--no-owner", "--no-privileges", "--snapshot", snapshot],
        ["--file", str(to)],
    )


def may_load(connection: BaseDatabaseWrapper, path: Path) -> None:
    """Refuse a dump that pg_restore cannot read, and a server newer than pg_restore."""
    listed = _program([tool("pg_restore", connection), "--list", str(path)])
    if listed.returncode:
        raise Refused(f"pg_restore cannot read {path}: {_last_line(listed.stderr)}")


def load(connection: BaseDatabaseWrapper, path: Path, check: Callable[[], None]) -> None:
    """Put a dump's content in the place of the database's; back again where `check` raises."""
    try:
        _sql(connection, f"ALTER SCHEMA public RENAME TO {ASIDE}", "CREATE SCHEMA public")
    except ProgrammingError as error:
        raise Refused("Only the owner of the database can restore: name that user.") from error
    try:
        _run(
            connection,
            "pg_restore",
            ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"],
            [str(path)],
        )
        check()
    except BaseException:
        connection.close()
        back = f"ALTER SCHEMA {ASIDE} RENAME TO public"
        _sql(connection, "DROP SCHEMA public CASCADE", back)
        raise
    _sql(connection, f"DROP SCHEMA {ASIDE} CASCADE")


def left_over(connection: BaseDatabaseWrapper) -> str:
    """Where a restore that was cut off left what stood before it; empty where none was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        return f"the schema {ASIDE}" if cursor.fetchone() else ""


def tool(name: str, connection: BaseDatabaseWrapper) -> str:
    """Where a program of PostgreSQL lies. Raises Refused where there is none, or an older one."""
    path = shutil.which(name)
    major = server(connection).split(".")[0]
    install = f"Install PostgreSQL's client programs, version {major} or newer, on this machine."
    if path is None:
        raise Refused(f"There is no {name} here. {install}")
    found = re.search(r"\) (\d+)", _program([path, "--version"]).stdout)
    if found is None or int(found[1]) < int(re.match(r"\d+", major)[0]):  # type: ignore[index]
        has = found[1] if found else "of no known version"
        raise Refused(f"{name} here is {has}, older than the server's {major}. {install}")
    return path


def _run(connection: BaseDatabaseWrapper, name: str, options: list[str], last: list[str]) -> None:
    where, secrets = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *server_and_user, database = where[1:]
    to = [*server_and_user, "--no-password", "--dbname", database]
    done = _program([tool(name, connection), *options, *to, *last], secrets)
    if done.returncode:
        raise Refused(f"{name} failed: {_last_line(done.stderr)}")


def _program(
    command: list[str], secrets: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(secrets or {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _sql(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _last_line(text: Any) -> str:
    return str(text).strip().rpartition("\n")[2] or "it said nothing"
