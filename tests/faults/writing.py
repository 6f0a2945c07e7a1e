"""What people record while workers die: costs over a mark, failures to be told, payment files.

Whoever wrote it knows what must become of it, whatever was killed meanwhile.
"""

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone

from contracts.models import Contract, Recheck, RecheckLease
from costs import rechecks
from costs.models import CostEntry, OverrunAlert, Payment, PaymentUpload
from costs.payments import importing, uploads, working
from digests.models import AlertTold, Edition, Subscription
from digests.sending import LEASE as MAIL_LEASE
from digests.weeks import latest_told
from tests import factories
from tests.costs.payments.files import table
from tests.digests.readers import a_failure, a_reader

MARK = 100_000
#: Payments of a file: enough that a worker is killed in the middle of an import at times.
ROWS = 3_000
WEEK = dt.timedelta(days=7)
State = PaymentUpload.State


class Record:
    """A record that is written to without end."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        factories.a_threshold("firm", MARK, severity="high")
        self.week = latest_told(timezone.now())
        #: Follows everything from now on: is written to about each alert, and gets no digest.
        self.watcher = a_reader(since=timezone.now())
        self.sums: dict[int, Decimal] = {}
        self.readers: dict[int, Contract] = {}
        self.entries: set[int] = set()
        self.uploads: set[int] = set()

    def write(self) -> None:
        """A contract that goes over the mark, or just does not; now and then a reader of it with
        a failure to read of, and a payment file."""
        contract = factories.a_contract()
        line = factories.a_line(contract)
        self.sums[contract.pk] = Decimal(0)
        over = self.rng.random() < 0.8
        for amount in (60_000, 39_000, 1_000 if not over else self.rng.randint(1_001, 900_000)):
            on = dt.date(2014, 1, 1) + dt.timedelta(days=self.rng.randrange(1_500))
            entry = factories.post(line, "approved", amount, on)
            self.entries.add(entry.pk)
            self.sums[contract.pk] += amount
        if self.rng.random() < 0.5:
            a_failure(contract, at=self.week.cut - dt.timedelta(days=2))
            self.readers[a_reader(contract, since=self.week.cut - WEEK).pk] = contract
        if self.rng.random() < 0.5:
            self.bring_payments()

    def bring_payments(self) -> None:
        """A file of a publisher's of its own, so that no two are of the same payments."""
        number = len(self.uploads)
        rows = [
            f"R,D,T,{number * ROWS + n},Supplier {n % 50},{n}.00,{1 + n % 28:02}/04/2018"
            for n in range(ROWS)
        ]
        upload = uploads.receive(
            [table(*rows).encode()],
            name=f"{number}.csv",
            publisher=importing.publisher_of(f"Publisher {number}"),
            by=factories.the_officer(),
        )
        self.uploads.add(upload.pk)

    def confirm_what_is_ready(self) -> None:
        """As the officer does who brought it."""
        for upload in PaymentUpload.objects.filter(state=State.READY):
            uploads.confirm(upload, by=factories.the_officer())

    # What must have become of it ----------------------------------------------------------

    @property
    def over(self) -> set[int]:
        """The contracts that must have an alert."""
        return {contract for contract, total in self.sums.items() if total > MARK}

    @property
    def tellings(self) -> set[tuple[int, int]]:
        """Who must have been written to about which contract's alert."""
        told = {(self.watcher.pk, contract) for contract in self.over}
        own = {(reader, contract.pk) for reader, contract in self.readers.items()}
        return told | {(reader, contract) for reader, contract in own if contract in self.over}

    def is_done(self) -> bool:
        """Whether all that was written has been worked off; confirms files on the way."""
        self.confirm_what_is_ready()
        return (
            not Recheck.objects.exists()
            and not PaymentUpload.objects.unfinished().exists()
            and not Subscription.objects.filter(cut_at__lt=self.week.cut).exists()
            and AlertTold.objects.count() >= len(self.tellings)
            and not Edition.objects.filter(state__in=["due", "claimed"]).exists()
        )

    def waits_for(self) -> str:
        """What is not done, for whoever reads why a run failed."""
        editions = Edition.objects.exclude(state="sent").values_list("state", "server_said")
        unread = PaymentUpload.objects.unfinished().values_list("state", "tries", "held_until")
        return (
            f"rechecks {list(Recheck.objects.values_list('contract', 'asked_at'))}, uploads"
            f" {list(unread)}, tellings {AlertTold.objects.count()} of {len(self.tellings)},"
            f" mails {list(editions)}"
        )

    # What there is ------------------------------------------------------------------------

    def entries_found(self) -> Iterator[int]:
        """Entries of the ledger."""
        yield from CostEntry.objects.values_list("pk", flat=True)

    def alerts_found(self) -> Iterator[tuple[int, Decimal]]:
        """Contracts with an alert, each with the sum that the alert gives."""
        yield from OverrunAlert.all_rows.values_list("contract", "total_now")

    def alerts_expected(self) -> set[tuple[int, Decimal]]:
        """The same, of those over the mark."""
        return {(contract, self.sums[contract]) for contract in self.over}

    def tellings_found(self) -> list[tuple[int, int]]:
        """Who was told of which contract's alert."""
        return list(AlertTold.objects.values_list("subscription", "alert__contract"))

    def digests_found(self) -> list[int]:
        """Readers with a digest."""
        return list(Edition.objects.exclude(week="").values_list("subscription", flat=True))

    def payments_found(self) -> list[str]:
        """Their references, which no two payments share."""
        return list(Payment.objects.values_list("reference", flat=True))

    def payments_expected(self) -> set[str]:
        """Those of files that were not given up."""
        there = PaymentUpload.objects.filter(state=State.IMPORTED).values_list("name", flat=True)
        numbers = [int(name.removesuffix(".csv")) for name in there]
        return {str(number * ROWS + n) for number in numbers for n in range(ROWS)}


def leases_run_out(killed_at: dt.datetime) -> float:
    """The clock goes on for what a dead worker still holds; how many seconds at the most.

    Only for what was claimed before it was killed: what another holds by now is left alone.
    """
    now, skipped = timezone.now(), 0.0
    for rows, lease in (
        (RecheckLease.objects.all(), rechecks.LEASE),
        (PaymentUpload.objects.all(), working.LEASE),
        (Edition.objects.filter(state=Edition.State.CLAIMED), MAIL_LEASE),
    ):
        held = rows.filter(held_until__gt=now, held_until__lte=killed_at + lease)
        for until in held.values_list("held_until", flat=True):
            skipped = max(skipped, (until - now).total_seconds())
        held.update(held_until=now)
    return skipped
