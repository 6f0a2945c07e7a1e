import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models.supplier import Supplier


class ContractQuerySet(VisibleQuerySet):
    """Questions about contracts."""

    def running(self, on: dt.date) -> "ContractQuerySet":
        """Contracts whose status says they are still in force on a day, both ends inclusive."""
        return self.filter(status=Contract.Status.RUNNING).filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=on)
        )


class Contract(Restrictable):
    """An agreement under which a supplier does the council's work."""

    class Regime(models.TextChoices):
        """The procurement law it was let under, which decides its notices and duties."""

        #: Public Contracts Regulations 2006.
        PCR_2006 = "pcr2006", _("Public Contracts Regulations 2006")
        #: Public Contracts Regulations 2015.
        PCR_2015 = "pcr2015", _("Public Contracts Regulations 2015")
        #: Procurement Act 2023, in force since 24 February 2025.
        PA_2023 = "pa2023", _("Procurement Act 2023")

    class Status(models.TextChoices):
        """Where the contract stands."""

        #: Let, not started.
        AWARDED = "awarded", _("Awarded")
        #: In force.
        RUNNING = "running", _("Running")
        #: Came to its end.
        ENDED = "ended", _("Ended")
        #: Brought to an end early.
        TERMINATED = "terminated", _("Terminated")

    visible_through = ("supplier",)

    # What it is
    reference = models.CharField(max_length=40, help_text=_("Short and known: CSG."))
    title = models.CharField(max_length=200)
    other_titles = models.CharField(
        max_length=300, blank=True, help_text=_("Names it also goes by, such as in procurement.")
    )
    buyer = models.CharField(
        max_length=150, default="London Borough of Barnet", help_text=_("The council that let it.")
    )
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="contracts")
    description = models.TextField(blank=True)
    regime = models.CharField(max_length=8, choices=Regime)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_contracts",
        help_text=_("The officer who keeps it."),
    )
    source = models.ForeignKey(
        "contracts.Source", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Its term
    signed_on = models.DateField(null=True, blank=True)
    signed_precision = precision_field()
    signed_year_inferred = year_inferred_field()
    starts_on = models.DateField(_("from"), null=True, blank=True, help_text=_("Its first day."))
    ends_on = models.DateField(
        _("to"),
        null=True,
        blank=True,
        help_text=_("Its last day as let; what a variation adds is recorded there."),
    )
    notice_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("Months of notice before its end, where the contract states them."),
    )
    review_on = models.DateField(null=True, blank=True, help_text=_("The next review agreed."))

    objects = open_rows(ContractQuerySet)
    all_rows = every_row(ContractQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["reference"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["reference"],
                name="contracts_contract_reference",
                violation_error_message=_("That reference is not available."),
            ),
            models.CheckConstraint(
                name="contracts_contract_ends_after_start",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A contract ends on or after the day it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:contract", args=[self.pk])

    @property
    def signed(self) -> SourceDate:
        """When it was signed, as precisely as it is known."""
        return source_date(self, "signed")
