"""Celery's own programs as processes of their own, and what can be seen of them from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from barnetwatch.env import BASE_DIR

#: Seconds that a program may take on a busy machine before a test gives up on it.
PATIENCE = 60
#: "Task costs.tasks.sweep[an id] succeeded in 0.01s: {'checked': 1, …}", as Celery logs it.
SUCCEEDED = re.compile(r"Task (?P<task>[\w.]+)\[(?P<id>[\w-]+)\] succeeded in \S+ (?P<answer>.*)")


def wait_until(
    true: Callable[[], object], what: str, seconds: float = PATIENCE, every: float = 0.005
) -> None:
    """Look until it is so; fail with what should have happened."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        time.sleep(every)


class Program:
    """A running program of Celery, in a process group of its own, and what it logs."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--quiet", *arguments],
                cwd=BASE_DIR,
                env=environment | {"PYTHONUNBUFFERED": "1"},
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        def seen() -> bool:
            assert self.process.poll() is None, f"it ended by itself:\n{self.logged}"
            return text in self.logged

        wait_until(seen, f"{text!r} in the log {self.log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As a power cut ends it, with everything it started; nothing is put in order."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)


class Worker(Program):
    """A worker with its pool of processes."""

    def started(self) -> "Worker":
        self.wait_for(" ready.")
        return self

    @property
    def pool(self) -> set[int]:
        """Ids of the processes that run its tasks."""
        table = subprocess.run(
            ["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
        )
        rows = (line.split() for line in table.stdout.splitlines())
        return {
            int(pid)
            for pid, parent, state in rows
            if int(parent) == self.process.pid and not state.startswith("Z")
        }


class Finished:
    """Tasks that workers finished, read from the end of their logs."""

    def __init__(self, workers: Iterable[Worker]) -> None:
        self.logs = [worker.log.open(errors="replace") for worker in workers]
        self.rests = [""] * len(self.logs)
        self.answers: dict[str, str] = {}

    def close(self) -> None:
        for log in self.logs:
            log.close()

    def read(self) -> None:
        for number, log in enumerate(self.logs):
            whole, newline, self.rests[number] = (self.rests[number] + log.read()).rpartition("\n")
            for found in SUCCEEDED.finditer(whole + newline):
                self.answers[found["id"]] = found["answer"]

    def of(self, ids: set[str]) -> bool:
        """Whether all of these tasks succeeded by now."""
        self.read()
        return ids <= self.answers.keys()

    def wait_for(self, ids: set[str]) -> None:
        try:
            wait_until(lambda: self.of(ids), "all these tasks succeeded")
        except AssertionError as error:
            error.add_note(f"Missing: {ids - self.answers.keys()}")
            for log in self.logs:
                error.add_note(Path(log.name).read_text(errors="replace"))
            raise
