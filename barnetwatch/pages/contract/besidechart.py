"""The chart of the spend beside a contract, with the marks it went above and the decisions."""

import datetime as dt
from decimal import Decimal

from barnetwatch.lib.money import NOTHING, in_prose
from barnetwatch.pages.contract.alerts import since
from barnetwatch.pages.contract.chart import Chart, Mark, Point
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.said import DecisionRow
from costs.series import Step


def beside_chart(
    held: Held,
    moved: list[Step],
    flagged: list[tuple[str, DecisionRow]],
    starts: dt.date,
    ends: dt.date,
) -> Chart:
    """Firm in a solid line and at risk in a dashed one, level between the days they moved."""
    start, on = [Point(starts, NOTHING)], held.when.on
    last = moved[-1].totals
    lines = {
        "at_risk": [*start, *(Point(step.on, step.totals.at_risk) for step in moved)],
        "firm": [*start, *(Point(step.on, step.totals.firm) for step in moved)],
    }
    for name, total in (("at_risk", last.at_risk), ("firm", last.firm)):
        lines[name].append(Point(max(on, moved[-1].on), total))
    says = (
        f"Spend beside the contract, by {held.when.in_words}: {in_prose(last.at_risk)} at risk, "
        f"{in_prose(last.firm)} of it firm."
    )
    return Chart(
        name="beside",
        title="Supplementary spend beside it",
        says=says,
        starts=starts,
        ends=ends,
        lines=lines,
        flags=[Point(row.decision.taken_on or starts, NOTHING, key) for key, row in flagged],
        marks=_marks(held),
        stepped=True,
    )


def _marks(held: Held) -> list[Mark]:
    """The marks that totals lie above, lowest first, each with the days on which they crossed."""
    found: dict[Decimal, Mark] = {}
    for alert in held.alerts:
        limit = alert.threshold.limit(alert.baseline_now)
        if limit is None:
            continue
        label = in_prose(limit)
        if alert.threshold.amount is None:
            label = f"{alert.threshold.mark}: {label}"
        day = since(alert).day or held.when.on
        crossed = (*found[limit].crossed, day) if limit in found else (day,)
        found[limit] = Mark(limit, label, tuple(dict.fromkeys(crossed)))
    return [found[limit] for limit in sorted(found)]
