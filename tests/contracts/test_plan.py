"""How much was agreed by a day: worked figures, variations, extensions, terms cut short."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.plan import (
    Change,
    Spread,
    change_size,
    contracted_to_date,
    last_day,
    spreads,
)
from tests.factories import day

FIRST, LAST = day("2013-09-01"), day("2023-08-31")
CSG = Spread(Decimal(320_000_000), FIRST, LAST)


def by(on: str, *changes: Change) -> Decimal:
    """Contracted to date under CSG, with changes."""
    return contracted_to_date(spreads([CSG], LAST, changes), day(on))


class TestTheTerm:
    def test_of_csg_is_3652_days(self):
        assert (LAST - FIRST).days + 1 == 3652

    @pytest.mark.parametrize(
        ("on", "number", "pounds"),
        [
            ("2013-08-31", 0, "0.00"),
            ("2013-09-01", 1, "87623.22"),
            ("2016-02-29", 912, "79912376.78"),
            ("2018-10-01", 1857, "162716319.82"),
            ("2023-08-30", 3651, "319912376.78"),
            ("2023-08-31", 3652, "320000000.00"),
            ("2023-09-01", 3653, "320000000.00"),
            ("9999-12-31", None, "320000000.00"),
        ],
    )
    def test_carries_the_sum_evenly_both_ends_inclusive(self, on, number, pounds):
        if number is not None:
            assert (day(on) - FIRST).days + 1 == number
        assert str(by(on)) == pounds

    def test_of_one_day_carries_it_at_once(self):
        spread = Spread(Decimal("100.01"), FIRST, FIRST)
        assert contracted_to_date([spread], FIRST) == Decimal("100.01")

    def test_rounds_half_up_and_once(self):
        halves = [Spread(Decimal("0.01"), FIRST, FIRST + dt.timedelta(days=1))] * 2
        assert contracted_to_date(halves[:1], FIRST) == Decimal("0.01")
        assert contracted_to_date(halves, FIRST) == Decimal("0.01")

    def test_that_rounds_below_nothing_rounds_away_from_it(self):
        less = Spread(Decimal("-0.01"), FIRST, FIRST + dt.timedelta(days=1))
        assert contracted_to_date([less], FIRST) == Decimal("-0.01")

    def test_of_several_sums_adds_them_up(self):
        parts = [
            Spread(Decimal(100), FIRST, day("2014-08-31")),
            Spread(Decimal(50), day("2014-09-01"), day("2015-08-31")),
        ]
        assert contracted_to_date(parts, day("2014-08-31")) == Decimal(100)
        assert contracted_to_date(parts, day("2015-08-31")) == Decimal(150)

    def test_of_nothing_is_nothing(self):
        assert str(contracted_to_date([], FIRST)) == "0.00"


class TestAChangeOfValue:
    GROWTH = Change(day("2018-04-01"), Decimal(10_000_000))

    def test_spreads_from_the_day_it_takes_effect_to_the_end(self):
        days = (LAST - day("2018-04-01")).days + 1
        assert days == 1979
        assert (day("2018-10-01") - day("2018-04-01")).days + 1 == 184
        [_, added] = spreads([CSG], LAST, [self.GROWTH])
        assert contracted_to_date([added], day("2018-10-01")) == Decimal("929762.51")
        assert by("2018-10-01", self.GROWTH) == Decimal("163646082.33")

    def test_leaves_what_was_agreed_before_it_alone(self):
        assert by("2018-03-31", self.GROWTH) == by("2018-03-31")

    def test_is_there_in_full_at_the_end(self):
        assert by("2023-08-31", self.GROWTH) == Decimal(330_000_000)

    def test_may_take_money_away(self):
        less = Change(day("2018-04-01"), Decimal(-10_000_000))
        assert by("2023-08-31", less) == Decimal(310_000_000)

    def test_on_the_last_day_falls_on_it(self):
        assert by("2023-08-30", Change(LAST, Decimal(5))) == by("2023-08-30")
        assert by("2023-08-31", Change(LAST, Decimal(5))) == Decimal(320_000_005)

    def test_after_the_end_falls_on_the_last_day(self):
        late = Change(day("2024-01-01"), Decimal(5))
        assert by("2023-08-31", late) == Decimal(320_000_005)


class TestAnExtension:
    MORE = Change(day("2023-05-01"), Decimal(60_000_000), day("2025-08-31"))

    def test_covers_the_added_days_only(self):
        assert by("2023-08-31", self.MORE) == Decimal(320_000_000)
        added = (day("2025-08-31") - LAST).days
        assert added == 731
        assert by("2023-09-01", self.MORE) == Decimal("320082079.34")
        assert by("2025-08-31", self.MORE) == Decimal(380_000_000)

    def test_without_a_sum_adds_nothing(self):
        longer = Change(day("2023-05-01"), None, day("2025-08-31"))
        assert by("2025-08-31", longer) == Decimal(320_000_000)

    def test_moves_the_end_for_changes_after_it(self):
        later = Change(day("2025-08-31"), Decimal(5))
        assert by("2025-08-30", self.MORE, later) == by("2025-08-30", self.MORE)
        assert by("2025-08-31", later, self.MORE) == Decimal(380_000_005)


class TestATermCutShort:
    SHORT = Change(day("2018-01-01"), None, day("2018-09-30"))

    def test_accrues_nothing_after_its_new_last_day(self):
        assert by("2018-09-30", self.SHORT) == by("2018-09-30")
        assert by("2023-08-31", self.SHORT) == by("2018-09-30")

    def test_keeps_the_part_of_an_earlier_addition_that_had_accrued(self):
        growth = Change(day("2017-01-01"), Decimal(1_000_000))
        assert by("2023-08-31", growth, self.SHORT) == by("2018-09-30", growth)

    def test_drops_sums_that_had_not_begun(self):
        parts = [CSG, Spread(Decimal(7), day("2020-01-01"), day("2020-12-31"))]
        laid = spreads(parts, LAST, [self.SHORT])
        assert contracted_to_date(laid, LAST) == by("2018-09-30")

    @given(st.dates(FIRST, LAST), st.dates(FIRST, LAST))
    def test_leaves_every_earlier_day_to_the_penny(self, end, on):
        short = Change(FIRST, None, end)
        assert contracted_to_date(spreads([CSG], LAST, [short]), min(on, end)) == (
            contracted_to_date([CSG], min(on, end))
        )


class TestTheLastDay:
    CHANGES = (
        Change(day("2023-05-01"), None, day("2025-08-31")),
        Change(day("2018-04-01"), Decimal(1)),
        Change(day("2025-03-01"), None, day("2025-12-31")),
    )

    def test_is_the_latest_that_was_agreed(self):
        assert last_day(LAST, self.CHANGES) == day("2025-12-31")

    @pytest.mark.parametrize(
        ("on", "ends"),
        [
            ("2023-04-30", "2023-08-31"),
            ("2023-05-01", "2025-08-31"),
            ("2025-02-28", "2025-08-31"),
            ("2025-03-01", "2025-12-31"),
        ],
    )
    def test_on_a_day_is_what_held_on_it(self, on, ends):
        assert last_day(LAST, self.CHANGES, day(on)) == day(ends)


sums = st.decimals(Decimal("-1e9"), Decimal("1e9"), places=2)


@given(
    st.lists(st.tuples(sums, st.dates(FIRST, LAST), st.dates(FIRST, LAST)), max_size=8),
    st.dates(FIRST, LAST),
)
def test_the_plan_is_exact_to_the_penny(parts, on):
    laid = [Spread(amount, min(a, b), max(a, b)) for amount, a, b in parts]
    exact = sum((spread.by(on) for spread in laid), Fraction(0)) * 100
    size = abs(exact)
    pence = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    found = contracted_to_date(laid, on) * 100
    assert found == (-pence if exact < 0 else pence)


@given(st.lists(st.tuples(sums.filter(lambda s: s >= 0), st.dates(FIRST, LAST)), max_size=4))
def test_additions_never_make_the_plan_fall(changes):
    laid = spreads([CSG], LAST, [Change(on, amount) for amount, on in changes])
    found = [contracted_to_date(laid, FIRST + dt.timedelta(days=n)) for n in range(0, 3701, 100)]
    assert found == sorted(found)
    assert found[-1] == CSG.amount + sum((amount for amount, _ in changes), Decimal(0))


class TestTheSizeOfAChange:
    def test_of_exactly_ten_per_cent_is_exactly_ten(self):
        size = change_size(Decimal(100), Decimal(110), day("2020-01-01"), None, None)
        assert (size.value, size.term) == (Decimal("10.00"), None)

    @pytest.mark.parametrize(
        ("before", "after", "percent"),
        [
            ("320000000", "352000000", "10.00"),
            ("320000000", "352000000.01", "10.00"),
            ("320000000", "400000000", "25.00"),
            ("100", "90", "10.00"),
            ("100", "100", "0.00"),
            ("3", "4", "33.33"),
            ("300", "300.05", "0.02"),
            ("100", "0", "100.00"),
        ],
    )
    def test_of_value_is_given_either_way_to_two_decimals(self, before, after, percent):
        size = change_size(Decimal(before), Decimal(after), None, None, None)
        assert size.value == Decimal(percent)

    @pytest.mark.parametrize(
        ("end_after", "percent"),
        [("2031-12-31", "0.00"), ("2032-12-31", "10.02"), ("2030-12-31", "9.99")],
    )
    def test_of_the_term_counts_days(self, end_after, percent):
        size = change_size(None, None, day("2022-01-01"), day("2031-12-31"), day(end_after))
        assert (size.value, size.term) == (None, Decimal(percent))

    def test_of_exactly_a_tenth_of_the_term_is_exactly_ten(self):
        size = change_size(None, None, day("2020-01-01"), day("2020-04-09"), day("2020-04-19"))
        assert size.term == Decimal("10.00")

    @pytest.mark.parametrize("before", [None, Decimal(0)])
    def test_from_nothing_known_has_no_percentage(self, before):
        assert change_size(before, Decimal(5), None, None, None).value is None

    def test_without_days_has_no_share_of_the_term(self):
        assert change_size(None, None, None, LAST, LAST).term is None
        assert change_size(None, None, FIRST, None, LAST).term is None
        assert change_size(None, None, FIRST, LAST, None).term is None
