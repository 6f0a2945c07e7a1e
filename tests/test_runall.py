"""`manage.py runall`, as a person runs it: real processes, real signals, real Celery."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from barnetwatch.env import BASE_DIR
from costs.models import OverrunAlert
from tests import factories
from tests.servers import free_port

START, END, SWEEP = 40, 20, 60


class Running:
    """A run and what it prints."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port, self.log = environment["PORT"], log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runall"],
                cwd=BASE_DIR,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_until(self, true: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not within {seconds} seconds:\n{self.output}"
            time.sleep(0.1)

    def started(self) -> "Running":
        self.wait_until(lambda: "BarnetWatch is at" in self.output or self.ended, START)
        assert not self.ended, self.output
        return self

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=END)

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=5) as answer:
                return answer.status == 200
        except URLError:
            return False

    def family(self) -> dict[int, str]:
        """Every process under this one, with its command line."""
        parents, commands = {}, {}
        for line in processes():
            pid, parent, _, command = line.split(maxsplit=3)
            parents[int(pid)], commands[int(pid)] = int(parent), command
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return {pid: commands[pid] for pid in found - {self.process.pid}}


def processes() -> list[str]:
    table = ["ps", "-axwwo", "pid=,ppid=,stat=,args="]
    lines = subprocess.run(table, capture_output=True, text=True, check=True).stdout.splitlines()
    # A process that ended and that nobody has asked about yet.
    return [line for line in lines if not line.split()[2].startswith("Z")]


def alive(pids: set[int]) -> set[int]:
    return pids & {int(line.split()[0]) for line in processes()}


@pytest.fixture
def environment(bare_environment) -> dict[str, str]:
    return bare_environment | {"PORT": str(free_port())}


@pytest.fixture
def run(tmp_path) -> Iterator[Callable[[dict[str, str]], Running]]:
    with ExitStack() as endings:

        def start(environment: dict[str, str]) -> Running:
            log = tmp_path / f"{time.monotonic_ns()}.log"
            running = Running(environment, log)
            endings.callback(running.process.kill)
            endings.callback(lambda: running.ended or running.end())
            return running

        yield start


def test_a_taken_port_is_said_plainly(run, environment):
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):
        running = run(environment)
        assert running.process.wait(timeout=START) == 1

    assert f"Port {environment['PORT']} cannot be used" in running.output
    assert f"PORT={int(environment['PORT']) + 1} make run" in running.output
    assert "Traceback" not in running.output


def test_one_ctrl_c_ends_all_of_it(run, environment):
    sign_in = Path(environment["VAR_DIR"]) / "sign-in.txt"
    sign_in.parent.mkdir()
    sign_in.write_text("Sign in as officer@barnet.example\n")
    running = run(environment).started()
    assert running.answers()
    assert f"http://localhost:{environment['PORT']}/" in running.output
    assert "Sign in as officer@barnet.example" in running.output

    # The same record cannot be run twice, on whatever port.
    second = run(environment | {"PORT": str(free_port())})
    assert second.process.wait(timeout=START) == 1
    assert "already running" in second.output

    family = running.family()
    for program in ("gunicorn", "worker", "beat"):
        assert any(program in command for command in family.values()), program

    assert running.end() == 0
    assert not alive(set(family))
    assert not running.answers()


def test_when_one_of_them_dies_the_rest_end_and_it_is_named(run, environment):
    running = run(environment).started()
    family = running.family()
    beat = next(pid for pid, command in family.items() if "--quiet beat" in command)

    os.kill(beat, signal.SIGKILL)

    assert running.process.wait(timeout=END) == 1
    assert "The beat process stopped by itself" in running.output
    assert not alive(set(family))


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_and_the_worker_find_an_overrun(run, environment):
    """On SQLite with messages in files, or on PostgreSQL with Redis: nothing is stood in for."""
    contract = factories.a_contract(award=320_000_000)
    factories.a_threshold("firm", 100_000)
    line = factories.a_line(contract)
    found = run(environment | the_suites_own_servers()).started()
    assert not OverrunAlert.objects.exists()

    factories.post(line, "approved", "100000.01", "2018-07-30")

    found.wait_until(OverrunAlert.objects.exists, SWEEP)
    assert found.end() == 0


def the_suites_own_servers() -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"DATABASE_URL": f"sqlite:///{database['NAME']}"}
    where = f"{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        "DATABASE_URL": f"postgres://{where}",
        "REDIS_URL": settings.ENV.redis_url,
        "SECRET_KEY": settings.SECRET_KEY,
    }
