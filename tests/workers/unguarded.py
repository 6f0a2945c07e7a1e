"""The project's app with what parts its workers taken away: neither lease nor lock.

For controls: what is left between two workers and a second open alert is the constraint alone.
"""

from typing import Any

from celery.signals import worker_process_init

from barnetwatch.celery import app

__all__ = ["app"]


@worker_process_init.connect
def take_guards_away(**kwargs: Any) -> None:
    from costs import rechecks  # Holds models, so only once apps are loaded.

    rechecks.claim = lambda *args: True
    rechecks.hold = lambda contract: None
