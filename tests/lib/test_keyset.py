"""Pages of long lists: forwards and back they hold every row once, in order."""

import datetime as dt

import pytest

from barnetwatch.lib.keyset import in_order, page_of
from contracts.models import Contract
from tests import factories

ORDERS = [
    ["pk"],
    ["-pk"],
    ["title", "pk"],
    ["-title", "pk"],
    ["ends_on", "pk"],
    ["-ends_on", "-pk"],
    ["supplier__name", "-ends_on", "pk"],
    ["-supplier__name", "ends_on", "pk"],
]


@pytest.fixture
def contracts(db):
    suppliers = [factories.a_supplier(f"Firm {n % 2}") for n in range(2)]
    for number in range(11):
        factories.a_contract(
            f"C{number}",
            title=f"Title {number % 3}",
            supplier=suppliers[number % 2],
            ends_on=None if number % 4 == 0 else dt.date(2020 + number % 2, 1, 1),
        )
    return Contract.objects.all()


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_row_once_in_order_both_ways(contracts, order):
    wanted = [row.pk for row in in_order(contracts, order)]

    page = page_of(contracts, order, 3)
    assert page.before is None
    forwards, pages = [row.pk for row in page.rows], [page]
    while page.after:
        page = page_of(contracts, order, 3, after=page.after)
        forwards += [row.pk for row in page.rows]
        pages.append(page)
    assert forwards == wanted
    assert len(pages) == 4

    back = [row.pk for row in page.rows]
    while page.before:
        page = page_of(contracts, order, 3, before=page.before)
        back = [row.pk for row in page.rows] + back
    assert back == wanted


def test_what_has_no_value_comes_last_either_way(contracts):
    for order in (["ends_on", "pk"], ["-ends_on", "pk"]):
        ends = [row.ends_on for row in in_order(contracts, order)]
        assert ends[-3:] == [None] * 3
        assert None not in ends[:-3]


@pytest.mark.parametrize("cursor", ["x", "====", "bnVsbA", "W10", "WzEsMiwzXQ", "WyJ4Il0", "é"])
def test_a_cursor_that_cannot_be_read_is_the_first_page(contracts, cursor):
    first = page_of(contracts, ["pk"], 3)

    assert page_of(contracts, ["pk"], 3, after=cursor).rows == first.rows
    assert page_of(contracts, ["pk"], 3, before=cursor).rows == first.rows


def test_a_row_that_comes_in_meanwhile_moves_none_to_another_page(contracts):
    first = page_of(contracts, ["title", "pk"], 3)
    wanted = [row.pk for row in in_order(contracts, ["title", "pk"])][3:6]
    factories.a_contract("EARLY", title="A title", supplier=contracts[0].supplier)

    assert [
        row.pk for row in page_of(contracts, ["title", "pk"], 3, after=first.after).rows
    ] == wanted
