"""What a contract was let for, how that is spread over its term, and how both were changed.

These rows are never edited: a wrong one is withdrawn, with a reason, and recorded anew, so that
the page "as known on" a past day stays what it was.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import end_of_day
from barnetwatch.lib.money import PoundsField
from contracts.models.contract import Contract
from contracts.models.source import Source


class StandingQuerySet(VisibleQuerySet):
    """Rows that may have been withdrawn."""

    def standing(self, known_on: dt.date | None = None) -> "StandingQuerySet":
        """Rows not withdrawn; with a day given, as things were known at that day's end."""
        if known_on is None:
            return self.filter(withdrawal__isnull=True)
        known = end_of_day(known_on)
        return self.filter(recorded_at__lt=known).exclude(withdrawal__recorded_at__lt=known)


class AwardQuerySet(StandingQuerySet):
    """Questions about awards."""

    def with_preference(self, known_on: dt.date | None = None) -> "AwardQuerySet":
        """Each with the latest standing mark that it is the one to use, and why; else empty."""
        marks = (
            AwardPreference.all_rows.standing(known_on)
            .filter(award=models.OuterRef("pk"))
            .order_by("-recorded_at", "-pk")
        )
        return self.annotate(
            preferred_at=models.Subquery(marks.values("recorded_at")[:1]),
            preferred_by=models.Subquery(marks.values("pk")[:1]),
            preferred_why=models.Subquery(marks.values("reason")[:1]),
        )


class Award(AppendOnly, Recorded, Visible):
    """A sum the contract was let for, according to one source; sources may disagree."""

    visible_through = ("contract",)

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="awards")
    amount = PoundsField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, help_text=_("Such as its exact words: “over £320m”."))

    objects = open_rows(AwardQuerySet)
    all_rows = every_row(AwardQuerySet)

    class Meta:
        ordering = ["contract", "recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_award_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("A contract is let for more than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: £{self.amount:,.2f}"


class AwardPreference(AppendOnly, Recorded, Visible):
    """The mark that one of several awards is the figure to use, and why; the latest one holds."""

    visible_through = ("award",)

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="preferences")
    reason = models.TextField(help_text=_("Why this source rather than the others."))

    objects = open_rows(StandingQuerySet)
    all_rows = every_row(StandingQuerySet)

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_awardpreference_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why this source is preferred."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award} preferred"


class ContractedSum(AppendOnly, Recorded, Visible):
    """Part of the award and the days it covers: how much was agreed by a day follows from it."""

    visible_through = ("contract",)

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="contracted_sums")
    starts_on = models.DateField(_("from"), help_text=_("First day it covers."))
    ends_on = models.DateField(_("to"), help_text=_("Last day it covers."))
    amount = PoundsField()
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)

    objects = open_rows(StandingQuerySet)
    all_rows = every_row(StandingQuerySet)

    class Meta:
        ordering = ["contract", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_contractedsum_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day comes on or after the first."),
            ),
            models.CheckConstraint(
                name="contracts_contractedsum_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message=_("A contracted sum is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: £{self.amount:,.2f} from {self.starts_on} to {self.ends_on}"


class Variation(AppendOnly, Recorded, Visible):
    """A legal change of the contract: of its value, its term or its scope."""

    class Kind(models.TextChoices):
        """What it changes."""

        #: The sum agreed; spread from the day it takes effect to the end of the term.
        VALUE = "value", _("Value")
        #: The last day; a sum that comes with it covers the added days only.
        TERM = "term", _("Term")
        #: What is to be done, at the same price and until the same day.
        SCOPE = "scope", _("Scope")

    visible_through = ("contract",)

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="variations")
    kind = models.CharField(max_length=5, choices=Kind)
    title = models.CharField(max_length=200)
    takes_effect_on = models.DateField(help_text=_("The first day on which it holds."))
    value_before = PoundsField(null=True, blank=True, help_text=_("The sum agreed until then."))
    value_after = PoundsField(null=True, blank=True, help_text=_("The sum agreed from then on."))
    end_before = models.DateField(null=True, blank=True, help_text=_("The last day until then."))
    end_after = models.DateField(null=True, blank=True, help_text=_("The last day from then on."))
    scope_before = models.TextField(blank=True)
    scope_after = models.TextField(blank=True)
    rationale = models.TextField(help_text=_("Why it was made, in the words of those who made it."))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    objects = open_rows(StandingQuerySet)
    all_rows = every_row(StandingQuerySet)

    class Meta:
        ordering = ["contract", "takes_effect_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_variation_has_rationale",
                condition=~Q(rationale=""),
                violation_error_message=_("Say why the contract was varied."),
            ),
            models.CheckConstraint(
                name="contracts_variation_value_pair",
                # Said of both, or the comparison with a value that is not there would pass.
                condition=Q(value_before__isnull=True, value_after__isnull=True)
                | Q(
                    value_before__isnull=False,
                    value_after__isnull=False,
                    value_before__gte=0,
                    value_after__gte=0,
                ),
                violation_error_message=_("Give the value before and after, or neither."),
            ),
            models.CheckConstraint(
                name="contracts_variation_end_pair",
                condition=Q(end_before__isnull=True, end_after__isnull=True)
                | Q(end_before__isnull=False, end_after__isnull=False),
                violation_error_message=_("Give the last day before and after, or neither."),
            ),
            models.CheckConstraint(
                name="contracts_variation_says_what",
                condition=Q(kind="value", value_before__isnull=False, end_before__isnull=True)
                | Q(kind="term", end_before__isnull=False)
                | Q(
                    Q(kind="scope", value_before__isnull=True, end_before__isnull=True),
                    ~Q(scope_after=""),
                ),
                violation_error_message=_(
                    "A variation of value gives both values and no days; one of the term gives "
                    "both last days; one of scope says what is to be done from then on."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.title}"


class Withdrawal(AppendOnly, Recorded, Visible):
    """A wrong row of this module taken out of use; it stays to be seen in what was known then."""

    visible_through = ("award", "preference", "contracted_sum", "variation")

    award = models.OneToOneField(Award, models.PROTECT, null=True, blank=True)
    preference = models.OneToOneField(AwardPreference, models.PROTECT, null=True, blank=True)
    contracted_sum = models.OneToOneField(ContractedSum, models.PROTECT, null=True, blank=True)
    variation = models.OneToOneField(Variation, models.PROTECT, null=True, blank=True)
    reason = models.TextField(help_text=_("What was wrong with it."))

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_withdrawal_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say what was wrong with it."),
            ),
            models.CheckConstraint(
                name="contracts_withdrawal_of_one_row",
                condition=Q(
                    award__isnull=False,
                    preference__isnull=True,
                    contracted_sum__isnull=True,
                    variation__isnull=True,
                )
                | Q(
                    award__isnull=True,
                    preference__isnull=False,
                    contracted_sum__isnull=True,
                    variation__isnull=True,
                )
                | Q(
                    award__isnull=True,
                    preference__isnull=True,
                    contracted_sum__isnull=False,
                    variation__isnull=True,
                )
                | Q(
                    award__isnull=True,
                    preference__isnull=True,
                    contracted_sum__isnull=True,
                    variation__isnull=False,
                ),
                violation_error_message=_("A withdrawal names exactly one row."),
            ),
        ]

    def __str__(self) -> str:
        return (
            f"Withdrawn: {self.award or self.preference or self.contracted_sum or self.variation}"
        )
