"""What a reader chooses: to follow, to change it, to stop."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from contracts.models import Contract
from digests.models import Subscription
from incidents.models import Incident
from scrutiny.models import Body

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def follow(
    user: "User",
    *,
    everything: bool,
    contracts: Iterable[Contract] = (),
    bodies: Iterable[Body] = (),
    failures: Iterable[Incident] = (),
    cadence: str = Subscription.Cadence.WEEKLY,
    at: dt.datetime | None = None,
) -> Subscription:
    """Follow all contracts, or chosen contracts, bodies and failures, from now on; again after
    having stopped, too.

    Raises ValidationError where neither everything nor anything is chosen.
    """
    given = {"contracts": contracts, "bodies": bodies, "failures": failures}
    chosen = {name: [] if everything else list(rows) for name, rows in given.items()}
    if not everything and not any(chosen.values()):
        raise ValidationError(
            {"contracts": _("Choose at least one contract, body or failure, or follow all.")}
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
    # Not its key, which is the secret of the link that stops it.
    after = {"everything": everything, "cadence": cadence, **chosen}
    audit.record(Act.ADDED if is_new else Act.CHANGED, by=user, subject=subscription, after=after)
    user = subscription.user
    contracts_seen = Contract.objects.visible_to(user)
    _choose(subscription, "contracts", "contract", chosen["contracts"], contracts_seen)
    _choose(subscription, "bodies", "body", chosen["bodies"], Body.objects.all())
    failures_seen = Incident.objects.visible_to(user)
    _choose(subscription, "failures", "incident", chosen["failures"], failures_seen)
    return subscription


def _choose(
    subscription: Subscription, name: str, column: str, chosen: list[Any], seen: Any
) -> None:
    """Make what is followed of one kind be what was chosen.

    What has been restricted since could be neither seen nor chosen: it stays, unless all are
    followed. The related manager's own `set` would pass over exempt ones that are seen.
    """
    links = getattr(Subscription, name).through.objects.filter(subscription=subscription)
    wanted = {row.pk for row in chosen}
    dropped = links.exclude(**{f"{column}__in": wanted})
    if not subscription.everything:
        dropped = dropped.filter(**{f"{column}__in": seen})
    dropped.delete()
    key = f"{column}_id"
    links.model.objects.bulk_create(
        (links.model(subscription=subscription, **{key: pk}) for pk in sorted(wanted)),
        ignore_conflicts=True,  # Those that were followed before.
    )


@transaction.atomic
def stop(subscription: Subscription, how: str, *, at: dt.datetime | None = None) -> bool:
    """Send nothing more; False where it was stopped already."""
    current = Subscription.objects.filter(pk=subscription.pk, stopped_at__isnull=True)
    if not current.update(stopped_at=at or timezone.now(), stopped=how):
        return False
    # Who holds the link of a mail need not be its reader.
    by = None if how == Subscription.Stopped.LINK else subscription.user
    audit.record(Act.CHANGED, by=by, subject=subscription, after={"stopped": how})
    return True
