import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import SourceDate, end_of_day, precision_field, year_inferred_field
from barnetwatch.lib.money import LARGEST, PoundsField
from contracts.models import Source
from costs.models.line import CostLine
from costs.stages import MOVED, Stage


class CostEntryQuerySet(VisibleQuerySet):
    """Questions about entries."""

    def standing(self, known_on: dt.date | None = None) -> "CostEntryQuerySet":
        """Entries that were not reversed, without the reversals; with a day given, as things were
        known at that day's end.
        """
        originals = self.filter(reverses__isnull=True)
        if known_on is None:
            return originals.filter(reversal__isnull=True)
        known = end_of_day(known_on)
        return originals.filter(recorded_at__lt=known).exclude(reversal__recorded_at__lt=known)


class CostEntry(AppendOnly, Recorded, Visible):
    """One posting on a cost line. Written only by costs.ledger; never changed, never deleted."""

    visible_through = ("line",)

    line = models.ForeignKey(
        CostLine, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    stage = models.CharField(_("status"), max_length=11, choices=Stage)
    amount = PoundsField(help_text=_("In pounds; negative to release what is no longer needed."))
    effective_on = models.DateField(
        _("counts from"), help_text=_("A date known to the month counts from its last day.")
    )
    precision = precision_field()
    year_inferred = year_inferred_field()
    stated_by = models.CharField(
        _("said by"), max_length=150, help_text=_("The body or person whose figure it is.")
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal"
    )

    objects = open_rows(CostEntryQuerySet)
    all_rows = every_row(CostEntryQuerySet)

    class Meta:
        ordering = ["effective_on", "pk"]
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [
            # Read by a crossing's day-by-day walk through one month of a contract's lines.
            models.Index(fields=["line", "effective_on"], name="costs_entry_by_day"),
            # Read by the ledger's pages, the latest recorded first, each from where one ended.
            models.Index(fields=["-recorded_at", "-id"], name="costs_entry_recorded"),
        ]
        constraints = [
            models.CheckConstraint(
                name="costs_costentry_not_zero",
                condition=~Q(amount=0),
                violation_error_message=_("An entry of nothing says nothing."),
            ),
            models.CheckConstraint(
                name="costs_costentry_money_moved_is_positive",
                condition=Q(amount__gt=0) | Q(reverses__isnull=False) | ~Q(stage__in=sorted(MOVED)),
                violation_error_message=_(
                    "What was paid, credited, recovered or written off is more than nothing."
                ),
            ),
            models.CheckConstraint(
                name="costs_costentry_within_bounds",
                condition=Q(amount__gte=-LARGEST, amount__lte=LARGEST),
                violation_error_message=_("This register holds sums up to £100 billion."),
            ),
            models.CheckConstraint(
                name="costs_costentry_not_its_own_reversal",
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: £{self.amount:,.2f} {self.get_stage_display()}"

    @property
    def effective(self) -> SourceDate:
        """The day it counts from, as precisely as it is known."""
        return SourceDate(self.effective_on, self.precision, self.year_inferred)
