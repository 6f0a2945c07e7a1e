"""Thin doors for the worker: each asks the clock and calls the job."""

from celery import shared_task
from django.utils import timezone

from accounts import answered, filechecks


@shared_task
def check_files() -> int:
    """Look whether every file of evidence is as it was stored; how many there are."""
    return filechecks.check_files(timezone.now()).files


@shared_task
def tell_answered() -> int:
    """Write to those whose requests were answered; how many mails were handed over."""
    return answered.tell(timezone.now())
