"""Alerts for payments over plan: one for each run of months above a mark, from the files alone."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts import register
from contracts.models import Contract, Recheck, Variation
from costs import overruns
from costs.models import AlertRevision, OverrunAlert
from costs.payments import attributing, importing
from costs.payments.course import course, positions_on
from costs.payments.plan import plan_position
from costs.rechecks import check_all, out_of_step, sweep
from costs.thresholds import retire_threshold
from costs.trials import try_out
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.threads import in_threads

LAST = factories.moment("2019-01-15 09:00")
Ending = OverrunAlert.Ending


def a_pound_a_day(reference: str = "C", **fields) -> Contract:
    """£365 over 2018, to which Capita's payments belong: £31 by January, £59 by February …"""
    contract = factories.a_contract(
        reference,
        award=365,
        supplier=fields.pop("supplier", None) or factories.a_supplier("Capita Ltd"),
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 12, 31),
        **fields,
    )
    attributed(contract)
    return contract


def attributed(contract: Contract, name: str = "Capita", **asked):
    return attributing.confirm(
        name,
        supplier=contract.supplier,
        contract=contract,
        reason="Its invoices say so.",
        by=factories.the_officer(),
        **asked,
    )


@pytest.fixture
def contract(db) -> Contract:
    """A pound a day, watched by 5% and 10%."""
    factories.a_threshold("over_plan", percentage=5)
    factories.a_threshold("over_plan", percentage=10)
    return a_pound_a_day()


def paid(month: int, *sums: str, supplier: str = "Capita Ltd", name: str = ""):
    """The file of a month of 2018 in which a supplier is paid these sums."""
    rows = [f"R,D,T,{month}{n},{supplier},{sum_},15/{month:02}/2018" for n, sum_ in enumerate(sums)]
    return bring(table(*rows), name=name or f"2018-{month:02}.csv").file


def withdraw(file):
    return importing.withdraw(file, reason="Wrong.", by=factories.the_officer())


def check(contract: Contract, at: str = "2019-01-15 09:00") -> overruns.Outcome:
    then = factories.moment(at)
    return overruns.check(contract, on=then.date(), at=then)


def standing() -> dict[str, str]:
    """Each open alert by its mark, with since when."""
    alerts = OverrunAlert.objects.standing().select_related("threshold")
    return {alert.threshold.mark: str(alert.exceeded) for alert in alerts}


def test_an_alert_says_the_sum_and_since_which_month(contract):
    paid(1, "31.00")
    paid(2, "30.00")  # £61 of £59: 3.39%
    paid(3, "35.00")  # £96 of £90: 6.67%
    paid(4, "30.50")  # £126.50 of £120: 5.42%
    [alert] = check(contract).raised
    assert alert.threshold.mark == "5%"
    assert alert.crossing_entry is None
    assert (alert.total_then, alert.baseline_then) == (6, 90)
    assert (alert.total_now, alert.baseline_now) == (Decimal("6.50"), 120)
    assert alert.in_words == (
        "Over plan: £126.50 paid against £120 contracted by 30 April 2018: £6.50 over, 5.42%, "
        "over the 5% mark since March 2018."
    )
    assert not check(contract)


def test_reaching_a_mark_is_not_exceeding_it(contract):
    paid(4, "126.00")
    assert not check(contract)
    paid(5, "32.55")  # £158.55 of £151
    assert not check(contract)
    paid(6, "31.50")  # £190.05 of £181: exactly 5%
    assert not check(contract)
    paid(7, "32.56")  # one penny more
    assert [alert.threshold.mark for alert in check(contract).raised] == ["5%"]


def test_nothing_flaps_between_one_months_file_and_the_next(contract):
    paid(4, "130.00")
    check(contract, "2018-05-10 09:00")
    before = standing()
    assert before == {"5%": "April 2018"}
    for later in ("2018-05-31 09:00", "2018-06-20 09:00", "2018-12-31 09:00"):
        assert not check(contract, later)
        assert not out_of_step(factories.day(later[:10]))
    assert standing() == before


