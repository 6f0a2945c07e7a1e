from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.money import PoundsField, in_sentence
from contracts.models import Contract


class Measure(models.TextChoices):
    """A running total that is held against what was agreed."""

    #: Sum of the supplementary lines' firm totals, against the original award.
    FIRM = "firm", _("supplementary spend, firm")
    #: Sum of the supplementary lines' at-risk totals, against the original award.
    AT_RISK = "at_risk", _("supplementary spend, at risk")
    #: Paid to date against contracted to date.
    OVER_PLAN = "over_plan", _("payments over plan")


class ThresholdQuerySet(VisibleQuerySet):
    """Questions about thresholds."""

    def in_force(self) -> "ThresholdQuerySet":
        """Thresholds not retired."""
        return self.filter(retired_at__isnull=True)

    def watching(self, contract: Contract) -> "ThresholdQuerySet":
        """Thresholds in force over one contract: its own and those over all."""
        return self.in_force().filter(Q(contract=contract) | Q(contract__isnull=True))


class Threshold(Visible):
    """A mark that a measure must not exceed; reaching it is not exceeding it.

    What it measures is fixed: a changed mind retires it and sets another.
    """

    class Severity(models.TextChoices):
        """How much it matters when it is exceeded."""

        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    visible_through = ("contract",)
    frozen_columns = ("measure", "percentage", "amount", "severity", "contract")

    measure = models.CharField(max_length=9, choices=Measure)
    percentage = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Of the original award, or of contracted to date for payments over plan."),
    )
    amount = PoundsField(_("sum"), null=True, blank=True, help_text=_("In pounds."))
    severity = models.CharField(max_length=6, choices=Severity)
    contract = models.ForeignKey(
        Contract,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="thresholds",
        help_text=_("Empty for every contract."),
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = open_rows(ThresholdQuerySet)
    all_rows = every_row(ThresholdQuerySet)

    class Meta:
        # The two databases would put what has no sum at different ends.
        ordering = ["measure", F("amount").asc(nulls_last=True), "percentage", "pk"]
        constraints = [
            models.CheckConstraint(
                name="costs_threshold_one_mark",
                condition=Q(percentage__isnull=True, amount__isnull=False)
                | Q(percentage__isnull=False, amount__isnull=True),
                violation_error_message=_("Give a percentage or a sum, one of the two."),
            ),
            models.CheckConstraint(
                name="costs_threshold_percentage_sensible",
                condition=Q(percentage__isnull=True)
                | Q(percentage__gt=0, percentage__lte=Decimal(1000)),
                violation_error_message=_(
                    "A percentage threshold lies above nothing and is at most 1,000 per cent."
                ),
            ),
            models.CheckConstraint(
                name="costs_threshold_amount_positive",
                condition=Q(amount__isnull=True) | Q(amount__gt=0),
                violation_error_message=_("A threshold is more than £0."),
            ),
            models.CheckConstraint(
                name="costs_threshold_over_plan_in_percent",
                condition=~Q(measure="over_plan") | Q(percentage__isnull=False),
                violation_error_message=_("Payments over plan are watched by a percentage."),
            ),
            models.UniqueConstraint(
                "measure",
                Coalesce("percentage", Decimal(-1)),
                Coalesce("amount", -1, output_field=models.BigIntegerField()),
                Coalesce("contract", -1),
                condition=Q(retired_at__isnull=True),
                name="costs_threshold_once",
                violation_error_message=_("This threshold is already in force."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mark}, {self.get_measure_display()}"

    @property
    def mark(self) -> str:
        """The mark itself: £100,000 or 1%."""
        if self.amount is not None:
            return in_sentence(self.amount)
        return f"{self.percentage.normalize():f}%"

    def limit(self, baseline: Decimal | None) -> Decimal | None:
        """The sum in pounds that must not be exceeded; None for a percentage of nothing known."""
        if self.amount is not None:
            return self.amount
        return None if baseline is None else baseline * self.percentage / 100
