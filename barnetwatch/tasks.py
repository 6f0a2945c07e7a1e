"""Thin doors for the worker: each asks the clock and calls the job."""

from celery import shared_task
from django.utils import timezone

from barnetwatch.personaldata import retention


@shared_task
def throw_away() -> dict[str, int]:
    """Throw away what has been held for its time."""
    return retention.nightly(timezone.now())
