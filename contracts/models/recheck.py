"""How news travels up: a row says that a contract's totals may have moved."""

from django.db import models
from django.utils import timezone

from contracts.models.contract import Contract


class Recheck(models.Model):
    """A contract whose overruns must be worked out again, once `asked_at` has come.

    Written in the transaction that moved a total. A row that takes effect on a later day asks
    for that day's first moment.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.CASCADE, related_name="rechecks", db_index=False
    )
    asked_at = models.DateTimeField(default=timezone.now)
    moved_on = models.DateField(
        null=True, help_text="Earliest day on which a total moved; empty: any day may have."
    )

    only_rose = models.BooleanField(
        default=False, help_text="No total can have fallen, so a run above a mark goes on unbroken."
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            # Read by the sweep: which rechecks are due, and of which contracts.
            models.Index(fields=["asked_at", "contract"], name="contracts_recheck_due"),
            # Read by one contract's check, and by the cascade of its deletion.
            models.Index(fields=["contract", "asked_at"], name="contracts_recheck_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, asked {self.asked_at:%d %B %Y %H:%M}"


class RecheckLease(models.Model):
    """The worker that checks a contract holds it until a moment; after that another may."""

    contract = models.OneToOneField(
        Contract, on_delete=models.CASCADE, primary_key=True, related_name="recheck_lease"
    )
    held_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.contract}, held until {self.held_until}"
