"""Paid to date against contracted to date, both at the last day that the files cover."""

import datetime as dt
from decimal import Decimal

import pytest

from contracts import register
from contracts.models import Variation
from costs.overruns import position
from costs.payments import attributing
from costs.payments.importing import publisher_of
from costs.payments.plan import plan_position
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring

TODAY = dt.date(2018, 6, 15)


@pytest.fixture
def contract(db):
    """£365 over the 365 days of 2018: a pound a day, £120 by 30 April."""
    contract = factories.a_contract(
        "C",
        award=365,
        supplier=factories.a_supplier("Capita Ltd"),
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 12, 31),
    )
    attributing.confirm(
        "Capita",
        supplier=contract.supplier,
        contract=contract,
        reason="Its invoices say so.",
        by=factories.the_officer(),
    )
    return contract


def paid(*payments: tuple[str, str], name: str = "april.csv"):
    bring(table(*(f"R,D,T,1,Capita Ltd,{amount},{day}" for day, amount in payments)), name=name)


def over(contract, on: dt.date = TODAY):
    return plan_position(contract, on).over


def test_both_sides_are_taken_at_the_last_day_covered(contract):
    paid(("10/04/2018", "132.00"))
    found = plan_position(contract, TODAY)
    assert (found.at, found.paid, found.contracted) == (dt.date(2018, 4, 30), 132, 120)
    assert found.over == Decimal("12.00")
    assert found.in_words == (
        "Over plan: £132 paid against £120 contracted by 30 April 2018: £12 over, 10.00%"
    )


def test_an_earlier_day_takes_both_sides_back(contract):
    paid(("10/04/2018", "132.00"), ("20/04/2018", "8.00"))
    assert over(contract, dt.date(2018, 4, 15)) == Decimal("132.00") - 105


def test_less_than_contracted_is_under_plan(contract):
    paid(("10/04/2018", "90.00"))
    assert over(contract) == Decimal("-30.00")
    assert plan_position(contract, TODAY).in_words.startswith("Under plan: £90 paid against £120")


def test_a_variation_counts_from_the_day_it_takes_effect(contract):
    register.vary(
        contract,
        kind=Variation.Kind.VALUE,
        title="More",
        takes_effect_on=dt.date(2018, 4, 1),
        value_before=Decimal(365),
        value_after=Decimal(365 + 275),
        rationale="More to do.",
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    paid(("10/04/2018", "132.00"))
    assert over(contract) == Decimal("132.00") - 120 - 30


def test_nothing_is_said_before_a_twelfth_of_the_award_is_contracted(contract):
    paid(("20/01/2018", "500.00"), name="january.csv")
    assert over(contract, dt.date(2018, 1, 30)) is None
    assert over(contract, dt.date(2018, 1, 31)) == Decimal("469.00")


@pytest.mark.parametrize(
    ("payment", "marks"), [("126.00", []), ("126.01", ["5%"]), ("132.01", ["5%", "10%"])]
)
def test_a_mark_is_exceeded_not_reached(contract, payment, marks):
    for percentage in (5, 10, 25):
        factories.a_threshold("over_plan", percentage=percentage)
    paid(("10/04/2018", payment))
    measure = position(contract, TODAY).measure("over_plan")
    assert [mark.mark for mark in measure.exceeded] == marks
    assert measure.baseline == 120
    assert measure.percentage == ((Decimal(payment) - 120) * 100 / 120).quantize(Decimal("0.01"))


def test_without_payments_it_says_so(contract):
    words = position(contract, TODAY).measure("over_plan").in_words
    assert words == "payments over plan: no payments imported"


def test_without_a_rule_it_says_so(contract):
    other = factories.a_contract("O", award=100)
    paid(("10/04/2018", "1.00"))
    words = position(other, TODAY).measure("over_plan").in_words
    assert words == "payments over plan: no payments attributed to it yet"


def test_without_a_known_sum_it_says_what_was_paid(contract):
    other = factories.a_contract("O", supplier=contract.supplier, starts_on=None, ends_on=None)
    attributing.confirm(
        "Capita",
        supplier=contract.supplier,
        contract=other,
        directorate="R",
        reason="So.",
        by=factories.the_officer(),
    )
    paid(("10/04/2018", "7.00"))
    found = plan_position(other, TODAY)
    assert (found.paid, found.over, found.why_not) == (7, None, "what was contracted is not known")


def test_another_publisher_does_not_move_the_last_day_covered(contract):
    paid(("10/04/2018", "132.00"))
    bring(
        table("R,D,T,1,Somebody Else,1.00,10/05/2018"),
        name="may.csv",
        publisher=publisher_of("Harrow"),
    )
    assert plan_position(contract, TODAY).at == dt.date(2018, 4, 30)


def test_as_known_before_the_import_there_is_nothing(contract):
    paid(("10/04/2018", "132.00"))
    assert plan_position(contract, TODAY, dt.date(2018, 5, 31)).over is None
