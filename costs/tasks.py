"""Thin doors for the worker: each asks the clock and calls the job."""

from celery import shared_task
from django.utils import timezone

from costs import rechecks
from costs.payments import uploads, working


@shared_task
def sweep() -> dict[str, int]:
    """Check the contracts whose totals may have moved."""
    return rechecks.sweep_on_schedule(timezone.now()).counts


@shared_task
def check_all() -> dict[str, int]:
    """Check every contract: the nightly net under the sweeps."""
    return rechecks.check_all(timezone.now()).counts


@shared_task
def handle_uploads() -> dict[str, int]:
    """Look at the payment files that officers brought, and import those they confirmed."""
    return working.work(timezone.now())


@shared_task
def sweep_uploads() -> dict[str, int]:
    """Throw away the uploads that nobody decided about."""
    return uploads.sweep_away(timezone.now())
