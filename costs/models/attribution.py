"""Which supplier and contract a published payment belongs to: rules, dated and reversible."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import end_of_day
from contracts.models import Contract, Supplier


class AttributionRuleQuerySet(VisibleQuerySet):
    """Questions about rules."""

    def standing(self, known_on: dt.date | None = None) -> "AttributionRuleQuerySet":
        """Rules not taken back; with a day given, as things were known at that day's end."""
        if known_on is None:
            return self.filter(taken_back__isnull=True)
        known = end_of_day(known_on)
        return self.filter(recorded_at__lt=known).exclude(taken_back__recorded_at__lt=known)


class AttributionRule(AppendOnly, Recorded, Visible):
    """What an officer confirmed once: payments to this name, past and future, are of a supplier,
    and of one of its contracts where the rule says so. What is empty is not asked.
    """

    visible_through = ("supplier", "contract")

    key = models.CharField(
        max_length=500, help_text=_("The name without case, punctuation and legal form.")
    )
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="payment_rules")
    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payment_rules",
        help_text=_("Empty where the name alone is confirmed and the contract is not."),
    )
    directorate = models.TextField(blank=True, help_text=_("Only payments of this directorate."))
    expenditure_type = models.TextField(blank=True, help_text=_("Only payments of this type."))
    reference = models.TextField(blank=True, help_text=_("Only payments with this reference."))
    reason = models.TextField(help_text=_("Why these payments belong there."))

    objects = open_rows(AttributionRuleQuerySet)
    all_rows = every_row(AttributionRuleQuerySet)

    class Meta:
        ordering = ["key", "recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="costs_attributionrule_has_name",
                condition=~Q(key=""),
                violation_error_message=_("A rule speaks of a published name."),
            ),
            models.CheckConstraint(
                name="costs_attributionrule_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why these payments belong there."),
            ),
        ]
        indexes = [
            # Read wherever payments of a name are attributed.
            models.Index(fields=["key"], name="costs_attributionrule_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.contract or self.supplier}"


class RuleTakenBack(AppendOnly, Recorded, Visible):
    """A rule that holds no longer; what it decided is undecided again."""

    visible_through = ("rule",)

    rule = models.OneToOneField(
        AttributionRule, on_delete=models.PROTECT, related_name="taken_back"
    )
    reason = models.TextField(help_text=_("What was wrong with it."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="costs_ruletakenback_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why the rule is taken back."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}, taken back"
