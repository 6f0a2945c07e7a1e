"""Notice, review and end: worked dates, leap years and short months among them."""

import pytest

from contracts.datesahead import Occasion, dates_ahead
from tests.factories import day


@pytest.mark.parametrize(
    ("ends_on", "months", "last_day_for_notice"),
    [
        ("2023-08-31", 6, "2023-02-28"),
        ("2024-08-31", 6, "2024-02-29"),
        ("2023-08-31", 12, "2022-08-31"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2024-02-29", 48, "2020-02-29"),
        ("2023-03-31", 1, "2023-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2023-05-31", 1, "2023-04-30"),
        ("2023-07-31", 1, "2023-06-30"),
        ("2023-12-31", 3, "2023-09-30"),
        ("2023-01-15", 1, "2022-12-15"),
        ("2023-01-31", 2, "2022-11-30"),
        ("2023-09-30", 18, "2022-03-30"),
        ("2026-09-30", 0, "2026-09-30"),
    ],
)
def test_notice_is_given_on_the_same_day_of_the_month_or_its_last(
    ends_on, months, last_day_for_notice
):
    found = dates_ahead(day("2019-01-01"), day(ends_on), months)
    notice = next(ahead for ahead in found if ahead.occasion is Occasion.NOTICE)
    assert notice.falls_on == day(last_day_for_notice)


@pytest.mark.parametrize(
    ("on", "reminder"),
    [
        ("2022-08-30", None),
        ("2022-08-31", 12),
        ("2023-02-27", 12),
        ("2023-02-28", 6),
        ("2023-05-30", 6),
        ("2023-05-31", 3),
        ("2023-07-30", 3),
        ("2023-07-31", 1),
        ("2023-08-31", 1),
    ],
)
def test_a_date_is_brought_up_twelve_six_three_and_one_month_before(on, reminder):
    [end] = dates_ahead(day(on), day("2023-08-31"))
    assert end.occasion is Occasion.END
    assert end.reminder == reminder
    assert end.is_due == (reminder is not None)


@pytest.mark.parametrize(
    ("on", "days"), [("2023-08-30", 1), ("2023-08-31", 0), ("2022-08-31", 365), ("2023-02-28", 184)]
)
def test_days_are_counted_to_the_day_itself(on, days):
    [end] = dates_ahead(day(on), day("2023-08-31"))
    assert end.days == days


def test_dates_ahead_come_nearest_first():
    found = dates_ahead(day("2022-01-01"), day("2023-08-31"), 6, day("2023-06-30"))
    assert [(ahead.occasion, str(ahead.falls_on)) for ahead in found] == [
        (Occasion.NOTICE, "2023-02-28"),
        (Occasion.REVIEW, "2023-06-30"),
        (Occasion.END, "2023-08-31"),
    ]


def test_a_date_that_is_past_is_no_date_ahead():
    found = dates_ahead(day("2023-03-01"), day("2023-08-31"), 6, day("2023-02-01"))
    assert [ahead.occasion for ahead in found] == [Occasion.END]
    assert dates_ahead(day("2023-09-01"), day("2023-08-31"), 6) == []


def test_nothing_known_gives_nothing_ahead():
    assert dates_ahead(day("2023-01-01"), None, 6) == []
    assert dates_ahead(day("2023-01-01"), None, None, None) == []


def test_a_review_needs_no_end():
    [review] = dates_ahead(day("2023-01-01"), None, None, day("2023-01-01"))
    assert (review.occasion, review.days, review.reminder) == (Occasion.REVIEW, 0, 1)
