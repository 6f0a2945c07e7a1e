from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from contracts.models import Contract, Source, Supplier


class CostLineQuerySet(VisibleQuerySet):
    """Questions about cost lines."""

    def supplementary(self) -> "CostLineQuerySet":
        """Lines spent beside a contract, which enter its measures."""
        return self.filter(kind__in=CostLine.SUPPLEMENTARY)


class CostLine(Restrictable):
    """One thing that costs money, at whatever stages; a separate scope of work is another line."""

    class Kind(models.TextChoices):
        """What the money is for."""

        #: Independent assurance of what a supplier proposes or delivers.
        ASSURANCE = "assurance", _("Assurance")
        #: Putting right what was not delivered.
        REMEDIATION = "remediation", _("Remediation")
        #: Consultants and other advice.
        ADVICE = "advice", _("Advice")
        #: Lawyers, courts and settlements of theirs.
        LEGAL = "legal", _("Legal")
        #: Other spend beside the contract.
        OTHER = "other", _("Other supplementary spend")
        #: Money lost to fraud. Enters no measure.
        FRAUD_LOSS = "fraud_loss", _("Fraud loss")
        #: Credits due under the contract for poor service. Enters no measure.
        SERVICE_CREDIT = "service_credit", _("Service credit")
        #: A settlement with the supplier. Enters no measure.
        SETTLEMENT = "settlement", _("Settlement")

    #: Kinds that are supplementary spend and enter the measures.
    SUPPLEMENTARY = (Kind.ASSURANCE, Kind.REMEDIATION, Kind.ADVICE, Kind.LEGAL, Kind.OTHER)

    visible_through = ("contract", "supplier")
    frozen_columns = ("contract", "kind")

    title = models.CharField(max_length=200, help_text=_("Mosaic: new delivery partner."))
    kind = models.CharField(
        max_length=14,
        choices=Kind,
        help_text=_("Cannot be changed later: reverse its entries and open another line."),
    )
    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cost_lines",
        help_text=_("Beside which contract; empty where the record does not say. Fixed once set."),
    )
    supplier = models.ForeignKey(
        Supplier,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cost_lines",
        help_text=_("Who is paid; empty where that is not confirmed."),
    )
    funded_by = models.CharField(
        max_length=150,
        blank=True,
        help_text=_("Who pays, such as the council; empty if not known."),
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    objects = open_rows(CostLineQuerySet)
    all_rows = every_row(CostLineQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["title", "pk"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.CheckConstraint(
                name="costs_costline_belongs_somewhere",
                condition=Q(contract__isnull=False) | Q(supplier__isnull=False),
                violation_error_message=_("Name the contract, the supplier, or both."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:cost_line", args=[self.pk])

    @property
    def is_supplementary(self) -> bool:
        """Whether it is spent beside the contract and enters its measures."""
        return self.kind in self.SUPPLEMENTARY
