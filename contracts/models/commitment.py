from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models.contract import Contract
from contracts.models.service import Service
from contracts.models.source import Source


class Commitment(Visible):
    """What the supplier undertook to reach, in a form that can be measured."""

    class Measure(models.TextChoices):
        """What is measured."""

        #: Recovery time objective: how long until it runs again.
        RTO = "rto", _("Recovery time (RTO)")
        #: Recovery point objective: how much data may be lost, as time.
        RPO = "rpo", _("Data lost (RPO)")
        #: A key performance indicator of the contract.
        KPI = "kpi", _("Key performance indicator")
        #: A saving or benefit undertaken.
        SAVING = "saving", _("Saving")
        #: Anything else.
        OTHER = "other", _("Other")

    class Unit(models.TextChoices):
        """What the target is counted in."""

        HOURS = "hours", _("hours")
        DAYS = "days", _("days")
        PERCENT = "percent", _("per cent")
        NUMBER = "number", _("number")
        POUNDS = "pounds", _("pounds")

    class Direction(models.TextChoices):
        """Which side of the target keeps the commitment; reaching it does."""

        AT_MOST = "at_most", _("at most")
        AT_LEAST = "at_least", _("at least")

    class Measurer(models.TextChoices):
        """Who measures it."""

        SUPPLIER = "supplier", _("The supplier itself")
        COUNCIL = "council", _("The council")
        AUDIT = "audit", _("Internal audit")
        THIRD_PARTY = "third_party", _("A third party")
        NOBODY = "nobody", _("Nobody")
        UNKNOWN = "unknown", _("Not known")

    visible_through = ("contract",)

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="commitments")
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    title = models.CharField(max_length=200)
    tier = models.CharField(max_length=40, blank=True, help_text=_("Such as silver."))
    measure = models.CharField(max_length=8, choices=Measure)
    direction = models.CharField(max_length=8, choices=Direction, default=Direction.AT_MOST)
    target = models.DecimalField(max_digits=14, decimal_places=2)
    unit = models.CharField(max_length=8, choices=Unit)
    measured_by = models.CharField(max_length=12, choices=Measurer, default=Measurer.UNKNOWN)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["contract", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "title", "tier", "measure"],
                name="contracts_commitment_once",
                violation_error_message=_("This commitment is already recorded."),
            ),
            models.CheckConstraint(
                name="contracts_commitment_target_not_negative",
                condition=Q(target__gte=0),
                violation_error_message=_("A target is not negative."),
            ),
        ]

    def __str__(self) -> str:
        tier = f", {self.tier}" if self.tier else ""
        return f"{self.contract}: {self.title}{tier}"


class Measurement(Recorded, Visible):
    """What was found when a commitment was held against the facts, according to one source.

    A value, or "not recoverable", or neither: then it is not known, which is not zero.
    """

    class How(models.TextChoices):
        """How the figure came about."""

        #: By a test.
        TESTED = "tested", _("Tested")
        #: The one who measures says so.
        DECLARED = "declared", _("Declared")
        #: An auditor found it.
        AUDITED = "audited", _("Audited")
        #: It happened.
        OCCURRED = "occurred", _("Occurred")

    visible_through = ("commitment",)

    commitment = models.ForeignKey(
        Commitment, on_delete=models.CASCADE, related_name="measurements"
    )
    how = models.CharField(max_length=8, choices=How)
    value = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("In the unit of the commitment; empty where it is not known."),
    )
    not_recoverable = models.BooleanField(
        default=False, help_text=_("It could not be recovered at all: worse than any figure.")
    )
    measured_on = models.DateField(null=True, blank=True)
    measured_precision = precision_field()
    measured_year_inferred = year_inferred_field()
    said_by = models.CharField(max_length=150, help_text=_("Who measured it or says so."))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["commitment", "measured_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_measurement_value_or_lost",
                condition=Q(not_recoverable=False) | Q(value__isnull=True),
                violation_error_message=_("Not recoverable has no figure; empty one of the two."),
            ),
            models.CheckConstraint(
                name="contracts_measurement_not_negative",
                condition=Q(value__isnull=True) | Q(value__gte=0),
                violation_error_message=_("A measured value is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment}: {self.get_how_display()}"

    @property
    def measured(self) -> SourceDate:
        """When it was measured, as precisely as it is known."""
        return source_date(self, "measured")
