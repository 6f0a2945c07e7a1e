"""Each rule with one case that fires and one that just does not: reaching a limit is not exceeding
it, and day 1 is the day after.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from barnetwatch.pages.questions.rules import RULES, proposed
from barnetwatch.pages.questions.rules.claims import ClaimUnanswered
from barnetwatch.pages.questions.rules.commitments import (
    CommitmentNeverMeasured,
    DeclaredMetWhileBreached,
    MeasuredBySupplierOnly,
)
from barnetwatch.pages.questions.rules.conflicts import AwardsConflict, FiguresConflict
from barnetwatch.pages.questions.rules.failures import FailureSilent, NotWorkingForAYear
from barnetwatch.pages.questions.rules.money import (
    ApprovalWithoutSpend,
    PledgeWithoutDecision,
    SpendBeyondApproval,
)
from barnetwatch.pages.questions.rules.overruns import AlertUnacknowledged
from barnetwatch.pages.questions.rules.payments import PaymentsUnexplained
from barnetwatch.pages.questions.rules.promises import PromiseOverdue, PromiseWithoutDate
from contracts import register
from contracts.models import (
    Capability,
    CapabilityGap,
    Commitment,
    Contract,
    Discrepancy,
    Reading,
    Service,
)
from costs import ledger, overruns
from costs.models import OverrunAlert
from incidents import casework
from scrutiny import claiming, record
from scrutiny.models import Body
from tests import factories
from tests.costs.payments.test_allocating import april, attributed_to

pytestmark = pytest.mark.django_db

TODAY = dt.date(2018, 10, 1)
NOW = factories.moment("2018-10-01 09:00")


@pytest.fixture
def reader():
    return factories.a_councillor("Ann Member")


@pytest.fixture
def csg():
    return factories.a_contract("CSG", award=320_000_000)


def asks(rule: Any, reader: Any, on: dt.date = TODAY) -> list[str]:
    return [each.words for each in rule.propose(reader, on)]


def a_promise(contract: Any, **fields: Any) -> Any:
    given = {
        "words": "it will be reported",
        "made_by": "Council spokesman",
        "made_on": dt.date(2018, 9, 1),
        "contract": contract,
        "at": NOW,
        **fields,
    }
    return record.promise(source=factories.a_source(), by=factories.the_officer(), **given)


def a_claim(contract: Any, **fields: Any) -> Any:
    given = {
        "kind": "claim",
        "speaker": "Labour group",
        "words": "It does not work",
        "contract": contract,
        "at": NOW,
        **fields,
    }
    return record.state(source=factories.a_source(), by=factories.the_officer(), **given)


def a_commitment(contract: Any, **fields: Any) -> Commitment:
    return Commitment.objects.create(
        contract=contract,
        source=factories.a_source(),
        **{
            "title": "IT disaster recovery",
            "tier": "silver",
            "measure": Commitment.Measure.RTO,
            "target": 48,
            "unit": Commitment.Unit.HOURS,
            **fields,
        },
    )


def measured(commitment: Commitment, how: str, value: Any = None, on: str = "", **fields: Any):
    return register.measure(
        commitment,
        how=how,
        said_by=fields.pop("said_by", "Capita"),
        source=factories.a_source(),
        by=factories.the_officer(),
        value=None if value is None else Decimal(value),
        measured_on=factories.day(on) if on else None,
        **fields,
    )


def days_ago(count: int) -> dt.date:
    return TODAY - dt.timedelta(days=count)


# Promises -------------------------------------------------------------------------------------


class TestAPromisePastItsDay:
    def test_is_asked_about_from_the_day_after(self, csg, reader):
        a_promise(csg, due_on=days_ago(1))
        assert asks(PromiseOverdue(), reader) == [
            (
                "Council spokesman promised on 1 September 2018: “it will be reported”. It was due "
                "on 30 September 2018. Has it been kept, and if not, when will it be?"
            )
        ]

    def test_is_not_asked_about_on_its_day(self, csg, reader):
        a_promise(csg, due_on=TODAY)
        assert asks(PromiseOverdue(), reader) == []

    def test_due_in_a_month_is_late_once_the_month_is_over(self, csg, reader):
        a_promise(csg, due_on=dt.date(2018, 9, 4), due_precision="month")
        assert asks(PromiseOverdue(), reader, dt.date(2018, 9, 30)) == []
        assert "It was due in September 2018." in asks(PromiseOverdue(), reader)[0]

    def test_that_was_kept_is_left_alone(self, csg, reader):
        a_promise(csg, due_on=days_ago(1), status="kept")
        assert asks(PromiseOverdue(), reader) == []


class TestAPromiseWithoutADate:
    def test_is_asked_about_after_more_than_60_days(self, csg, reader):
        a_promise(csg, made_on=days_ago(61), due_words="in due course")
        assert asks(PromiseWithoutDate(), reader) == [
            (
                "Council spokesman promised on 1 August 2018: “it will be reported”. No day was "
                "named, only “in due course”. Has it been kept, and if not, by which day will it "
                "be?"
            )
        ]

    def test_is_not_asked_about_after_exactly_60(self, csg, reader):
        a_promise(csg, made_on=days_ago(60))
        assert asks(PromiseWithoutDate(), reader) == []

    def test_made_on_a_day_not_known_counts_from_the_day_it_was_recorded(self, csg, reader):
        a_promise(csg, made_on=None)
        later = TODAY + dt.timedelta(days=60)
        assert asks(PromiseWithoutDate(), reader, later) == []
        [words] = asks(PromiseWithoutDate(), reader, later + dt.timedelta(days=1))
        assert words.startswith("Council spokesman promised on a day not known: ")

    def test_with_a_date_is_another_rule_s(self, csg, reader):
        a_promise(csg, made_on=days_ago(900), due_on=TODAY)
        assert asks(PromiseWithoutDate(), reader) == []


# Claims ---------------------------------------------------------------------------------------


class TestAClaimWithoutAResponse:
    def test_is_asked_about_after_more_than_30_days(self, csg, reader):
        a_claim(csg, said_on=days_ago(31), is_quotation=True)
        assert asks(ClaimUnanswered(), reader) == [
            (
                "Labour group said on 31 August 2018: “It does not work”. No answer to it is on "
                "the record. What is the answer?"
            )
        ]

    def test_is_not_asked_about_after_exactly_30(self, csg, reader):
        a_claim(csg, said_on=days_ago(30))
        assert asks(ClaimUnanswered(), reader) == []

    def test_known_to_the_year_counts_from_its_last_day(self, csg, reader):
        a_claim(csg, said_on=dt.date(2017, 1, 1), said_precision="year")
        assert asks(ClaimUnanswered(), reader, dt.date(2018, 1, 30)) == []
        assert len(asks(ClaimUnanswered(), reader, dt.date(2018, 1, 31))) == 1

    def test_that_was_answered_is_left_alone(self, csg, reader):
        claim = a_claim(csg, said_on=days_ago(900))
        record.answer(
            claim,
            speaker="Capita",
            words="It does",
            source=factories.a_source(),
            by=factories.the_officer(),
        )
        assert asks(ClaimUnanswered(), reader) == []

    @pytest.mark.parametrize(("state", "asked"), [("withdrawn", 0), ("by_answers", 1)])
    def test_that_was_withdrawn_is_left_alone(self, csg, reader, state, asked):
        claim = a_claim(csg, said_on=days_ago(900))
        claiming.settle_state(
            claim,
            state=state,
            stated_by="Labour group",
            reason="They say so.",
            source=factories.a_source(),
            by=factories.the_officer(),
        )
        assert len(asks(ClaimUnanswered(), reader)) == asked

    def test_is_put_to_those_whom_it_concerns(self, csg, reader):
        claim = a_claim(csg, said_on=days_ago(900))
        for party in ("Capita", "the leader of the council"):
            claiming.concern(claim, party=party, by=factories.the_officer())
        [words] = asks(ClaimUnanswered(), reader)
        assert words.endswith("What do Capita and the leader of the council say to it?")

    def test_a_statement_in_dispute_with_nobody_is_no_claim(self, csg, reader):
        a_claim(csg, kind="statement", said_on=days_ago(900))
        assert asks(ClaimUnanswered(), reader) == []


# Money ----------------------------------------------------------------------------------------


@pytest.fixture
def line(csg):
    return factories.a_line(csg, "Mosaic: new delivery partner")


def a_decision_on(line: Any, outcome: str) -> None:
    decision = record.decide(
        kind="resolution",
        title="New partner",
        text="Agreed.",
        outcome=outcome,
        body=Body.objects.get_or_create(name="Policy and Resources Committee")[0],
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    record.authorise(decision, line, by=factories.the_officer())


class TestAPledge:
    def test_without_a_decision_is_asked_about(self, line, reader):
        factories.post(line, "pledged", 4_200_000, "2018-07-31", precision="month")
        assert asks(PledgeWithoutDecision(), reader) == [
            (
                "£4,200,000 was pledged in July 2018 for “Mosaic: new delivery partner” (CSG), and "
                "no decision that authorises it is on the record. Who decides it, when, and on "
                "which report?"
            )
        ]

    def test_with_a_decision_that_was_agreed_is_left_alone(self, line, reader):
        factories.post(line, "pledged", 4_200_000, "2018-07-31")
        a_decision_on(line, "agreed")
        assert asks(PledgeWithoutDecision(), reader) == []

    @pytest.mark.parametrize("outcome", ["defeated", "proposed", "withdrawn", "unknown"])
    def test_is_not_authorised_by_a_decision_that_was_not_agreed(self, line, reader, outcome):
        factories.post(line, "pledged", 4_200_000, "2018-07-31")
        a_decision_on(line, outcome)
        assert len(asks(PledgeWithoutDecision(), reader)) == 1

    @pytest.mark.parametrize("then", [("approved", 1), ("pledged", -4_200_000)])
    def test_that_was_approved_or_released_is_left_alone(self, line, reader, then):
        factories.post(line, "pledged", 4_200_000, "2018-07-31")
        factories.post(line, *then, "2018-08-01")
        assert asks(PledgeWithoutDecision(), reader) == []


class TestAnApproval:
    def test_of_which_nothing_was_spent_is_asked_about_after_more_than_six_months(
        self, line, reader
    ):
        factories.post(line, "approved", 164_176, "2018-03-31")
        assert asks(ApprovalWithoutSpend(), reader) == [
            (
                "£164,176 was approved on 31 March 2018 for “Mosaic: new delivery partner” (CSG), "
                "and no payment of it is on the record. Has it been spent, and if not, is it still "
                "needed?"
            )
        ]

    def test_is_not_asked_about_after_exactly_six_months(self, line, reader):
        factories.post(line, "approved", 164_176, "2018-04-01")
        assert asks(ApprovalWithoutSpend(), reader) == []
        assert len(asks(ApprovalWithoutSpend(), reader, TODAY + dt.timedelta(days=1))) == 1

    def test_of_which_a_penny_was_paid_is_left_alone(self, line, reader):
        factories.post(line, "approved", 164_176, "2016-07-25")
        factories.post(line, "paid", "0.01", "2018-09-30")
        assert asks(ApprovalWithoutSpend(), reader) == []

    def test_that_was_reversed_and_posted_again_counts_from_the_entry_that_stands(
        self, line, reader
    ):
        wrong = factories.post(line, "approved", 5, "2016-07-25")
        ledger.reverse(wrong, reason="Wrong day.", by=factories.the_officer())
        factories.post(line, "approved", 5, "2018-09-01")
        assert asks(ApprovalWithoutSpend(), reader) == []


class TestPaymentsUnderAContract:
    @pytest.fixture
    def paid(self):
        """£120 contracted by 30 April 2018, of a contract to which Capita's payments belong."""
        contract = factories.a_contract(
            "C",
            award=365,
            supplier=factories.a_supplier("Capita Ltd"),
            starts_on=dt.date(2018, 1, 1),
            ends_on=dt.date(2018, 12, 31),
        )
        attributed_to(contract)
        return contract

    def test_that_nobody_has_explained_are_asked_about_above_the_limit(self, paid, reader):
        april("100119.99", "0.02")
        assert asks(PaymentsUnexplained(), reader) == [
            (
                "Under C, £100,000.01 unexplained by 30 April 2018: £100,120.01 paid, less £120 "
                "contracted, less £0 of extras with a decision. What was the £100,000.01 for, and "
                "who authorised it?"
            )
        ]

    def test_are_left_alone_at_the_limit(self, paid, reader):
        april("100120")
        assert asks(PaymentsUnexplained(), reader) == []

    def test_cost_as_many_questions_however_many_there_are(
        self, paid, reader, django_assert_max_num_queries
    ):
        april(*["20030"] * 5)
        with django_assert_max_num_queries(20) as few:
            PaymentsUnexplained().propose(reader, TODAY)
        april(*["30030"] * 50)
        with django_assert_max_num_queries(len(few)):
            assert PaymentsUnexplained().propose(reader, TODAY)


