"""Stored totals, kept in the transaction of each entry, and the measures that derive from them."""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.money import NOTHING, PoundsField
from costs.models.entry import CostEntry
from costs.models.line import CostLine
from costs.stages import Stage


def measure_columns(path: str = "", on: dt.date | None = None) -> dict[str, Any]:
    """The measures as columns, in pence, of a queryset from which a path leads to running totals.

    With a day, what counts from later days is left out. That looks at the entries of each line
    for each stage, so give it only where `with_entries_after` finds any.
    """
    path = path and f"{path}__"
    pounds = PoundsField()

    def net(stage: str) -> Any:
        if on is None:
            return F(f"{path}{stage}")
        later = CostEntry.all_rows.filter(
            line=models.OuterRef(f"{path}line"), stage=stage, effective_on__gt=on
        )
        added = later.order_by().values("line").annotate(models.Sum("amount"))
        return models.Case(
            models.When(**{f"{path}last_on__lte": on}, then=F(f"{path}{stage}")),
            default=F(f"{path}{stage}")
            - Coalesce(models.Subquery(added.values("amount__sum")), nothing, output_field=pounds),
            output_field=pounds,
        )

    def less_offsets(gross: Any) -> Any:
        offset = models.ExpressionWrapper(net("credited") + net("recovered"), pounds)
        left = models.ExpressionWrapper(gross - offset, pounds)
        return Cast(Greatest(nothing, left), models.BigIntegerField())

    nothing = models.Value(0, pounds)
    stages = map(net, ("approved", "committed", "invoiced", "paid"))
    firm = Greatest(nothing, *stages, output_field=pounds)
    at_risk = Greatest(firm, net("estimated"), net("pledged"), output_field=pounds)
    return {
        "firm": less_offsets(firm),
        "at_risk": less_offsets(at_risk),
        "paid_net": less_offsets(net("paid")),
    }


class RunningTotalQuerySet(models.QuerySet):
    """Questions about what lines come to."""

    def with_measures(self) -> "RunningTotalQuerySet":
        """Each with `firm`, `at_risk` and `paid_net`, in pence, by costs.stages.line_totals."""
        return self.annotate(**measure_columns())

    def with_entries_after(self, on: dt.date) -> "RunningTotalQuerySet":
        """Totals with entries that count only from later days: a day's own leaves these out."""
        return self.filter(last_on__gt=on)


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