def test_it_is_cleared_when_a_month_brings_the_total_back_and_a_later_crossing_is_another(contract):
    paid(4, "130.00")
    check(contract)
    paid(5, "20.00")
    [over] = check(contract).cleared
    assert (over.ending, over.total_now) == (Ending.BACK, 10)
    paid(6, "60.00")
    [again] = [alert for alert in check(contract).raised if alert.threshold.mark == "5%"]
    assert str(again.exceeded) == "June 2018"
    assert OverrunAlert.objects.filter(threshold=over.threshold).count() == 2


def test_a_month_below_the_mark_before_any_check_starts_the_run_anew(contract):
    paid(4, "130.00")
    paid(5, "20.00")
    paid(6, "50.00")
    check(contract)
    assert standing()["5%"] == "June 2018"


def test_withdrawing_the_file_clears_what_rested_on_it(contract):
    april = paid(4, "118.00")
    may = paid(5, "60.00")
    assert len(check(contract).raised) == 2
    withdraw(may)
    assert {alert.ending for alert in check(contract).cleared} == {Ending.BACK}
    withdraw(april)
    assert not check(contract)


def test_withdrawing_the_only_file_leaves_nothing_to_evaluate(contract):
    only = paid(4, "150.00")
    check(contract)
    withdraw(only)
    assert {alert.ending for alert in check(contract).cleared} == {Ending.RETIRED}


def test_taking_the_rule_back_clears_what_rested_on_it(contract):
    paid(4, "150.00")
    check(contract)
    rule = contract.payment_rules.get()
    attributing.take_back(rule, reason="Wrong.", by=factories.the_officer())
    assert len(check(contract).cleared) == 2
    assert standing() == {}


def test_a_file_brought_in_late_moves_since_when_and_keeps_both(contract):
    paid(3, "91.00")
    paid(5, "75.00")  # £166 of £151: 9.93%; April is not covered.
    check(contract)
    assert standing() == {"5%": "May 2018"}
    withdraw(paid(4, "29.00", name="wrong.csv"))
    assert not check(contract).revised
    paid(2, "8.00")  # £8 of £59; March then £99 of £90: 10%.
    outcome = check(contract)
    assert [alert.threshold.mark for alert in outcome.raised] == ["10%"]
    assert standing() == {"5%": "March 2018", "10%": "May 2018"}
    [revision] = AlertRevision.objects.all()
    assert (str(revision.before), str(revision.after)) == ("May 2018", "March 2018")
    assert revision.crossing_entry is None


def test_a_month_without_a_file_neither_starts_a_run_nor_ends_one(contract):
    paid(3, "96.00")
    paid(5, "70.00")
    check(contract)
    assert standing() == {"5%": "March 2018"}
    assert [point.at.month for point in course(contract, LAST.date())] == [3, 5]


def test_before_a_twelfth_of_the_award_there_is_none(contract):
    paid(1, "300.00")
    assert not check(contract, "2018-01-30 09:00")
    assert len(check(contract, "2018-01-31 09:00").raised) == 2


def test_a_month_that_runs_still_is_judged_at_the_day_itself(contract):
    paid(4, "126.50")
    assert not check(contract, "2018-04-14 09:00")  # Nothing paid yet.
    [low] = check(contract, "2018-04-29 09:00").raised[:1]
    assert (low.baseline_now, str(low.exceeded)) == (119, "April 2018")
    assert out_of_step(dt.date(2018, 4, 30)) == {contract.pk}
    check_all(factories.moment("2018-04-30 02:00"))
    assert standing() == {"5%": "April 2018"}


def test_a_variation_that_agrees_more_clears_it(contract):
    paid(4, "150.00")
    check(contract)
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
    assert {alert.ending for alert in check(contract).cleared} == {Ending.BACK}


def test_a_retired_mark_ends_its_alert(contract):
    paid(4, "130.00")
    check(contract)
    retire_threshold(OverrunAlert.objects.get().threshold)
    [alert] = check(contract).cleared
    assert alert.ending == Ending.RETIRED


def test_an_officer_acknowledges_it(contract):
    paid(4, "130.00")
    [alert] = check(contract).raised
    overruns.acknowledge(alert, note="The March invoices came late.", by=factories.the_officer())
    assert alert.acknowledgements.count() == 1


def test_a_trial_shows_what_an_act_would_clear(contract):
    only = paid(4, "130.00")
    check(contract)
    trial = try_out(contract, lambda: withdraw(only), on=LAST.date(), at=LAST)
    assert len(trial.outcome.cleared) == 1
    assert standing() == {"5%": "April 2018"}


