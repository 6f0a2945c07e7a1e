"""One thing at several stages is one cost: firm, at risk, paid, and the split by status."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs.stages import (
    AT_RISK,
    FIRM,
    MOVED,
    OFFSETS,
    SPLIT_ORDER,
    Stage,
    beyond_approval,
    fall_of,
    line_totals,
    split_by_stage,
)

#: The line of the worked table, step by step: stage, sum in millions; then firm, at risk, paid.
STEPS = [
    ("pledged", "4.2", "0", "4.2", "0"),
    ("approved", "3.0", "3.0", "4.2", "0"),
    ("paid", "3.4", "3.4", "4.2", "3.4"),
    ("credited", "0.5", "2.9", "3.7", "2.9"),
    ("pledged", "-1.2", "2.9", "2.9", "2.9"),
]


def after(steps: int) -> dict[str, Decimal]:
    """What the line stands at, by stage, after some steps."""
    nets: dict[str, Decimal] = {}
    for stage, amount, *_ in STEPS[:steps]:
        nets[stage] = nets.get(stage, Decimal(0)) + Decimal(amount)
    return nets


@pytest.mark.parametrize("steps", range(1, len(STEPS) + 1))
def test_the_worked_table_step_by_step(steps):
    *_, firm, at_risk, paid = STEPS[steps - 1]
    totals = line_totals(after(steps))
    found = (totals.firm, totals.at_risk, totals.paid)
    assert found == (Decimal(firm), Decimal(at_risk), Decimal(paid))


def test_the_fourth_row_splits_into_what_was_paid_and_what_is_only_pledged():
    assert split_by_stage(after(4)) == {Stage.PAID: Decimal("2.9"), Stage.PLEDGED: Decimal("0.8")}
    assert split_by_stage(after(4), FIRM) == {Stage.PAID: Decimal("2.9")}


def test_the_third_row_is_four_hundred_thousand_beyond_its_approval():
    assert beyond_approval(after(3)) == Decimal("0.4")
    assert beyond_approval(after(4)) == Decimal("0.4")
    assert beyond_approval(after(2)) == 0


def test_the_split_shows_what_each_status_adds_above_those_before_it():
    nets = {
        "paid": 10,
        "invoiced": 15,
        "committed": 12,
        "approved": 20,
        "pledged": 18,
        "estimated": 26,
    }
    assert split_by_stage(nets) == {
        Stage.PAID: 10,
        Stage.INVOICED: 5,
        Stage.APPROVED: 5,
        Stage.ESTIMATED: 6,
    }


def test_offsets_come_off_what_was_paid_first_and_then_down_the_order():
    nets = {"paid": 10, "approved": 30, "pledged": 50, "credited": 15, "recovered": 10}
    assert split_by_stage(nets) == {Stage.APPROVED: 5, Stage.PLEDGED: 20}
    assert split_by_stage({**nets, "recovered": 100}) == {}


def test_what_is_alleged_or_written_off_enters_no_total():
    nets = {"alleged": 100, "written_off": 50}
    totals = line_totals(nets)
    assert (totals.firm, totals.at_risk, totals.paid) == (0, 0, 0)
    assert split_by_stage(nets) == {}
    assert line_totals({**nets, "paid": 7}).firm == 7


def test_a_line_of_nothing_comes_to_nothing():
    totals = line_totals({})
    assert (totals.firm, totals.at_risk, totals.paid) == (0, 0, 0)
    assert split_by_stage({}) == {}


def test_nothing_prints_without_a_sign_even_when_more_was_released_by_then_than_stood():
    totals = line_totals({"pledged": Decimal("-1.20")})
    assert [str(sum_) for sum_ in (totals.firm, totals.at_risk, totals.paid)] == ["0.00"] * 3


sums = st.dictionaries(st.sampled_from(Stage), st.integers(0, 10**13))


@given(sums, st.sampled_from([FIRM, AT_RISK]))
def test_the_split_adds_up_to_the_total(nets, among):
    totals = line_totals(nets)
    split = split_by_stage(nets, among)
    assert sum(split.values()) == (totals.firm if among is FIRM else totals.at_risk)
    assert all(part > 0 for part in split.values())
    assert list(split) == [stage for stage in SPLIT_ORDER if stage in split]


@given(st.dictionaries(st.sampled_from(Stage), st.integers(-(10**13), 10**13)))
def test_no_total_falls_below_nothing(nets):
    totals = line_totals(nets)
    assert min(totals.firm, totals.at_risk, totals.paid) >= 0
    assert totals.firm <= totals.at_risk


@given(sums)
def test_pence_and_pounds_come_to_the_same(nets):
    pounds = line_totals({stage: Decimal(pence).scaleb(-2) for stage, pence in nets.items()})
    pence = line_totals(nets)
    assert pounds.firm * 100 == pence.firm
    assert pounds.at_risk * 100 == pence.at_risk
    assert pounds.paid * 100 == pence.paid


@given(sums, st.sampled_from(Stage), st.integers(-(10**9), 10**9).filter(bool))
def test_no_entry_lowers_a_total_by_more_than_its_fall(nets, stage, amount):
    before = line_totals(nets)
    after = line_totals({**nets, stage: nets.get(stage, 0) + amount})
    fall = fall_of(stage, amount)
    assert fall >= 0
    assert before.firm - after.firm <= fall
    assert before.at_risk - after.at_risk <= fall
    if not fall:
        assert (after.firm, after.at_risk) >= (before.firm, before.at_risk)


def test_every_stage_is_of_one_sort():
    apart = {Stage.ALLEGED, Stage.WRITTEN_OFF}
    assert set(Stage) == AT_RISK | OFFSETS | apart
    assert FIRM < AT_RISK
    assert not AT_RISK & OFFSETS
    assert {Stage.PAID, Stage.WRITTEN_OFF} | OFFSETS == MOVED