class TestSpend:
    def test_beyond_what_was_approved_is_asked_about_before_credits(self, line, reader):
        factories.post(line, "approved", 3_000_000, "2018-08-01")
        factories.post(line, "paid", 3_400_000, "2018-09-01")
        factories.post(line, "credited", 500_000, "2018-09-02")
        assert asks(SpendBeyondApproval(), reader) == [
            (
                "£3,400,000 has been paid for “Mosaic: new delivery partner” (CSG), £400,000 more "
                "than the £3,000,000 that was approved. Who authorised the difference?"
            )
        ]

    def test_up_to_what_was_approved_is_left_alone(self, line, reader):
        factories.post(line, "approved", 3_000_000, "2018-08-01")
        factories.post(line, "paid", 3_000_000, "2018-09-01")
        assert asks(SpendBeyondApproval(), reader) == []
        factories.post(line, "paid", "0.01", "2018-09-02")
        assert len(asks(SpendBeyondApproval(), reader)) == 1

    def test_that_nothing_approves_is_asked_about(self, line, reader):
        factories.post(line, "paid", 10, "2018-09-01")
        [words] = asks(SpendBeyondApproval(), reader)
        assert words.endswith("and no approval of it is on the record. Who authorised it?")

    def test_of_later_days_is_not_counted(self, line, reader):
        factories.post(line, "paid", 10, "2018-10-02")
        assert asks(SpendBeyondApproval(), reader) == []


