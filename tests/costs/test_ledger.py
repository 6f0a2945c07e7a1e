"""The only writers of the ledger: what they write, and what they refuse without a trace."""

import datetime as dt
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from barnetwatch.lib.money import LARGEST, PENNY
from contracts import register
from contracts.models import Recheck, Variation
from costs import ledger, totals
from costs.models import CostEntry, CostLine, RunningTotal, StageTotal, Threshold
from costs.stages import MOVED, Stage
from tests.factories import (
    a_contract,
    a_line,
    a_source,
    a_supplier,
    a_threshold,
    an_award,
    day,
    moment,
    post,
    reverse,
    the_officer,
    undone,
)
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def written() -> tuple[object, ...]:
    """All that a posting leaves behind."""
    return (
        list(CostEntry.all_rows.order_by("pk").values_list()),
        list(StageTotal.objects.order_by("pk").values_list()),
        list(RunningTotal.objects.order_by("pk").values_list()),
        list(Recheck.objects.order_by("pk").values_list()),
        list(Variation.all_rows.order_by("pk").values_list()),
        list(Threshold.all_rows.order_by("pk").values_list()),
        list(CostLine.all_rows.order_by("pk").values_list()),
    )


@contextmanager
def refused(says: str, field: str = ""):
    """A ValidationError that names the field and leaves nothing behind."""
    before = written()
    with pytest.raises(ValidationError, match=says) as refusal:
        yield
    assert written() == before
    if field:
        assert list(refusal.value.message_dict) == [field]


class TestPosting:
    def test_adds_an_entry_with_its_speaker_and_its_source(self):
        source = a_source("Delegated powers report")
        entry = post(
            a_line(a_contract()),
            "approved",
            "164176",
            "2016-07-25",
            year_inferred=True,
            source=source,
            stated_by="An officer",
            note="Technical assurance.",
            at=moment("2016-08-01 10:00"),
        )
        entry.refresh_from_db()
        assert (entry.stage, entry.amount) == ("approved", Decimal("164176.00"))
        assert str(entry.effective) == "25 July [2016]"
        assert (entry.stated_by, entry.source, entry.note) == (
            "An officer",
            source,
            "Technical assurance.",
        )
        assert entry.recorded_by == the_officer()
        assert entry.recorded_at == moment("2016-08-01 10:00")

    def test_is_recorded_now_unless_told_when(self):
        before = timezone.now()
        entry = post(a_line(a_contract()), "approved", 1, "2018-01-01")
        assert before <= entry.recorded_at <= timezone.now()

    def test_counts_an_imprecise_date_from_its_last_day(self):
        line = a_line(a_contract())
        assert post(line, "pledged", 1, "2018-07-01", precision="month").effective_on == day(
            "2018-07-31"
        )
        assert post(line, "pledged", 1, "2018-07-01", precision="year").effective_on == day(
            "2018-12-31"
        )

    def test_adds_up_at_one_stage(self):
        line = a_line(a_contract())
        for amount in ("0.10", "0.20"):
            post(line, "approved", amount, "2018-01-01")
        assert ledger.net(line, "approved") == Decimal("0.30")
        assert ledger.net(line, "paid") == 0

    def test_posts_a_negative_payment_as_credited(self):
        entry = post(a_line(a_contract()), "paid", "-1040.22", "2017-06-01")
        assert (entry.stage, entry.amount) == (Stage.CREDITED, Decimal("1040.22"))

    @pytest.mark.parametrize(
        "stage", ["alleged", "estimated", "pledged", "approved", "committed", "invoiced"]
    )
    def test_releases_what_is_no_longer_needed(self, stage):
        line = post(a_line(a_contract()), stage, 100, "2018-01-01").line
        post(line, stage, -100, "2018-02-01")
        assert ledger.net(line, stage) == 0

    def test_asks_for_a_recheck_from_the_day_it_counts(self):
        line = a_line(a_contract())
        Recheck.objects.all().delete()
        at = moment("2018-08-15 12:00")
        post(line, "pledged", 1, "2018-07-01", precision="month", at=at)
        recheck = Recheck.objects.get()
        assert (recheck.contract, recheck.moved_on) == (line.contract, day("2018-07-31"))
        assert (recheck.asked_at, recheck.only_rose) == (at, True)

    def test_asks_for_a_recheck_at_the_first_moment_of_a_day_to_come(self):
        line = a_line(a_contract())
        Recheck.objects.all().delete()
        post(line, "pledged", 1, "2019-07-15", at=moment("2018-08-15 12:00"))
        assert Recheck.objects.get().asked_at == moment("2019-07-15 00:00")

    @pytest.mark.parametrize(
        ("stage", "amount", "only_rose"),
        [
            ("approved", 1, True),
            ("approved", -1, False),
            ("paid", 1, True),
            ("paid", -1, False),
            ("credited", 1, False),
            ("recovered", 1, False),
            ("alleged", -1, True),
        ],
    )
    def test_says_whether_a_total_can_have_fallen(self, stage, amount, only_rose):
        line = a_line(a_contract())
        for each in ("approved", "alleged"):
            post(line, each, 5, "2018-01-01")
        Recheck.objects.all().delete()
        post(line, stage, amount, "2018-01-02")
        assert Recheck.objects.get().only_rose is only_rose

    def test_of_a_line_without_a_contract_asks_for_none(self):
        post(a_line(), "paid", 2_063_972, "2017-12-31")
        assert Recheck.objects.count() == 0

    def test_on_the_contracts_first_day_is_accepted(self):
        assert post(a_line(a_contract()), "approved", 1, "2013-09-01").pk

    def test_of_a_year_counts_from_its_end_and_so_may_name_the_first(self):
        entry = post(a_line(a_contract()), "approved", 1, "2013-01-01", precision="year")
        assert entry.effective_on == day("2013-12-31")

    @pytest.mark.parametrize("amount", [LARGEST, PENNY])
    def test_takes_every_sum_the_register_holds(self, amount):
        assert post(a_line(a_contract()), "approved", amount, "2018-01-01").amount == amount


