from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Restrictable
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field


class Source(Restrictable):
    """Where a fact was read."""

    class Kind(models.TextChoices):
        """What sort of paper it is."""

        #: A paper of the council or one of its committees.
        COUNCIL = "council", _("Council paper")
        #: An officer's decision under delegated powers.
        DELEGATED = "delegated", _("Delegated powers report")
        #: A report by internal or external auditors.
        AUDIT = "audit", _("Audit report")
        #: The contract itself or a document under it.
        CONTRACT = "contract", _("Contract document")
        #: A newspaper or a trade paper.
        NEWS = "news", _("News report")
        #: A blog or a page of a party, a union or a campaign.
        BLOG = "blog", _("Blog or campaign page")
        #: Figures the council publishes, such as payments.
        DATA = "data", _("Published data")
        #: Anything else; say what in the note.
        OTHER = "other", _("Other")

    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=250)
    publisher = models.CharField(max_length=150, help_text=_("Who put it out."))
    published_on = models.DateField(null=True, blank=True)
    published_precision = precision_field()
    published_year_inferred = year_inferred_field()
    url = models.URLField(_("link"), max_length=500, blank=True)
    page = models.CharField(max_length=50, blank=True, help_text=_("Page or paragraph."))
    quotation = models.TextField(blank=True, help_text=_("Its own words, where they matter."))
    note = models.TextField(blank=True, help_text=_("What a reader should know about it."))

    class Meta(Restrictable.Meta):
        ordering = ["publisher", "title"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["publisher", "title", "page"],
                name="contracts_source_once",
                violation_error_message=_("That title is not available for this publisher."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.title}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:source", args=[self.pk])

    @property
    def published(self) -> SourceDate:
        """When it came out, as precisely as it is known."""
        return source_date(self, "published")
