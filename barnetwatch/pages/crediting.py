"""Service credits as pages print them: due under the contract, claimed by the council, received."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from barnetwatch.lib.money import NOTHING
from contracts.models import Commitment, ServiceCredit
from costs.models import CostEntry, CostLine, CreditReceived
from costs.stages import Stage


@dataclass(frozen=True)
class Credits:
    """What is due, claimed and received, in pounds: three sums that are never added up."""

    due: Decimal = NOTHING
    claimed: Decimal = NOTHING
    received: Decimal = NOTHING

    @property
    def rows(self) -> list[tuple[str, Decimal]]:
        """Each with what it is called."""
        return [
            ("Due under the contract", self.due),
            ("Claimed by the council", self.claimed),
            ("Received: credited in the ledger", self.received),
        ]

    def __bool__(self) -> bool:
        return bool(self.due or self.claimed or self.received)


def summed(given: Iterable[ServiceCredit], received: Sequence[CostEntry]) -> Credits:
    """Rows that stand, and the entries received, as three sums."""
    rows = list(given)

    def of(step: str) -> Decimal:
        return sum((row.amount for row in rows if row.step == step), NOTHING)

    got = sum((entry.amount for entry in received), NOTHING)
    return Credits(of(ServiceCredit.Step.DUE), of(ServiceCredit.Step.CLAIMED), got)


def received_for(commitment: Commitment, user: Any) -> list[CreditReceived]:
    """The entries marked as a commitment's service credit and not reversed since."""
    standing = CostEntry.objects.visible_to(user).standing()
    rows = CreditReceived.objects.visible_to(user).filter(commitment=commitment)
    return list(
        rows.filter(entry__in=standing.order_by().values("pk"))
        .select_related("entry__line", "recorded_by")
        .order_by("entry__effective_on", "pk")
    )


def credited_beside(contract: Any, user: Any) -> QuerySet[CostEntry]:
    """The credited entries of a contract's service credits that a person sees and that stand."""
    found: QuerySet[CostEntry] = (
        CostEntry.objects.visible_to(user)
        .standing()
        .filter(
            line__contract=contract,
            line__kind=CostLine.Kind.SERVICE_CREDIT,
            stage=Stage.CREDITED,
        )
        .select_related("line")
    )
    return found
