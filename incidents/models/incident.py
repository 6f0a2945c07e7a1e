import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import (
    LONDON,
    SourceDate,
    end_of_day,
    precision_field,
    source_date,
    year_inferred_field,
)
from contracts.models import Contract, Service, Source, Supplier


class IncidentQuerySet(VisibleQuerySet):
    """Questions about failures."""

    def unfinished(self) -> "IncidentQuerySet":
        """Failures that nobody has resolved or closed."""
        return self.exclude(status__in=Incident.FINISHED)

    def with_last_word(self) -> "IncidentQuerySet":
        """Each with `last_word_at`: when something was last recorded about it."""
        latest = (
            IncidentUpdate.all_rows.filter(incident=models.OuterRef("pk"))
            .order_by("-recorded_at")
            .values("recorded_at")[:1]
        )
        return self.annotate(last_word_at=Coalesce(models.Subquery(latest), "recorded_at"))

    def with_course(self, on: dt.date) -> "IncidentQuerySet":
        """Each with `began_on`, the first day that is known of it, `ended_on`, empty while it goes
        on, and `course`: the time between them, or until a day.
        """
        ending = (
            IncidentUpdate.all_rows.filter(
                incident=models.OuterRef("pk"), status_after__in=Incident.FINISHED
            )
            .exclude(status_before__in=Incident.FINISHED)
            .order_by("-recorded_at", "-pk")
            .values("recorded_at")[:1]
        )
        ended = models.Case(
            models.When(
                status__in=Incident.FINISHED,
                then=TruncDate(models.Subquery(ending), tzinfo=LONDON),
            ),
            output_field=models.DateField(null=True),
        )
        until = Coalesce(F("ended_on"), models.Value(on, models.DateField()))
        return self.annotate(
            began_on=Coalesce(
                "occurred_on", "noticed_on", "reported_on", TruncDate("recorded_at", tzinfo=LONDON)
            ),
            ended_on=ended,
        ).annotate(course=models.ExpressionWrapper(until - F("began_on"), models.DurationField()))

    def known(self, known_on: dt.date) -> "IncidentQuerySet":
        """Failures recorded by the end of a day, each with `status_then`: where it stood then."""
        end = end_of_day(known_on)
        moved = (
            IncidentUpdate.all_rows.filter(incident=models.OuterRef("pk"), recorded_at__lt=end)
            .exclude(status_after="")
            .order_by("-recorded_at", "-pk")
        )
        return self.filter(recorded_at__lt=end).annotate(
            status_then=Coalesce(
                models.Subquery(moved.values("status_after")[:1]),
                models.Value(Incident.Status.REPORTED),
            )
        )

    def with_severity_rank(self) -> "IncidentQuerySet":
        """Each with `severity_rank`, the worst highest: the words sort by their letters."""
        ranks = [
            models.When(severity=severity, then=models.Value(rank))
            for rank, severity in enumerate(Incident.Severity.values)
        ]
        return self.annotate(
            severity_rank=models.Case(*ranks, output_field=models.PositiveSmallIntegerField())
        )

    def silent_for(self, days: int, on: dt.date) -> "IncidentQuerySet":
        """Unfinished ones of which nothing was recorded for more than some days before `on`."""
        since = end_of_day(on - dt.timedelta(days=days + 1))
        return self.unfinished().with_last_word().filter(last_word_at__lt=since)

    def past_next_action(self, on: dt.date) -> "IncidentQuerySet":
        """Unfinished ones whose next action was due before a day."""
        return self.unfinished().filter(next_action_on__lt=on)


