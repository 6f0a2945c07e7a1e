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
    elif cadence == Subscription.Cadence.WEEKLY != subscription.cadence:
        # Who had only alerts is not told months of news in the first digest.
        subscription.cut_at = moment
    subscription.everything, subscription.cadence = everything, cadence
    subscription.full_clean()
    subscription.save()
    _choose(subscription, chosen)
    return subscription


def _choose(subscription: Subscription, chosen: list[Contract]) -> None:
    """Make what is followed be what was chosen.

    A contract that has been restricted since could be neither seen nor chosen: it stays, unless
    all are followed. The related manager's own `set` would pass over exempt ones that are seen.
    """
    links = Subscription.contracts.through.objects.filter(subscription=subscription)
    wanted = {contract.pk for contract in chosen}
    seen = Contract.objects.visible_to(subscription.user)
    dropped = links.exclude(contract__in=wanted)
    (dropped if subscription.everything else dropped.filter(contract__in=seen)).delete()
    links.model.objects.bulk_create(
        (links.model(subscription=subscription, contract_id=pk) for pk in sorted(wanted)),
        ignore_conflicts=True,  # Those that were followed before.
    )


def stop(subscription: Subscription, how: str, *, at: dt.datetime | None = None) -> bool:
    """Send nothing more; False where it was stopped already."""
    return bool(
        Subscription.objects.filter(pk=subscription.pk, stopped_at__isnull=True).update(
            stopped_at=at or timezone.now(), stopped=how
        )
    )
