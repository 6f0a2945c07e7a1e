"""Stored totals, kept in the transaction of each entry, and the measures that derive from them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.money import NOTHING, PoundsField
from costs.models.entry import CostEntry
from costs.models.line import CostLine
from costs.stages import Stage


def measure_columns(path: str = "") -> dict[str, Any]:
    """`firm`, `at_risk` and `paid_net` as columns, in pence, by costs.stages.line_totals.

    Of running totals, or of a queryset from which a path leads to them.
    """
    return _measures(lambda stage: F(f"{path}__{stage}" if path else stage))


def measure_columns_on(path: str, on: dt.date) -> dict[str, Any]:
    """The same without what counts only from later days, which is looked for among the entries of
    the lines that have any.
    """

    def net(stage: str) -> Any:
        later = CostEntry.all_rows.filter(
            line=models.OuterRef(f"{path}__line"), stage=stage, effective_on__gt=on
        )
        added = later.order_by().values("line").annotate(models.Sum("amount"))
        to_come = Coalesce(models.Subquery(added.values("amount__sum")), _NONE)
        return models.ExpressionWrapper(F(f"{path}__{stage}") - to_come, PoundsField())

    has_all_come = models.Q(**{f"{path}__last_on__lte": on})
    today, without = measure_columns(path), _measures(net)
    return {
        name: models.Case(models.When(has_all_come, then=today[name]), default=without[name])
        for name in today
    }


_NONE = models.Value(NOTHING, PoundsField())


def _measures(net: Callable[[str], Any]) -> dict[str, Any]:
    pounds = PoundsField()

    def less_offsets(gross: Any) -> Any:
        offset = models.ExpressionWrapper(net("credited") + net("recovered"), pounds)
        left = models.ExpressionWrapper(gross - offset, pounds)
        return Cast(Greatest(_NONE, left), models.BigIntegerField())

    stages = map(net, ("approved", "committed", "invoiced", "paid"))
    firm = Greatest(_NONE, *stages, output_field=pounds)
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
