"""Several contracts at once stand where each of them stands by itself; lists by what rules decide
add up to what totals count.
"""

import datetime as dt
from decimal import Decimal

import pytest

from contracts import register
from contracts.models import Contract, Variation
from costs.models import AttributionRule, Payment
from costs.payments import attributing, decided
from costs.payments.importing import publisher_of
from costs.payments.paid import paid_under, undecided
from costs.payments.plan import agreed_under, plan_position
from costs.payments.plans import agreed, attributed, of_one, plans
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.pages.payments.paid import a_contract, a_row, april, confirmed

pytestmark = pytest.mark.django_db

TODAY = dt.date(2018, 6, 15)


@pytest.fixture
def several() -> list[Contract]:
    """One over plan, one by a rule that asks more, one varied, one with sums, one never paid, one
    of another publisher's files, one whose award is not known.
    """
    csg = a_contract("CSG")
    drs = a_contract("DRS", supplier=csg.supplier)
    varied = a_contract("VARIED", supplier=factories.a_supplier("Varied Ltd"))
    summed = a_contract("SUMMED", award=None, supplier=factories.a_supplier("Summed Ltd"))
    never = a_contract("NEVER", supplier=factories.a_supplier("Never Ltd"))
    harrow = a_contract("HARROW", supplier=factories.a_supplier("Harrow Ltd"))
    unknown = a_contract("UNKNOWN", award=None, supplier=factories.a_supplier("Unknown Ltd"))
    by, source = factories.the_officer(), factories.a_source()
    register.vary(
        varied,
        kind=Variation.Kind.VALUE,
        title="More",
        takes_effect_on=dt.date(2018, 4, 1),
        value_before=Decimal(365),
        value_after=Decimal(640),
        rationale="More to do.",
        source=source,
        by=by,
    )
    register.contract_for(
        summed,
        amount=Decimal(100),
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 4, 10),
        source=source,
        by=by,
    )
    april(
        a_row("132.00"),
        a_row("40.00", 16, directorate="Adults"),
        a_row("-7.00", 17, reference="R1"),
        a_row("200.00", name="Varied Ltd"),
        a_row("30.00", name="Summed"),
        a_row("30.00", name="Unknown Limited"),
    )
    bring(
        table("R,D,T,1,Harrow Ltd,500.00,05/05/2018", "R,D,T,1,Harrow Ltd,5.00,31/05/2018"),
        name="harrow.csv",
        publisher=publisher_of("Harrow"),
    )
    confirmed(csg)
    confirmed(drs, directorate="adults")
    confirmed(drs, reference="R1")
    for contract in (varied, summed, harrow, unknown):
        confirmed(contract, contract.supplier.name)
    return [csg, drs, varied, summed, never, harrow, unknown]


def awards(contracts):
    known = {each.pk: each.awards.first() for each in contracts}
    return {each.pk: (each, a and a.amount) for each in contracts for a in [known[each.pk]]}


@pytest.mark.parametrize("on", [TODAY, dt.date(2018, 4, 12), dt.date(2018, 5, 20), dt.date.min])
def test_each_stands_where_it_stands_by_itself(several, on):
    found = plans(awards(several), on, imported=True)
    for contract in several:
        alone = plan_position(contract, on)
        assert found[contract.pk].position == alone, contract
        if alone.at is not None:
            one, _waiting = of_one(contract, AttributionRule.objects.all(), on)
            assert one.paid.total == alone.paid
            assert one.at == alone.at


def test_what_was_contracted_is_laid_out_as_for_one(several):
    found = agreed(awards(several))
    assert found == {each.pk: agreed_under(each) for each in several}


def test_as_known_before_a_rule_was_confirmed_nothing_is_attributed(several):
    day = dt.date(2018, 5, 31)
    assert attributed([each.pk for each in several], TODAY, day) == {}


def test_two_queries_whatever_their_number(several, django_assert_num_queries):
    ids = [each.pk for each in several if each.reference not in ("HARROW", "DRS", "CSG")]
    with django_assert_num_queries(2):
        attributed(ids[:1], TODAY)
    with django_assert_num_queries(2):
        attributed(ids, TODAY)


def test_lists_add_up_to_what_totals_count(several):
    seen = AttributionRule.objects.all()
    rows = Payment.objects.counted()
    for contract in several:
        listed = rows.filter(decided.of_contract(contract.pk))
        total = sum((row.amount for row in listed), Decimal(0))
        assert total == paid_under(contract).total, contract
    april(a_row("9.00", name="Nobody's"), name="more.csv")
    attributing.confirm(
        "Nobody's", supplier=several[0].supplier, reason="So.", by=factories.the_officer()
    )
    waiting = rows.filter(decided.not_attributed(seen))
    amount, count = decided.waiting(seen)
    assert amount == sum((row.amount for row in undecided(seen)), Decimal(0))
    assert (amount, count) == (
        sum((row.amount for row in waiting), Decimal(0)),
        waiting.count(),
    )


def test_a_supplier_is_paid_under_its_contracts_and_beside_them(several):
    csg = several[0]
    april(a_row("9.00", name="Capita plc"), name="more.csv")
    attributing.confirm(
        "Capita plc", supplier=csg.supplier, reason="So.", by=factories.the_officer()
    )
    found = decided.by_supplier([csg.supplier_id], AttributionRule.objects.all())
    assert found == {csg.supplier_id: (Decimal(165), Decimal(9))}
    _one, waiting = of_one(csg, AttributionRule.objects.all(), TODAY)
    assert waiting == Decimal(9)
