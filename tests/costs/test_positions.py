"""What a contract's supplementary spend comes to on a day, as known on a day."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import register
from costs.models import CostLine, Measure
from costs.overruns import Position, position
from costs.stages import Stage
from tests.factories import (
    a_contract,
    a_line,
    a_source,
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
    undone,
)

pytestmark = pytest.mark.django_db


def total(contract, on: str, known_on: str | None = None, measure: str = "at_risk") -> Decimal:
    found = position(contract, day(on), known_on and day(known_on))
    return found.measure(measure).total


class TestCsgOnThePublicRecord:
    @pytest.mark.parametrize(
        ("on", "firm", "at_risk"),
        [
            ("2016-07-24", "0.00", "0.00"),
            ("2016-07-25", "164176.00", "164176.00"),
            ("2018-07-30", "164176.00", "164176.00"),
            ("2018-07-31", "164176.00", "4364176.00"),
            ("2018-10-01", "164176.00", "4364176.00"),
            ("2026-01-01", "164176.00", "4364176.00"),
        ],
    )
    def test_a_sum_pledged_in_july_counts_from_the_31st(self, on, firm, at_risk):
        contract = the_csg_record()
        assert str(total(contract, on, measure="firm")) == firm
        assert str(total(contract, on, measure="at_risk")) == at_risk

    def test_at_risk_is_split_by_status_and_never_one_cost(self):
        found = position(the_csg_record(), day("2018-10-01")).measure("at_risk")
        assert found.split == {Stage.APPROVED: Decimal(164_176), Stage.PLEDGED: Decimal(4_200_000)}
        assert found.in_words == (
            "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, "
            "beside a contract of £320,000,000: 1.36%"
        )

    def test_firm_is_a_twentieth_of_a_per_cent(self):
        found = position(the_csg_record(), day("2018-10-01")).measure("firm")
        assert (found.percentage, found.baseline) == (Decimal("0.05"), Decimal(320_000_000))
        assert found.in_words == (
            "Firm: £164,176 approved beside a contract of £320,000,000: 0.05%"
        )

    def test_exceeds_five_of_the_marks_shipped(self):
        the_shipped_thresholds()
        found = position(the_csg_record(), day("2018-10-01"))
        marks = {measure.measure: [m.mark for m in measure.exceeded] for measure in found.measures}
        assert marks == {
            Measure.FIRM: ["£100,000"],
            Measure.AT_RISK: ["£100,000", "£500,000", "£1,000,000", "1%"],
            Measure.OVER_PLAN: [],
        }

    def test_has_no_payments_to_hold_against_the_plan(self):
        found = position(the_csg_record(), day("2018-10-01")).measure("over_plan")
        assert (found.total, found.percentage) == (None, None)
        assert found.in_words == "payments over plan: no payments imported"


class TestAnImpreciseDate:
    def test_of_a_year_counts_from_31_december(self):
        line = a_line(a_contract())
        post(line, "approved", 100, "2017-03-01", precision="year")
        assert total(line.contract, "2017-12-30") == 0
        assert total(line.contract, "2017-12-31") == 100


class TestWhichLinesCount:
    def test_each_line_by_its_own_largest_stage(self):
        contract = a_contract()
        first, second = a_line(contract, "First"), a_line(contract, "Second")
        for line, stage, amount in (
            (first, "approved", 100),
            (first, "paid", 80),
            (first, "credited", 300),
            (second, "paid", 50),
        ):
            post(line, stage, amount, "2018-01-01")
        found = position(contract, day("2018-01-01"))
        assert [place.totals.firm for place in found.lines] == [0, 50]
        assert found.measure("firm").total == 50

    @pytest.mark.parametrize(
        "kind", [CostLine.Kind.FRAUD_LOSS, CostLine.Kind.SERVICE_CREDIT, CostLine.Kind.SETTLEMENT]
    )
    def test_fraud_credits_and_settlements_stand_apart(self, kind):
        line = a_line(a_contract(), kind=kind)
        post(line, "paid", 100, "2018-01-01")
        found = position(line.contract, day("2018-01-01"))
        assert found.measure("firm").total == 0
        assert found.lines == ()
        assert [place.totals.paid for place in found.apart] == [100]

    @pytest.mark.parametrize("kind", CostLine.SUPPLEMENTARY)
    def test_every_kind_of_supplementary_spend_does(self, kind):
        line = a_line(a_contract(), kind=kind)
        post(line, "paid", 100, "2018-01-01")
        assert total(line.contract, "2018-01-01") == 100

    def test_alleged_sums_are_listed_and_not_counted(self):
        line = a_line(a_contract())
        post(line, "alleged", 4_200_000, "2018-09-30")
        found = position(line.contract, day("2018-10-01"))
        assert found.measure("at_risk").total == 0
        assert found.lines[0].nets == {Stage.ALLEGED: Decimal(4_200_000)}
        assert found.measure("at_risk").in_words.startswith("At risk: nothing beside a contract")

    def test_only_open_ones_unless_a_reader_may_see_more(self):
        line = a_line(a_contract(), **exempt(3))
        post(line, "approved", 100, "2018-01-01")
        assert total(line.contract, "2018-01-01") == 0
        assert position(line.contract, day("2018-01-01")).lines == ()
        found = position(line.contract, day("2018-01-01"), lines=CostLine.all_rows.all())
        assert found.measure("firm").total == 100

    def test_none_of_another_contract(self):
        post(a_line(a_contract()), "approved", 100, "2018-01-01")
        assert total(a_contract(), "2018-01-01") == 0


class TestTheBaseline:
    def test_is_the_original_award_whatever_variations_add(self):
        contract = a_contract(award=320_000_000)
        a_threshold(percentage=1)
        line = post(a_line(contract), "approved", 3_200_000, "2018-01-01").line
        register.vary(
            contract,
            kind="value",
            title="Growth",
            takes_effect_on=day("2018-04-01"),
            rationale="More services.",
            source=line.source,
            by=the_officer(),
            value_before=Decimal(320_000_000),
            value_after=Decimal(400_000_000),
        )
        found = position(contract, day("2018-10-01")).measure("firm")
        assert (found.baseline, found.percentage) == (Decimal(320_000_000), Decimal("1.00"))
        assert found.exceeded == ()
        post(line, "approved", "0.01", "2018-01-01")
        found = position(contract, day("2018-10-01")).measure("firm")
        assert [mark.mark for mark in found.exceeded] == ["1%"]

    def test_that_nobody_knows_leaves_percentages_unevaluated(self):
        a_threshold(percentage=1)
        a_threshold(amount=100)
        contract = post(a_line(a_contract()), "approved", 101, "2018-01-01").line.contract
        found = position(contract, day("2018-01-01")).measure("firm")
        assert (found.baseline, found.percentage) == (None, None)
        assert [mark.mark for mark in found.exceeded] == ["£100"]
        assert found.in_words == ("Firm: £101 approved beside a contract whose award is not known")

    def test_on_which_sources_disagree_is_the_preferred_one(self):
        contract = a_contract(award=154_000_000)
        other = an_award(contract, 126_000_000)
        assert position(contract, day("2018-01-01")).measure("firm").baseline is None
        mark = register.prefer(other, reason="Later.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline == 126_000_000
        first = contract.awards.order_by("pk").first()
        register.prefer(first, reason="At signature.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline == 154_000_000
        register.withdraw(first.preferences.get(), reason="Marked by mistake.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline == 126_000_000
        register.withdraw(mark, reason="That too.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline is None

    def test_is_the_one_that_is_left_when_the_others_are_withdrawn(self):
        contract = a_contract(award=154_000_000)
        other = an_award(contract, 126_000_000)
        register.withdraw(other, reason="Misread.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline == 154_000_000

    def test_is_not_an_award_that_was_preferred_and_then_withdrawn(self):
        contract = a_contract(award=154_000_000)
        other = an_award(contract, 126_000_000)
        register.prefer(other, reason="Later.", by=the_officer())
        register.withdraw(other, reason="Misread.", by=the_officer())
        assert position(contract, day("2018-01-01")).measure("firm").baseline == 154_000_000


class TestReachingAMark:
    @pytest.mark.parametrize(
        ("amount", "exceeds"), [("100000.00", False), ("100000.01", True), ("99999.99", False)]
    )
    def test_is_not_exceeding_it(self, amount, exceeds):
        a_threshold(amount=100_000)
        contract = post(a_line(a_contract()), "approved", amount, "2018-01-01").line.contract
        found = position(contract, day("2018-01-01")).measure("firm")
        assert bool(found.exceeded) is exceeds


class TestAsKnownOn:
    @pytest.mark.parametrize(
        ("recorded", "known_on", "counts"),
        [
            ("2018-08-15 23:59", "2018-08-15", True),
            ("2018-08-16 00:00", "2018-08-15", False),
            ("2018-08-16 00:00", "2018-08-16", True),
            # The clocks go forward at 1:00 on 25 March and back at 2:00 on 28 October 2018.
            ("2018-03-25 23:59", "2018-03-25", True),
            ("2018-03-26 00:00", "2018-03-25", False),
            ("2018-03-25 00:00", "2018-03-24", False),
            ("2018-10-28 23:59", "2018-10-28", True),
            ("2018-10-29 00:00", "2018-10-28", False),
            ("2018-10-28 00:00", "2018-10-27", False),
            ("2018-10-27 23:59", "2018-10-27", True),
        ],
    )
    def test_a_day_ends_at_midnight_in_london(self, recorded, known_on, counts):
        line = a_line(a_contract())
        post(line, "approved", 100, "2018-01-01", at=moment(recorded))
        assert total(line.contract, "2018-12-31", known_on) == (100 if counts else 0)

    def test_an_entry_made_later_is_not_known_whatever_its_date(self):
        line = a_line(a_contract())
        post(line, "approved", 100, "2018-01-01", at=moment("2018-02-01"))
        post(line, "approved", 50, "2018-01-01", at=moment("2018-06-01"))
        assert total(line.contract, "2018-01-01", "2018-03-01") == 100
        assert total(line.contract, "2018-01-01", "2018-06-01") == 150

    def test_a_wrong_entry_still_counts_before_it_was_reversed(self):
        entry = post(a_line(a_contract()), "approved", 100, "2018-01-01", at=moment("2018-02-01"))
        reverse(entry, at=moment("2018-06-01"))
        assert total(entry.line.contract, "2018-12-31", "2018-05-31") == 100
        assert total(entry.line.contract, "2018-12-31", "2018-06-01") == 0
        assert total(entry.line.contract, "2018-12-31") == 0

    def test_nothing_held_yet_shows_no_lines(self):
        line = a_line(a_contract())
        post(line, "approved", 100, "2018-01-01", at=moment("2018-02-01"))
        found = position(line.contract, day("2018-12-31"), day("2018-01-31"))
        assert (found.lines, found.apart) == ((), ())

    def test_an_award_counts_from_when_it_was_recorded_until_it_was_withdrawn(self):
        contract = a_contract()
        award = an_award(contract, 100, at=moment("2018-02-01"))
        register.withdraw(award, reason="Misread.", by=the_officer(), at=moment("2018-04-01"))
        found = {
            known: position(contract, day("2018-12-31"), day(known)).measure("firm").baseline
            for known in ("2018-01-31", "2018-02-01", "2018-03-31", "2018-04-01")
        }
        assert list(found.values()) == [None, 100, 100, None]

    def test_a_preference_counts_likewise(self):
        contract = a_contract()
        an_award(contract, 154, at=moment("2018-01-01"))
        other = an_award(contract, 126, at=moment("2018-02-01"))
        mark = register.prefer(other, reason="Later.", by=the_officer(), at=moment("2018-03-01"))
        register.withdraw(mark, reason="No.", by=the_officer(), at=moment("2018-05-01"))
        found = {
            known: position(contract, day("2018-12-31"), day(known)).measure("firm").baseline
            for known in ("2018-01-31", "2018-02-28", "2018-03-01", "2018-04-30", "2018-05-01")
        }
        assert list(found.values()) == [154, None, 126, 126, None]

    def test_sums_and_variations_stand_until_they_were_withdrawn(self):
        contract, by = a_contract(), the_officer()
        agreed = register.contract_for(
            contract,
            amount=Decimal(100),
            starts_on=day("2014-01-01"),
            ends_on=day("2014-12-31"),
            by=by,
            at=moment("2018-02-01"),
        )
        varied = register.vary(
            contract,
            kind="scope",
            title="Less",
            takes_effect_on=day("2018-04-01"),
            scope_after="Less.",
            rationale="Brought back in house.",
            source=a_source(),
            by=by,
            at=moment("2018-02-01"),
        )
        for row in (agreed, varied):
            register.withdraw(row, reason="Misread.", by=by, at=moment("2018-04-01"))
            rows = type(row).objects
            found = [
                rows.standing(day(on)).count() for on in ("2018-01-31", "2018-02-01", "2018-03-31")
            ]
            assert found == [0, 1, 1]
            assert rows.standing(day("2018-04-01")).count() == rows.standing().count() == 0


steps = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["alleged", "pledged", "approved", "paid", "credited"]),
        st.integers(1, 100),
        st.dates(day("2018-01-01"), day("2018-04-30")),
    ),
    min_size=1,
    max_size=5,
)


def figures(found: Position) -> tuple[object, ...]:
    return (
        [(m.total, m.split, m.baseline, m.in_words) for m in found.measures],
        [(place.line, place.nets) for place in found.lines + found.apart],
    )


@settings(max_examples=15)
@given(steps, steps, st.dates(day("2018-01-01"), day("2018-04-30")), st.booleans())
def test_the_past_as_it_was_known_never_changes(before, after, on, reverses):
    with undone():
        contract = a_contract(award=1000)
        lines = [a_line(contract, "A"), a_line(contract, "B", kind="settlement")]
        known_on = day("2018-05-31")
        entries = [
            post(lines[which], stage, amount, dated, at=moment("2018-05-31 23:59"))
            for which, stage, amount, dated in before
        ]
        an_award(contract, 2000, at=moment("2018-05-31 12:00"))
        then = figures(position(contract, on, known_on))
        later = moment("2018-06-01 00:00")
        for which, stage, amount, dated in after:
            post(lines[which], stage, amount, dated, at=later)
        if reverses:
            reverse(entries[0], at=later)
            register.prefer(contract.awards.first(), reason="Better.", by=the_officer(), at=later)
        post(a_line(contract, "C"), "paid", 5, on, at=later)
        assert figures(position(contract, on, known_on)) == then


@settings(max_examples=15)
@given(steps, st.dates(day("2017-12-31"), day("2018-05-01")))
def test_a_position_from_stored_totals_equals_one_from_the_rows(entries, on):
    with undone():
        contract = a_contract()
        lines = [a_line(contract, "A"), a_line(contract, "B")]
        for which, stage, amount, dated in entries:
            post(lines[which], stage, amount, dated, at=moment("2018-05-01"))
        now = position(contract, on)
        then = position(contract, on, day("2018-05-01"))
        assert [m.split for m in now.measures] == [m.split for m in then.measures]
        assert [m.total for m in now.measures] == [m.total for m in then.measures]
