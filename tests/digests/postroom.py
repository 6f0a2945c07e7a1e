"""Processes that hand mails over, to be killed whenever a test likes.

Django is loaded once, by `python -m tests.digests.postroom`; each worker is a fork of that and
stands within milliseconds. Only the room reaps its workers: until it was asked about one, that
one's process id is nobody else's, dead or alive.
"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from barnetwatch.env import BASE_DIR


class PostRoom:
    """The room, from the test's side. Its clock begins at a moment and may run fast."""

    def __init__(
        self,
        environment: dict[str, str],
        log: Path,
        begun: dt.datetime,
        speed: float = 1,
        timeout: float = 10,
    ) -> None:
        self.log = log
        clock = [begun.timestamp(), time.time(), speed, timeout]
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.digests.postroom", *map(str, clock)],
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate(timeout=30)  # The end of its input ends it and its workers.

    def _ask(self, **order: Any) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        answer = self.process.stdout.readline()
        assert answer, f"the room is gone:\n{self.log.read_text()}"
        return int(answer)

    def start(self, *, rounds: int = 0, dies_at: int = 0, ahead: float = 0) -> int:
        """A worker's process id. It works so many rounds, or for ever; kills itself when it comes
        to a query, if that is given; and its clock is ahead by some seconds."""
        return self._ask(rounds=rounds, dies_at=dies_at, ahead=ahead)

    def kill(self, worker: int) -> int:
        """End it as a power cut does; how it ended, -9 unless it had by itself."""
        os.kill(worker, signal.SIGKILL)
        return self.wait_for(worker)

    def wait_for(self, worker: int) -> int:
        """Wait until it has ended; its exit code, or the signal that ended it, negative."""
        return self._ask(wait_for=worker)


def main(begun: float, started: float, speed: float, timeout: float) -> None:
    """The room itself: an order a line, a number in answer."""
    import django
    from django.conf import settings

    django.setup()
    settings.EMAIL_TIMEOUT = timeout
    workers: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if worker := order.get("wait_for"):
            workers.discard(worker)
            answer = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        elif (answer := os.fork()) == 0:
            _work(begun + order.pop("ahead"), started, speed, **order)
        else:
            workers.add(answer)
        print(answer, flush=True)  # noqa: T201
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)


def _work(begun: float, started: float, speed: float, rounds: int, dies_at: int) -> None:
    """What a worker does; it never returns."""
    from django.db import connection

    from digests.sending import deliver

    queries = 0

    def clock() -> dt.datetime:
        now = begun + (time.time() - started) * speed
        return dt.datetime.fromtimestamp(now, dt.UTC)

    def count(execute: Any, *query: Any) -> Any:
        nonlocal queries
        queries += 1
        if queries == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*query)

    code = 1
    try:
        with connection.execute_wrapper(count):
            while True:
                deliver(clock)
                rounds -= 1
                if rounds == 0:
                    break
                time.sleep(0.01)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
