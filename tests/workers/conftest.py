"""Real workers and schedulers on the database and the broker of the suite."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from barnetwatch.management.commands.runall import empty_message_folder
from tests.workers.processes import Finished, Program, Worker


@pytest.fixture
def start(bare_environment, tmp_path) -> Iterator[Callable[..., Program]]:
    """Starts a worker or a beat beside the test; each is killed at the end, however it ends."""
    empty_broker()
    environment = bare_environment | the_suites_own_servers()
    with ExitStack() as endings:

        def start(kind: type[Program], *arguments: str) -> Program:
            log = Path(tmp_path, f"{len(list(tmp_path.glob('*.log')))}.log")
            program = kind(list(arguments), environment, log)
            endings.callback(program.kill)
            return program

        yield start
    empty_broker()


@pytest.fixture
def a_worker(start) -> Callable[..., Worker]:
    """Starts a worker; `by` names the module of its app, barnetwatch unless a control says else."""

    def start_worker(name: str = "worker", *options: str, by: str = "barnetwatch") -> Worker:
        return start(
            Worker,
            *("--app", by, "worker", "--loglevel", "INFO", "--hostname", f"{name}@test"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--concurrency", "1", *options),
        )

    return start_worker


@pytest.fixture
def a_beat(start) -> Callable[[], Program]:
    """Starts the scheduler."""
    return lambda: start(Program, "--app", "barnetwatch", "beat", "--loglevel", "INFO")


@pytest.fixture
def finished() -> Iterator[Callable[..., Finished]]:
    """Follows what workers finish."""
    with ExitStack() as endings:
        yield lambda *workers: endings.enter_context(closing(Finished(workers)))


def the_suites_own_servers() -> dict[str, str]:
    """What a program is told so that it works on the suite's database and broker."""
    database = connection.settings_dict
    own = {
        "DJANGO_SETTINGS_MODULE": "barnetwatch.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(settings.VAR_DIR),
        "REDIS_URL": settings.ENV.redis_url,
    }
    if connection.vendor == "sqlite":
        return own | {"DATABASE_URL": f"sqlite:///{database['NAME']}"}
    who = ":".join(quote(database[part], safe="") for part in ("USER", "PASSWORD"))
    where = f"{who}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    own["DATABASE_URL"] = f"postgres://{where}"
    return own | {name: os.environ[name] for name in ("PGPASSWORD",) if name in os.environ}


def empty_broker() -> None:
    """Messages of an earlier test ask for sweeps of its own."""
    if settings.ENV.redis_url:
        # Its own keys alone: the database is claimed by a key of somebody else's.
        prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
        with Redis.from_url(settings.ENV.redis_url) as broker:
            for key in list(broker.scan_iter(f"{prefix}*")):
                broker.delete(key)
    else:
        empty_message_folder()
