import datetime as dt

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.byrole import ByRole, Who, kept_name_field, public_field, role_field
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

    def due_at(self, body: Body, on: dt.date) -> "PromiseQuerySet":
        """Open promises to a body that it may ask after on a day: due by then, or without a date.

        One made later than that day is not yet there to be asked after.
        """
        due = Q(due_on__isnull=True) | Q(due_on__lte=on)
        made = Q(made_on__isnull=True) | Q(made_on__lte=on)
        return self.unkept().filter(due, made, body=body).order_by("due_on", "made_on", "pk")


class Promise(ByRole, Recorded, Restrictable):
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

    class Due(models.TextChoices):
        """What was said of when."""

        #: A day, a month or a year was named.
        DATE = "date", _("On a date")
        #: Something else has to happen first.
        EVENT = "event", _("By an event")
        #: Neither a date nor an event was named.
        COURSE = "course", _("In due course, or nothing said")

    visible_through = ("contract", "incident")
    who = Who("made_by", beside=("organisation",))

    words = models.TextField(help_text=_("Exactly as they were said or written."))
    made_by = models.CharField(max_length=150, help_text=_("By role unless they act in public."))
    made_by_public = public_field()
    made_by_role = role_field()
    made_by_name = kept_name_field()
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
    due_kind = models.CharField(
        _("due"), max_length=6, choices=Due, default=Due.COURSE, editable=False
    )
    due_on = models.DateField(null=True, blank=True, help_text=_("Empty where no day was named."))
    due_precision = precision_field()
    due_year_inferred = year_inferred_field()
    due_words = models.CharField(
        max_length=150, blank=True, help_text=_("By which event, or “in due course”.")
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    closed_on = models.DateField(
        null=True,
        blank=True,
        help_text=_("The day it was kept, broken or replaced; empty while open or if not known."),
    )
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
            models.CheckConstraint(
                name="scrutiny_promise_due_as_it_says",
                condition=Q(due_kind="date", due_on__isnull=False)
                | Q(Q(due_kind="event", due_on__isnull=True), ~Q(due_words=""))
                | Q(due_kind="course", due_on__isnull=True),
                violation_error_message=_("Say by which day, by which event, or neither."),
            ),
            models.CheckConstraint(
                name="scrutiny_promise_open_is_not_closed",
                condition=Q(closed_on__isnull=True) | ~Q(status="open"),
                violation_error_message=_("A promise that is open has no day of closing."),
            ),
        ]

    def __str__(self) -> str:
        return f"“{self.words}”"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:promise", args=[self.pk])

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

    def days_overdue(self, on: dt.date) -> int:
        """Days since its date went by; nought while it is not late, has no date or is not open.

        Day 1 is the day after.
        """
        if self.status != self.Status.OPEN or self.due_on is None:
            return 0
        return max(0, (on - self.due_on).days)

    def settle_due(self) -> None:
        """Make `due_kind` say what the date and the words say."""
        said = self.due_words.strip().casefold()
        if self.due_on is not None:
            self.due_kind = self.Due.DATE
        elif said and "due course" not in said:
            self.due_kind = self.Due.EVENT
        else:
            self.due_kind = self.Due.COURSE
