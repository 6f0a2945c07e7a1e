"""Setting the marks that totals must not exceed, and taking them out of force."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from contracts.models import Contract, Recheck
from contracts.register import ask_recheck
from costs.models import Threshold

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def set_threshold(
    *,
    measure: str,
    severity: str,
    percentage: Decimal | None = None,
    amount: Decimal | None = None,
    contract: Contract | None = None,
    by: "User | None" = None,
) -> Threshold:
    """Set a mark over one contract or, without one, over all; asks for the rechecks it needs.

    Raises ValidationError for 0 or less, for more than 1,000%, and for a mark already in force.
    """
    threshold = Threshold(
        measure=measure,
        severity=severity,
        percentage=percentage,
        amount=amount,
        contract=contract,
    )
    threshold.full_clean()
    threshold.save()
    audit.record(Act.ADDED, by=by, subject=threshold)
    _recheck_watched(threshold)
    return threshold


@transaction.atomic
def retire_threshold(
    threshold: Threshold, *, by: "User | None" = None, at: dt.datetime | None = None
) -> None:
    """Take a mark out of force; its open alerts are cleared by the next check."""
    if threshold.retired_at is not None:
        raise ValidationError(_("This threshold was retired already."))
    threshold.retired_at = at or timezone.now()
    threshold.save(update_fields=["retired_at"])
    audit.record(
        Act.WITHDRAWN, by=by, subject=threshold, after={"retired_at": threshold.retired_at}
    )
    _recheck_watched(threshold)


def _recheck_watched(threshold: Threshold) -> None:
    if threshold.contract is not None:
        ask_recheck(threshold.contract)
        return
    Recheck.objects.bulk_create(Recheck(contract=contract) for contract in Contract.all_rows.all())
