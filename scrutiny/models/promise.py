import datetime as dt

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models import Contract, Source
from incidents.models import Incident
from scrutiny.models.body import Body


class PromiseQuerySet(VisibleQuerySet):
    """Questions about promises."""

    def unkept(self) -> "PromiseQuerySet":
        """Promises still open."""
        return self.filter(status=Promise.Status.OPEN)

    def dateless(self) -> "PromiseQuerySet":
        """Open promises that name no day, oldest first."""
        return self.unkept().filter(due_on__isnull=True).order_by("made_on", "pk")

    def late(self, on: dt.date) -> "PromiseQuerySet":
        """Open promises whose day lies before a day, the longest overdue first."""
        return self.unkept().filter(due_on__lt=on).order_by("due_on", "pk")


class Promise(Recorded, Restrictable):
    """Something a body was told would be done."""

    class Status(models.TextChoices):
        """What became of it."""

        #: Nothing shows that it was kept or broken.
        OPEN = "open", _("Open")
        #: Done as promised.
        KEPT = "kept", _("Kept")
        #: Done in part.
        PARTLY = "partly", _("Partly kept")
        #: Not done, and will not be.
        BROKEN = "broken", _("Broken")
        #: Another promise took its place.
        SUPERSEDED = "superseded", _("Superseded")

    visible_through = ("contract", "incident")

    words = models.TextField(help_text=_("Exactly as they were said or written."))
    made_by = models.CharField(max_length=150, help_text=_("By role unless they act in public."))
    organisation = models.CharField(max_length=150, blank=True)
    body = models.ForeignKey(
        Body,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="promises",
        help_text=_("The body it was made to, or that will be told."),
    )
    made_on = models.DateField(null=True, blank=True)
    made_precision = precision_field()
    made_year_inferred = year_inferred_field()
    due_on = models.DateField(null=True, blank=True, help_text=_("Empty where no day was named."))
    due_precision = precision_field()
    due_year_inferred = year_inferred_field()
    due_words = models.CharField(
        max_length=150, blank=True, help_text=_("By which event, or “in due course”.")
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="promises"
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="promises"
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    objects = open_rows(PromiseQuerySet)
    all_rows = every_row(PromiseQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["made_on", "pk"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.CheckConstraint(
                name="scrutiny_promise_belongs_somewhere",
                condition=Q(contract__isnull=False) | Q(incident__isnull=False),
                violation_error_message=_("Name the contract or the failure it is about."),
            ),
        ]

    def __str__(self) -> str:
        return f"“{self.words}”"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:scrutiny_promise_change", args=[self.pk])

    @property
    def made(self) -> SourceDate:
        """When it was made, as precisely as it is known."""
        return source_date(self, "made")

    @property
    def due(self) -> str:
        """When it falls due: a date, an event, or that none was named."""
        if self.due_on is not None:
            return str(source_date(self, "due"))
        return self.due_words or "no date named"

    def age_in_days(self, on: dt.date) -> int | None:
        """Days since it was made; None where that is not known. Day 1 is the day after."""
        return None if self.made_on is None else max(0, (on - self.made_on).days)