# Conflicts ------------------------------------------------------------------------------------


class TestSourcesThatDisagree:
    @pytest.fixture
    def dispute(self, csg):
        return Discrepancy.objects.create(contract=csg, question="Which sum was decided on?")

    def reading(self, dispute, says="£3m", **source):
        return Reading.objects.create(
            discrepancy=dispute, says=says, source=factories.a_source(**source)
        )

    def test_are_asked_about_until_one_is_preferred(self, dispute, reader):
        self.reading(dispute)
        second = self.reading(dispute, "£4.2m")
        assert asks(FiguresConflict(), reader) == [
            (
                "Which sum was decided on? The sources on the record disagree, and none of them is "
                "marked as the one to use. Which is right, and what shows it?"
            )
        ]
        register.prefer_reading(second, reason="The minutes.", by=factories.the_officer())
        assert asks(FiguresConflict(), reader) == []

    def test_a_single_reading_is_no_conflict(self, dispute, reader):
        self.reading(dispute)
        assert asks(FiguresConflict(), reader) == []

    def test_a_reading_that_the_reader_may_not_see_makes_none_either(self, dispute, reader):
        self.reading(dispute)
        self.reading(dispute, **factories.exempt(1))
        assert asks(FiguresConflict(), reader) == []

    def test_awards_that_differ_are_asked_about_until_one_is_preferred(self, csg, reader):
        other = factories.an_award(csg, 126_000_000)
        assert asks(AwardsConflict(), reader) == [
            (
                "For what sum was CSG let? The sources on the record give £126,000,000 and "
                "£320,000,000, and none of them is marked as the one to use."
            )
        ]
        register.prefer(other, reason="The contract says so.", by=factories.the_officer())
        assert asks(AwardsConflict(), reader) == []

    def test_awards_that_are_the_same_are_no_conflict(self, csg, reader):
        factories.an_award(csg, 320_000_000)
        assert asks(AwardsConflict(), reader) == []


