"""What a decision authorised, beside what was then committed, invoiced and paid."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from barnetwatch.lib.money import NOTHING, in_sentence
from costs.stages import OFFSETS, Stage
from costs.totals import nets_on
from scrutiny.models import Decision, DecisionCost


@dataclass(frozen=True)
class Authorised:
    """One cost that a decision authorised, as it stands on a day."""

    claim: DecisionCost
    nets: dict[str, Decimal]

    @property
    def committed(self) -> Decimal:
        """What was ordered or contracted."""
        return self.nets.get(Stage.COMMITTED, NOTHING)

    @property
    def invoiced(self) -> Decimal:
        """What was billed."""
        return self.nets.get(Stage.INVOICED, NOTHING)

    @property
    def paid(self) -> Decimal:
        """What left the bank, before what came back."""
        return self.nets.get(Stage.PAID, NOTHING)

    @property
    def came_back(self) -> Decimal:
        """What was credited or recovered."""
        return sum((self.nets.get(stage, NOTHING) for stage in OFFSETS), NOTHING)

    @property
    def in_words(self) -> str:
        """How the spending compares with what was authorised; reaching it is not exceeding it."""
        amount = self.claim.amount
        if amount is None:
            return "The decision gives no sum, so nothing can be set against it."
        for done, sum_ in (("paid", self.paid), ("committed", self.committed)):
            if sum_ > amount:
                return f"{in_sentence(sum_ - amount)} more was {done} than it authorised."
        if not (self.committed or self.invoiced or self.paid):
            return "No order, bill or payment is on the record."
        return "Nothing beyond it was committed or paid."


def authorised(decision: Decision, user: Any, on: dt.date) -> list[Authorised]:
    """The costs that a decision authorised, of those a person may see; two queries."""
    claims = list(
        DecisionCost.objects.visible_to(user)
        .filter(decision=decision)
        .select_related("line__contract")
        .order_by("pk")
    )
    nets = nets_on([claim.line_id for claim in claims], on) if claims else {}
    return [Authorised(claim, dict(nets.get(claim.line_id, {}))) for claim in claims]
