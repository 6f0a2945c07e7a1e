"""The project's app with a scheduler in a hurry, so that a run of kills takes minutes.

What it asks for every 5 or 15 seconds, and each hour for digests, comes every other second. The
tasks are the project's own, and so are their limits, leases and messages.
"""

from celery.schedules import crontab

from barnetwatch.celery import app

__all__ = ["EVERY", "app"]

EVERY = 2.0


def _is_often(entry: dict) -> bool:
    schedule = entry["schedule"]
    return not isinstance(schedule, crontab) or schedule.hour == set(range(24))


app.conf.beat_schedule = {
    name: entry | ({"schedule": EVERY} if _is_often(entry) else {})
    for name, entry in app.conf.beat_schedule.items()
}
