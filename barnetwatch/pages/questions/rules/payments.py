"""What was paid under a contract and nobody has explained."""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.payments.unexplained import Unexplained, unexplained
from barnetwatch.pages.questions.rules.rule import Rule
from contracts.models import Contract
from costs.models import AttributionRule
from costs.payments.plan import plan_position

#: Contracts that are looked at, those most lately given payments first: each costs about ten
#: queries, since what was paid under one is asked of its own payments.
LOOKED_AT = 10


class PaymentsUnexplained(Rule):
    """More than £100,000 was paid beyond what was contracted and what a decision stands behind."""

    slug = "payments-unexplained"
    name = "Payments nobody has explained"
    reason = "More was paid than the contract and the decisions on the record account for."
    permission = "costs.view_payment"
    LIMIT = Decimal(100_000)

    def query(self, user: Any, on: dt.date) -> Iterator[tuple[Contract, Unexplained]]:
        ruled = AttributionRule.objects.visible_to(user).standing().filter(contract__isnull=False)
        latest = list(dict.fromkeys(ruled.order_by("-pk").values_list("contract", flat=True)))[
            :LOOKED_AT
        ]
        found = Contract.objects.visible_to(user).in_bulk(latest)
        for contract in (found[pk] for pk in latest if pk in found):
            number = unexplained(contract, user, plan_position(contract, on))
            if number.amount is not None and number.amount > self.LIMIT:
                yield contract, number

    def rows(self, found: tuple[Contract, Unexplained]) -> Iterable[Contract]:
        return found[:1]

    def contract(self, found: tuple[Contract, Unexplained]) -> int:
        return found[0].pk

    def sentence(self, found: tuple[Contract, Unexplained], on: dt.date) -> str:
        contract, number = found
        return (
            f"Under {contract}, {number.in_words}. What was the "
            f"{in_sentence(number.amount or Decimal(0))} for, and who authorised it?"
        )
