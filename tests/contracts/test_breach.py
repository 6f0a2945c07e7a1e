"""Commitments held against what was measured."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.breach import Verdict, assess


def at_most(target: str, value: str | None, **options):
    return assess(Decimal(target), True, value and Decimal(value), **options)


def at_least(target: str, value: str | None, **options):
    return assess(Decimal(target), False, value and Decimal(value), **options)


class TestTheDisasterRecovery:
    def test_of_the_silver_tier_took_twice_as_long(self):
        rto = at_most("48", "96")
        assert (rto.verdict, rto.excess, rto.ratio) == (Verdict.BREACHED, 48, 2)
        assert rto.in_words("hours") == "+48 hours, ×2.0"

    def test_of_the_silver_tier_lost_a_days_data(self):
        rpo = at_most("1", "24")
        assert (rpo.verdict, rpo.excess, rpo.ratio) == (Verdict.BREACHED, 23, 24)
        assert rpo.in_words("hours") == "+23 hours, ×24"

    def test_of_the_bronze_tier_was_not_possible_which_has_no_ratio(self):
        bronze = at_most("48", None, not_recoverable=True)
        assert (bronze.verdict, bronze.excess, bronze.ratio) == (Verdict.BREACHED, None, None)
        assert bronze.in_words("hours") == "not recoverable"

    def test_of_a_tier_nobody_measured_is_not_known_which_is_not_zero(self):
        unknown = at_most("48", None)
        assert unknown.verdict is Verdict.UNKNOWN
        assert unknown != at_most("48", "0")
        assert unknown.in_words("hours") == "not known"


class TestATarget:
    @pytest.mark.parametrize("value", ["48", "48.00", "47.99", "0"])
    def test_that_is_reached_is_kept(self, value):
        assert at_most("48", value).verdict is Verdict.MET
        assert at_most("48", value).in_words("hours") == "met"

    def test_is_missed_by_a_hundredth(self):
        missed = at_most("48", "48.01")
        assert (missed.verdict, missed.excess) == (Verdict.BREACHED, Decimal("0.01"))
        assert missed.in_words("hours") == "+0.01 hours, ×1.0"

    @pytest.mark.parametrize("value", ["95", "95.00", "95.01", "100"])
    def test_of_at_least_is_kept_from_it_upward(self, value):
        assert at_least("95", value).verdict is Verdict.MET

    def test_of_at_least_is_missed_below_it(self):
        missed = at_least("95", "76")
        assert (missed.excess, missed.ratio) == (19, Decimal("1.25"))
        assert missed.in_words("per cent") == "-19 per cent, ×1.3"

    def test_of_at_least_of_which_nothing_was_reached_has_no_ratio(self):
        missed = at_least("95", "0")
        assert (missed.excess, missed.ratio) == (95, None)
        assert missed.in_words("per cent") == "-95 per cent"

    def test_of_nothing_that_was_missed_has_no_ratio(self):
        missed = at_most("0", "3")
        assert (missed.excess, missed.ratio) == (3, None)
        assert missed.in_words("days") == "+3 days"

    def test_is_printed_with_commas_and_no_empty_decimals(self):
        assert at_most("1", "10001").in_words("hours") == "+10,000 hours, ×10001"
        assert at_most("2", "4.50").in_words("days") == "+2.5 days, ×2.3"
        assert at_most("10", "110").in_words("hours") == "+100 hours, ×11"


class TestTheWorst:
    ORDER = (
        at_most("48", None),
        at_most("48", "40"),
        at_most("48", "49"),
        at_most("48", "96"),
        at_most("1", "24"),
        at_most("0", "1"),
        at_most("0", "2"),
        at_most("48", None, not_recoverable=True),
    )

    def test_sorts_last_and_not_recoverable_is_the_worst_of_all(self):
        mixed = self.ORDER[::-2] + self.ORDER[::2]
        assert sorted(mixed, key=lambda found: found.rank) == list(self.ORDER)


numbers = st.decimals(0, 10**6, places=2)


@given(numbers, st.none() | numbers, st.booleans(), st.booleans())
def test_any_measurement_has_a_verdict_a_rank_and_words(target, value, is_at_most, lost):
    found = assess(target, is_at_most, value, lost)
    assert found.rank >= (0, Decimal(0), Decimal(0))
    assert found.in_words("hours")
    if found.excess is not None:
        assert found.excess > 0
        assert found.verdict is Verdict.BREACHED
