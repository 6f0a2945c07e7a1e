"""When each task is due, by London's clock, and how long its message is good for."""

from typing import Any

from celery.schedules import crontab

#: Between one look at what may have moved, and one round of mail, and the next.
SWEEP_SECONDS = 15
#: An officer sits before the page meanwhile.
UPLOAD_SECONDS = 5
SCHEDULE: dict[str, dict[str, Any]] = {
    "totals that may have moved": {
        "task": "costs.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        # The next sweep does what this one would have: no queue of old sweeps builds up.
        "options": {"expires": SWEEP_SECONDS},
    },
    "payment files that were brought": {
        "task": "costs.tasks.handle_uploads",
        "schedule": UPLOAD_SECONDS,
        "options": {"expires": UPLOAD_SECONDS},
    },
    "digests, on Mondays at seven": {
        "task": "digests.tasks.prepare_digests",
        "schedule": crontab(day_of_week=1, hour=7, minute=0),
        # Half a minute later what was stamped just before seven has been committed, too.
        "options": {"countdown": 30, "expires": 60 * 60},
    },
    # The net under it: whatever a silent scheduler missed, the next hour makes ready.
    "digests not yet made ready": {
        "task": "digests.tasks.prepare_digests",
        "schedule": crontab(minute=5),
        "options": {"expires": 60 * 60},
    },
    "alerts not yet told": {
        "task": "digests.tasks.prepare_alerts",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "mail that is due": {
        "task": "digests.tasks.deliver",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "requests answered and not yet told": {
        "task": "accounts.tasks.tell_answered",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "uploads nobody decided about, nightly": {
        "task": "costs.tasks.sweep_uploads",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 12 * 60 * 60},
    },
    "every file of evidence, nightly": {
        "task": "accounts.tasks.check_files",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 12 * 60 * 60},
    },
    "what has been held for its time, nightly": {
        "task": "barnetwatch.tasks.throw_away",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expires": 12 * 60 * 60},
    },
    "every contract, nightly": {
        "task": "costs.tasks.check_all",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 12 * 60 * 60},
    },
}
