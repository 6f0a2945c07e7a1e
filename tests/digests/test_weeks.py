"""ISO weeks by their names, and the moment at which each is told."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from digests.weeks import Week, latest_told, parse_week, week_of
from tests.factories import day, moment

SECOND = dt.timedelta(seconds=1)
LATE = moment("2031-01-01")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("on", "name"),
    [
        ("2018-10-01", "2018-W40"),
        ("2018-10-07", "2018-W40"),
        ("2018-10-08", "2018-W41"),
        # 2026 has 53 weeks; the last one reaches into 2027.
        ("2026-12-28", "2026-W53"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        # The last day of 2029 is the first of 2030's first week.
        ("2029-12-30", "2029-W52"),
        ("2029-12-31", "2030-W01"),
        ("2030-01-06", "2030-W01"),
    ],
)
def test_a_day_lies_in_its_iso_week(on, name):
    assert str(week_of(day(on))) == name


@pytest.mark.parametrize(
    ("week", "monday", "sunday"),
    [
        (Week(2026, 53), "2026-12-28", "2027-01-03"),
        (Week(2027, 1), "2027-01-04", "2027-01-10"),
        (Week(2030, 1), "2029-12-31", "2030-01-06"),
    ],
)
def test_a_week_runs_from_monday_to_sunday(week, monday, sunday):
    assert (week.monday, week.sunday) == (day(monday), day(sunday))


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (Week(2018, 40), "1 to 7 October 2018"),
        (Week(2018, 44), "29 October to 4 November 2018"),
        (Week(2026, 53), "28 December 2026 to 3 January 2027"),
        (Week(2030, 1), "31 December 2029 to 6 January 2030"),
    ],
)
def test_a_weeks_days_in_words(week, words):
    assert week.in_words == words


@pytest.mark.parametrize(
    ("week", "cut"),
    [
        # Clocks go forward on Sunday 29 March 2026, back on Sunday 25 October 2026.
        (Week(2026, 12), "2026-03-23 07:00"),
        (Week(2026, 13), "2026-03-30 06:00"),
        (Week(2026, 42), "2026-10-19 06:00"),
        (Week(2026, 43), "2026-10-26 07:00"),
        (Week(2026, 53), "2027-01-04 07:00"),
        (Week(2027, 1), "2027-01-11 07:00"),
        (Week(2030, 1), "2030-01-07 07:00"),
    ],
)
def test_a_week_is_cut_at_seven_in_london_on_the_monday_after_it(week, cut):
    assert week.cut == utc(cut)
    assert week.cut.strftime("%A %H:%M") == "Monday 07:00"


@pytest.mark.parametrize(
    "week", [Week(2026, 13), Week(2026, 43), Week(2026, 53), Week(2027, 1), Week(2030, 1)]
)
def test_a_week_is_the_latest_told_from_its_cut_on(week):
    before = week_of(week.monday - dt.timedelta(days=1))
    cut = week.cut.astimezone(dt.UTC)
    assert latest_told(cut - SECOND) == before
    assert latest_told(cut) == week
    assert latest_told(cut + SECOND) == week
    assert latest_told(cut + dt.timedelta(days=6, hours=22)) == week


def test_the_week_of_a_clock_change_is_an_hour_shorter_or_longer():
    hours = dt.timedelta(hours=1)
    assert utc_between(Week(2026, 12), Week(2026, 13)) == 167 * hours
    assert utc_between(Week(2026, 42), Week(2026, 43)) == 169 * hours
    assert utc_between(Week(2026, 43), Week(2026, 44)) == 168 * hours


def utc_between(first: Week, second: Week) -> dt.timedelta:
    return second.cut.astimezone(dt.UTC) - first.cut.astimezone(dt.UTC)


@given(st.timedeltas(dt.timedelta(0), dt.timedelta(days=36_500)))
def test_every_moment_has_one_week_that_was_told_last(passed):
    at = utc("2001-01-01") + passed
    week = latest_told(at)
    after = week_of(week.monday + dt.timedelta(days=7))
    assert week.cut <= at < after.cut
    assert week < after


@given(st.dates(dt.date(2000, 1, 10), dt.date(2030, 12, 1)))
def test_the_name_of_a_week_is_read_as_it_is_written(on):
    week = week_of(on)
    assert week.monday <= on <= week.sunday
    assert parse_week(str(week), LATE) == week


def test_a_name_is_read_with_space_around_it():
    assert parse_week(" 2018-W40\n", LATE) == Week(2018, 40)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "40",
        "2018W40",
        "2018-40",
        "2018-w40",
        "2018-W4",
        "2018-W040",
        "18-W40",
        "2018-W40-1",
        "2018-10-01",
        "٢٠١٨-W40",
        "2018-W00",
        "2018-W53",
        "2027-W53",
        "2026-W54",
        "1999-W40",
        "0001-W01",
        "9999-W52",
        "last",
    ],
)
def test_what_names_no_week_is_refused_with_the_remedy(text):
    with pytest.raises(ValidationError) as refused:
        parse_week(text, LATE)
    assert refused.value.messages == [
        f"“{text}” is not a week. Write its year and number, such as 2018-W40."
    ]


def test_a_long_name_is_not_repeated_whole():
    with pytest.raises(ValidationError, match=r"^.{,90}$"):
        parse_week("2018-W40" * 1000, LATE)


@pytest.mark.parametrize(
    ("text", "at", "day_"),
    [
        # Over, but not yet cut.
        ("2018-W40", "2018-10-08 06:59", "8 October 2018"),
        # Not over.
        ("2018-W40", "2018-10-03 12:00", "8 October 2018"),
        # Not begun.
        ("2026-W53", "2018-10-03 12:00", "4 January 2027"),
    ],
)
def test_a_week_not_yet_cut_is_refused_with_the_day_it_will_be(text, at, day_):
    with pytest.raises(ValidationError) as refused:
        parse_week(text, moment(at))
    assert refused.value.messages == [
        f"The digest of week {text} is made on Monday {day_} at 7am, not before."
    ]


def test_a_week_is_taken_from_the_moment_of_its_cut():
    assert parse_week("2018-W40", moment("2018-10-08 07:00")) == Week(2018, 40)