# Commitments ----------------------------------------------------------------------------------


class TestACommitment:
    def test_never_measured_is_asked_about(self, csg, reader):
        a_commitment(csg)
        assert asks(CommitmentNeverMeasured(), reader) == [
            (
                "CSG commits the supplier to this: IT disaster recovery, silver tier, recovery "
                "time (RTO) at most 48 hours. No figure that shows it is on the record. Has it "
                "ever been measured, when, and by whom?"
            )
        ]

    def test_measured_without_a_figure_is_not_measured(self, csg, reader):
        measured(a_commitment(csg), "tested")
        assert len(asks(CommitmentNeverMeasured(), reader)) == 1

    @pytest.mark.parametrize("found", [{"value": 0}, {"not_recoverable": True}])
    def test_nought_hours_and_not_recoverable_are_figures(self, csg, reader, found):
        measured(a_commitment(csg), "tested", **found)
        assert asks(CommitmentNeverMeasured(), reader) == []

    def test_measured_by_the_supplier_alone_is_asked_about_until_somebody_audits_it(
        self, csg, reader
    ):
        commitment = a_commitment(csg, measured_by="supplier")
        measured(commitment, "declared", 40)
        [words] = asks(MeasuredBySupplierOnly(), reader)
        assert "It is measured by the supplier itself" in words
        measured(commitment, "audited", 96)
        assert asks(MeasuredBySupplierOnly(), reader) == []

    @pytest.mark.parametrize("who", ["council", "audit", "third_party", "unknown"])
    def test_measured_by_somebody_else_is_left_alone(self, csg, reader, who):
        measured(a_commitment(csg, measured_by=who), "declared", 40)
        assert asks(MeasuredBySupplierOnly(), reader) == []

    def test_declared_met_and_found_breached_is_asked_about(self, csg, reader):
        commitment = a_commitment(csg)
        measured(commitment, "declared", 48, "2018-03-01")
        measured(commitment, "tested", 96, "2018-03-01", said_by="Internal audit")
        [words] = asks(DeclaredMetWhileBreached(), reader)
        assert words.endswith(
            "Capita declared it met; Internal audit found it breached (+48 hours, ×2.0). Which is "
            "right, and what follows?"
        )

    def test_declared_met_after_the_breach_may_have_been_mended(self, csg, reader):
        commitment = a_commitment(csg)
        measured(commitment, "tested", 96, "2018-02-28")
        measured(commitment, "declared", 48, "2018-03-01")
        assert asks(DeclaredMetWhileBreached(), reader) == []

    def test_declared_met_and_found_to_reach_its_target_is_left_alone(self, csg, reader):
        commitment = a_commitment(csg)
        measured(commitment, "declared", 40, "2018-03-01")
        measured(commitment, "tested", 48, "2018-03-02")
        assert asks(DeclaredMetWhileBreached(), reader) == []


