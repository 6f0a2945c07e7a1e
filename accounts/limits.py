"""How often somebody may guess, by account and by address, counted in the shared cache."""

from collections.abc import Callable

from allauth.core.internal import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

#: Attempts, over how long (minutes, hours, days), by address (ip) or by account (key).
#: A code is asked of those alone who know the password, so its count may last a day.
LIMITS = {
    "password": "20/m/ip,5/5m/key",
    "code": "20/m/ip,5/5m/key,25/d/key",
    "mail": "10/m/ip,5/h/key",
}


def spend(request: HttpRequest, what: str, key: object) -> Callable[[], None]:
    """Count one attempt; returns how to take it back where it was no guess.

    Counted before anything is compared, so that attempts at once count as those one by one.
    Raises ValidationError where there were too many.
    """
    account = str(key).strip().lower()
    spent = ratelimit.consume(
        request, app="accounts", action=what, config=LIMITS, key=account, limit_get=True
    )
    if spent is None:
        raise ValidationError(
            _("Too many attempts. Wait five minutes, then try again."), code="too_many"
        )
    return spent.rollback
