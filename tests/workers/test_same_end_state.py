"""However the check came to be done, late, again or after losses, the same alerts are open."""

import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Contract, Recheck
from costs import rechecks
from costs.models import CostLine, OverrunAlert
from tests import factories

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
MONDAY = factories.moment("2018-04-09 09:00")
WEEK = 8  # Days without a scheduler.
LATER = MONDAY + WEEK * DAY

a_posting = st.tuples(
    st.integers(0, WEEK - 1),  # The day it is entered on.
    st.integers(0, 2),  # Its line.
    st.sampled_from(["approved", "pledged"]),
    st.sampled_from([90_000, 20_000, -20_000, 10_000, -10_000, 1]),
    st.integers(-40, 10),  # The day it counts from, before or after the Monday.
)


def open_alerts() -> list[tuple[Any, ...]]:
    """All that a reader sees of them; not the moment they were raised at."""
    found = OverrunAlert.all_rows.standing().values_list(
        *("threshold__measure", "threshold__amount", "threshold__percentage", "basis"),
        *("exceeded_on", "exceeded_precision", "crossing_entry__note", "total_then"),
        *("total_now", "baseline_now", "sum_in_words"),
    )
    return sorted(found, key=str)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(postings=st.lists(a_posting, min_size=2, max_size=12))
def test_after_a_week_without_a_scheduler_one_sweep_finds_what_daily_sweeps_found(db, postings):
    def a_week(swept_daily: bool) -> list[tuple[Any, ...]]:
        with factories.undone():
            lines = three_watched_lines()
            for day in range(WEEK):
                at = MONDAY + day * DAY
                for number, (entered_on, line, stage, amount, on) in enumerate(postings):
                    if entered_on == day:
                        # What the ledger refuses it refuses in both weeks.
                        with suppress(ValidationError):
                            counts_from = MONDAY.date() + on * DAY
                            factories.post(
                                lines[line], stage, amount, counts_from, at=at, note=str(number)
                            )
                if swept_daily:
                    rechecks.sweep(at)
            rechecks.sweep(LATER)
            assert not Recheck.objects.filter(asked_at__lte=LATER).exists()
            return open_alerts()

    assert a_week(swept_daily=False) == a_week(swept_daily=True)


def three_watched_lines() -> list[CostLine]:
    """Of one contract, two open and one exempt."""
    factories.the_shipped_thresholds()
    contract = factories.a_contract()
    factories.an_award(contract, 10_000_000, at=MONDAY)
    given = [{}, {}, factories.exempt()]
    return [factories.a_line(contract, **fields) for fields in given]


class TestTheNight:
    """What becomes of alerts when something went past the application."""

    @pytest.fixture
    def contract(self) -> Contract:
        """£150,000 approved, and its alerts raised."""
        line, *_ = three_watched_lines()
        factories.post(line, "approved", 150_000, "2018-04-02", at=MONDAY)
        rechecks.sweep(MONDAY)
        assert OverrunAlert.all_rows.standing().count() == 4
        return line.contract

    @pytest.mark.parametrize("amount", [400_000, -100_000, 1])
    def test_makes_good_for_rechecks_that_were_lost(self, contract, amount):
        """More marks are exceeded, fewer, or the same by another sum."""
        line = contract.cost_lines.first()
        with factories.undone():
            factories.post(line, "approved", amount, "2018-04-03", at=MONDAY)
            rechecks.sweep(MONDAY)
            wanted = open_alerts()
        factories.post(line, "approved", amount, "2018-04-03", at=MONDAY)
        Recheck.objects.all().delete()

        rechecks.check_all(MONDAY + DAY)
        assert open_alerts() == wanted

    def test_raises_again_what_was_deleted_or_closed_past_the_application(self, contract):
        wanted = open_alerts()
        first, second, *_ = OverrunAlert.all_rows.all()
        OverrunAlert.all_rows.filter(pk=first.pk).delete()
        OverrunAlert.all_rows.filter(pk=second.pk).update(
            cleared_at=MONDAY, ending=OverrunAlert.Ending.BACK
        )

        rechecks.check_all(MONDAY + DAY)
        assert open_alerts() == wanted

    def test_clears_what_was_put_there_past_the_application(self, contract):
        wanted = open_alerts()
        wrong = OverrunAlert.all_rows.first()
        wrong.pk, wrong.basis = None, OverrunAlert.Basis.ALL
        wrong.save(force_insert=True)

        rechecks.check_all(MONDAY + DAY)
        assert open_alerts() == wanted


class TestAContractThatCannotBeChecked:
    """One bad contract must not silence the rest."""

    @pytest.fixture
    def contracts(self, monkeypatch) -> list[Contract]:
        """Three over a mark; the check of the second fails."""
        factories.a_threshold("firm", 100_000)
        contracts = [factories.a_contract(reference) for reference in ("C-1", "C-2", "C-3")]
        for contract in contracts:
            line = factories.a_line(contract)
            factories.post(line, "approved", 100_001, "2018-04-02", at=MONDAY)
        check = rechecks.check

        def fails_for_the_second(contract: Contract, **options: Any) -> Any:
            if contract == contracts[1]:
                raise LookupError("nothing leads there")
            return check(contract, **options)

        monkeypatch.setattr(rechecks, "check", fails_for_the_second)
        return contracts

    @pytest.mark.parametrize("job", [rechecks.sweep, rechecks.check_all])
    def test_keeps_no_other_from_its_check_and_is_not_passed_over_in_silence(
        self, contracts, job, caplog
    ):
        with pytest.raises(LookupError, match="nothing leads there"):
            job(MONDAY)

        raised = OverrunAlert.all_rows.values_list("contract__reference", flat=True)
        assert set(raised) == {"C-1", "C-3"}
        assert f"contract {contracts[1].pk} could not be checked" in caplog.text
        assert Recheck.objects.filter(contract=contracts[1]).exists()