class TestPostingRefuses:
    def test_a_date_before_the_contract_began(self):
        line = a_line(a_contract("CSG"))
        with refused("31 August 2013 is before CSG began, on 1 September 2013", "effective_on"):
            post(line, "approved", 1, "2013-08-31")
        with refused("before CSG began", "effective_on"):
            post(line, "approved", 1, "2013-08-01", precision="month")

    def test_no_date_where_the_contract_has_none(self):
        line = a_line(a_contract(starts_on=None, ends_on=None))
        assert post(line, "approved", 1, "1999-01-01").pk

    @pytest.mark.parametrize("amount", ["1.001", "-1.001", "0.005", "99.999"])
    def test_money_with_fractions_of_a_penny(self, amount):
        line = post(a_line(a_contract()), "approved", 100, "2018-01-01").line
        with refused("is not a sum of pounds and whole pence", "amount"):
            post(line, "approved", amount, "2018-01-01")

    @pytest.mark.parametrize("amount", [LARGEST + PENNY, -LARGEST - PENNY])
    def test_money_beyond_what_the_register_holds(self, amount):
        line = a_line(a_contract())
        with refused("£100 billion|Only £0 stands", "amount"):
            post(line, "approved", amount, "2018-01-01")

    @pytest.mark.parametrize("stage", Stage)
    def test_nothing(self, stage):
        line = a_line(a_contract())
        with refused("An entry of nothing says nothing", "amount"):
            post(line, stage, 0, "2018-01-01")

    @pytest.mark.parametrize("stage", sorted(MOVED - {Stage.PAID}))
    def test_less_than_nothing_of_money_that_has_moved(self, stage):
        line = post(a_line(a_contract()), stage, 100, "2018-01-01").line
        with refused("is more than nothing. Reverse a wrong entry instead", "amount"):
            post(line, stage, -1, "2018-01-02")

    def test_to_release_more_than_stands(self):
        line = post(a_line(a_contract()), "pledged", 100, "2018-01-01").line
        post(line, "approved", 500, "2018-01-01")
        with refused("Only £100 stands as pledged on this line, so £100.01 cannot", "amount"):
            post(line, "pledged", "-100.01", "2018-02-01")

    @pytest.mark.parametrize("fields", [{"stage": "promised"}, {"precision": "week"}])
    def test_words_that_are_none_of_the_choices(self, fields):
        line = a_line(a_contract())
        with refused("is not a valid choice", next(iter(fields))):
            post(line, fields.pop("stage", "approved"), 1, "2018-01-01", **fields)

    def test_a_figure_without_its_speaker(self):
        line = a_line(a_contract())
        with refused("cannot be blank", "stated_by"):
            post(line, "approved", 1, "2018-01-01", stated_by="")

    def test_a_line_that_belongs_nowhere(self):
        with refused("Name the contract, the supplier, or both"):
            ledger.open_line(title="Line", kind="legal", source=a_source(), by=the_officer())


