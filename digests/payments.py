"""What files imported just now say was paid under contracts, against the plan."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from barnetwatch.lib.money import NOTHING
from contracts.models import Contract
from costs.models import AttributionRule, Payee, PaymentFile
from costs.payments.course import Stands, positions_on


@dataclass(frozen=True)
class News:
    """One contract, with the files that brought news of it, the newest first."""

    contract: Contract
    stands: Stands
    files: list[PaymentFile] = field(default_factory=list)


def paid_news(imported: Q, followed: Q, on: dt.date) -> list[News]:
    """Contracts whose publisher's files were imported just now, most over plan first.

    `imported` says of files, `followed` of the path `contract` of rules, which are meant. From
    open rows, and in a constant number of queries.
    """
    files: dict[int, list[PaymentFile]] = defaultdict(list)
    current = PaymentFile.objects.current().filter(imported)
    for file in current.order_by("-reading__covers_to", "-pk"):
        files[file.publisher_id].append(file)
    if not files:
        return []
    rules = AttributionRule.objects.standing().filter(followed, contract__isnull=False)
    contracts = {rule.contract: rule.contract_id for rule in rules.select_related("contract")}
    publishers: dict[str, set[int]] = defaultdict(set)
    payees = Payee.objects.filter(publisher__in=files, key__in=[rule.key for rule in rules])
    for key, publisher in payees.order_by().values_list("key", "publisher").distinct():
        publishers[key].add(publisher)
    whose: dict[int, set[int]] = defaultdict(set)
    for rule in rules:
        whose[rule.contract_id] |= publishers[rule.key]
    stands = positions_on(on, [pk for pk in whose if whose[pk]])
    found = [
        News(contract, stands[pk], [file for each in sorted(whose[pk]) for file in files[each]])
        for contract, pk in contracts.items()
        if pk in stands
    ]
    return sorted(found, key=_most_over_first)


def _most_over_first(news: News) -> tuple[bool, Decimal, str]:
    over = news.stands.plan.over
    return over is None, -(over or NOTHING), news.contract.reference


def plans_in_words(contracts: Collection[int], on: dt.date) -> dict[int, str]:
    """Where payments stand against the plans of contracts, or why that is not said."""
    found = positions_on(on, contracts) if contracts else {}
    words = {pk: str(_("Over plan: no payments are attributed to it now")) for pk in contracts}
    for pk, stands in found.items():
        plan = stands.plan
        words[pk] = plan.in_words if plan.over is not None else f"Over plan: {plan.why_not}"
    return words
