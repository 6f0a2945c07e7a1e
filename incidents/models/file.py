from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.evidence import EvidenceFile
from incidents.models.incident import Incident


class FailureFile(EvidenceFile):
    """A file that shows what failed, kept with the failure."""

    visible_through = ("incident",)

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="files")

    class Meta(EvidenceFile.Meta):
        verbose_name = _("file about a failure")
        verbose_name_plural = _("files about failures")