# Failures, capabilities, overruns -------------------------------------------------------------


class TestAFailure:
    def test_is_asked_about_when_nothing_was_recorded_for_more_than_30_days(self, csg, reader):
        failure = factories.an_incident(
            csg, title="Mosaic cannot bill", at=factories.moment("2018-08-31 23:00")
        )
        assert asks(FailureSilent(), reader) == [
            (
                "Nothing has been recorded about the failure “Mosaic cannot bill” "
                f"({failure.reference}) since 31 August 2018. What has been done about it, and "
                "what happens next?"
            )
        ]

    def test_is_not_asked_about_after_exactly_30(self, csg, reader):
        factories.an_incident(csg, at=factories.moment("2018-09-01 00:00"))
        assert asks(FailureSilent(), reader) == []

    def test_with_an_update_is_left_alone(self, csg, reader):
        failure = factories.an_incident(csg, at=factories.moment("2018-01-01"))
        casework.update(failure, text="Tested.", by=factories.the_officer(), at=NOW)
        assert asks(FailureSilent(), reader) == []


class TestACapability:
    @pytest.fixture
    def mosaic(self, csg):
        return Service.objects.create(contract=csg, name="Mosaic")

    def gap(self, service, name, reported, **fields):
        return CapabilityGap.objects.create(
            capability=Capability.objects.create(service=service, name=name),
            first_reported_on=factories.day(reported),
            source=factories.a_source(),
            **fields,
        )

    def test_that_is_missing_for_more_than_a_year_is_asked_about_once_a_service(
        self, mosaic, reader
    ):
        self.gap(mosaic, "Bill clients", "2017-09-30")
        self.gap(mosaic, "Pay invoices", "2017-09-30")
        assert asks(NotWorkingForAYear(), reader) == [
            (
                "Mosaic (CSG) was first reported on 30 September 2017 as not working for this: "
                "bill clients, pay invoices. Nothing on the record says that it has been put "
                "right. Does it work now, and since when?"
            )
        ]

    def test_is_not_asked_about_after_exactly_a_year(self, mosaic, reader):
        self.gap(mosaic, "Bill clients", "2017-10-01")
        assert asks(NotWorkingForAYear(), reader) == []
        assert len(asks(NotWorkingForAYear(), reader, TODAY + dt.timedelta(days=1))) == 1

    def test_counts_from_its_start_where_that_is_known(self, mosaic, reader):
        self.gap(mosaic, "Bill clients", "2018-07-16", since_on=dt.date(2017, 9, 30))
        [words] = asks(NotWorkingForAYear(), reader)
        assert words.startswith(
            "Mosaic (CSG) is on the record as not working since 30 September 2017 for this: bill"
        )

    def test_that_works_again_is_left_alone(self, mosaic, reader):
        self.gap(mosaic, "Bill clients", "2015-07-16", restored_on=dt.date(2018, 9, 30))
        assert asks(NotWorkingForAYear(), reader) == []

    def test_of_a_leap_day_is_a_year_old_on_the_last_of_february(self, mosaic, reader):
        self.gap(mosaic, "Bill clients", "2016-02-29")
        assert asks(NotWorkingForAYear(), reader, dt.date(2017, 2, 28)) == []
        assert len(asks(NotWorkingForAYear(), reader, dt.date(2017, 3, 1))) == 1


