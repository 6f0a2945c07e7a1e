import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models.contract import Contract
from contracts.models.source import Source


class Service(Visible):
    """One of the services a contract delivers."""

    visible_through = ("contract",)

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    left_on = models.DateField(
        _("left the contract on"),
        null=True,
        blank=True,
        help_text=_("The first day on which it was no longer part of the contract."),
    )
    left_why = models.CharField(max_length=300, blank=True)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["contract", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "name"],
                name="contracts_service_once",
                violation_error_message=_("This contract already has a service of that name."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.name}"


class Capability(Visible):
    """Something a service must be able to do, such as bill its clients."""

    visible_through = ("service",)

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="capabilities")
    name = models.CharField(max_length=200, help_text=_("As a verb: bill clients."))
    live_on = models.DateField(
        _("live since"), null=True, blank=True, help_text=_("When what should do it went live.")
    )
    live_precision = precision_field()
    live_year_inferred = year_inferred_field()

    class Meta:
        ordering = ["service", "name"]
        verbose_name_plural = _("capabilities")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "name"],
                name="contracts_capability_once",
                violation_error_message=_("This service already has a capability of that name."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.name}"

    @property
    def live(self) -> SourceDate:
        """When it went live, as precisely as it is known."""
        return source_date(self, "live")


class CapabilityGapQuerySet(VisibleQuerySet):
    """Questions about what does not work."""

    def lasting(self) -> "CapabilityGapQuerySet":
        """Gaps that nothing says have been closed."""
        return self.filter(restored_on__isnull=True)


class CapabilityGap(Visible):
    """A time during which a capability was missing, though it may be called live.

    Where no source says when it began, `since_on` stays empty and days are counted from the
    first report.
    """

    visible_through = ("capability",)

    capability = models.ForeignKey(Capability, on_delete=models.CASCADE, related_name="gaps")
    since_on = models.DateField(
        _("not working since"), null=True, blank=True, help_text=_("Empty: start unknown.")
    )
    since_precision = precision_field()
    since_year_inferred = year_inferred_field()
    not_before = models.CharField(
        max_length=100,
        blank=True,
        help_text=_("What bounds an unknown start: not before April [2017]."),
    )
    first_reported_on = models.DateField(help_text=_("First day a source says it does not work."))
    restored_on = models.DateField(
        null=True, blank=True, help_text=_("First day it worked again; empty while it does not.")
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    objects = open_rows(CapabilityGapQuerySet)
    all_rows = every_row(CapabilityGapQuerySet)

    class Meta:
        ordering = ["capability", "first_reported_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["capability"],
                condition=Q(restored_on__isnull=True),
                name="contracts_capabilitygap_one_open",
                violation_error_message=_("This capability is already recorded as not working."),
            ),
            models.CheckConstraint(
                name="contracts_capabilitygap_in_order",
                condition=(Q(since_on__isnull=True) | Q(first_reported_on__gte=F("since_on")))
                & (Q(restored_on__isnull=True) | Q(restored_on__gte=F("first_reported_on"))),
                violation_error_message=_(
                    "It stops working before it is reported and works again after that."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capability}: not working"

    @property
    def since(self) -> SourceDate:
        """Since when, as precisely as it is known; its day is None where the start is unknown."""
        return source_date(self, "since")

    def days_missing(self, on: dt.date) -> int:
        """Days it has been missing by a day, or was; day 1 is the day after the first counted.

        Counted from the start where it is known, else from the first report.
        """
        until = self.restored_on if self.restored_on and self.restored_on < on else on
        return max(0, (until - (self.since_on or self.first_reported_on)).days)
