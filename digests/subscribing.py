"""What a reader chooses: to follow, to change it, to stop."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from digests.models import Subscription

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def follow(
    user: "User",
    *,
    everything: bool,
    contracts: Iterable[Contract] = (),
    cadence: str = Subscription.Cadence.WEEKLY,
    at: dt.datetime | None = None,
) -> Subscription:
    """Follow all contracts or chosen ones, from now on; again after having stopped, too.

    Raises ValidationError where neither all nor any contract is chosen.
    """
    chosen = [] if everything else list(contracts)
    if not everything and not chosen:
        raise ValidationError(
            {"contracts": _("Choose at least one contract, or follow all of them.")}
        )
    moment = at or timezone.now()
    subscription, is_new = Subscription.objects.get_or_create(
        user=user, defaults={"started_at": moment, "cut_at": moment}
    )
    if not is_new and not subscription.is_current:
        subscription.started_at = subscription.cut_at = moment
        subscription.stopped_at, subscription.stopped = None, ""
    subscription.everything, subscription.cadence = everything, cadence
    subscription.full_clean()
    subscription.save()
    subscription.contracts.set(chosen)
    return subscription


def stop(subscription: Subscription, how: str, *, at: dt.datetime | None = None) -> bool:
    """Send nothing more; False where it was stopped already."""
    return bool(
        Subscription.objects.filter(pk=subscription.pk, stopped_at__isnull=True).update(
            stopped_at=at or timezone.now(), stopped=how
        )
    )