class TestAnOverrun:
    @pytest.fixture
    def over(self):
        factories.the_shipped_thresholds()
        contract = factories.the_csg_record()
        overruns.check(contract, on=TODAY, at=NOW)
        return contract

    def test_nobody_acknowledged_is_asked_about_once_a_measure(self, over, reader):
        assert asks(AlertUnacknowledged(), reader) == [
            (
                "Supplementary spend beside CSG that is approved, ordered, billed or paid has been "
                "over £100,000 since 25 July [2016]. No officer has put on the record what is "
                "being done about it. What is, and who is responsible for it?"
            ),
            (
                "Supplementary spend beside CSG, with what is only pledged or estimated, has been "
                "over £100,000 since 25 July [2016] and over £500,000, £1,000,000 and 1% of the "
                "award since July [2018]. No officer has put on the record what is being done "
                "about it. What is, and who is responsible for it?"
            ),
        ]

    def test_that_was_acknowledged_or_is_over_is_left_alone(self, over, reader):
        [firm] = OverrunAlert.objects.filter(threshold__measure="firm")
        overruns.acknowledge(firm, note="Audit looks at it.", by=factories.the_officer())
        OverrunAlert.objects.filter(threshold__measure="at_risk").update(
            cleared_at=NOW, ending=OverrunAlert.Ending.BACK
        )
        assert asks(AlertUnacknowledged(), reader) == []


