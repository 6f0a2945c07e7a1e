from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.evidence import EvidenceFile
from scrutiny.models.decision import Decision


class DecisionFile(EvidenceFile):
    """The minutes, the report or the notice, kept with the decision."""

    visible_through = ("decision",)

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="files")

    class Meta(EvidenceFile.Meta):
        verbose_name = _("file about a decision")
        verbose_name_plural = _("files about decisions")
