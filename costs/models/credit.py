from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible
from barnetwatch.lib.appendonly import AppendOnly
from contracts.models import Commitment
from costs.models.entry import CostEntry
from costs.models.line import CostLine
from costs.stages import Stage


class CreditReceived(AppendOnly, Recorded, Visible):
    """The mark that a credited entry of the ledger is the service credit of a commitment."""

    visible_through = ("commitment", "entry")

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="credits_received"
    )
    entry = models.OneToOneField(CostEntry, on_delete=models.PROTECT, related_name="credit_for")

    class Meta:
        ordering = ["commitment", "pk"]
        verbose_name = _("service credit received")
        verbose_name_plural = _("service credits received")

    def __str__(self) -> str:
        return f"{self.commitment}: {self.entry}"

    def clean(self) -> None:
        if not (self.entry_id and self.commitment_id):
            return
        entry, line = self.entry, self.entry.line
        if entry.stage != Stage.CREDITED or line.kind != CostLine.Kind.SERVICE_CREDIT:
            raise ValidationError(
                {"entry": _("Only a credited entry on a cost of kind service credit is one.")}
            )
        if line.contract_id != self.commitment.contract_id:
            raise ValidationError({"entry": _("That cost stands beside another contract.")})
