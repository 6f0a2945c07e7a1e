from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Restrictable, Visible


class Supplier(Restrictable):
    """A company that a council pays, perhaps part of a group."""

    name = models.CharField(max_length=200, help_text=_("The legal name, as on the contract."))
    group = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        help_text=_("The company it is part of, where it is part of one."),
    )
    company_number = models.CharField(
        max_length=8, blank=True, help_text=_("At Companies House, eight characters, if known.")
    )
    note = models.TextField(blank=True)

    class Meta(Restrictable.Meta):
        ordering = ["name"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["name"],
                name="contracts_supplier_name",
                violation_error_message=_("That name is not available."),
            ),
            models.CheckConstraint(
                name="contracts_supplier_not_own_group",
                condition=~models.Q(group=models.F("id")),
                violation_error_message=_("A supplier is not a part of itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:supplier", args=[self.pk])


class SupplierName(Visible):
    """A name under which a supplier appears in published payments."""

    visible_through = ("supplier",)

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200, help_text=_("Exactly as published."))

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="contracts_suppliername_name",
                violation_error_message=_("That name is not available."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
