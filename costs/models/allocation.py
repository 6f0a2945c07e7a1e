"""Which cost a published payment paid for: allocated by an officer, released again as one act."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import end_of_day
from costs.models.entry import CostEntry
from costs.models.payment import Payment


class PaymentAllocationQuerySet(VisibleQuerySet):
    """Questions about allocations."""

    def standing(self, known_on: dt.date | None = None) -> "PaymentAllocationQuerySet":
        """Allocations neither released nor undone by hand in the ledger; with a day given, as
        things were known at that day's end.
        """
        if known_on is None:
            return self.filter(released__isnull=True, entry__reversal__isnull=True)
        known = end_of_day(known_on)
        return (
            self.filter(recorded_at__lt=known)
            .exclude(released__recorded_at__lt=known)
            .exclude(entry__reversal__recorded_at__lt=known)
        )


class PaymentAllocation(AppendOnly, Recorded, Visible):
    """A payment that was spent on one cost; the entry that it posted stands on the cost's line."""

    visible_through = ("payment", "entry")

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allocations", db_index=False
    )
    #: The line is the entry's; a payment posts as paid, a negative one as credited.
    entry = models.OneToOneField(CostEntry, on_delete=models.PROTECT, related_name="allocation")
    attempt = models.PositiveSmallIntegerField(
        default=1, help_text=_("2 where the payment was allocated and released once before.")
    )
    note = models.TextField(blank=True, help_text=_("Why it belongs to this cost."))

    objects = open_rows(PaymentAllocationQuerySet)
    all_rows = every_row(PaymentAllocationQuerySet)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            # Of several who allocate the same payment at once, one gets through.
            models.UniqueConstraint(
                fields=["payment", "attempt"],
                name="costs_paymentallocation_once",
                violation_error_message=_("This payment is allocated already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment}: {self.entry.line}"


class AllocationReleased(AppendOnly, Recorded, Visible):
    """An allocation that holds no longer; its entry was reversed."""

    visible_through = ("allocation",)

    allocation = models.OneToOneField(
        PaymentAllocation, on_delete=models.PROTECT, related_name="released"
    )
    reason = models.TextField(help_text=_("Why it holds no longer."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="costs_allocationreleased_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why the allocation is released."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.allocation}, released"