class TestRevising:
    def test_posts_the_difference(self):
        line = post(a_line(a_contract()), "pledged", 100, "2018-01-01").line
        fields = {
            "effective_on": day("2018-02-01"),
            "source": line.source,
            "stated_by": "The council",
            "by": the_officer(),
        }
        assert ledger.revise(line, stage="pledged", to=Decimal(150), **fields).amount == 50
        assert ledger.revise(line, stage="pledged", to=Decimal("0.01"), **fields).amount == Decimal(
            "-149.99"
        )
        assert ledger.net(line, "pledged") == PENNY

    def revise(self, line: CostLine, stage: str, to: str) -> CostEntry:
        return ledger.revise(
            line,
            stage=stage,
            to=Decimal(to),
            effective_on=day("2018-02-01"),
            source=line.source,
            stated_by="The council",
            by=the_officer(),
        )

    def test_refuses_what_stands_already(self):
        line = post(a_line(a_contract()), "pledged", 100, "2018-01-01").line
        with refused("It stands at £100 already", "to"):
            self.revise(line, "pledged", "100.00")

    @pytest.mark.parametrize("stage", sorted(MOVED))
    def test_refuses_to_make_smaller_what_has_moved(self, stage):
        line = post(a_line(a_contract()), stage, 100, "2018-01-01").line
        with refused("stands at £100 and cannot be made smaller", "to"):
            self.revise(line, stage, "99.99")
        assert self.revise(line, stage, "100.01").amount == PENNY

    def test_refuses_less_than_nothing_and_fractions_of_a_penny(self):
        line = post(a_line(a_contract()), "pledged", 100, "2018-01-01").line
        with refused("Only £100 stands as pledged", "amount"):
            self.revise(line, "pledged", "-1")
        with refused("not a sum of pounds and whole pence", "amount"):
            self.revise(line, "pledged", "100.005")


class TestReversing:
    @pytest.mark.parametrize("stage", Stage)
    def test_adds_a_mirror_image_on_the_same_day(self, stage):
        entry = post(
            a_line(a_contract()), stage, 100, "2018-07-01", precision="month", year_inferred=True
        )
        mirror = reverse(entry, " Posted on the wrong line. ", at=moment("2019-01-01"))
        mirror.refresh_from_db()
        assert (mirror.line, mirror.stage, mirror.amount) == (entry.line, stage, -100)
        assert (mirror.effective_on, mirror.precision) == (day("2018-07-31"), "month")
        assert (mirror.year_inferred, mirror.source) == (True, entry.source)
        assert (mirror.reverses, mirror.note) == (entry, "Posted on the wrong line.")
        assert mirror.recorded_at == moment("2019-01-01")
        assert ledger.net(entry.line, stage) == 0
        assert totals.drift() == []

    def test_of_a_release_puts_it_back(self):
        line = post(a_line(a_contract()), "pledged", 100, "2018-01-01").line
        release = post(line, "pledged", -60, "2018-02-01")
        assert reverse(release).amount == 60
        assert ledger.net(line, "pledged") == 100

    def test_refuses_a_reversal_of_a_reversal(self):
        mirror = reverse(post(a_line(a_contract()), "approved", 100, "2018-01-01"))
        with refused("This entry is itself a reversal. Post the right sum instead"):
            reverse(mirror)

    def test_refuses_a_second_reversal(self):
        entry = post(a_line(a_contract()), "approved", 100, "2018-01-01")
        reverse(entry)
        with refused("reversed already; it can be reversed only once"):
            reverse(entry)

    def test_refuses_one_without_a_reason(self):
        entry = post(a_line(a_contract()), "approved", 100, "2018-01-01")
        with refused("Say what was wrong with the entry", "reason"):
            reverse(entry, "  ")

    def test_refuses_to_take_more_than_stands(self):
        entry = post(a_line(a_contract()), "pledged", 100, "2018-01-01")
        post(entry.line, "pledged", -60, "2018-02-01")
        with refused("Only £40 stands as pledged", "amount"):
            reverse(entry)

    def test_asks_for_a_recheck_from_the_day_of_what_it_cancels(self):
        entry = post(a_line(a_contract()), "approved", 100, "2018-01-01")
        Recheck.objects.all().delete()
        reverse(entry)
        recheck = Recheck.objects.get()
        assert (recheck.moved_on, recheck.only_rose) == (day("2018-01-01"), False)


