"""Alerts: raised once for each unbroken run above a mark, with since when and the sum in words."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contracts import register
from contracts.models import Contract, Recheck
from costs import overruns, rechecks
from costs.models import CostLine, OverrunAlert
from costs.thresholds import retire_threshold
from costs.trials import try_out
from tests.factories import (
    a_contract,
    a_councillor,
    a_line,
    a_person,
    a_threshold,
    an_award,
    day,
    exempt,
    moment,
    post,
    reverse,
    the_csg_record,
    the_officer,
    the_shipped_thresholds,
)

pytestmark = pytest.mark.django_db

Ending, Basis = OverrunAlert.Ending, OverrunAlert.Basis


def check(contract: Contract, at: str = "2018-04-15 09:00") -> overruns.Outcome:
    """A full check at a moment."""
    then = moment(at)
    return overruns.check(contract, on=then.date(), at=then)


def standing(contract: Contract) -> list[tuple[str, str, str]]:
    """The open alerts: mark, basis and since when."""
    found = OverrunAlert.all_rows.standing().filter(contract=contract).order_by("threshold", "pk")
    return [(str(alert.threshold.mark), alert.basis, str(alert.exceeded)) for alert in found]


@pytest.fixture
def watched() -> Contract:
    """A contract of £320m watched by one mark: firm, £100,000."""
    a_threshold("firm", 100_000)
    return a_contract(award=320_000_000)


class TestCsgOnThePublicRecord:
    def test_has_exactly_five_open_alerts(self):
        the_shipped_thresholds()
        contract = the_csg_record()
        outcome = check(contract, "2026-11-23 12:00")
        assert len(outcome.raised) == 5
        found = {
            (alert.threshold.measure, alert.threshold.mark, str(alert.exceeded))
            for alert in OverrunAlert.objects.standing()
        }
        assert found == {
            ("firm", "£100,000", "25 July 2016"),
            ("at_risk", "£100,000", "25 July 2016"),
            ("at_risk", "£500,000", "July 2018"),
            ("at_risk", "£1,000,000", "July 2018"),
            ("at_risk", "1%", "July 2018"),
        }

    def test_has_one_more_day_of_quiet_before_the_pledge_counts(self):
        the_shipped_thresholds()
        contract = the_csg_record()
        assert len(check(contract, "2018-07-30 23:59").raised) == 2
        assert len(check(contract, "2018-07-31 00:00").raised) == 3

    def test_says_the_overrun_in_a_sentence(self):
        the_shipped_thresholds()
        check(the_csg_record(), "2026-11-23 12:00")
        alert = OverrunAlert.objects.get(threshold__percentage=1)
        assert alert.in_words == (
            "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, beside a "
            "contract of £320,000,000: 1.36%, over the 1% mark since July 2018."
        )
        assert str(alert) == "CSG: over 1%, supplementary spend, at risk"

    def test_lists_the_largest_first_alike_on_both_databases(self):
        the_shipped_thresholds()
        check(the_csg_record(), "2026-11-23 12:00")
        found = [alert.threshold.mark for alert in OverrunAlert.objects.largest_first()]
        assert found == ["£1,000,000", "£500,000", "£100,000", "1%", "£100,000"]


class TestExceeding:
    def test_is_not_reaching(self, watched):
        line = post(a_line(watched), "approved", 100_000, "2018-01-05").line
        assert not check(watched)
        post(line, "approved", "0.01", "2018-02-05")
        [alert] = check(watched).raised
        assert (alert.total_now, alert.exceeded_on) == (Decimal("100000.01"), day("2018-02-05"))

    def test_one_per_cent_stays_at_its_mark_after_a_variation_of_eighty_million(self):
        contract = a_contract(award=320_000_000)
        a_threshold(percentage=1)
        line = post(a_line(contract), "approved", "3200000.00", "2018-01-05").line
        register.vary(
            contract,
            kind="value",
            title="Growth",
            takes_effect_on=day("2018-01-01"),
            rationale="More services.",
            source=line.source,
            by=the_officer(),
            value_before=Decimal(320_000_000),
            value_after=Decimal(400_000_000),
        )
        assert not check(contract)
        post(line, "approved", "0.01", "2018-01-05")
        [alert] = check(contract).raised
        assert alert.baseline_now == alert.baseline_then == Decimal(320_000_000)

    def test_counts_from_the_last_day_of_a_year(self, watched):
        post(a_line(watched), "approved", 100_001, "2017-03-01", precision="year")
        assert not check(watched, "2017-12-30 12:00")
        [alert] = check(watched, "2017-12-31 12:00").raised
        assert str(alert.exceeded) == "2017"

    def test_names_the_entry_that_did_it_and_the_total_of_that_day(self, watched):
        line = a_line(watched)
        post(line, "approved", 60_000, "2018-01-05")
        did_it = post(line, "approved", 60_000, "2018-01-10")
        post(line, "approved", 1, "2018-01-10")
        post(line, "approved", 5_000, "2018-02-01")
        [alert] = check(watched).raised
        assert alert.crossing_entry == did_it
        assert (alert.total_then, alert.total_now) == (Decimal(120_001), Decimal(125_001))

    def test_by_several_lines_together_does(self, watched):
        for amount in (50_000, 50_000, 1):
            post(a_line(watched), "committed", amount, "2018-01-05")
        assert len(check(watched).raised) == 1

    def test_by_lines_apart_does_not(self, watched):
        post(a_line(watched, kind="settlement"), "paid", 4_120_000, "2018-01-05")
        assert not check(watched)

    def test_is_judged_by_entries_up_to_today_only(self, watched):
        post(a_line(watched), "approved", 100_001, "2018-05-01")
        assert not check(watched, "2018-04-30 23:59")
        [alert] = check(watched, "2018-05-01 00:00").raised
        assert alert.exceeded_on == day("2018-05-01")

    def test_twice_checked_is_once_raised(self, watched):
        post(a_line(watched), "approved", 100_001, "2018-01-05")
        assert len(check(watched).raised) == 1
        kept = list(OverrunAlert.all_rows.values())
        assert not check(watched)
        assert list(OverrunAlert.all_rows.values()) == kept

    def test_cannot_be_recorded_twice_at_once(self, watched):
        post(a_line(watched), "approved", 100_001, "2018-01-05")
        [alert] = check(watched).raised
        alert.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            alert.save(force_insert=True)


class TestAnEpisode:
    """£100,000: 90k on 5 January, +20k on 10 February, -20k on 10 March, entered in April."""

    @pytest.fixture
    def line(self, watched) -> CostLine:
        line = a_line(watched)
        post(line, "approved", 90_000, "2018-01-05")
        post(line, "approved", 20_000, "2018-02-10")
        return line

    def test_over_and_back_before_any_check_is_none(self, watched, line):
        post(line, "approved", -20_000, "2018-03-10")
        assert not check(watched)
        assert OverrunAlert.all_rows.count() == 0

    def test_lasts_since_the_day_of_the_crossing(self, watched, line):
        check(watched)
        assert standing(watched) == [("£100,000", "open", "10 February 2018")]

    def test_goes_on_when_a_back_dated_entry_moves_its_start(self, watched, line):
        [alert] = check(watched).raised
        did_it = post(line, "approved", 15_000, "2018-01-15")
        outcome = check(watched, "2018-04-20 10:00")
        assert (outcome.raised, outcome.cleared, outcome.revised) == ([], [], [alert])
        assert standing(watched) == [("£100,000", "open", "15 January 2018")]
        alert.refresh_from_db()
        assert (alert.crossing_entry, alert.total_then) == (did_it, Decimal(105_000))
        assert (alert.raised_at, alert.total_now) == (moment("2018-04-15 09:00"), 125_000)
        revision = alert.revisions.get()
        assert (revision.exceeded_before, revision.exceeded_after) == (
            day("2018-02-10"),
            day("2018-01-15"),
        )
        assert (revision.crossing_entry, revision.recorded_at) == (
            did_it,
            moment("2018-04-20 10:00"),
        )

    def test_goes_on_and_starts_later_when_a_dip_is_found_in_it(self, watched, line):
        [alert] = check(watched).raised
        post(line, "approved", -15_000, "2018-02-20")
        post(line, "approved", 30_000, "2018-03-01")
        assert check(watched).revised == [alert]
        assert standing(watched) == [("£100,000", "open", "1 March 2018")]

    def test_ends_when_the_total_is_back(self, watched, line):
        [alert] = check(watched).raised
        post(line, "approved", -10_000, "2018-04-15")
        outcome = check(watched, "2018-04-16 09:00")
        assert outcome.cleared == [alert]
        alert.refresh_from_db()
        assert (alert.cleared_at, alert.ending) == (moment("2018-04-16 09:00"), Ending.BACK)
        assert standing(watched) == []

    def test_that_ended_is_followed_by_a_new_one(self, watched, line):
        [first] = check(watched).raised
        post(line, "approved", -20_000, "2018-04-15")
        check(watched, "2018-04-16 09:00")
        post(line, "approved", 20_000, "2018-04-17")
        [second] = check(watched, "2018-04-18 09:00").raised
        assert first.pk != second.pk
        assert standing(watched) == [("£100,000", "open", "17 April 2018")]
        assert OverrunAlert.objects.count() == 2

    def test_that_never_ended_by_its_dates_is_still_new_when_it_was_cleared(self, watched, line):
        [first] = check(watched).raised
        wrong = post(line, "approved", -20_000, "2018-03-10")
        assert check(watched, "2018-04-16 09:00").cleared == [first]
        reverse(wrong)
        [second] = check(watched, "2018-04-17 09:00").raised
        assert (second.exceeded_on, second.pk != first.pk) == (day("2018-02-10"), True)

    def test_never_ends_before_it_began(self, watched, line):
        [alert] = check(watched, "2018-04-15 09:00").raised
        post(line, "approved", -20_000, "2018-03-10")
        check(watched, "2018-04-14 09:00")
        alert.refresh_from_db()
        assert alert.cleared_at == alert.raised_at

    def test_takes_over_the_figures_of_the_day(self, watched, line):
        [alert] = check(watched).raised
        post(line, "paid", 120_000, "2018-04-16")
        assert not check(watched, "2018-04-17 09:00")
        alert.refresh_from_db()
        assert (alert.total_now, alert.total_then) == (120_000, 110_000)
        assert alert.in_words == (
            "Firm: £120,000 paid beside a contract of £320,000,000: 0.04%, "
            "over the £100,000 mark since 10 February 2018."
        )


class TestADip:
    def test_inside_one_month_is_found_by_the_day(self, watched):
        line = a_line(watched)
        post(line, "approved", 110_000, "2018-01-05")
        post(line, "approved", -20_000, "2018-02-10")
        post(line, "approved", 20_000, "2018-02-20")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "20 February 2018")]

    def test_to_the_mark_itself_breaks_the_run(self, watched):
        line = a_line(watched)
        post(line, "approved", 110_000, "2018-01-05")
        post(line, "approved", -10_000, "2018-02-10")
        post(line, "approved", "0.01", "2018-02-11")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "11 February 2018")]

    def test_within_one_day_is_none(self, watched):
        line = a_line(watched)
        post(line, "approved", 110_000, "2018-01-05")
        post(line, "approved", -20_000, "2018-02-10")
        post(line, "approved", 20_000, "2018-02-10")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "5 January 2018")]

    def test_by_a_credit_counts_like_any_other(self, watched):
        line = a_line(watched)
        post(line, "paid", 110_000, "2018-01-05")
        post(line, "paid", -20_000, "2018-02-10")
        post(line, "paid", 20_000, "2018-02-20")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "20 February 2018")]

    def test_on_one_line_is_no_dip_where_another_made_up_for_it(self, watched):
        first, second = a_line(watched), a_line(watched)
        post(first, "approved", 110_000, "2018-01-05")
        post(second, "approved", 20_000, "2018-02-10")
        post(first, "approved", -20_000, "2018-02-10")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "5 January 2018")]

    def test_long_ago_is_found_across_years(self, watched):
        line = a_line(watched)
        post(line, "approved", 110_000, "2013-09-05")
        post(line, "approved", -20_000, "2014-01-10")
        post(line, "approved", 20_000, "2014-01-11")
        for year in (2016, 2017, 2018):
            post(line, "approved", 1, f"{year}-01-01")
        check(watched)
        assert standing(watched) == [("£100,000", "open", "11 January 2014")]


class TestAnEntryDatedAhead:
    def test_counts_from_its_day_and_asks_to_be_looked_at_then(self, watched):
        Recheck.objects.all().delete()
        post(a_line(watched), "approved", 100_001, "2018-07-15", at=moment("2018-04-15 09:00"))
        assert rechecks.sweep(moment("2018-07-14 23:59")).checked == 0
        assert Recheck.objects.get().asked_at == moment("2018-07-15 00:00")
        assert rechecks.sweep(moment("2018-07-15 00:00")).raised == 1
        assert standing(watched) == [("£100,000", "open", "15 July 2018")]

    def test_that_takes_money_away_clears_on_its_day(self, watched):
        line = a_line(watched)
        at = moment("2018-04-15 09:00")
        post(line, "approved", 110_000, "2018-01-05", at=at)
        post(line, "approved", -20_000, "2018-07-15", at=at)
        Recheck.objects.exclude(moved_on=None).exclude(asked_at__gt=at).update(asked_at=at)
        Recheck.objects.filter(moved_on=None).delete()
        assert rechecks.sweep(at).raised == 1
        assert rechecks.sweep(moment("2018-07-15 00:00")).cleared == 1


class TestRestrictedRows:
    """£100,000: open 90k and exempt 20k; later 15k more, open."""

    @pytest.fixture
    def lines(self, watched) -> tuple[CostLine, CostLine]:
        open_line, hidden = a_line(watched), a_line(watched, **exempt(1))
        post(open_line, "approved", 90_000, "2018-01-05")
        post(hidden, "approved", 20_000, "2018-02-10")
        return open_line, hidden

    def test_that_make_a_total_exceed_raise_an_alert_as_restricted(self, watched, lines):
        [alert] = check(watched).raised
        assert (alert.basis, alert.total_now) == (Basis.ALL, Decimal(110_000))
        assert OverrunAlert.objects.count() == 0
        assert OverrunAlert.objects.visible_to(a_councillor()).count() == 0
        assert OverrunAlert.objects.visible_to(a_person(is_superuser=True)).count() == 0
        assert OverrunAlert.objects.visible_to(a_person(cleared=(1,))).get() == alert

    def test_give_way_when_the_open_ones_exceed_by_themselves(self, watched, lines):
        [restricted] = check(watched).raised
        post(lines[0], "approved", 15_000, "2018-04-16")
        outcome = check(watched, "2018-04-16 10:00")
        [public] = outcome.raised
        assert (public.basis, public.total_now) == (Basis.OPEN, Decimal(105_000))
        assert public.exceeded_on == day("2018-04-16")
        assert outcome.cleared == [restricted]
        restricted.refresh_from_db()
        assert (restricted.ending, restricted.superseded_by) == (Ending.SUPERSEDED, public)
        assert restricted.cleared_at == moment("2018-04-16 10:00")
        assert OverrunAlert.objects.get() == public

    def test_take_over_when_the_open_ones_fall_back(self, watched, lines):
        post(lines[0], "approved", 15_000, "2018-04-16")
        [public] = check(watched, "2018-04-16 10:00").raised
        post(lines[0], "approved", -15_000, "2018-04-17")
        outcome = check(watched, "2018-04-17 10:00")
        assert [alert.basis for alert in outcome.raised] == [Basis.ALL]
        assert outcome.cleared == [public]

    def test_are_in_no_sum_of_a_public_alert(self, watched, lines):
        post(lines[0], "approved", 15_000, "2018-04-16")
        check(watched, "2018-04-16 10:00")
        public = OverrunAlert.objects.get()
        assert "£105,000 approved beside" in public.in_words
        assert public.crossing_entry.line == lines[0]

    def test_hide_the_alert_from_whoever_may_see_only_some_of_them(self, watched, lines):
        post(a_line(watched, **exempt(2)), "approved", 1, "2018-02-10")
        check(watched)
        found = {
            cleared: OverrunAlert.objects.visible_to(a_person(cleared=cleared)).count()
            for cleared in ((), (1,), (2,), (1, 2))
        }
        assert found == {(): 0, (1,): 0, (2,): 0, (1, 2): 1}

    def test_that_do_not_matter_to_the_total_raise_nothing_more(self, watched, lines):
        post(lines[0], "approved", 100_000, "2018-01-06")
        assert [alert.basis for alert in check(watched).raised] == [Basis.OPEN]

    def test_are_those_of_a_hidden_supplier_too(self, watched):
        supplier = a_line(supplier=a_contract().supplier).supplier
        line = a_line(watched, supplier=supplier)
        post(line, "approved", 110_000, "2018-02-10")
        for name, value in exempt(1).items():
            setattr(supplier, name, value)
        supplier.save()
        assert [alert.basis for alert in check(watched).raised] == [Basis.ALL]
        assert OverrunAlert.objects.count() == 0


class TestAThreshold:
    def test_that_is_retired_clears_its_alerts(self, watched):
        post(a_line(watched), "approved", 100_001, "2018-01-05")
        [alert] = check(watched).raised
        Recheck.objects.all().delete()
        retire_threshold(alert.threshold, at=moment("2018-04-16"))
        assert Recheck.objects.filter(contract=watched, moved_on=None).exists()
        assert check(watched, "2018-04-16 10:00").cleared == [alert]
        alert.refresh_from_db()
        assert alert.ending == Ending.RETIRED
        with pytest.raises(ValidationError, match="retired already"):
            retire_threshold(alert.threshold)

    def test_may_be_set_anew_once_it_is_retired(self, watched):
        mark = watched_by = a_threshold("at_risk", 5)
        retire_threshold(mark)
        assert a_threshold("at_risk", 5).pk != watched_by.pk

    def test_over_one_contract_is_over_no_other(self):
        one, other = a_contract(), a_contract()
        a_threshold("firm", 100, contract=one)
        for contract in (one, other):
            post(a_line(contract), "approved", 101, "2018-01-05")
        assert (len(check(one).raised), len(check(other).raised)) == (1, 0)

    def test_over_all_asks_for_a_recheck_of_each_contract(self):
        contracts = {a_contract().pk, a_contract(**exempt(3)).pk}
        Recheck.objects.all().delete()
        a_threshold("firm", 100)
        assert set(Recheck.objects.values_list("contract", flat=True)) == contracts

    def test_over_one_asks_for_that_one(self):
        contract, _ = a_contract(), a_contract()
        Recheck.objects.all().delete()
        a_threshold("firm", 100, contract=contract)
        assert Recheck.objects.get().contract == contract


class TestTheAward:
    @pytest.fixture
    def disputed(self) -> Contract:
        """£126m or £154m; £1.3m of supplementary spend is over 1% of one of them."""
        contract = a_contract(award=126_000_000)
        an_award(contract, 154_000_000)
        a_threshold(percentage=1)
        post(a_line(contract), "approved", 1_300_000, "2018-01-05")
        return contract

    def prefer(self, contract: Contract, amount: int) -> None:
        award = contract.awards.get(amount=Decimal(amount))
        register.prefer(award, reason="The better source.", by=the_officer())

    def test_that_is_not_known_leaves_percentages_unevaluated(self, disputed):
        assert not check(disputed)

    def test_that_comes_to_be_preferred_asks_for_a_recheck(self, disputed):
        Recheck.objects.all().delete()
        self.prefer(disputed, 126_000_000)
        assert Recheck.objects.get().moved_on is None

    def test_that_is_preferred_decides(self, disputed):
        self.prefer(disputed, 126_000_000)
        [alert] = check(disputed).raised
        assert alert.baseline_now == Decimal(126_000_000)
        self.prefer(disputed, 154_000_000)
        assert check(disputed).cleared == [alert]

    def test_that_is_no_longer_known_ends_the_alert_without_the_total_being_back(self, disputed):
        self.prefer(disputed, 126_000_000)
        [alert] = check(disputed).raised
        mark = disputed.awards.get(amount=Decimal(126_000_000)).preferences.get()
        register.withdraw(mark, reason="By mistake.", by=the_officer())
        assert check(disputed).cleared == [alert]
        alert.refresh_from_db()
        assert alert.ending == Ending.RETIRED

    def test_that_is_corrected_moves_the_day_since_when(self):
        contract = a_contract(award=100_000)
        a_threshold(percentage=10)
        line = a_line(contract)
        post(line, "approved", 15_000, "2018-01-05")
        post(line, "approved", 10_000, "2018-02-05")
        [alert] = check(contract).raised
        assert alert.exceeded_on == day("2018-01-05")
        wrong = contract.awards.get()
        register.withdraw(wrong, reason="Misread.", by=the_officer())
        an_award(contract, 200_000)
        assert check(contract).revised == [alert]
        alert.refresh_from_db()
        assert (alert.exceeded_on, alert.baseline_then, alert.baseline_now) == (
            day("2018-02-05"),
            100_000,
            200_000,
        )


class TestAcknowledging:
    def test_is_a_row_with_a_note_and_a_name(self, watched):
        post(a_line(watched), "approved", 100_001, "2018-01-05")
        [alert] = check(watched).raised
        row = overruns.acknowledge(
            alert, note=" Being discussed. ", by=the_officer(), at=moment("2018-04-16")
        )
        row.refresh_from_db()
        assert (row.note, row.recorded_by) == ("Being discussed.", the_officer())
        assert row.recorded_at == moment("2018-04-16")
        overruns.acknowledge(alert, note="Still.", by=the_officer())
        assert alert.acknowledgements.count() == 2
        with pytest.raises(ValidationError):
            overruns.acknowledge(alert, note="  ", by=the_officer())


class TestATrial:
    def test_says_what_an_act_would_do_and_undoes_it(self, watched):
        line = post(a_line(watched), "approved", 90_000, "2018-01-05").line
        trial = try_out(
            watched,
            lambda: post(line, "approved", 20_000, "2018-02-10"),
            on=day("2018-04-15"),
            at=moment("2018-04-15"),
        )
        assert trial.before.measure("firm").total == 90_000
        assert trial.after.measure("firm").total == 110_000
        assert [alert.exceeded_on for alert in trial.outcome.raised] == [day("2018-02-10")]
        assert line.entries.count() == 1
        assert OverrunAlert.all_rows.count() == 0

    def test_counts_only_what_the_act_itself_would_do(self, watched):
        line = post(a_line(watched), "approved", 110_000, "2018-01-05").line
        trial = try_out(
            watched,
            lambda: post(line, "approved", -20_000, "2018-02-10"),
            on=day("2018-04-15"),
            at=moment("2018-04-15"),
        )
        assert (len(trial.outcome.raised), len(trial.outcome.cleared)) == (0, 1)

    def test_raises_what_the_act_raises_and_leaves_nothing(self, watched):
        line = a_line(watched)
        with pytest.raises(ValidationError):
            try_out(
                watched,
                lambda: post(line, "approved", "1.001", "2018-02-10"),
                on=day("2018-04-15"),
                at=moment("2018-04-15"),
            )
        assert line.entries.count() == 0
