"""Months and years of contracted and paid, held against adding up day by day."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from barnetwatch.lib.money import NOTHING
from contracts.plan import Spread
from costs.payments.months import Month, added_up, months_of, share, years_of

FIRST, LAST = dt.date(2016, 1, 1), dt.date(2019, 12, 31)
days = st.dates(FIRST, LAST)
pounds = st.integers(-10_000_000, 10_000_000).map(lambda pence: Decimal(pence) / 100)
sums = st.integers(0, 10_000_000).map(lambda pence: Decimal(pence) / 100)
spreads = st.builds(
    lambda amount, one, other: Spread(amount, min(one, other), max(one, other)), sums, days, days
)


def day_by_day(laid, until: dt.date) -> Decimal:
    """What is contracted by a day, a day's part after the other, rounded once at the end."""
    exact = Fraction(0)
    for spread in laid:
        day = spread.starts_on
        length = (spread.ends_on - spread.starts_on).days + 1
        while day <= min(until, spread.ends_on):
            exact += Fraction(spread.amount) / length
            day += dt.timedelta(days=1)
    pence = exact * 100
    return Decimal(int(pence + Fraction(1, 2))) / 100


def by_month(payments) -> dict[dt.date, Decimal]:
    found: dict[dt.date, Decimal] = {}
    for day, amount in payments:
        month = day.replace(day=1)
        found[month] = found.get(month, NOTHING) + amount
    return found


@given(
    laid=st.lists(spreads, max_size=3),
    payments=st.lists(st.tuples(days, pounds), max_size=12),
    until=days,
)
def test_months_add_up_to_what_days_add_up_to(laid, payments, until):
    payments = [(day, amount) for day, amount in payments if day <= until]
    months = months_of(laid, by_month(payments), until)
    for month in months:
        assert month.contracted_to_date == day_by_day(laid, month.until)
        assert month.paid_to_date == sum(
            (amount for day, amount in payments if day <= month.until), NOTHING
        )
        assert month.over == month.paid_to_date - month.contracted_to_date
    assert sum((month.contracted for month in months), NOTHING) == day_by_day(laid, until)
    assert sum((month.paid for month in months), NOTHING) == sum(
        (amount for _day, amount in payments), NOTHING
    )
    if months:
        assert months[-1].until == until


@given(
    laid=st.lists(spreads, max_size=2),
    payments=st.lists(st.tuples(days, pounds), min_size=1, max_size=12),
)
def test_no_month_is_left_out_and_none_comes_twice(laid, payments):
    months = months_of(laid, by_month(payments), LAST)
    starts = [month.starts_on for month in months]
    assert starts == sorted(set(starts))
    assert all(
        before.until + dt.timedelta(days=1) == after.starts_on for before, after in pairwise(months)
    )
    assert [each for year in years_of(months) for each in year.months] == months


def test_a_financial_year_runs_from_april_to_march():
    plan = [Spread(Decimal(365), dt.date(2018, 1, 1), dt.date(2018, 12, 31))]
    paid = {dt.date(2018, 3, 1): Decimal(7), dt.date(2018, 4, 1): Decimal(-2)}
    before, after = years_of(months_of(plan, paid, dt.date(2018, 4, 30)))
    assert (before.name, before.contracted, before.paid) == ("2017/18", Decimal(90), Decimal(7))
    assert (after.name, after.contracted, after.paid) == ("2018/19", Decimal(30), Decimal(-2))
    assert (after.last.contracted_to_date, after.last.paid_to_date) == (Decimal(120), Decimal(5))
    assert [month.name for month in before.months] == [
        "January 2018",
        "February 2018",
        "March 2018",
    ]


def test_the_turn_of_a_century_keeps_two_digits():
    month = Month(dt.date(2099, 4, 1), dt.date(2099, 4, 30), *(NOTHING,) * 4)
    assert years_of([month])[0].name == "2099/00"


def test_a_month_is_cut_at_the_last_day_covered():
    plan = [Spread(Decimal(365), dt.date(2018, 1, 1), dt.date(2018, 12, 31))]
    [_january, february] = months_of(plan, {}, dt.date(2018, 2, 10))
    assert (february.contracted, february.until) == (Decimal(10), dt.date(2018, 2, 10))


def test_where_nothing_is_agreed_or_paid_there_is_no_month():
    assert months_of([], {}, LAST) == []
    assert months_of([Spread(Decimal(1), LAST, LAST)], {}, FIRST) == []


def test_the_payments_of_several_contracts_are_added_up_month_by_month():
    one, other = dt.date(2018, 4, 1), dt.date(2018, 5, 1)
    found = added_up([{one: Decimal(1)}, {one: Decimal(2), other: Decimal(3)}])
    assert found == {one: Decimal(3), other: Decimal(3)}


def test_a_share_of_nothing_is_not_said():
    assert share(Decimal(5), NOTHING) is None
    assert share(Decimal(-5), Decimal(40)) == Decimal("-12.50")
