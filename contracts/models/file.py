from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.evidence import EvidenceFile
from contracts.models.source import Source


class SourceFile(EvidenceFile):
    """The paper itself, or a picture of it, kept with the source."""

    visible_through = ("source",)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="files")

    class Meta(EvidenceFile.Meta):
        verbose_name = _("file of a source")
        verbose_name_plural = _("files of sources")
