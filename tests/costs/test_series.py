"""How totals came about: the same at its end as what the totals say, step by step on the way."""

import datetime as dt
from decimal import Decimal

import pytest

from barnetwatch.lib.dates import end_of_day
from costs.series import movements, nets_after, steps
from costs.totals import nets_on
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
TODAY = day("2018-10-01")


@pytest.fixture
def csg(db):
    return factories.the_csg_record()


def ids(contract):
    return list(contract.cost_lines.values_list("pk", flat=True))


def test_each_day_on_which_something_moved_is_a_step(csg):
    found = steps(movements(ids(csg), TODAY))
    assert [(step.on, step.totals.firm, step.totals.at_risk) for step in found] == [
        (day("2016-07-25"), Decimal(164_176), Decimal(164_176)),
        (day("2018-07-31"), Decimal(164_176), Decimal(4_364_176)),
    ]


def test_a_line_that_moves_through_its_stages_counts_once_at_every_step(csg):
    line = factories.a_line(csg)
    for stage, amount, on in (
        ("pledged", 4_200_000, "2017-01-05"),
        ("approved", 3_000_000, "2017-02-05"),
        ("paid", 3_400_000, "2017-03-05"),
        ("credited", 500_000, "2017-04-05"),
        ("pledged", -1_200_000, "2017-05-05"),
    ):
        factories.post(line, stage, amount, on)
    found = steps(movements([line.pk], TODAY))
    assert [int(step.totals.firm) for step in found] == [
        0,
        3_000_000,
        3_400_000,
        2_900_000,
        2_900_000,
    ]
    assert [int(step.totals.at_risk) for step in found] == [
        4_200_000,
        4_200_000,
        4_200_000,
        3_700_000,
        2_900_000,
    ]


@pytest.mark.parametrize("on", ["2016-07-24", "2016-07-25", "2018-07-15", "2018-07-31"])
def test_what_moved_by_a_day_adds_up_to_what_the_totals_say_of_it(csg, on):
    line = factories.a_line(csg)
    factories.post(line, "approved", 10, "2018-07-10")
    factories.post(line, "approved", 20, "2018-07-20")
    known = nets_on(ids(csg), day(on))
    assert nets_after(movements(ids(csg), day(on))) == {
        line: nets for line, nets in known.items() if nets
    }


def test_what_was_recorded_later_had_not_moved(csg):
    line = factories.a_line(csg)
    factories.post(line, "approved", 10, "2018-07-10", at=factories.moment("2018-09-01"))
    before = movements([line.pk], TODAY, day("2018-08-31"))
    after = movements([line.pk], TODAY, day("2018-09-01"))
    assert before == []
    assert [(each.on, each.amount) for each in after] == [(day("2018-07-10"), Decimal(10))]


def test_it_is_one_query_whatever_the_entries(csg, django_assert_num_queries):
    line = factories.a_line(csg)
    for number in range(20):
        factories.post(line, "approved", 1, day("2014-01-01") + dt.timedelta(days=40 * number))
    wanted = ids(csg)
    with django_assert_num_queries(1):
        movements(wanted, TODAY)
    with django_assert_num_queries(1):
        movements(wanted, TODAY, TODAY)


def test_a_moment_before_midnight_is_still_that_day(csg):
    line = factories.a_line(csg)
    last = end_of_day(TODAY) - dt.timedelta(seconds=1)
    factories.post(line, "approved", 10, "2018-07-10", at=last)
    factories.post(line, "approved", 20, "2018-07-10", at=end_of_day(TODAY))
    assert [each.amount for each in movements([line.pk], TODAY, TODAY)] == [Decimal(10)]
