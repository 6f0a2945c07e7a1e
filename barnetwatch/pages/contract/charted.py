"""The charts of a contract: the plan over its term, and the spend beside it.

Two, because on the scale of the contract the money spent beside it would be a line on the floor.
"""

import datetime as dt
from dataclasses import dataclass

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_table
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.besidechart import beside_chart
from barnetwatch.pages.contract.chart import MARKED, Chart, within
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.paidside import PaidSide
from barnetwatch.pages.contract.planchart import is_own, keyed, plan_chart
from barnetwatch.pages.contract.said import DecisionRow, Said
from barnetwatch.pages.contract.words import listed
from contracts.plan import contracted_to_date
from costs.series import Step, steps

#: Days of the table behind the charts, beyond which it keeps to the ends of years.
TABLED = 40


@dataclass(frozen=True)
class Charted:
    """The charts with what explains them and the table of their figures."""

    charts: list[Chart]
    stated: list[tuple[str, Said]]
    flagged: list[tuple[str, DecisionRow]]
    table: list[tuple[str, str, str, str]]

    @property
    def has_own(self) -> bool:
        """Whether some of the sums are of this contract."""
        return any(is_own(said) for _letter, said in self.stated)

    @property
    def company(self) -> str:
        """Whom the sums count that are not of this contract alone."""
        rows = (said.statement for _letter, said in self.stated if not is_own(said))
        return listed(dict.fromkeys(str(row.supplier) for row in rows))

    def letter_of(self, said: Said) -> str:
        """The letter of a sum that is drawn; nothing for the others."""
        return next((letter for letter, each in self.stated if each is said), "")


def charted(
    held: Held,
    agreed: Agreed,
    paid: PaidSide,
    stated: list[Said],
    decisions: list[DecisionRow],
) -> Charted:
    """The charts that the record has enough for."""
    counted = {line.pk for line in held.lines if line.is_supplementary}
    moved = steps(each for each in held.moved if each.line in counted)
    starts, ends = _span(held, agreed, moved, paid)
    if starts is None or ends is None or starts >= ends:
        return Charted([], [], [], [])
    lettered = keyed(stated, starts, ends)
    flagged = [
        (str(number), row)
        for number, row in enumerate(
            [row for row in decisions if within(row.decision.taken_on, starts, ends)][-MARKED:], 1
        )
    ]
    charts = []
    if agreed.laid:
        charts.append(plan_chart(held, agreed, paid, lettered, starts))
    if moved:
        charts.append(beside_chart(held, moved, flagged, starts, ends))
    shown = [chart.name for chart in charts]
    return Charted(
        charts,
        lettered if "plan" in shown else [],
        flagged if "beside" in shown else [],
        _table(agreed, moved, starts, ends, held.when.on),
    )


def _span(
    held: Held, agreed: Agreed, moved: list[Step], paid: PaidSide
) -> tuple[dt.date | None, dt.date | None]:
    """From the first day of the term to its last or the page's own day, whichever is later."""
    first = [spread.starts_on for spread in agreed.laid] + [step.on for step in moved[:1]]
    first += [month.starts_on for month in paid.months if month.paid][:1]
    if held.contract.starts_on:
        first.append(held.contract.starts_on)
    last = [spread.ends_on for spread in agreed.laid]
    last += [held.when.on] if moved else []
    return min(first, default=None), max(last, default=None)


def _table(
    agreed: Agreed, moved: list[Step], starts: dt.date, ends: dt.date, on: dt.date
) -> list[tuple[str, str, str, str]]:
    """The figures behind the charts: on each day something moved, and at the end of each year."""
    years = {dt.date(year, 12, 31) for year in range(starts.year, ends.year + 1)}
    days = {day for day in years if starts <= day <= ends} | {ends}
    if len(moved) <= TABLED:
        days |= {step.on for step in moved}
    rows = []
    for day in sorted(days):
        before = [step for step in moved if step.on <= day]
        known = day <= on
        rows.append(
            (
                in_words(day),
                in_table(contracted_to_date(agreed.laid, day)) if agreed.laid else "not known",
                in_table(before[-1].totals.firm if before else NOTHING) if known else "",
                in_table(before[-1].totals.at_risk if before else NOTHING) if known else "",
            )
        )
    return rows
