"""What administrators do with somebody's account besides changing what stands on it."""

from typing import Any

from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, inviting, letters, secondfactor
from accounts.audit import Act
from accounts.backoffice import journal
from accounts.models import User


def invite_again(person: User, fields: dict[str, Any], by: User) -> None:
    """Send an invitation anew. Raises ValidationError where the mail server does not take it."""
    if not inviting.invite(person):
        raise ValidationError(
            _("The mail server did not take the mail. Nothing was sent; try again later.")
        )
    audit.record(Act.INVITED, by=by, subject=person)


def reset_factor(person: User, fields: dict[str, Any], by: User) -> None:
    """Take away somebody's second factor, for a reason that is noted and told them."""
    secondfactor.take_away(person)
    reason = fields["reason"]
    audit.record(Act.FACTOR_RESET, by=by, subject=person, reason=reason)
    journal.write(by, person, CHANGE, f"Reason given: {reason}")
    transaction.on_commit(
        lambda: letters.send(
            person,
            "factor_reset",
            "Your second factor on BarnetWatch was reset",
            by=by.name,
            reason=reason,
        )
    )
