import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Greatest
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import SourceDate, end_of_day, precision_field, year_inferred_field
from barnetwatch.lib.money import LARGEST, NOTHING, PoundsField
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


class RunningTotalQuerySet(models.QuerySet):
    """Questions about what lines come to."""

    def with_measures(self) -> "RunningTotalQuerySet":
        """Each with `firm`, `at_risk` and `paid_net`, in pence, by costs.stages.line_totals."""
        pounds = PoundsField()
        nothing = models.Value(0, pounds)
        offset = models.ExpressionWrapper(F("credited") + F("recovered"), pounds)
        stages = ("approved", "committed", "invoiced", "paid")
        firm = Greatest(nothing, *stages, output_field=pounds)
        at_risk = Greatest(firm, F("estimated"), F("pledged"), output_field=pounds)

        def less_offsets(gross: Any) -> Any:
            net = models.ExpressionWrapper(gross - offset, pounds)
            return Cast(Greatest(nothing, net), models.BigIntegerField())

        return self.annotate(
            firm=less_offsets(firm),
            at_risk=less_offsets(at_risk),
            paid_net=less_offsets(F("paid")),
        )


class StageTotal(models.Model):
    """What the entries of one line at one stage come to in one month.

    Kept in the transaction of each entry. `falls` is the sum of everything in the month that can
    have lowered a total: a month whose totals stay above a mark even less its falls has no dip.
    """

    line = models.ForeignKey(
        CostLine, on_delete=models.PROTECT, related_name="stage_totals", db_index=False
    )
    stage = models.CharField(max_length=11, choices=Stage)
    month = models.DateField(help_text=_("Its first day."))
    net = PoundsField()
    falls = PoundsField()
    last_on = models.DateField(help_text=_("Latest day an entry of the month counts from."))

    class Meta:
        constraints = [
            # Also read by the walk back through a contract's months.
            models.UniqueConstraint(fields=["line", "month", "stage"], name="costs_stagetotal_once")
        ]

    def __str__(self) -> str:
        return f"{self.line}, {self.stage}, {self.month:%B %Y}"


class RunningTotal(models.Model):
    """What all entries of one line come to, whatever their dates: a column for each stage.

    Kept in the transaction of each entry, so that today's totals cost the same whether a contract
    holds a thousand rows or a million. `last_on` tells whether some of them are still to come.
    """

    line = models.OneToOneField(
        CostLine, on_delete=models.PROTECT, primary_key=True, related_name="running_total"
    )
    alleged = PoundsField(default=NOTHING)
    estimated = PoundsField(default=NOTHING)
    pledged = PoundsField(default=NOTHING)
    approved = PoundsField(default=NOTHING)
    committed = PoundsField(default=NOTHING)
    invoiced = PoundsField(default=NOTHING)
    paid = PoundsField(default=NOTHING)
    credited = PoundsField(default=NOTHING)
    recovered = PoundsField(default=NOTHING)
    written_off = PoundsField(default=NOTHING)
    last_on = models.DateField(help_text=_("Latest day an entry counts from."))

    objects = models.Manager.from_queryset(RunningTotalQuerySet)()

    def __str__(self) -> str:
        return str(self.line)
