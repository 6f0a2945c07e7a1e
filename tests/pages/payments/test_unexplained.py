"""Unexplained: paid, less contracted, less extras that somebody decided."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import User
from barnetwatch.pages.payments.unexplained import unexplained
from costs.payments import allocating
from costs.payments.plan import plan_position
from scrutiny import record
from scrutiny.models import Decision
from tests import factories
from tests.costs.payments.test_allocating import april, attributed_to
from tests.costs.payments.test_importing import NOW

TODAY = dt.date(2018, 6, 15)
AT = factories.moment("2018-06-02 09:00")


@pytest.fixture
def contract(db):
    """A pound a day over 2018: £120 contracted by 30 April."""
    contract = factories.a_contract(
        "C",
        supplier=factories.a_supplier("Capita Ltd"),
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 12, 31),
    )
    factories.an_award(contract, 365, at=NOW)
    attributed_to(contract, at=NOW)
    return contract


def decided(line, **fields):
    """A decision that authorises a cost."""
    decision = record.decide(
        kind=Decision.Kind.DELEGATED,
        title="Licences",
        text="Licences are bought.",
        outcome=Decision.Outcome.AGREED,
        taken_by="The director",
        source=factories.a_source(),
        by=factories.the_officer(),
        **fields,
    )
    return decision.costs.create(line=line, recorded_by=factories.the_officer(), recorded_at=AT)


def allocate(payment, line):
    return allocating.allocate(payment, line, by=factories.the_officer(), at=AT)


def found(contract, user: User | None = None, known_on: dt.date | None = None):
    user = user or factories.a_councillor()
    return unexplained(contract, user, plan_position(contract, TODAY, known_on), known_on)


def test_extras_with_a_decision_are_taken_off(contract):
    line, other = factories.a_line(contract), factories.a_line(contract)
    extra, unheard_of, _plain = april("20.00", "7.00", "130.00")
    decided(line)
    allocate(extra, line)
    allocate(unheard_of, other)
    assert (found(contract).amount, found(contract).undecided) == (17, 7)
    assert found(contract).in_words == (
        "£17 unexplained by 30 April 2018: £157 paid, less £120 contracted, less £20 of extras "
        "with a decision"
    )


def test_a_credit_allocated_to_a_decided_cost_takes_off_less(contract):
    line = factories.a_line(contract)
    decided(line)
    for payment in april("20.00", "-5.00"):
        allocate(payment, line)
    assert found(contract).decided == 15


def test_a_negative_one_prints_as_under_plan(contract):
    april("90.00")
    assert found(contract).amount == -30
    assert found(contract).in_words.startswith("£30 under plan by 30 April 2018: £90 paid")


def test_what_was_allocated_counts_no_longer_once_the_payments_are_of_another_contract(contract):
    line = factories.a_line(contract)
    decided(line)
    [payment] = april("150.00")
    allocate(payment, line)
    attributed_to(factories.a_contract("O", supplier=contract.supplier), directorate="R")
    assert found(contract).decided == 0


def test_an_allocation_released_counts_no_longer(contract):
    line = factories.a_line(contract)
    decided(line)
    [payment] = april("150.00")
    row = allocate(payment, line)
    assert found(contract).decided == 150
    allocating.release(row, reason="No.", by=factories.the_officer())
    assert found(contract).amount == 30


def test_as_known_before_the_decision_it_was_unexplained(contract):
    line = factories.a_line(contract)
    decided(line)
    [payment] = april("150.00")
    allocate(payment, line)
    assert found(contract, known_on=dt.date(2018, 6, 1)).amount == 30
    assert found(contract, known_on=dt.date(2018, 6, 2)).amount == -120


def test_a_decision_that_the_reader_does_not_see_explains_nothing_to_them(contract):
    line = factories.a_line(contract)
    decided(line, **factories.exempt(5))
    [payment] = april("150.00")
    allocate(payment, line)
    assert found(contract).amount == Decimal(30)
    assert found(contract, factories.a_councillor(cleared=(5,))).amount == Decimal(-120)


def test_where_the_plan_is_not_said_it_says_why(contract):
    assert (found(contract).amount, found(contract).in_words) == (None, "no payments imported")
