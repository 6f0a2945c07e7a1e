from django.db import models
from django.utils import timezone

from accounts.visibility import Visible
from barnetwatch.lib.appendonly import AppendOnly
from costs.models.entry import CostEntry
from costs.models.line import CostLine


class LedgerSeal(AppendOnly, Visible):
    """The seal of one entry: SHA-256 over the entry and over the seal before it on its line.

    Written by costs.ledger in the transaction of the entry, beside it and never in it. Whoever
    changes an entry past the guards must make every later seal of its line anew, and cannot do so
    in the digests that were sent.
    """

    visible_through = ("line",)

    entry = models.OneToOneField(
        CostEntry, on_delete=models.PROTECT, primary_key=True, related_name="seal"
    )
    line = models.ForeignKey(
        CostLine, on_delete=models.PROTECT, related_name="seals", db_index=False
    )
    number = models.PositiveIntegerField(help_text="Its place in the chain of its line, from 1.")
    sealed_at = models.DateTimeField(default=timezone.now)
    seal = models.CharField(max_length=64, help_text="SHA-256, by costs.seals.")

    class Meta:
        constraints = [
            # No two entries follow the same one. Also read for the last seal of a line.
            models.UniqueConstraint(fields=["line", "number"], name="costs_ledgerseal_number"),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number} of line {self.line_id}"
