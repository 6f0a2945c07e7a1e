"""What goes on the scrutiny record: decisions and votes, promises, claims and answers."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from barnetwatch.lib.dates import Precision
from costs import overruns
from costs.stages import Stage
from scrutiny import record
from scrutiny.models import Body, Decision, Promise, Statement
from tests.factories import (
    a_contract,
    a_line,
    a_source,
    a_supplier,
    an_incident,
    day,
    moment,
    post,
    the_officer,
)

pytestmark = pytest.mark.django_db


def a_body(starts: str | None = "2014-06-02", ends: str | None = "2023-05-23", **fields) -> Body:
    return Body.objects.create(
        **{
            "name": "Audit Committee",
            "starts_on": starts and day(starts),
            "ends_on": ends and day(ends),
            **fields,
        }
    )


def decide(**fields) -> Decision:
    given = {
        "kind": "motion",
        "title": "A report on Mosaic",
        "text": "That a report be brought.",
        "outcome": "defeated",
        "source": a_source(),
        "by": the_officer(),
        "taken_by": "" if "body" in fields else "An officer",
        **fields,
    }
    return record.decide(**given)


def a_claim(**fields) -> Statement:
    given = {
        "kind": "claim",
        "speaker": "Labour group",
        "words": "It could cost £4.2m.",
        "source": a_source(),
        "by": the_officer(),
        **fields,
    }
    if not {"contract", "supplier", "incident"} & given.keys():
        given["contract"] = a_contract()
    return record.state(**given)


class TestVotes:
    def test_that_were_not_given_are_not_nought_to_nought(self):
        decision = decide(votes_note="Conservative members voting against.")
        decision.refresh_from_db()
        assert (decision.votes_for, decision.votes_against, decision.votes_abstained) == (
            None,
            None,
            None,
        )
        assert decision.votes == "counts not given"

    def test_are_printed_as_far_as_they_are_known(self):
        assert decide(votes_against=5).votes == "5 against"
        assert decide(votes_for=4, votes_against=5, votes_abstained=1).votes == (
            "4 for, 5 against, 1 abstained"
        )

    def test_of_none_are_known_to_be_none(self):
        assert decide(votes_for=0, votes_against=11).votes == "0 for, 11 against"

    def test_are_never_fewer_than_none(self):
        with pytest.raises((ValidationError, IntegrityError)), transaction.atomic():
            decide(votes_for=-1)


class TestDeciding:
    def test_keeps_the_date_as_precisely_as_it_is_known(self):
        decision = decide(taken_on=day("2018-07-01"), taken_precision=Precision.MONTH)
        assert (decision.taken_on, str(decision.taken)) == (day("2018-07-31"), "July 2018")

    def test_is_by_a_body_or_by_an_officer(self):
        with pytest.raises(ValidationError, match="Name the body, or the officer by role"):
            decide(taken_by="")

    @pytest.mark.parametrize(
        ("on", "precision", "sits"),
        [
            ("2014-06-01", "day", False),
            ("2014-06-02", "day", True),
            ("2023-05-23", "day", True),
            ("2023-05-24", "day", False),
            ("2014-05-31", "month", False),
            ("2014-06-01", "month", True),
            ("2023-05-01", "month", True),
            ("2023-06-01", "month", False),
            ("2013-01-01", "year", False),
            ("2014-01-01", "year", True),
            ("2023-01-01", "year", True),
            ("2024-01-01", "year", False),
        ],
    )
    def test_by_a_body_is_on_a_day_on_which_it_may_have_existed(self, on, precision, sits):
        fields = {"body": a_body(), "taken_on": day(on), "taken_precision": precision}
        if sits:
            assert decide(**fields).pk
        else:
            with pytest.raises(
                ValidationError, match="Audit Committee did not exist on"
            ) as refusal:
                decide(**fields)
            assert list(refusal.value.message_dict) == ["taken_on"]
            assert Decision.all_rows.count() == 0

    def test_by_a_body_that_lasted_less_than_the_year_is_accepted(self):
        body = a_body("2018-03-01", "2018-04-30")
        assert decide(body=body, taken_on=day("2018-01-01"), taken_precision="year").pk

    def test_by_a_body_whose_days_are_not_known_is_accepted(self):
        assert decide(body=a_body(None, None), taken_on=day("1999-01-01")).pk
        assert decide(body=Body.objects.get(), taken_on=None).pk

    def test_authorises_a_cost_that_knows_nothing_of_it(self):
        contract = a_contract()
        line = post(a_line(contract), "pledged", 4_200_000, "2018-07-31").line
        decision = decide(outcome="agreed", contract=contract)
        row = record.authorise(
            decision, line, amount=Decimal(3_000_000), words="up to £3m", by=the_officer()
        )
        assert (row.amount, row.words) == (Decimal(3_000_000), "up to £3m")
        found = overruns.position(contract, day("2018-10-01")).measure("at_risk")
        assert found.total == Decimal(4_200_000)
        with pytest.raises(ValidationError, match="names this cost already"):
            record.authorise(decision, line, by=the_officer())

    def test_authorises_more_than_nothing(self):
        with pytest.raises(ValidationError, match="more than nothing"):
            record.authorise(decide(), a_line(a_contract()), amount=Decimal(0), by=the_officer())

    def test_is_recorded_at_its_moment_and_may_concern_failures(self):
        incident = an_incident()
        decision = decide(incidents=[incident], at=moment("2018-10-01 10:00"))
        assert decision.recorded_at == moment("2018-10-01 10:00")
        assert incident.decisions.get() == decision


class TestABody:
    def test_ends_on_or_after_the_day_it_begins(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            a_body("2018-01-02", "2018-01-01")

    def test_is_recorded_once_for_each_authority(self):
        a_body()
        a_body(authority="Greater London Authority")
        with pytest.raises(IntegrityError), transaction.atomic():
            a_body()


class TestPromises:
    def promise(self, **fields) -> Promise:
        given = {
            "words": "the findings will be reported to audit committee in due course",
            "made_by": "A council spokesman",
            "contract": a_contract(),
            "source": a_source(),
            "by": the_officer(),
            **fields,
        }
        return record.promise(**given)

    def test_without_a_date_stay_without_one_and_open(self):
        promise = self.promise(due_words="in due course", made_on=day("2018-09-30"))
        assert (promise.due_on, promise.due, promise.status) == (None, "in due course", "open")
        assert Promise.objects.dateless().get() == promise

    def test_grow_a_day_older_from_the_day_after(self):
        promise = self.promise(made_on=day("2018-09-30"))
        ages = [promise.age_in_days(day(on)) for on in ("2018-09-29", "2018-09-30", "2018-10-01")]
        assert ages == [0, 0, 1]
        assert promise.age_in_days(day("2026-11-23")) == 2976

    def test_made_in_a_month_count_from_its_end(self):
        promise = self.promise(made_on=day("2018-09-01"), made_precision="month")
        assert promise.age_in_days(day("2018-10-01")) == 1

    def test_made_nobody_knows_when_have_no_age(self):
        assert self.promise().age_in_days(day("2018-10-01")) is None

    def test_that_name_a_day_say_it(self):
        promise = self.promise(due_on=day("2018-12-01"), due_precision="month")
        assert (promise.due_on, promise.due) == (day("2018-12-31"), "December 2018")
        assert Promise.objects.dateless().count() == 0
        assert Promise.objects.unkept().count() == 1

    def test_that_name_neither_say_so(self):
        assert self.promise().due == "no date named"

    def test_concern_something(self):
        with pytest.raises(ValidationError, match="Name the contract or the failure"):
            self.promise(contract=None)


class TestClaimsAndAnswers:
    def test_stand_side_by_side(self):
        claim = a_claim()
        assert Statement.objects.unanswered().get() == claim
        answer = record.answer(
            claim,
            speaker="The leader",
            words="Mosaic is in use.",
            source=a_source(),
            by=the_officer(),
        )
        assert claim.responses.get() == answer
        assert Statement.objects.unanswered().count() == 0
        assert Statement.objects.claims().get() == claim

    def test_concern_the_same(self):
        incident, supplier = an_incident(), a_supplier()
        claim = a_claim(incident=incident, supplier=supplier)
        answer = record.answer(
            claim, speaker="Capita", words="Agreed.", source=a_source(), by=the_officer()
        )
        assert (answer.incident, answer.supplier, answer.contract) == (incident, supplier, None)

    def test_go_one_step_only(self):
        answer = record.answer(
            a_claim(), speaker="A", words="No.", source=a_source(), by=the_officer()
        )
        with pytest.raises(ValidationError, match="not another response"):
            record.answer(answer, speaker="B", words="Yes.", source=a_source(), by=the_officer())

    @pytest.mark.parametrize("kind", ["claim", "statement"])
    def test_only_a_response_answers(self, kind):
        claim = a_claim()
        with pytest.raises(ValidationError, match="nothing else answers one"):
            a_claim(kind=kind, answers=claim)
        with pytest.raises(ValidationError, match="A response names the claim it answers"):
            a_claim(kind="response")

    def test_name_a_sum_with_its_status_and_enter_no_total(self):
        contract = a_contract()
        claim = a_claim(contract=contract, amount=Decimal(4_200_000), amount_status=Stage.ALLEGED)
        assert claim.amount == Decimal(4_200_000)
        assert overruns.position(contract, day("2030-01-01")).measure("at_risk").total == 0

    @pytest.mark.parametrize("fields", [{"amount": Decimal(1)}, {"amount_status": "alleged"}])
    def test_name_no_sum_without_its_status_and_no_status_without_its_sum(self, fields):
        with pytest.raises(ValidationError, match="A sum is given with its status"):
            a_claim(**fields)

    def test_name_no_day_for_a_sum_without_the_sum(self):
        with pytest.raises(ValidationError, match="given with the sum"):
            a_claim(amount_on=day("2023-03-31"))

    def test_keep_the_day_a_sum_holds_for(self):
        claim = a_claim(
            amount=Decimal(638_000_000),
            amount_status="paid",
            amount_on=day("2023-03-01"),
            amount_precision="month",
        )
        assert (claim.amount_on, str(claim.amount_as_of)) == (day("2023-03-31"), "March 2023")

    def test_concern_something(self):
        with pytest.raises(ValidationError, match="Name the contract, the supplier or the failure"):
            a_claim(contract=None)

    def test_of_one_party_add_up_to_what_it_says(self):
        named = [Decimal(116_473), Decimal(24_214), Decimal(30_194)]
        assert sum(named) == Decimal(170_881)
