"""Several at once, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def in_threads(number: int, act: Callable[[int], Any]) -> list[Any]:
    """What each thread's act gives, started together; the first exception is raised again."""
    start = Barrier(number)

    def run(n: int) -> Any:
        start.wait(timeout=30)
        try:
            return act(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))
