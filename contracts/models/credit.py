import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import (
    SourceDate,
    end_of_day,
    precision_field,
    source_date,
    year_inferred_field,
)
from barnetwatch.lib.money import LARGEST, PoundsField
from contracts.models.commitment import Commitment, Measurement
from contracts.models.source import Source


class ServiceCreditQuerySet(VisibleQuerySet):
    """Questions about service credits."""

    def standing(self, known_on: dt.date | None = None) -> "ServiceCreditQuerySet":
        """Those that no later row took the place of; with a day given, as known at its end."""
        if known_on is None:
            return self.filter(replaced_by__isnull=True)
        known = end_of_day(known_on)
        return self.filter(recorded_at__lt=known).exclude(replaced_by__recorded_at__lt=known)


class ServiceCredit(AppendOnly, Recorded, Visible):
    """A sum that a breach gives the council under the contract, or that the council asked for.

    What the supplier then gave is an entry of the ledger, at "credited". Enters no total.
    """

    class Step(models.TextChoices):
        """How far it has come."""

        #: The contract gives it for the breach.
        DUE = "due", _("Due under the contract")
        #: The council asked for it.
        CLAIMED = "claimed", _("Claimed by the council")

    visible_through = ("commitment",)

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="service_credits"
    )
    measurement = models.ForeignKey(
        Measurement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The breach that gives it, if one is recorded."),
    )
    step = models.CharField(max_length=7, choices=Step)
    amount = PoundsField(help_text=_("In pounds; nothing only to take back a wrong row."))
    period = models.CharField(
        max_length=60, blank=True, help_text=_("For what: first quarter of 2016/17.")
    )
    stated_on = models.DateField(null=True, blank=True, help_text=_("Due or claimed on."))
    stated_precision = precision_field()
    stated_year_inferred = year_inferred_field()
    stated_by = models.CharField(max_length=150, help_text=_("The body or person who says so."))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    objects = open_rows(ServiceCreditQuerySet)
    all_rows = every_row(ServiceCreditQuerySet)

    class Meta:
        ordering = ["commitment", "recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_servicecredit_positive",
                condition=Q(amount__gt=0) | Q(amount=0, replaces__isnull=False),
                violation_error_message=_("A service credit is more than nothing."),
            ),
            models.CheckConstraint(
                name="contracts_servicecredit_within_bounds",
                condition=Q(amount__lte=LARGEST),
                violation_error_message=_("This register holds sums up to £100 billion."),
            ),
            models.CheckConstraint(
                name="contracts_servicecredit_not_its_own_successor",
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment}: £{self.amount:,.2f} {self.get_step_display()}"

    def clean(self) -> None:
        if self.measurement and self.measurement.commitment_id != self.commitment_id:
            raise ValidationError(
                {"measurement": _("That is a measurement of another commitment.")}
            )
        old = self.replaces
        if old and (old.commitment_id, old.step) != (self.commitment_id, self.step):
            raise ValidationError(
                {"replaces": _("A row takes the place of one of its own commitment and step.")}
            )

    @property
    def stated(self) -> SourceDate:
        """When it fell due or was claimed, as precisely as it is known."""
        return source_date(self, "stated")
