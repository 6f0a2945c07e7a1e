"""The chart of what was agreed over the term, with the sums that others state."""

import datetime as dt
from decimal import Decimal
from string import ascii_lowercase

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_prose, in_sentence
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.chart import MARKED, Chart, Point, within
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.paidside import PaidSide
from barnetwatch.pages.contract.said import Said
from contracts.plan import contracted_to_date
from costs.positions import NO_PAYMENTS


def keyed(stated: list[Said], starts: dt.date, ends: dt.date) -> list[tuple[str, Said]]:
    """The totals that others state, each with its letter.

    A running total never falls: a smaller sum by the same speaker on a later day is of another
    kind, such as one year's payments, and is not drawn.
    """
    reached: dict[str, Decimal] = {}
    found = []
    for said in stated:
        row = said.statement
        amount: Decimal = row.amount or NOTHING
        if within(row.amount_on, starts, ends) and amount >= reached.get(row.speaker, NOTHING):
            reached[row.speaker] = amount
            found.append(said)
    return list(zip(ascii_lowercase, found[:MARKED], strict=False))


def is_own(said: Said) -> bool:
    """Whether a sum is said of the contract or a failure under it, not of the whole company."""
    return bool(said.statement.contract_id or said.statement.incident_id)


def plan_chart(
    held: Held, agreed: Agreed, paid: PaidSide, stated: list[tuple[str, Said]], starts: dt.date
) -> Chart:
    """The sum agreed by each day, dashed, since it is a plan; what was paid in a solid line."""
    last = _last(agreed)
    corners = {day for spread in agreed.laid for day in (spread.starts_on, spread.ends_on)}
    line = [Point(day, contracted_to_date(agreed.laid, day)) for day in sorted(corners)]
    paid_line = _paid_line(paid)
    days = [said.statement.amount_on or last for _letter, said in stated]
    whole = contracted_to_date(agreed.laid, last)
    says = f"What was agreed comes to {in_prose(whole)} by {in_words(last)}"
    if held.when.on < last:
        by_now = contracted_to_date(agreed.laid, held.when.on)
        says += f", {in_sentence(by_now)} of it by {held.when.in_words}"
    return Chart(
        name="plan",
        title="What was agreed and what was paid"
        if paid_line
        else "What was agreed, over the term",
        says=f"{says}. {_paid(paid)}{_others(stated)}",
        starts=starts,
        ends=max([last, *days, *(point.on for point in paid_line)]),
        lines={"plan": line} | ({"paid": paid_line} if paid_line else {}),
        points=[
            Point(
                said.statement.amount_on or starts,
                said.statement.amount or NOTHING,
                letter,
                is_own=is_own(said),
            )
            for letter, said in stated
        ],
    )


def _paid_line(paid: PaidSide) -> list[Point]:
    """What was paid by the end of each month, from nothing on the day before the first payment."""
    first = next((number for number, month in enumerate(paid.months) if month.paid), None)
    if first is None:
        return []
    months = paid.months[first:]
    start = Point(months[0].starts_on, NOTHING)
    return [start, *(Point(month.until, month.paid_to_date) for month in months)]


def _paid(paid: PaidSide) -> str:
    if paid.is_known:
        return paid.in_words
    if paid.position.why_not == NO_PAYMENTS:
        return "No payments are imported."
    return "No payments are attributed to it yet."


def _others(stated: list[tuple[str, Said]]) -> str:
    """What others state, of the contract and of the whole company, in a sentence each."""
    found = ""
    for own, of in ((True, "this contract"), (False, "the company, all its contracts counted,")):
        sums = [said.statement.amount or NOTHING for _key, said in stated if is_own(said) == own]
        if sums:
            least, most = in_prose(min(sums)), in_prose(max(sums))
            reach = f"run from {least} to {most}" if least != most else f"come to {most}"
            found += f" Sums that others state of {of} {reach}."
    return found


def _last(agreed: Agreed) -> dt.date:
    return max(spread.ends_on for spread in agreed.laid)
