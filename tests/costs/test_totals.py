"""The stored totals in SQL say what the arithmetic in Python says."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costs.models import CostLine, RunningTotal
from costs.stages import LineTotals, Stage, line_totals
from costs.totals import by_contract, drift
from tests.factories import a_contract, a_line, post, undone

pytestmark = pytest.mark.django_db

TODAY = dt.date(2018, 10, 1)
pounds = st.integers(-(10**7), 10**9).map(lambda pence: Decimal(pence).scaleb(-2))


@given(nets=st.dictionaries(st.sampled_from(Stage.values), pounds))
@settings(max_examples=60)
def test_firm_at_risk_and_paid_in_sql_are_those_in_python(nets: dict[str, Decimal]) -> None:
    with undone():
        RunningTotal.objects.create(line=a_line(), **nets, last_on=TODAY)
        found = RunningTotal.objects.with_measures().get()
        wanted = line_totals(nets or {Stage.PAID: Decimal(0)})
        in_pence = [int(total * 100) for total in (wanted.firm, wanted.at_risk, wanted.paid)]
        assert [found.firm, found.at_risk, found.paid_net] == in_pence


def test_totals_by_contract_add_up_lines_and_leave_out_what_is_still_to_come() -> None:
    busy, late = a_contract(), a_contract()
    for amount in (100, 50):
        post(a_line(busy), "approved", amount, "2018-01-01")
    line = a_line(late)
    post(line, "pledged", 70, "2018-01-01")
    post(line, "paid", 30, "2018-10-01")
    post(line, "paid", 30, "2018-10-02")
    post(a_line(late, kind=CostLine.Kind.FRAUD_LOSS), "paid", 999, "2018-01-01")
    totals = by_contract(CostLine.objects.all(), TODAY)
    assert totals == {
        busy.pk: LineTotals(Decimal(150), Decimal(150), Decimal(0)),
        late.pk: LineTotals(Decimal(30), Decimal(70), Decimal(30)),
    }
    assert drift() == []


@pytest.mark.parametrize("contracts", [1, 30])
def test_totals_by_contract_take_as_many_queries_for_thirty_contracts_as_for_one(
    contracts: int, django_assert_num_queries
) -> None:
    for _ in range(contracts):
        line = a_line(a_contract())
        post(line, "paid", 30, "2018-10-01")
        post(line, "paid", 30, "2018-10-02")
    with django_assert_num_queries(2):
        assert len(by_contract(CostLine.objects.all(), TODAY)) == contracts