class Incident(Recorded, Restrictable):
    """A failed delivery: something a contract or a supplier should have done and did not."""

    class Category(models.TextChoices):
        """What sort of thing failed."""

        #: A computer system that does not do what it is for.
        SYSTEM = "system", _("System does not work")
        #: Systems or data that could not be recovered, or could not be.
        RECOVERY = "recovery", _("Disaster recovery")
        #: Work done late, badly or not at all.
        SERVICE = "service", _("Service not delivered")
        #: Money wrongly paid, taken or billed.
        MONEY = "money", _("Money wrongly paid or billed")
        #: Fraud or another crime.
        FRAUD = "fraud", _("Fraud")
        #: Personal data lost or shown.
        DATA = "data", _("Data protection")
        #: Anything else.
        OTHER = "other", _("Other")

    class Severity(models.TextChoices):
        """How bad it is. The definition is the second half of each label's help."""

        #: An inconvenience with a workaround; nobody outside the council notices.
        MINOR = "minor", _("Minor")
        #: A service is worse or dearer than agreed; residents or staff notice.
        MODERATE = "moderate", _("Moderate")
        #: A service fails for some people, or money or data are at risk.
        MAJOR = "major", _("Major")
        #: A service fails for many or for vulnerable people, or a large sum is lost.
        CRITICAL = "critical", _("Critical")

    SEVERITY_MEANS = {
        Severity.MINOR: _("An inconvenience with a workaround; nobody outside notices."),
        Severity.MODERATE: _("A service is worse or dearer than agreed; people notice."),
        Severity.MAJOR: _("A service fails for some people, or money or data are at risk."),
        Severity.CRITICAL: _(
            "A service fails for many or for vulnerable people, or a large sum is lost."
        ),
    }

    class Status(models.TextChoices):
        """Where it stands; it moves only by the acts in incidents.casework."""

        #: Somebody entered it.
        REPORTED = "reported", _("Reported")
        #: The council agrees that it happened.
        CONFIRMED = "confirmed", _("Confirmed")
        #: It is being put right.
        REMEDIATION = "remediation", _("In remediation")
        #: It works again, or was made good.
        RESOLVED = "resolved", _("Resolved")
        #: Nothing more will be done about it.
        CLOSED = "closed", _("Closed")
        #: The supplier or another party says it is not so.
        DISPUTED = "disputed", _("Disputed")

    #: Where it stands when nothing more is to be done.
    FINISHED = (Status.RESOLVED, Status.CLOSED)

    visible_through = ("contract", "supplier")

    # What failed
    reference = models.CharField(max_length=13, editable=False)
    title = models.CharField(max_length=200, help_text=_("In a few words: Mosaic cannot bill."))
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    supplier = models.ForeignKey(
        Supplier,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="incidents",
        help_text=_("Where no one contract is concerned."),
    )
    services = models.ManyToManyField(
        Service, blank=True, related_name="incidents", help_text=_("Which services it touches.")
    )
    category = models.CharField(max_length=8, choices=Category)
    severity = models.CharField(max_length=8, choices=Severity)
    status = models.CharField(
        max_length=11, choices=Status, default=Status.REPORTED, editable=False
    )
    description = models.TextField(help_text=_("What should have happened, and what did."))
    affected = models.TextField(
        blank=True, help_text=_("Who is affected and how. No names and no client's details.")
    )

    # When
    occurred_on = models.DateField(null=True, blank=True)
    occurred_precision = precision_field()
    occurred_year_inferred = year_inferred_field()
    noticed_on = models.DateField(null=True, blank=True)
    noticed_precision = precision_field()
    noticed_year_inferred = year_inferred_field()
    reported_on = models.DateField(null=True, blank=True, help_text=_("First reported in public."))
    reported_precision = precision_field()
    reported_year_inferred = year_inferred_field()

    # For a notice of breach (Procurement Regulations 2024, regulation 41)
    obligation = models.TextField(_("obligation breached"), blank=True)
    impact = models.TextField(blank=True)
    duration = models.CharField(
        max_length=200, blank=True, help_text=_("How long the breach lasted, or that it goes on.")
    )

    # Whose it is
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="incidents",
        help_text=_("The officer whose it is."),
    )
    next_action = models.CharField(max_length=200, blank=True)
    next_action_on = models.DateField(null=True, blank=True)
    sources = models.ManyToManyField(Source, blank=True, related_name="incidents")

    objects = open_rows(IncidentQuerySet)
    all_rows = every_row(IncidentQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["-recorded_at", "-pk"]
        verbose_name = _("failed delivery")
        verbose_name_plural = _("failed deliveries")
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["reference"],
                name="incidents_incident_reference",
                violation_error_message=_("That reference is not available."),
            ),
            models.CheckConstraint(
                name="incidents_incident_belongs_somewhere",
                condition=Q(contract__isnull=False) | Q(supplier__isnull=False),
                violation_error_message=_("Name the contract, the supplier, or both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.title}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:failure", args=[self.pk])

    @property
    def occurred(self) -> SourceDate:
        """When it happened, as precisely as it is known."""
        return source_date(self, "occurred")

    @property
    def noticed(self) -> SourceDate:
        """When somebody noticed, as precisely as it is known."""
        return source_date(self, "noticed")

    @property
    def reported(self) -> SourceDate:
        """When it was first reported, as precisely as it is known."""
        return source_date(self, "reported")


class IncidentUpdate(AppendOnly, Recorded, Visible):
    """One step in a failure's story: something learnt, done, or a change of its status."""

    visible_through = ("incident",)

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    text = models.TextField()
    status_before = models.CharField(max_length=11, choices=Incident.Status, blank=True)
    status_after = models.CharField(max_length=11, choices=Incident.Status, blank=True)

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="incidents_incidentupdate_has_text",
                condition=~Q(text=""),
                violation_error_message=_("Say what is new."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference}: {self.text}"


class IncidentCounter(models.Model):
    """The last number given in a year; its row is locked while a reference is made."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
