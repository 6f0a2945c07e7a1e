"""Dates with no more certainty than their source has."""

import datetime as dt
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from barnetwatch.lib import dates
from barnetwatch.lib.dates import (
    Precision,
    SourceDate,
    counts_from,
    end_of_day,
    in_words,
    may_begin,
    month_of,
    parse_day,
    settle,
    source_date,
    start_of_day,
)
from incidents.models import Incident
from tests.factories import day, moment


@pytest.mark.parametrize(
    ("given_day", "precision", "counts"),
    [
        ("2018-07-01", "day", "2018-07-01"),
        ("2018-07-01", "month", "2018-07-31"),
        ("2018-07-31", "month", "2018-07-31"),
        ("2018-02-03", "month", "2018-02-28"),
        ("2016-02-03", "month", "2016-02-29"),
        ("1900-02-01", "month", "1900-02-28"),
        ("2000-02-01", "month", "2000-02-29"),
        ("2018-12-01", "month", "2018-12-31"),
        ("2018-07-01", "year", "2018-12-31"),
        ("2018-12-31", "year", "2018-12-31"),
    ],
)
def test_an_imprecise_date_counts_from_its_last_day(given_day, precision, counts):
    assert counts_from(day(given_day), precision) == day(counts)


@pytest.mark.parametrize(
    ("precision", "begins"),
    [("day", "2018-07-31"), ("month", "2018-07-01"), ("year", "2018-01-01")],
)
def test_an_imprecise_date_may_mean_any_day_from_its_first(precision, begins):
    assert may_begin(day("2018-07-31"), precision) == day(begins)


@given(st.dates(), st.sampled_from(Precision))
def test_a_date_that_counts_is_not_moved_again(some_day, precision):
    once = counts_from(some_day, precision)
    assert counts_from(once, precision) == once
    assert once >= some_day
    assert in_words(once, precision) == in_words(some_day, precision)


@pytest.mark.parametrize(
    ("given_day", "precision", "inferred", "words"),
    [
        ("2018-09-20", "day", False, "20 September 2018"),
        ("2016-07-25", "day", True, "25 July [2016]"),
        ("2018-07-31", "month", False, "July 2018"),
        ("2018-07-31", "month", True, "July [2018]"),
        ("2017-12-31", "year", False, "2017"),
        ("2017-12-31", "year", True, "[2017]"),
    ],
)
def test_a_date_is_printed_as_its_source_gives_it(given_day, precision, inferred, words):
    assert in_words(day(given_day), precision, inferred) == words
    assert str(SourceDate(day(given_day), precision, inferred)) == words


def test_a_date_that_nobody_gave_is_not_known():
    assert in_words(None) == "not known"
    assert str(SourceDate(None, Precision.MONTH)) == "not known"


def test_a_rows_three_columns_are_one_date():
    row = Incident(occurred_on=day("2017-04-30"), occurred_precision="month")
    row.occurred_year_inferred = True
    assert str(source_date(row, "occurred")) == "April [2017]"


def test_settling_a_row_moves_its_imprecise_dates_only():
    row = Incident(
        occurred_on=day("2017-04-01"),
        occurred_precision="month",
        noticed_on=day("2017-05-02"),
        reported_on=None,
    )
    settle(row, "occurred", "noticed", "reported")
    found = (row.occurred_on, row.noticed_on, row.reported_on)
    assert found == (day("2017-04-30"), day("2017-05-02"), None)


def test_a_month_is_named_by_its_first_day():
    assert month_of(day("2018-07-31")) == day("2018-07-01")


class TestADayThatIsTyped:
    @pytest.mark.parametrize("text", ["2018-10-01", "2016-02-29", "0001-01-01", "9999-12-31"])
    def test_is_read(self, text):
        assert parse_day(text) == dt.date.fromisoformat(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "yesterday",
            "2018-13-01",
            "2018-02-29",
            "2018-02-30",
            "2018-00-10",
            "0000-01-01",
            "2018-1-1",
            "20181001",
            "2018-W40-1",
            "01/10/2018",
            "2018-10-01T00:00",
            " 2018-10-01",
            "2018-10-01\n",
            "２０１８-10-01",
            "-2018-10-01",
        ],
    )
    def test_is_refused_with_a_remedy_when_it_is_none(self, text):
        with pytest.raises(ValidationError, match=r"is not a date\. Write it as year-month-day"):
            parse_day(text)

    @given(st.text(max_size=12))
    def test_is_read_or_refused_whatever_it_is(self, text):
        with suppress(ValidationError):
            assert parse_day(text).isoformat() == text


class TestMidnightInLondon:
    @pytest.mark.parametrize(
        ("on", "ends"),
        [
            ("2018-01-15", "2018-01-16 00:00+00:00"),
            ("2018-07-15", "2018-07-15 23:00+00:00"),
            ("2018-03-24", "2018-03-25 00:00+00:00"),
            ("2018-03-25", "2018-03-25 23:00+00:00"),
            ("2018-10-27", "2018-10-27 23:00+00:00"),
            ("2018-10-28", "2018-10-29 00:00+00:00"),
        ],
    )
    def test_ends_a_day_on_either_side_of_a_clock_change(self, on, ends):
        assert end_of_day(day(on)) == dt.datetime.fromisoformat(ends)

    def test_begins_the_next_day_where_one_ends(self):
        assert start_of_day(day("2018-07-15")) == end_of_day(day("2018-07-14"))
        assert start_of_day(day("2018-07-15")) == moment("2018-07-15")

    @pytest.mark.parametrize(("on", "hours"), [("2018-03-25", 23), ("2018-10-28", 25)])
    def test_makes_a_day_of_a_clock_change_shorter_or_longer(self, on, hours):
        begins, ends = start_of_day(day(on)), end_of_day(day(on))
        assert ends.astimezone(dt.UTC) - begins.astimezone(dt.UTC) == dt.timedelta(hours=hours)

    def test_ends_the_last_day_there_is(self):
        assert end_of_day(dt.date.max) > start_of_day(dt.date.max)

    def test_is_the_same_moment_whatever_zone_it_is_asked_in(self):
        assert end_of_day(day("2018-07-15")).tzinfo == dates.LONDON
