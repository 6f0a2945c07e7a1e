"""What a change of the rules would move, as the page shows it before it is done."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from barnetwatch.lib.money import NOTHING, in_table
from contracts.models import Contract
from costs.payments.moves import Moves
from costs.payments.plans import attributed


@dataclass(frozen=True)
class ContractMove:
    """What is paid to date under a contract, before and after."""

    contract: Contract
    before: str
    after: str
    moved: str


@dataclass(frozen=True)
class Preview:
    """How many payments would move, what they come to, and what that does to which contract."""

    payments: int
    amount: str
    contracts: list[ContractMove]


def told(moves: Moves, user: Any, on: dt.date) -> Preview:
    """The same, of the contracts that a person may see."""
    seen = Contract.objects.visible_to(user).filter(pk__in=list(moves.contracts))
    paid = attributed(list(moves.contracts), on)
    found = []
    for contract in seen.order_by("reference", "pk"):
        moved = moves.contracts[contract.pk]
        before = paid[contract.pk].paid.total if contract.pk in paid else NOTHING
        found.append(
            ContractMove(contract, in_table(before), in_table(before + moved), in_table(moved))
        )
    return Preview(moves.decided.payments, in_table(moves.decided.amount), found)
