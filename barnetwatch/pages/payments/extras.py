"""Extras with a decision, of several contracts at once: what is taken off what is over plan.

The same as `unexplained` has for one contract, in one query.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from barnetwatch.lib.dates import end_of_day
from barnetwatch.lib.money import NOTHING
from costs.models import Payment, PaymentAllocation
from costs.payments.attributing import decided
from costs.payments.plans import Attributed
from scrutiny.models import DecisionCost


@dataclass(frozen=True)
class Extras:
    """Payments that were allocated to a cost which a decision authorises, and to one that none
    does; in pounds.
    """

    decided: Decimal = NOTHING
    undecided: Decimal = NOTHING


NO_EXTRAS = Extras()


def extras_of(
    found: Mapping[int, Attributed], user: Any, known_on: dt.date | None = None
) -> dict[int, Extras]:
    """The extras under contracts that the reader was let through to, by their ids, up to the last
    day covered. Only costs and decisions that the reader sees count.
    """
    rules = list({rule.pk: rule for each in found.values() for rule in each.rules}.values())
    rows = _allocated({rule.key for rule in rules}, user, known_on)
    by_payment = decided([row.payment for row in rows], rules)
    sums: dict[int, list[Decimal]] = {}
    for row in rows:
        pk = by_payment[row.payment_id]
        each = found.get(pk or 0)
        if pk is None or each is None or each.at is None or row.payment.paid_on > each.at:
            continue
        of_one = sums.setdefault(pk, [NOTHING, NOTHING])
        of_one[not row.has_decision] += row.payment.amount
    return {pk: Extras(*of_one) for pk, of_one in sums.items()}


def _allocated(keys: set[str], user: Any, known_on: dt.date | None) -> list[Any]:
    """The standing allocations of payments to some names, with whether a decision stands behind."""
    if not keys:
        return []
    links = DecisionCost.objects.visible_to(user).filter(line=OuterRef("entry__line"))
    if known_on is not None:
        links = links.filter(recorded_at__lt=end_of_day(known_on))
    counted = Payment.objects.counted(known_on).filter(payee__key__in=keys)
    rows = PaymentAllocation.objects.visible_to(user).standing(known_on)
    rows = rows.filter(payment__in=counted.values("pk"), payment__paid_on__isnull=False)
    return list(rows.select_related("payment__payee").annotate(has_decision=Exists(links)))