def test_the_alerts_of_the_ledger_stand_beside_it(contract):
    factories.a_threshold("firm", 100)
    factories.post(factories.a_line(contract), "approved", 101, "2018-02-01")
    paid(4, "130.00")
    assert {a.threshold.measure for a in check(contract).raised} == {"firm", "over_plan"}
    factories.post(factories.a_line(contract), "approved", 1, "2018-02-01")
    assert not check(contract)
    assert OverrunAlert.objects.standing().count() == 2


class TestWhoSeesIt:
    def test_an_alert_on_a_restricted_contract_is_as_hidden_as_the_contract(self, contract):
        Contract.all_rows.filter(pk=contract.pk).update(**factories.exempt(5))
        paid(4, "130.00")
        [alert] = check(contract).raised
        assert alert.basis == OverrunAlert.Basis.OPEN
        assert not OverrunAlert.objects.exists()
        assert not OverrunAlert.objects.visible_to(factories.a_councillor()).exists()
        assert OverrunAlert.objects.visible_to(factories.a_person(cleared=(5,))).get() == alert

    def test_its_sum_is_told_to_everybody_though_the_contract_has_hidden_costs(self, contract):
        factories.a_line(contract, **factories.exempt(5))
        paid(4, "130.00")
        check(contract)
        [alert] = OverrunAlert.objects.visible_to(factories.a_councillor()).with_telling(
            factories.a_councillor()
        )
        assert alert.tells_sum


class TestTheSweep:
    def test_finds_a_contract_after_an_import_and_after_its_withdrawal(self, contract):
        file = paid(4, "150.00")
        assert sweep(LAST + dt.timedelta(days=3650)).raised == 2
        withdraw(file)
        assert sweep(LAST + dt.timedelta(days=3650)).cleared == 2

    def test_finds_a_contract_whose_publisher_published_a_month_without_it(self, contract):
        paid(4, "130.00")
        paid_nothing = LAST + dt.timedelta(days=3650)
        assert sweep(paid_nothing).raised == 1
        paid(5, "9.00", supplier="Somebody Else")
        assert sweep(paid_nothing).cleared == 1

    def test_finds_a_contract_after_a_rule_and_after_its_end(self, contract):
        paid(4, "150.00", supplier="Crapita Limited")
        sweep(LAST + dt.timedelta(days=3650))
        rule = attributed(contract, "Crapita")
        assert sweep(LAST + dt.timedelta(days=3650)).raised == 2
        attributing.take_back(rule, reason="No.", by=factories.the_officer())
        assert sweep(LAST + dt.timedelta(days=3650)).cleared == 2

    @pytest.mark.django_db(transaction=True)
    def test_by_several_at_once_raises_one_alert(self, contract):
        paid(4, "130.00")
        at = LAST + dt.timedelta(days=3650)
        in_threads(4, lambda _: sweep(at))
        sweep(at + dt.timedelta(minutes=5))
        assert OverrunAlert.objects.count() == 1


class TestTheNight:
    def test_finds_what_no_recheck_asked_for(self, contract):
        file = paid(4, "150.00")
        Recheck.objects.all().delete()
        assert check_all(LAST).raised == 2
        assert check_all(LAST).checked == 0
        withdraw(file)
        Recheck.objects.all().delete()
        assert check_all(LAST).cleared == 2

    def test_leaves_a_contract_in_order_alone(self, contract):
        paid(4, "150.00")
        check(contract)
        assert out_of_step(LAST.date()) == set()

    def test_asks_as_often_for_many_contracts_as_for_one(
        self, contract, django_assert_max_num_queries
    ):
        for number in range(20):
            other = a_pound_a_day(f"C{number}", supplier=factories.a_supplier(f"S{number}"))
            attributed(other, f"Supplier {number}")
        paid(4, "150.00")
        with django_assert_max_num_queries(16):
            out_of_step(LAST.date())


MONTHS = st.lists(st.lists(st.integers(-4_000, 9_000), max_size=3), min_size=1, max_size=12).filter(
    any
)


