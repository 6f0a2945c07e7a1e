"""One worker with one process and one scheduler, killed by their own ids and started again."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from django.utils import timezone

from tests.workers.processes import Program, Worker, wait_until

#: The project's app with its schedule hurried.
APP = "tests.faults.hurried"


class Crew:
    """Who does the work while somebody writes and somebody else kills."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.started = 0
        #: Programs that ended by themselves.
        self.ended = 0
        #: When the last of them died; what was claimed later is another's.
        self.died_at = timezone.now()
        self.worker, self.beat = self._worker(), self._beat()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for program in (self.worker, self.beat):
            program.kill()

    def _log(self) -> Path:
        self.started += 1
        return self.folder / f"crew-{self.started}.log"

    def _worker(self) -> Worker:
        arguments = ["--app", APP, "worker", "--loglevel", "INFO", "--hostname", "crew@test"]
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return Worker([*arguments, *alone, "--concurrency", "1"], self.environment, self._log())

    def _beat(self) -> Program:
        return Program(["--app", APP, "beat", "--loglevel", "INFO"], self.environment, self._log())

    def kill_worker(self) -> None:
        """With every process it started, as a power cut does; another takes its place."""
        self.worker.kill()
        self.died_at = timezone.now()
        self.worker = self._worker()

    def kill_beat(self) -> None:
        """Another takes its place."""
        self.beat.kill()
        self.beat = self._beat()

    def kill_child(self) -> None:
        """The process that runs the tasks, as the kernel does when memory runs out; its worker
        makes another."""
        wait_until(lambda: self.look_after() and self.worker.pool, "the worker has a process")
        children = self.worker.pool
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.died_at = timezone.now()
        wait_until(lambda: children.isdisjoint(self.worker.pool), "it is dead")

    def look_after(self) -> bool:
        """Start again what ended by itself, as Compose's `restart` does.

        A worker whose process dies while it starts gives up: it has none to put in its place.
        """
        if self.worker.process.poll() is not None:
            self.ended, self.worker = self.ended + 1, self._worker()
        if self.beat.process.poll() is not None:
            self.ended, self.beat = self.ended + 1, self._beat()
        return True

    @property
    def kills(self) -> dict[str, Callable[[], None]]:
        """What can be killed, by its name."""
        return {"worker": self.kill_worker, "child": self.kill_child, "beat": self.kill_beat}
