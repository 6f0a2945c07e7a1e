"""Service credits received: which credited entries of the ledger answer which commitment."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import audit
from accounts.audit import Act
from contracts.models import Commitment
from costs.models import CostEntry, CreditReceived

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def receive(
    commitment: Commitment, entry: CostEntry, *, by: "User", at: dt.datetime | None = None
) -> CreditReceived:
    """Record that a credited entry is the service credit of a commitment.

    Raises ValidationError unless it is credited, on a cost of kind service credit of the same
    contract, and of no commitment yet.
    """
    row = CreditReceived(commitment=commitment, entry=entry, recorded_by=by)
    if at is not None:
        row.recorded_at = at
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row)
    return row