def naive(months: list[list[int]], covered: list[int], mark: int):
    """The month ends one by one: month, over and contracted of the current run's first."""
    since = None
    for month in range(1, max(covered) + 1):
        if month not in covered:
            continue
        end = (dt.date(2018 + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).timetuple()
        contracted = Decimal(end.tm_yday)
        total = sum(sum(months[m - 1]) for m in range(1, month + 1) if m in covered)
        over = Decimal(total) / 100 - contracted
        if contracted * 12 >= 365 and over > contracted * mark / 100:
            since = since or (month, over, contracted)
        else:
            since = None
    return since


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(months=MONTHS, data=st.data())
def test_whatever_is_imported_and_withdrawn_the_alerts_are_those_of_a_walk_by_hand(
    contract, months, data
):
    with factories.undone():
        files = {}
        for month, sums in enumerate(months, 1):
            if sums:
                files[month] = paid(month, *(f"{pence / 100:.2f}" for pence in sums))
                if data.draw(st.booleans(), label="check"):
                    check(contract)
        gone = data.draw(st.sets(st.sampled_from(sorted(files))), label="withdrawn")
        for month in gone:
            withdraw(files.pop(month))
        check(contract)
        found = defaultdict(lambda: None)
        for alert in OverrunAlert.objects.standing():
            mark = int(alert.threshold.percentage)
            found[mark] = (alert.exceeded_on.month, alert.total_then, alert.baseline_then)
        for mark in (5, 10):
            assert found[mark] == (naive(months, sorted(files), mark) if files else None)
        assert out_of_step(LAST.date()) == set()
        stands = plan_position(contract, LAST.date())
        together = {pk: found.plan for pk, found in positions_on(LAST.date()).items()}
        assert together == ({contract.pk: stands} if files else {})


class TestCsg:
    """£320m over 3,652 days, and a file for each month of its first five years."""

    @pytest.fixture
    def csg(self, db) -> Contract:
        for percentage, severity in ((5, "low"), (10, "medium"), (25, "high"), (50, "high")):
            factories.a_threshold("over_plan", percentage=percentage, severity=severity)
        capita = factories.a_supplier("Capita Business Services Ltd")
        contract = factories.a_contract("CSG", award=320_000_000, supplier=capita)
        attributed(contract, capita.name)
        return contract

    def published(self, until: dt.date, monthly: str) -> None:
        """A file for each month from September 2013, in each of which Capita is paid a sum."""
        month = dt.date(2013, 9, 1)
        while month <= until:
            row = f"R,D,T,1,CAPITA BUSINESS SERVICES LIMITED,{monthly},{month:%d/%m/%Y}"
            bring(table(row), name=f"{month:%Y-%m}.csv")
            month = (month + dt.timedelta(days=32)).replace(day=1)

    def test_stands_against_the_plan_to_the_penny_and_has_its_alerts(self, csg):
        self.published(dt.date(2016, 2, 29), "3000000.00")
        stands = overruns.position(csg, dt.date(2016, 5, 20)).measure("over_plan")
        assert stands.baseline == Decimal("79912376.78")
        assert stands.total == 90_000_000 - Decimal("79912376.78")
        assert stands.in_words == (
            "Over plan: £90,000,000 paid against £79,912,376.78 contracted by 29 February 2016: "
            "£10,087,623.22 over, 12.62%"
        )
        assert len(check(csg, "2016-05-20 09:00").raised) == 2
        # Above both from the start; by 30 June 2014 a twelfth of £320m was not contracted yet.
        assert standing() == {"5%": "July 2014", "10%": "July 2014"}

    def test_a_variation_adds_what_it_comes_to_by_the_day(self, csg):
        register.vary(
            csg,
            kind=Variation.Kind.VALUE,
            title="Growth",
            takes_effect_on=dt.date(2018, 4, 1),
            value_before=Decimal(320_000_000),
            value_after=Decimal(330_000_000),
            rationale="More services.",
            source=factories.a_source(),
            by=factories.the_officer(),
        )
        bring(table("R,D,T,1,Capita Business Services Ltd,180000000,01/10/2018"), name="o.csv")
        stands = plan_position(csg, dt.date(2018, 10, 1))
        assert stands.contracted == Decimal("162716319.82") + Decimal("929762.51")
        [alert] = check(csg, "2018-10-01 09:00").raised[:1]
        assert (alert.baseline_now, str(alert.exceeded)) == (stands.contracted, "October 2018")
