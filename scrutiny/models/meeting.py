import datetime as dt

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models import Contract, Source
from scrutiny.models.body import Body
from scrutiny.models.promise import Promise


class MeetingQuerySet(VisibleQuerySet):
    """Questions about meetings."""

    def ahead(self, on: dt.date) -> "MeetingQuerySet":
        """Those on a day or after it, the next first."""
        return self.filter(held_on__gte=on, cancelled=False).order_by("held_on", "pk")


class Meeting(Recorded, Restrictable):
    """A body comes together; what it may ask after is due there."""

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="meetings")
    held_on = models.DateField(_("date"))
    held_precision = precision_field()
    held_year_inferred = year_inferred_field()
    title = models.CharField(
        max_length=200, blank=True, help_text=_("Empty for an ordinary meeting of the body.")
    )
    place = models.CharField(max_length=150, blank=True)
    cancelled = models.BooleanField(default=False, help_text=_("It does not take place."))
    papers = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Its agenda or minutes; empty while there are none."),
    )
    contracts = models.ManyToManyField(Contract, blank=True, related_name="meetings")
    promises = models.ManyToManyField(Promise, blank=True, related_name="meetings")
    note = models.TextField(blank=True)

    objects = open_rows(MeetingQuerySet)
    all_rows = every_row(MeetingQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["-held_on", "-pk"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["body", "held_on", "title"],
                name="scrutiny_meeting_once",
                violation_error_message=_(
                    "A meeting of this body on this day is not available. Give it a title that "
                    "tells it apart."
                ),
            ),
        ]
        indexes = [
            # What comes up, on the overview and in calendars.
            models.Index(fields=["held_on"], name="scrutiny_meeting_held_on"),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.body}, {self.held}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:meeting", args=[self.pk])

    @property
    def held(self) -> SourceDate:
        """When it is held, as precisely as it is known."""
        return source_date(self, "held")
