"""A register with news on every contract, and its readers, for the measurement of digests."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from bench import ledgerfill
from contracts.models import Contract, Source
from costs import ledger, rechecks
from costs.models import CostLine
from digests.models import Subscription
from digests.weeks import Week, week_of
from incidents import casework
from scrutiny import record

#: Contracts that the readers of a set follow.
FOLLOWED = 12


@dataclass(frozen=True)
class Filled:
    """The week that is to be told, and the moment up to which readers were told."""

    week: Week
    since_at: dt.datetime


def fill(contracts: int, sets: int, readers: int) -> Filled:
    """Contracts with ledgers, then readers, then the news of a week on every contract."""
    ledgerfill.fill(contracts - 1, lines=5, entries=20, large=100)
    rechecks.sweep(timezone.now())
    since = timezone.now()
    _readers(readers, sets, since)
    at = since + dt.timedelta(seconds=1)
    for number, contract in enumerate(Contract.objects.order_by("pk")):
        _news(contract, number, at)
    rechecks.sweep(at)
    return Filled(week_of(timezone.localdate(at)), since)


def _readers(number: int, sets: int, since: dt.datetime) -> None:
    """Readers spread over the sets: all contracts, and chosen ones."""
    ids = list(Contract.objects.order_by("pk").values_list("pk", flat=True))
    users = User.objects.bulk_create(
        User(email=f"reader{n}@barnetwatch.example", name=f"Reader {n}") for n in range(number)
    )
    following = Subscription.objects.bulk_create(
        Subscription(user=user, everything=n % sets == 0, started_at=since, cut_at=since)
        for n, user in enumerate(users)
    )
    step = max(1, len(ids) // sets)
    links = Subscription.contracts.through
    links.objects.bulk_create(
        links(subscription_id=each.pk, contract_id=ids[(n % sets * step + k) % len(ids)])
        for n, each in enumerate(following)
        if not each.everything
        for k in range(FOLLOWED)
    )


def _news(contract: Contract, number: int, at: dt.datetime) -> None:
    """A sum on every contract; a failure on every second; a decision and a promise on some."""
    by, source = User.objects.get(email="bench@barnetwatch.example"), Source.objects.get()
    line = CostLine.objects.filter(contract=contract).order_by("pk")[0]
    ledger.post(
        line,
        stage="approved",
        amount=Decimal(200_000 + 1_000 * number),
        effective_on=dt.date(2025, 3, 1),
        source=source,
        stated_by="Policy and Resources Committee",
        by=by,
        at=at,
    )
    if number % 2 == 0:
        casework.report(
            title=f"The system of contract {number} does not bill clients",
            category="system",
            severity="major",
            description="It should bill clients and does not.",
            contract=contract,
            by=by,
            at=at,
        )
    if number % 3 == 0:
        record.decide(
            kind="delegated",
            title=f"More assurance of contract {number}",
            text="It is so decided.",
            outcome="agreed",
            taken_by="Director of Resources",
            taken_on=dt.date(2025, 3, 1),
            source=source,
            contract=contract,
            by=by,
            at=at,
        )
        record.promise(
            words="The findings will be reported to the committee in due course",
            made_by="Director of Resources",
            made_on=dt.date(2025, 3, 1),
            source=source,
            contract=contract,
            by=by,
            at=at,
        )