class TestTheRegisterRefuses:
    def vary(self, **fields) -> Variation:
        given = {
            "kind": Variation.Kind.VALUE,
            "title": "Variation 1",
            "takes_effect_on": day("2018-04-01"),
            "rationale": "Growth in the services.",
            "source": a_source(),
            "by": the_officer(),
            "value_before": Decimal(320_000_000),
            "value_after": Decimal(400_000_000),
            **fields,
        }
        return register.vary(given.pop("contract", None) or a_contract(), **given)

    def test_a_variation_without_a_rationale(self):
        contract, source = a_contract(), a_source()
        for rationale in ("", "   "):
            with refused("cannot be blank", "rationale"):
                self.vary(contract=contract, source=source, rationale=rationale)

    def test_a_variation_before_the_contract_began(self):
        contract, source = a_contract(), a_source()
        with refused("31 August 2013 is before .* began", "takes_effect_on"):
            self.vary(contract=contract, source=source, takes_effect_on=day("2013-08-31"))

    @pytest.mark.parametrize(
        "fields",
        [
            {"value_after": None},
            {"value_before": None, "value_after": None},
            {"end_before": dt.date(2023, 8, 31), "end_after": dt.date(2024, 8, 31)},
            {"kind": "term"},
            {"kind": "scope"},
            {"kind": "scope", "value_before": None, "value_after": None},
        ],
    )
    def test_a_variation_that_does_not_say_what_it_changes(self, fields):
        contract, source = a_contract(), a_source()
        with refused("both values|before and after|both last days"):
            self.vary(contract=contract, source=source, **fields)

    def test_an_award_of_nothing_or_of_fractions_of_a_penny(self):
        contract, source = a_contract(), a_source()
        for amount in ("0", "-1", "1.001"):
            with refused("more than nothing|whole pence"):
                an_award(contract, amount, source=source)

    @pytest.mark.parametrize("percentage", ["0", "-1", "1000.01", "5000"])
    def test_a_threshold_of_nothing_or_above_a_thousand_per_cent(self, percentage):
        a_contract()
        with refused("lies above nothing and is at most 1,000 per cent"):
            a_threshold(percentage=percentage)

    def test_no_threshold_of_a_thousand_per_cent(self):
        assert a_threshold(percentage=1000).mark == "1000%"
        assert a_threshold(percentage="0.01").mark == "0.01%"

    @pytest.mark.parametrize("amount", ["0", "-100000"])
    def test_a_threshold_of_no_sum(self, amount):
        with refused("A threshold is more than £0"):
            a_threshold(amount=amount)

    def test_a_threshold_of_both_or_neither(self):
        with refused("Give a percentage or a sum, one of the two"):
            a_threshold()
        with refused("Give a percentage or a sum, one of the two"):
            a_threshold(amount=1, percentage=1)

    def test_a_threshold_in_force_already(self):
        contract = a_contract()
        a_threshold(amount=100_000)
        a_threshold(percentage=1)
        a_threshold(amount=100_000, contract=contract)
        a_threshold("at_risk", amount=100_000)
        for fields in ({"amount": 100_000}, {"percentage": 1}):
            with refused("already in force"):
                a_threshold(**fields)
        with refused("already in force"):
            a_threshold(amount=100_000, contract=contract)

    def test_a_sum_for_payments_over_plan(self):
        with refused("Payments over plan are watched by a percentage"):
            a_threshold("over_plan", amount=100)

    def test_a_contracted_sum_whose_days_run_backwards(self):
        contract, source = a_contract(), a_source()
        with refused("The last day comes on or after the first"):
            register.contract_for(
                contract,
                amount=Decimal(1),
                starts_on=day("2014-01-02"),
                ends_on=day("2014-01-01"),
                source=source,
                by=the_officer(),
            )

    def test_a_second_withdrawal_and_one_without_a_reason(self):
        award = an_award(a_contract(), 100)
        with refused("cannot be blank"):
            register.withdraw(award, reason=" ", by=the_officer())
        register.withdraw(award, reason="Wrong contract.", by=the_officer())
        with refused("withdrawn already"):
            register.withdraw(award, reason="Again.", by=the_officer())


