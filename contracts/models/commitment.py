from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Coalesce, NullIf
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.byrole import ByRole, Who, kept_name_field, public_field, role_field
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from barnetwatch.lib.money import PoundsField
from contracts.models.contract import Contract
from contracts.models.service import Service
from contracts.models.source import Source


class CommitmentQuerySet(VisibleQuerySet):
    """Questions about commitments."""

    def with_latest(self, measurements: Any) -> "CommitmentQuerySet":
        """Each with the latest of some measurements: `latest` (its number), `latest_on`,
        `latest_value`, `latest_lost` (not recoverable), `latest_recorded`; None where there is
        none. One whose day is not known counts as the earliest.
        """
        latest = measurements.filter(commitment=models.OuterRef("pk")).order_by(
            F("measured_on").desc(nulls_last=True), "-recorded_at", "-pk"
        )

        def of(name: str) -> models.Subquery:
            return models.Subquery(latest.values(name)[:1])

        return self.annotate(
            latest=of("pk"),
            latest_on=of("measured_on"),
            latest_value=of("value"),
            latest_lost=of("not_recoverable"),
            latest_recorded=of("recorded_at"),
        )

    def with_standing(self, measurements: Any) -> "CommitmentQuerySet":
        """The same with how each stands by its latest measurement: `standing` (of Standing), and
        `severity`, which sorts breaches as contracts.breach ranks them, the worst highest.
        """
        over = _over("latest_value", "target")
        under = _over("target", "latest_value")
        kept = Q(direction="at_most", latest_value__lte=F("target")) | Q(
            direction="at_least", latest_value__gte=F("target")
        )
        when = models.When
        return (
            self.with_latest(measurements)
            .annotate(
                standing=models.Case(
                    when(latest__isnull=True, then=models.Value(Standing.NEVER.value)),
                    when(latest_lost=True, then=models.Value(Standing.BREACHED.value)),
                    when(latest_value__isnull=True, then=models.Value(Standing.UNKNOWN.value)),
                    when(kept, then=models.Value(Standing.MET.value)),
                    default=models.Value(Standing.BREACHED.value),
                    output_field=models.CharField(),
                ),
            )
            .annotate(
                severity=models.Case(
                    when(latest__isnull=True, then=_number(-2)),
                    when(latest_lost=True, then=_number(LOST)),
                    when(standing=Standing.UNKNOWN, then=_number(-1)),
                    when(standing=Standing.MET, then=_number(0)),
                    when(direction="at_most", then=Coalesce(over, _number(NO_RATIO))),
                    default=Coalesce(under, _number(NO_RATIO)),
                    output_field=models.FloatField(),
                )
            )
        )

    def with_credits(self, given: Any) -> "CommitmentQuerySet":
        """Each with what some service credits come to, in pounds: `credits_due` and
        `credits_claimed`, None where there is none.
        """
        of = given.filter(commitment=models.OuterRef("pk")).order_by().values("commitment")

        def at(step: str) -> models.Subquery:
            sums = of.filter(step=step).annotate(together=models.Sum("amount"))
            return models.Subquery(sums.values("together"), output_field=PoundsField())

        return self.annotate(credits_due=at("due"), credits_claimed=at("claimed"))


class Standing(models.TextChoices):
    """How a commitment stands by its latest measurement."""

    #: The latest figure is on the wrong side of the target.
    BREACHED = "breached", _("Breached")
    #: It keeps the target; reaching it does.
    MET = "met", _("Met")
    #: It was measured without a figure: neither nought nor met.
    UNKNOWN = "unknown", _("Measured, not known")
    #: Nothing on the record says that anybody measured it.
    NEVER = "never", _("Never measured")


#: What sorts above every ratio: a target of nothing that was missed, and what was lost altogether.
NO_RATIO, LOST = 10**30, 10**31


def _over(upper: str, lower: str) -> models.ExpressionWrapper:
    """One column over another; empty where that is nought."""
    number = models.FloatField()
    below = Cast(NullIf(F(lower), models.Value(0)), number)
    return models.ExpressionWrapper(Cast(F(upper), number) / below, output_field=number)


def _number(value: int) -> models.Value:
    """For an order only: no figure that is printed is worked out so."""
    return models.Value(value, output_field=models.FloatField())


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

    objects = open_rows(CommitmentQuerySet)
    all_rows = every_row(CommitmentQuerySet)

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

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:commitment", args=[self.pk])

    @property
    def name(self) -> str:
        """Its title with the tier and what is measured, without the contract."""
        tier = f", {self.tier}" if self.tier else ""
        return f"{self.title}{tier}: {self.get_measure_display()}"


class Measurement(ByRole, Recorded, Visible):
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
    who = Who("said_by")

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
    said_by_public = public_field()
    said_by_role = role_field()
    said_by_name = kept_name_field()
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
