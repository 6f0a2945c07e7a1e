"""How the check is kept up: rows ask for it, a lease parts workers, the night finds the rest."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError

from contracts.models import Contract, Recheck, RecheckLease
from contracts.register import ask_recheck
from costs import crossings, overruns, rechecks, tasks
from costs.models import CostLine, OverrunAlert, RunningTotal
from costs.rechecks import LEASE, check_all, claim, out_of_step, settle, sweep
from tests.factories import a_contract, a_line, a_threshold, day, exempt, moment, post
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

AT = moment("2018-04-15 09:00")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def contract() -> Contract:
    """A contract of which nothing is asked yet, watched by one mark: firm, £100,000."""
    a_threshold("firm", 100_000)
    contract = a_contract("CSG")
    Recheck.objects.all().delete()
    return contract


def over(contract: Contract, at: dt.datetime = AT) -> None:
    post(a_line(contract), "approved", 100_001, "2018-01-05", at=at)


class TestALease:
    def test_is_taken_by_one_worker_until_it_runs_out(self, contract):
        assert claim(contract, AT)
        assert not claim(contract, AT)
        assert not claim(contract, AT + LEASE - SECOND)
        assert claim(contract, AT + LEASE)
        assert not claim(contract, AT + LEASE + SECOND)

    def test_of_another_contract_is_free(self, contract):
        assert claim(contract, AT)
        assert claim(a_contract(), AT)

    def test_is_given_back_after_a_sweep(self, contract):
        over(contract)
        sweep(AT)
        assert RecheckLease.objects.get().held_until is None
        assert claim(contract, AT)

    def test_is_given_back_after_a_check_that_failed(self, contract, monkeypatch):
        over(contract)
        monkeypatch.setattr(rechecks, "settle", raising(ZeroDivisionError))
        with pytest.raises(ZeroDivisionError):
            sweep(AT)
        assert claim(contract, AT)
        assert Recheck.objects.count() == 1

    def test_that_ran_out_is_not_given_back_over_the_next_workers_head(self, contract, monkeypatch):
        over(contract)
        late = AT + LEASE

        def slow(contract: Contract, at: dt.datetime) -> overruns.Outcome:
            assert claim(contract, late)
            return overruns.Outcome()

        monkeypatch.setattr(rechecks, "settle", slow)
        sweep(AT)
        assert RecheckLease.objects.get().held_until == late + LEASE
        assert not claim(contract, late + SECOND)

    def test_that_another_holds_leaves_the_contract_to_it(self, contract):
        over(contract)
        claim(contract, AT)
        swept = sweep(AT + SECOND)
        assert swept.counts == {"checked": 0, "left": 1, "raised": 0, "cleared": 0, "revised": 0}
        assert Recheck.objects.count() == 1
        assert sweep(AT + LEASE).raised == 1


class TestSettling:
    def test_strikes_off_exactly_the_rechecks_it_saw(self, contract, monkeypatch):
        over(contract)
        seen = Recheck.objects.get()

        def meanwhile(contract: Contract, **options) -> overruns.Outcome:
            ask_recheck(contract, at=AT)
            return overruns.check(contract, **options)

        monkeypatch.setattr(rechecks, "check", meanwhile)
        settle(contract, AT)
        assert Recheck.objects.get().pk > seen.pk

    def test_leaves_those_of_days_to_come_and_of_others(self, contract):
        ask_recheck(contract, at=AT + SECOND)
        ask_recheck(contract, moved_on=day("2018-05-01"), at=AT)
        ask_recheck(a_contract(), at=AT)
        settle(contract, AT)
        assert Recheck.objects.count() == 3

    def test_passes_on_the_earliest_day_on_which_a_total_moved(self, contract, monkeypatch):
        asked = capture_moved(monkeypatch)
        ask_recheck(contract, moved_on=day("2018-03-05"), only_rose=True, at=AT)
        ask_recheck(contract, moved_on=day("2018-01-05"), only_rose=True, at=AT)
        settle(contract, AT)
        assert asked == [crossings.Moved(day("2018-01-05"), only_rose=True)]

    @pytest.mark.parametrize(
        ("second", "moved"),
        [
            ({"moved_on": dt.date(2018, 1, 5)}, crossings.Moved(dt.date(2018, 1, 5))),
            ({"moved_on": None}, crossings.Moved(None)),
        ],
    )
    def test_passes_on_the_most_that_may_have_happened(self, contract, monkeypatch, second, moved):
        asked = capture_moved(monkeypatch)
        ask_recheck(contract, moved_on=day("2018-03-05"), only_rose=True, at=AT)
        ask_recheck(contract, at=AT, **second)
        settle(contract, AT)
        assert asked == [moved]

    def test_judges_by_the_day_it_is_in_london(self, contract):
        post(a_line(contract), "approved", 100_001, "2018-07-15", at=AT)
        before = dt.datetime(2018, 7, 14, 22, 59, tzinfo=dt.UTC)
        assert not settle(contract, before)
        assert settle(contract, before + dt.timedelta(minutes=1)).raised


class TestAfterALook:
    """What is known from the last check is relied on only as far as it holds."""

    @pytest.fixture
    def line(self, contract) -> CostLine:
        """110k since 5 January, 130k since 10 March; the alert stands."""
        line = a_line(contract)
        post(line, "approved", 110_000, "2018-01-05", at=AT)
        post(line, "approved", 20_000, "2018-03-10", at=AT)
        assert sweep(AT).raised == 1
        return line

    def stands_since(self) -> str:
        return str(OverrunAlert.objects.standing().get().exceeded)

    @pytest.mark.parametrize("stage", ["approved", "credited"])
    def test_a_dip_since_is_found(self, line, stage):
        amount = 15_000 if stage == "credited" else -15_000
        post(line, stage, amount, "2018-02-01", at=AT)
        assert sweep(AT).revised == 1
        assert self.stands_since() == "10 March 2018"

    def test_a_dip_that_came_with_a_rise_is_found(self, line):
        post(line, "approved", 5_000, "2018-03-20", at=AT)
        post(line, "credited", 15_000, "2018-02-01", at=AT)
        assert sweep(AT).revised == 1
        assert self.stands_since() == "10 March 2018"

    def test_a_dip_within_the_month_of_the_crossing_is_found(self, line):
        post(line, "approved", -15_000, "2018-01-20", at=AT)
        post(line, "approved", 15_000, "2018-01-25", at=AT)
        assert sweep(AT).revised == 1
        assert self.stands_since() == "25 January 2018"

    def test_a_rise_since_changes_nothing_but_the_total(self, line):
        post(line, "approved", 1, "2018-02-01", at=AT)
        assert sweep(AT).revised == 0
        alert = OverrunAlert.objects.get()
        assert (alert.exceeded_on, alert.total_now) == (day("2018-01-05"), 130_001)

    def test_a_rise_on_the_very_day_changes_the_total_of_that_day(self, line):
        post(line, "approved", 1, "2018-01-05", at=AT)
        assert sweep(AT).revised == 0
        assert OverrunAlert.objects.get().total_then == 110_001

    def test_a_rise_before_moves_the_day(self, line):
        post(line, "approved", 100_001, "2018-01-04", at=AT)
        assert sweep(AT).revised == 1
        assert self.stands_since() == "4 January 2018"


class TestASweep:
    def test_checks_each_contract_that_asked_once(self, contract):
        other = a_contract("DRS")
        for each in (contract, other, contract):
            over(each)
        Recheck.objects.filter(moved_on=None).delete()
        a_contract("Quiet")
        swept = sweep(AT)
        assert swept.counts == {"checked": 2, "left": 0, "raised": 2, "cleared": 0, "revised": 0}
        assert set(swept.outcomes) == {contract.pk, other.pk}
        assert sweep(AT).checked == 0

    def test_checks_restricted_contracts_too(self, contract):
        hidden = a_contract(**exempt(3))
        over(hidden)
        assert sweep(AT).raised == 1
        assert OverrunAlert.objects.count() == 0

    def test_leaves_a_contract_whose_alert_another_raised_first(self, contract, monkeypatch):
        over(contract)
        monkeypatch.setattr(rechecks, "settle", raising(IntegrityError))
        assert sweep(AT).counts["left"] == 1
        assert Recheck.objects.count() == 1

    def test_after_a_week_without_one_comes_to_the_same(self, contract):
        over(contract)
        assert sweep(AT + dt.timedelta(days=8)).raised == 1
        assert OverrunAlert.objects.get().exceeded_on == day("2018-01-05")

    def test_done_again_does_nothing_again(self, contract):
        over(contract)
        sweep(AT)
        ask_recheck(contract, at=AT)
        assert sweep(AT).counts == {
            "checked": 1,
            "left": 0,
            "raised": 0,
            "cleared": 0,
            "revised": 0,
        }


class TestOutOfStep:
    ON = day("2018-04-15")

    def test_is_a_contract_whose_alerts_are_not_what_its_totals_call_for(self, contract):
        over(contract)
        a_contract("Quiet")
        assert out_of_step(self.ON) == {contract.pk}
        sweep(AT)
        assert out_of_step(self.ON) == set()

    def test_is_one_whose_alert_should_have_been_cleared(self, contract):
        over(contract)
        sweep(AT)
        post(contract.cost_lines.get(), "approved", -1, "2018-02-01", at=AT)
        assert out_of_step(self.ON) == {contract.pk}
        sweep(AT)
        assert out_of_step(self.ON) == set()

    def test_is_one_whose_mark_was_retired_or_set(self, contract):
        over(contract)
        sweep(AT)
        a_threshold("at_risk", 100_000)
        assert out_of_step(self.ON) == {contract.pk}
        check_all(AT)
        OverrunAlert.objects.first().threshold.__class__.objects.update(retired_at=AT)
        assert out_of_step(self.ON) == {contract.pk}
        check_all(AT)
        assert out_of_step(self.ON) == set()

    def test_is_any_with_entries_still_to_come(self, contract):
        post(a_line(contract), "approved", 1, "2018-04-16", at=AT)
        assert out_of_step(self.ON) == {contract.pk}
        assert out_of_step(day("2018-04-16")) == set()

    def test_tells_restricted_totals_from_open_ones(self, contract):
        post(a_line(contract, **exempt(3)), "approved", 100_001, "2018-01-05", at=AT)
        assert out_of_step(self.ON) == {contract.pk}
        sweep(AT)
        assert out_of_step(self.ON) == set()
        over(contract)
        assert out_of_step(self.ON) == {contract.pk}

    def test_weighs_lines_as_the_check_does(self, contract):
        line = a_line(contract)
        for stage, amount in (("paid", 150_000), ("approved", 120_000), ("credited", 49_999)):
            post(line, stage, amount, "2018-01-05", at=AT)
        assert out_of_step(self.ON) == {contract.pk}
        post(line, "recovered", 1, "2018-01-05", at=AT)
        assert out_of_step(self.ON) == set()

    def test_leaves_out_lines_apart_and_lines_of_no_contract(self, contract):
        post(a_line(contract, kind="fraud_loss"), "paid", 2_063_972, "2018-01-05", at=AT)
        post(a_line(supplier=contract.supplier), "paid", 2_063_972, "2018-01-05", at=AT)
        assert out_of_step(self.ON) == set()

    def test_takes_percentages_of_the_award_that_stands(self, contract):
        a_threshold(percentage=1, contract=contract)
        post(a_line(contract), "approved", 1_000, "2018-01-05", at=AT)
        assert out_of_step(self.ON) == set()
        contract.awards.model(
            contract=contract,
            amount=Decimal("99999.99"),
            source=a_line(contract).source,
            recorded_by=contract.cost_lines.first().entries.get().recorded_by,
        ).save()
        assert out_of_step(self.ON) == {contract.pk}


class TestTheNight:
    def test_finds_what_no_recheck_asked_for(self, contract):
        over(contract)
        Recheck.objects.all().delete()
        assert check_all(AT).counts["raised"] == 1
        assert check_all(AT).counts["checked"] == 0

    def test_passes_over_contracts_in_step(self, contract):
        over(contract)
        sweep(AT)
        a_contract("Quiet")
        assert check_all(AT).checked == 0

    def test_leaves_a_contract_that_another_worker_is_raising(self, contract, monkeypatch):
        over(contract)
        monkeypatch.setattr(rechecks, "check", raising(IntegrityError))
        assert check_all(AT).left == 1


class TestTheTasks:
    def test_answer_with_counts_alone(self, contract):
        over(contract)
        expected = {"checked": 1, "left": 0, "raised": 1, "cleared": 0, "revised": 0}
        assert tasks.sweep() == expected
        assert tasks.check_all() == dict.fromkeys(expected, 0)


@pytest.mark.django_db(transaction=True)
class TestSeveralWorkers:
    def test_raise_an_alert_once(self):
        a_threshold("firm", 100_000)
        contract = a_contract()
        over(contract)
        at = moment("2100-01-01")
        in_threads(8, lambda n: sweep(at + n * SECOND))
        assert OverrunAlert.all_rows.count() == 1
        assert Recheck.objects.count() == 0
        assert RunningTotal.objects.count() == 1

    def test_claim_a_contract_once(self):
        contract = a_contract()
        assert sum(in_threads(8, lambda n: claim(contract, AT))) == 1

    def test_that_twenty_check_all_raise_an_alert_once(self):
        a_threshold("firm", 100_000)
        over(a_contract())
        in_threads(20, lambda n: check_all(AT))
        assert OverrunAlert.all_rows.count() == 1
        assert out_of_step(AT.date()) == set()


def raising(error: type[Exception]):
    def fail(*args: object, **options: object) -> None:
        raise error

    return fail


def capture_moved(monkeypatch) -> list[crossings.Moved]:
    asked: list[crossings.Moved] = []

    def look(contract: Contract, **options) -> overruns.Outcome:
        asked.append(options["moved"])
        return overruns.Outcome()

    monkeypatch.setattr(rechecks, "check", look)
    return asked
