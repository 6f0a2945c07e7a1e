from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models import Source
from scrutiny.models.promise import Promise


class PromiseChange(AppendOnly, Recorded, Visible):
    """One change of a promise: its date, its state or its words, as it was and as it became."""

    class Kind(models.TextChoices):
        """What changed."""

        #: It had no date; somebody gave it one.
        DATE_GIVEN = "given", _("Date given")
        #: Its date was moved.
        RESCHEDULED = "moved", _("Date moved")
        #: It now says something else.
        REWORDED = "reworded", _("Words put right")
        #: It was kept, partly kept, broken or superseded.
        CLOSED = "closed", _("Closed")
        #: It counts as open again.
        REOPENED = "reopened", _("Opened again")

    visible_through = ("promise",)

    promise = models.ForeignKey(Promise, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.TextField(help_text=_("Why; of a closed promise, what shows that it is so."))
    #: When somebody said or did it, which may be long before it was recorded here.
    changed_on = models.DateField(null=True, blank=True)
    changed_precision = precision_field()
    changed_year_inferred = year_inferred_field()
    said_by = models.CharField(
        max_length=150, help_text=_("Who moved it or gave the date; by role unless in public.")
    )
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    was_due_on = models.DateField(null=True, blank=True)
    was_due_precision = precision_field()
    was_due_year_inferred = year_inferred_field()
    was_due_words = models.CharField(max_length=150, blank=True)
    due_on = models.DateField(null=True, blank=True)
    due_precision = precision_field()
    due_year_inferred = year_inferred_field()
    due_words = models.CharField(max_length=150, blank=True)
    was_status = models.CharField(max_length=10, choices=Promise.Status)
    status = models.CharField(max_length=10, choices=Promise.Status)
    was_words = models.TextField()
    words = models.TextField()
    superseded_by = models.ForeignKey(
        Promise, on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="scrutiny_promisechange_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why."),
            ),
            models.CheckConstraint(
                name="scrutiny_promisechange_not_by_itself",
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("promise")),
                violation_error_message=_("A promise is not superseded by itself."),
            ),
            models.CheckConstraint(
                name="scrutiny_promisechange_superseded_names_it",
                condition=Q(status="superseded", superseded_by__isnull=False)
                | Q(~Q(status="superseded"), superseded_by__isnull=True)
                | ~Q(kind="closed"),
                violation_error_message=_("Name the promise that took its place, of those alone."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.promise}"

    @property
    def changed(self) -> SourceDate:
        """When somebody said or did it, as precisely as it is known."""
        return source_date(self, "changed")

    @property
    def was_due(self) -> str:
        """When it fell due before."""
        if self.was_due_on is not None:
            return str(source_date(self, "was_due"))
        return self.was_due_words or "no date named"

    @property
    def due(self) -> str:
        """When it falls due from then on."""
        if self.due_on is not None:
            return str(source_date(self, "due"))
        return self.due_words or "no date named"

    @property
    def days_slipped(self) -> int | None:
        """By how many days a date moved, earlier as a negative; None where there was none."""
        if self.was_due_on is None or self.due_on is None:
            return None
        return (self.due_on - self.was_due_on).days
