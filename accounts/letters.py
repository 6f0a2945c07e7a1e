"""Mails about somebody's own account, sent at once: whoever caused one is told if it did not go."""

import logging
from collections.abc import Callable
from smtplib import SMTPException
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.models import User

log = logging.getLogger(__name__)


def send(
    person: User,
    name: str,
    subject: str,
    *,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> bool:
    """Send one of the letters in templates/accounts/letters; whether the mail server took it."""
    text = render_to_string(
        f"accounts/letters/{name}.txt",
        {"person": person, "site": settings.SITE_URL, **context},
    )
    try:
        EmailMessage(subject, text, to=[person.email], headers=headers).send()
    except (SMTPException, OSError):
        log.exception("A letter could not be sent.")
        return False
    return True


def later(send: Callable[[], object]) -> Thread:
    """Send beside the answer, which so takes as long whether there is anything to send or not."""
    thread = Thread(target=send, name="letter")
    thread.start()
    return thread