postings = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(Stage),
        st.integers(-50, 100).filter(bool),
        st.dates(day("2014-01-01"), day("2015-12-31")),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(postings)
def test_stored_totals_equal_the_rows_whatever_is_posted(steps):
    with undone():
        contract = a_contract(starts_on=None, ends_on=None)
        lines = [a_line(contract), a_line(contract, kind="settlement"), a_line()]
        for which, stage, amount, on, takes_back in steps:
            try:
                entry = post(lines[which], stage, amount, on)
                if takes_back:
                    reverse(entry)
            except ValidationError:
                pass
        assert totals.drift() == []
        for line in lines:
            for stage in Stage:
                rows = CostEntry.all_rows.filter(line=line, stage=stage)
                amounts = [row.amount for row in rows]
                assert ledger.net(line, stage) == sum(amounts) >= 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: StageTotal.objects.update(net=Decimal("99.99")),
        lambda: StageTotal.objects.update(falls=Decimal("0.01")),
        lambda: StageTotal.objects.update(last_on=day("2018-01-30")),
        lambda: StageTotal.objects.all().delete(),
        lambda: RunningTotal.objects.update(approved=Decimal("0.00")),
        lambda: RunningTotal.objects.update(paid=Decimal("0.01")),
        lambda: RunningTotal.objects.update(last_on=day("2019-01-01")),
        lambda: RunningTotal.objects.all().delete(),
    ],
)
def test_drift_tells_of_every_stored_total_that_is_not_what_the_rows_come_to(spoil):
    line = post(a_line(a_contract()), "approved", 100, "2018-01-15").line
    assert totals.drift() == []
    spoil()
    found = totals.drift()
    assert found
    assert all(sentence.startswith(f"Line {line.pk}") for sentence in found)


def test_drift_tells_of_stored_totals_that_no_row_stands_behind():
    line = a_line(a_contract())
    RunningTotal.objects.create(line=line, paid=Decimal(5), last_on=day("2018-01-01"))
    assert len(totals.drift()) >= 1


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_eight_first_entries_of_a_line_all_stand(self):
        line, by = a_line(a_contract()), the_officer()
        in_threads(8, lambda n: post(line, "approved", 100 + n, "2018-01-01", by=by))
        assert ledger.net(line, "approved") == 828
        assert CostEntry.all_rows.count() == 8
        assert totals.drift() == []

    def test_of_eight_releases_only_as_many_as_there_is_room_for_stand(self):
        line, by = post(a_line(a_contract()), "pledged", 300, "2018-01-01").line, the_officer()

        def release(n: int) -> None:
            with suppress(ValidationError):
                post(line, "pledged", -100, "2018-02-01", by=by)

        in_threads(8, release)
        assert ledger.net(line, "pledged") == 0
        assert CostEntry.all_rows.count() == 4
        assert totals.drift() == []

    def test_of_eight_reversals_of_one_entry_one_stands(self):
        entry, by = post(a_line(a_contract()), "pledged", 300, "2018-01-01"), the_officer()
        refusals = []

        def turn_back(n: int) -> None:
            try:
                ledger.reverse(CostEntry.objects.get(pk=entry.pk), reason="Twice.", by=by)
            except ValidationError as refusal:
                refusals.append(refusal)

        in_threads(8, turn_back)
        assert len(refusals) == 7
        assert CostEntry.all_rows.count() == 2

    def test_nothing_is_half_written_when_the_transaction_is_undone(self):
        line = a_line(a_contract())
        Recheck.objects.all().delete()
        with transaction.atomic():
            post(line, "approved", 100, "2018-01-01")
            transaction.set_rollback(True)
        assert (CostEntry.all_rows.count(), Recheck.objects.count()) == (0, 0)
        assert RunningTotal.objects.count() == 0


def test_a_supplier_may_stand_in_for_a_contract():
    line = a_line(supplier=a_supplier("Capita"), kind=CostLine.Kind.FRAUD_LOSS)
    assert not line.is_supplementary
    post(line, "paid", "2063972", "2017-12-31", precision="month")
    post(line, "recovered", "2063972", "2018-09-18")
    assert totals.drift() == []
