"""What the two charts of a contract show: the plan over its term, and the spend beside it.

Two, because on the scale of the contract the money spent beside it would be a line on the floor.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_lowercase

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_prose, in_sentence, in_table
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.alerts import since
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.said import DecisionRow, Said
from barnetwatch.pages.contract.words import listed
from contracts.plan import contracted_to_date
from costs.series import Step, steps

#: Marks of one kind that a chart holds; the rest stand in their sections.
MARKED = 12
#: Days of the table behind the charts, beyond which it keeps to the ends of years.
TABLED = 40


@dataclass(frozen=True)
class Point:
    """A sum on a day, with the letter or number it is known by below the chart."""

    on: dt.date
    amount: Decimal
    key: str = ""
    #: Whether it is of this contract; drawn hollow where it counts others too.
    is_own: bool = True


@dataclass(frozen=True)
class Mark:
    """A sum that a total must not exceed, and on which days it came to lie above it."""

    amount: Decimal
    label: str
    crossed: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class Chart:
    """One drawing: its lines by name, points and marks between two days."""

    name: str
    title: str
    says: str
    starts: dt.date
    ends: dt.date
    lines: dict[str, list[Point]]
    points: list[Point] = field(default_factory=list)
    flags: list[Point] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    #: Which lines stay level between two days and jump on the second.
    stepped: bool = False

    @property
    def top(self) -> Decimal:
        """The largest sum on it."""
        sums = [point.amount for line in self.lines.values() for point in line]
        sums += [point.amount for point in self.points]
        reached = max(sums, default=NOTHING)
        return max([reached, *(mark.amount for mark in self.marks if mark.crossed)])


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
        return any(_of_contract(said) for _letter, said in self.stated)

    @property
    def company(self) -> str:
        """Whom the sums count that are not of this contract alone."""
        rows = (said.statement for _letter, said in self.stated if not _of_contract(said))
        return listed(dict.fromkeys(str(row.supplier) for row in rows))

    def letter_of(self, said: Said) -> str:
        """The letter of a sum that is drawn; nothing for the others."""
        return next((letter for letter, each in self.stated if each is said), "")


def charted(
    held: Held, agreed: Agreed, stated: list[Said], decisions: list[DecisionRow]
) -> Charted:
    """The charts that the record has enough for."""
    counted = {line.pk for line in held.lines if line.is_supplementary}
    moved = steps(each for each in held.moved if each.line in counted)
    starts, ends = _span(held, agreed, moved)
    if starts is None or ends is None or starts >= ends:
        return Charted([], [], [], [])
    keyed = _keyed(held, agreed, stated, starts, ends)
    flagged = [
        (str(number), row)
        for number, row in enumerate(
            [row for row in decisions if _within(row.decision.taken_on, starts, ends)][-MARKED:], 1
        )
    ]
    charts = []
    if agreed.laid:
        charts.append(_plan(held, agreed, keyed, starts))
    if moved:
        charts.append(_beside(held, moved, flagged, starts, ends))
    shown = [chart.name for chart in charts]
    return Charted(
        charts,
        keyed if "plan" in shown else [],
        flagged if "beside" in shown else [],
        _table(agreed, moved, starts, ends, held.when.on),
    )


def _span(held: Held, agreed: Agreed, moved: list[Step]) -> tuple[dt.date | None, dt.date | None]:
    """From the first day of the term to its last or the page's own day, whichever is later."""
    first = [spread.starts_on for spread in agreed.laid] + [step.on for step in moved[:1]]
    if held.contract.starts_on:
        first.append(held.contract.starts_on)
    last = [spread.ends_on for spread in agreed.laid]
    last += [held.when.on] if moved else []
    return min(first, default=None), max(last, default=None)


def _within(day: dt.date | None, starts: dt.date, ends: dt.date) -> bool:
    return day is not None and starts <= day <= ends


def _keyed(
    held: Held, agreed: Agreed, stated: list[Said], starts: dt.date, ends: dt.date
) -> list[tuple[str, Said]]:
    """The totals that others state, each with its letter.

    A running total never falls: a smaller sum by the same speaker on a later day is of another
    kind, such as one year's payments, and is not drawn.
    """
    reached: dict[str, Decimal] = {}
    found = []
    for said in stated:
        row = said.statement
        amount: Decimal = row.amount or NOTHING
        if _within(row.amount_on, starts, ends) and amount >= reached.get(row.speaker, NOTHING):
            reached[row.speaker] = amount
            found.append(said)
    return list(zip(ascii_lowercase, found[:MARKED], strict=False))


def _of_contract(said: Said) -> bool:
    """Whether a sum is said of the contract or a failure under it, not of the whole company."""
    return bool(said.statement.contract_id or said.statement.incident_id)


def _plan(held: Held, agreed: Agreed, keyed: list[tuple[str, Said]], starts: dt.date) -> Chart:
    last = _last(agreed)
    days = {day for spread in agreed.laid for day in (spread.starts_on, spread.ends_on)}
    line = [Point(day, contracted_to_date(agreed.laid, day)) for day in sorted(days)]
    whole = contracted_to_date(agreed.laid, last)
    says = f"What was agreed comes to {in_prose(whole)} by {in_words(last)}"
    if held.when.on < last:
        by_now = contracted_to_date(agreed.laid, held.when.on)
        says += f", {in_sentence(by_now)} of it by {held.when.in_words}"
    return Chart(
        name="plan",
        title="What was agreed, over the term",
        says=f"{says}. No payments are imported.{_others(keyed)}",
        starts=starts,
        ends=max([last, *(said.statement.amount_on or last for _letter, said in keyed)]),
        lines={"plan": line},
        points=[
            Point(
                said.statement.amount_on or starts,
                said.statement.amount or NOTHING,
                letter,
                is_own=_of_contract(said),
            )
            for letter, said in keyed
        ],
    )


def _others(keyed: list[tuple[str, Said]]) -> str:
    """What others state, of the contract and of the whole company, in a sentence each."""
    found = ""
    for own, of in ((True, "this contract"), (False, "the company, all its contracts counted,")):
        sums = [
            said.statement.amount or NOTHING for _key, said in keyed if _of_contract(said) == own
        ]
        if sums:
            least, most = in_prose(min(sums)), in_prose(max(sums))
            reach = f"run from {least} to {most}" if least != most else f"come to {most}"
            found += f" Sums that others state of {of} {reach}."
    return found


def _last(agreed: Agreed) -> dt.date:
    return max(spread.ends_on for spread in agreed.laid)


def _beside(
    held: Held,
    moved: list[Step],
    flagged: list[tuple[str, DecisionRow]],
    starts: dt.date,
    ends: dt.date,
) -> Chart:
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
