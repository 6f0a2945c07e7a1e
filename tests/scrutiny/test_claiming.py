"""Claims: whom they concern, who answered, and where they stand, without a verdict of ours."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from barnetwatch.lib.appendonly import AppendOnlyError
from scrutiny import claiming, record
from scrutiny.models import ClaimParty, ClaimState, PartyAnswer, Statement
from tests.factories import a_contract, a_source, day, exempt, the_officer

pytestmark = pytest.mark.django_db
State = ClaimState.State


def a_claim(**fields) -> Statement:
    given = {
        "speaker": "Labour group",
        "words": "It is not working.",
        "source": a_source(),
        "by": the_officer(),
        **fields,
    }
    return claiming.claim(**{"contract": fields.get("contract") or a_contract(), **given})


def an_answer(claim: Statement, **fields) -> Statement:
    given = {"speaker": "Capita", "words": "It is.", "source": a_source(), "by": the_officer()}
    return claiming.respond(claim, **{**given, **fields})


def settled(claim: Statement, state: str, **fields) -> ClaimState:
    given = {
        "stated_by": "Capita",
        "reason": "It says so.",
        "source": a_source(),
        "by": the_officer(),
    }
    return claiming.settle_state(claim, state=state, **{**given, **fields})


def stands(claim: Statement, answers=None, states=None) -> str:
    found = Statement.all_rows.with_state(
        Statement.objects.all() if answers is None else answers,
        ClaimState.objects.all() if states is None else states,
    )
    return found.get(pk=claim.pk).claim_state


class TestWhereAClaimStands:
    def test_follows_from_its_answers(self):
        claim = a_claim()
        assert stands(claim) == State.UNANSWERED
        an_answer(claim)
        assert stands(claim) == State.ANSWERED

    @pytest.mark.parametrize("state", ["disputed", "accepted", "withdrawn"])
    def test_is_what_somebody_says_until_that_is_taken_back(self, state):
        claim = a_claim()
        settled(claim, state)
        assert stands(claim) == state
        settled(claim, "by_answers", reason="Recorded on the wrong claim.")
        assert stands(claim) == State.UNANSWERED

    def test_is_what_was_said_last(self):
        claim = a_claim()
        settled(claim, "disputed")
        settled(claim, "withdrawn")
        assert stands(claim) == State.WITHDRAWN

    def test_needs_a_reason(self):
        with pytest.raises(ValidationError, match="field cannot be blank"):
            settled(a_claim(), "disputed", reason="  ")

    def test_is_said_of_claims_alone(self):
        claim = a_claim()
        with pytest.raises(ValidationError, match="Only a claim is disputed"):
            settled(an_answer(claim), "disputed")

    def test_does_not_count_an_answer_that_the_reader_may_not_see(self):
        claim = a_claim()
        an_answer(claim, **exempt())
        assert stands(claim) == State.UNANSWERED
        assert stands(claim, answers=Statement.all_rows.all()) == State.ANSWERED

    def test_keeps_what_was_said_as_it_was(self):
        row = settled(a_claim(), "disputed", stated_on=day("2018-07-01"), stated_precision="month")
        assert str(row.stated) == "July 2018"
        row.reason = "another"
        with pytest.raises(AppendOnlyError):
            row.save()


class TestSilence:
    @pytest.mark.parametrize(("on", "silent"), [("2018-10-20", 0), ("2018-10-21", 1)])
    def test_of_exactly_thirty_days_is_not_more_than_thirty(self, on, silent):
        a_claim(said_on=day("2018-09-20"))
        claims = Statement.objects.unanswered()
        assert claims.silent_for(30, day(on)).count() == silent

    def test_has_no_length_where_nobody_says_when_it_was_said(self):
        claim = a_claim()
        assert Statement.objects.unanswered().get() == claim
        assert not Statement.objects.unanswered().silent_for(0, day("2030-01-01"))
        assert claim.days_since(day("2030-01-01")) is None

    def test_is_over_when_the_claim_is_withdrawn(self):
        claim = a_claim(said_on=day("2018-09-20"))
        settled(claim, "withdrawn")
        assert not Statement.objects.unanswered()

    def test_is_counted_from_the_day_after(self):
        claim = a_claim(said_on=day("2018-09-20"))
        assert claim.days_since(day("2018-09-20")) == 0
        assert claim.days_since(day("2018-09-21")) == 1
        assert claim.days_since(day("2018-09-19")) is None

    def test_of_more_days_than_the_calendar_has_is_nobodys(self):
        a_claim(said_on=day("2018-09-20"))
        assert not Statement.objects.unanswered().silent_for(10**9, day("2020-01-01"))


class TestParties:
    def test_are_named_with_the_claim_and_answered_one_by_one_or_together(self):
        claim = a_claim(concerns=[("Leader of the council", "LBB"), ("Capita", "")])
        leader, capita = claim.parties.all()
        assert (str(leader), str(capita)) == ("Leader of the council, LBB", "Capita")
        answer = an_answer(claim, parties=[leader, capita])
        assert {each.party for each in answer.answers_for.all()} == {leader, capita}

    def test_are_named_once(self):
        claim = a_claim(concerns=[("Capita", "")])
        with pytest.raises(ValidationError, match="concerning this party already"):
            claiming.concern(claim, party="Capita", by=the_officer())

    def test_belong_to_claims_alone(self):
        fact = record.state(
            kind="statement",
            speaker="A",
            words="B",
            source=a_source(),
            contract=a_contract(),
            by=the_officer(),
        )
        with pytest.raises(ValidationError, match="Only a claim concerns"):
            claiming.concern(fact, party="Capita", by=the_officer())

    def test_are_not_answered_by_what_answers_another_claim(self):
        one, other = a_claim(concerns=[("Capita", "")]), a_claim()
        with pytest.raises(ValidationError, match="answers another claim"):
            an_answer(other, parties=one.parties.all())
        assert not PartyAnswer.all_rows.exists()
        assert not Statement.all_rows.filter(kind="response").exists()

    def test_of_a_restricted_claim_are_as_if_they_were_not(self):
        claim = a_claim(concerns=[("Capita", "")], **exempt())
        an_answer(claim, parties=ClaimParty.all_rows.filter(claim=claim))
        assert not ClaimParty.objects.exists()
        assert not PartyAnswer.objects.exists()


def test_an_answer_is_not_answered_in_its_turn():
    with pytest.raises(ValidationError, match="not to an answer"):
        an_answer(an_answer(a_claim()))


def test_a_mistake_in_a_party_records_nothing_of_the_claim():
    with pytest.raises(ValidationError):
        a_claim(concerns=[("Capita", ""), ("", "")])
    assert not Statement.all_rows.exists()


def test_a_sum_in_a_claim_keeps_its_status():
    claim = a_claim(amount=Decimal(4_200_000), amount_status="alleged")
    assert claim.get_amount_status_display() == "alleged"


def test_whose_words_they_are_names_the_group_too():
    claim = a_claim(speaker="Cllr A", role="Leader", organisation="LBB", political_group="Labour")
    assert claim.by == "Cllr A, Leader, LBB, Labour"