# All of them ----------------------------------------------------------------------------------


def one_that_fires(contract: Any) -> None:
    """A row under a contract for every rule."""
    a_promise(contract, due_on=days_ago(1))
    a_promise(contract, made_on=days_ago(61))
    a_claim(contract, said_on=days_ago(31))
    line = factories.a_line(contract)
    factories.post(line, "pledged", 10, "2018-01-01")
    line = factories.a_line(contract)
    factories.post(line, "approved", 10, "2018-01-01")
    line = factories.a_line(contract)
    factories.post(line, "paid", 10, "2018-01-01")
    dispute = Discrepancy.objects.create(contract=contract, question=f"{contract}: which sum?")
    for says in ("£3m", "£4.2m"):
        Reading.objects.create(discrepancy=dispute, says=says, source=factories.a_source())
    factories.an_award(contract, 5)
    a_commitment(contract)
    measured(a_commitment(contract, tier="gold", measured_by="supplier"), "declared", 40)
    both = a_commitment(contract, tier="bronze")
    measured(both, "declared", 40)
    measured(both, "tested", 96)
    factories.an_incident(contract, at=factories.moment("2018-01-01"))
    service = Service.objects.create(contract=contract, name="Mosaic")
    CapabilityGap.objects.create(
        capability=Capability.objects.create(service=service, name="Bill clients"),
        first_reported_on=dt.date(2016, 1, 1),
        source=factories.a_source(),
    )
    mark = factories.a_threshold("firm", 5, contract=contract)
    overruns.check(contract, on=TODAY, at=NOW)
    assert OverrunAlert.objects.filter(threshold=mark).exists()


@pytest.fixture
def many() -> Callable[[int], None]:
    def make(count: int) -> None:
        for _ in range(count):
            one_that_fires(factories.a_contract(award=1_000_000))

    return make


#: Payments have tests of their own: their rule looks at a few contracts, one after another.
ON_ROWS = [rule for rule in RULES if rule.slug != "payments-unexplained"]


@pytest.mark.parametrize("rule", ON_ROWS, ids=lambda rule: rule.slug)
def test_a_rule_asks_the_database_as_often_for_many_rows_as_for_one(rule, many, reader):
    reader.has_perm(rule.permission)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert rule.propose(reader, TODAY)
        return len(found)

    many(1)
    reader.has_perm("x.y"), asked()  # What is known of the reader is kept from now on.
    few = asked()
    many(4)
    assert asked() == few <= 4
    assert len(rule.propose(reader, TODAY)) == 5


@pytest.mark.parametrize("rule", ON_ROWS, ids=lambda rule: rule.slug)
def test_what_a_reader_may_not_see_raises_no_question(rule, many, reader):
    many(1)
    assert rule.propose(reader, TODAY)
    Contract.all_rows.update(**factories.exempt(1))
    assert rule.propose(reader, TODAY) == []


@pytest.mark.parametrize("rule", ON_ROWS, ids=lambda rule: rule.slug)
def test_who_may_not_read_its_rows_is_asked_nothing(rule, many):
    many(1)
    assert rule.propose(factories.a_person("Nobody in particular"), TODAY) == []


def test_every_rule_says_what_it_is_and_why_in_words_of_its_own():
    for said in ("slug", "name", "reason"):
        assert len({getattr(rule, said) for rule in RULES}) == len(RULES)
        assert all(getattr(rule, said) for rule in RULES)


def test_rules_without_a_question_are_left_out(csg, reader):
    a_promise(csg, due_on=days_ago(1))
    assert [rule.slug for rule, _ in proposed(reader, TODAY)] == ["promise-overdue"]
