"""Runs a measurement on SQLite and on PostgreSQL, each in a process and a database of its own.

BENCH_DATABASE_URL says which server, as whom, and how the database's name begins; it is made and
dropped. Where no server answers only SQLite is measured, and this says so.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL = "postgres://postgres@127.0.0.1:5432/barnetwatch_bench"


def on_each(module: str, options: Sequence[str], **environ: str) -> dict[str, Any]:
    """What `python -m MODULE OPTIONS` prints as JSON in its last line, by database."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        file = f"sqlite:///{folder}/bench.sqlite3"
        results["SQLite"] = _run(module, options, {**environ, "VAR_DIR": folder}, file)
        with _postgresql(os.environ.get("BENCH_DATABASE_URL", POSTGRESQL)) as url:
            if url:
                environ = {**environ, "VAR_DIR": folder}
                results["PostgreSQL"] = _run(module, options, environ, url)
            else:
                print("PostgreSQL does not answer, so only SQLite was measured.")
    return results


def _run(module: str, options: Sequence[str], environ: dict[str, str], url: str) -> Any:
    own = {
        "DATABASE_URL": url,
        "SECRET_KEY": "for this measurement only",
        "DJANGO_SETTINGS_MODULE": "barnetwatch.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        env={**os.environ, **own, **environ},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def _postgresql(url: str) -> Iterator[str]:
    """The address of a new database, dropped in the end; empty where no server answers."""
    server, _, prefix = url.rpartition("/")
    name = f"{prefix}_{os.getpid()}"
    try:
        connection = psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield ""
        return
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
