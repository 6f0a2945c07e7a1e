"""Thin doors for the worker: each asks the clock and calls the job."""

from celery import shared_task
from django.utils import timezone

from digests import preparing, sending


@shared_task
def prepare_digests() -> int:
    """Make ready the digests of the week that has ended."""
    return preparing.prepare_digests(timezone.now()).editions


@shared_task
def prepare_alerts() -> int:
    """Make ready mails about the high alerts raised just now."""
    return preparing.prepare_alerts(timezone.now()).editions


@shared_task
def deliver() -> dict[str, int]:
    """Hand over what is due."""
    return sending.deliver().counts
