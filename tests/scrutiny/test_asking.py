"""A councillor's own lists, and what an officer does with a note that was handed over."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from contracts.models import Source
from scrutiny import asking
from scrutiny.models import Body, Promise, Question, QuestionList, Statement
from tests import factories
from tests.pages.questions.rows import (
    a_claim,
    a_list,
    a_promise,
    answered,
    picked,
    the_audit_committee,
)

pytestmark = pytest.mark.django_db

DAY = dt.date(2018, 10, 1)


@pytest.fixture
def ann():
    return factories.a_councillor("Ann Member")


@pytest.fixture
def bob():
    return factories.a_councillor("Bob Member")


@pytest.fixture
def officer():
    return factories.the_officer()


@pytest.fixture
def questions(ann) -> QuestionList:
    return a_list(ann)


def words(questions: QuestionList) -> list[str]:
    return list(questions.items.values_list("words", flat=True))


def says(error: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(error.value.messages)


# A list ---------------------------------------------------------------------------------------


def test_a_list_is_for_a_body_and_a_day(ann):
    assert str(a_list(ann, meets_on=DAY)) == "Audit Committee, 1 October 2018"


def test_a_list_may_be_for_an_occasion_that_no_recorded_body_meets_at(ann):
    assert str(a_list(ann, body=None, occasion="Briefing by Capita")) == "Briefing by Capita"


def test_a_list_is_for_somebody(ann):
    with pytest.raises(ValidationError) as error:
        a_list(ann, body=None)
    assert "Choose a body, or say whom you will ask." in says(error)


def test_a_list_is_not_for_a_body_that_does_not_exist_on_the_day(ann):
    body = Body.objects.create(name="Urgency Committee", ends_on=dt.date(2018, 9, 30))
    with pytest.raises(ValidationError) as error:
        a_list(ann, body=body, meets_on=DAY)
    assert "Urgency Committee does not exist on 1 October 2018" in says(error)


def test_a_list_is_aimed_elsewhere_and_keeps_its_questions(ann, questions):
    asking.add(questions, words="Who pays?", by=ann)
    asking.redirect(questions, occasion="Briefing", by=ann)
    assert str(questions) == "Briefing"
    assert words(questions) == ["Who pays?"]


def test_a_list_is_thrown_away_with_its_questions(ann, questions):
    asking.add(questions, words="Who pays?", by=ann)
    asking.throw_away(questions, by=ann)
    assert not QuestionList.objects.exists()
    assert not Question.objects.exists()


def test_a_list_with_an_answer_that_waits_is_not_thrown_away(ann, questions):
    answered(asking.add(questions, words="Who pays?", by=ann))
    with pytest.raises(ValidationError) as error:
        asking.throw_away(questions, by=ann)
    assert "Take it back first" in says(error)


# Its questions --------------------------------------------------------------------------------


def test_a_picked_question_keeps_the_rows_it_rests_on_and_the_words_of_the_rule(questions):
    claim = a_claim()
    question = picked(questions, claim, "What is the answer?")
    assert question.rests_on == [f"scrutiny.statement:{claim.pk}"]
    assert question.proposed == question.words == "What is the answer?"
    assert not question.is_own


def test_a_question_is_picked_once(questions):
    claim = a_claim()
    picked(questions, claim)
    with pytest.raises(ValidationError) as error:
        picked(questions, claim)
    assert "on this list already" in says(error)


def test_nobody_picks_a_question_that_rests_on_what_they_may_not_see(questions):
    with pytest.raises(ValidationError) as error:
        picked(questions, a_claim(**factories.exempt(1)))
    assert "not proposed any more" in says(error)


def test_questions_stand_in_the_order_in_which_they_came_until_they_are_moved(ann, questions):
    first, second, third = (
        asking.add(questions, words=text, by=ann) for text in ("One?", "Two?", "Three?")
    )
    assert asking.move(third, up=True, by=ann)
    assert words(questions) == ["One?", "Three?", "Two?"]
    assert asking.move(first, up=False, by=ann)
    assert words(questions) == ["Three?", "One?", "Two?"]
    assert not asking.move(second, up=False, by=ann)
    assert not asking.move(third, up=True, by=ann)
    assert words(questions) == ["Three?", "One?", "Two?"]


def test_the_places_close_up_where_a_question_is_taken_off(ann, questions):
    one, _, _ = (asking.add(questions, words=text, by=ann) for text in ("1?", "2?", "3?"))
    asking.remove(one, by=ann)
    assert list(questions.items.values_list("words", "place")) == [("2?", 1), ("3?", 2)]


def test_a_question_is_reworded_and_rests_on_the_same(ann, questions):
    question = picked(questions, a_claim())
    asking.reword(question, words="  And what does Capita say?  ", by=ann)
    question.refresh_from_db()
    assert question.words == "And what does Capita say?"
    assert question.proposed == "What of this: It does not work?"
    assert question.rests_on


@pytest.mark.parametrize("empty", ["", "   "])
def test_a_question_has_words(ann, questions, empty):
    with pytest.raises(ValidationError):
        asking.add(questions, words=empty, by=ann)


def test_a_list_has_an_end(ann, questions, monkeypatch):
    monkeypatch.setattr(asking, "MOST", 2)
    for text in ("One?", "Two?"):
        asking.add(questions, words=text, by=ann)
    with pytest.raises(ValidationError) as error:
        asking.add(questions, words="Three?", by=ann)
    assert "A list holds 2 questions" in says(error)


@pytest.mark.parametrize(
    "write",
    [
        lambda q, by: asking.redirect(q.questions, occasion="x", by=by),
        lambda q, by: asking.throw_away(q.questions, by=by),
        lambda q, by: asking.add(q.questions, words="x", by=by),
        lambda q, by: asking.pick(q.questions, rule="x", words="x", rests_on=[], by=by),
        lambda q, by: asking.reword(q, words="x", by=by),
        lambda q, by: asking.move(q, up=True, by=by),
        lambda q, by: asking.remove(q, by=by),
        lambda q, by: asking.note(q, asked_on=DAY, by=by),
    ],
)
def test_nobody_writes_on_another_s_list(ann, bob, officer, questions, write):
    question = asking.add(questions, words="Who pays?", by=ann)
    for other in (bob, officer):
        with pytest.raises(PermissionDenied):
            write(question, other)
    assert words(questions) == ["Who pays?"]


# Its answers ----------------------------------------------------------------------------------


def test_an_answer_is_the_councillor_s_own_until_it_is_handed_over(ann, questions):
    question = asking.add(questions, words="Who pays?", by=ann)
    asking.note(question, asked_on=DAY, answer="The council.", by=ann)
    assert question.is_asked
    assert not Question.objects.waiting().exists()
    asking.note(question, asked_on=DAY, answer="The council.", hand_over=True, by=ann)
    assert Question.objects.waiting().get() == question
    asking.note(question, asked_on=DAY, answer="The council.", by=ann)
    assert not Question.objects.waiting().exists()


def test_without_an_answer_nothing_is_handed_over(ann, questions):
    question = asking.add(questions, words="Who pays?", by=ann)
    with pytest.raises(ValidationError) as error:
        asking.note(question, asked_on=DAY, answer=" ", hand_over=True, by=ann)
    assert "Note the answer before you hand it over." in says(error)


def test_a_question_whose_answer_waits_stays_on_its_list(ann, questions):
    question = answered(asking.add(questions, words="Who pays?", by=ann))
    with pytest.raises(ValidationError):
        asking.remove(question, by=ann)


def test_an_officer_confirms_a_note_as_a_promise_to_the_body(ann, officer, questions):
    question = answered(picked(questions, old := a_promise()))
    row = asking.confirm(
        question,
        kind="promise",
        words="It will be reported by May.",
        speaker="Director of Resources",
        contract=old.contract,
        due_on=dt.date(2019, 5, 31),
        due_precision="month",
        by=officer,
    )
    assert isinstance(row, Promise)
    assert (row.body, row.made_on, row.recorded_by) == (the_audit_committee(), DAY, officer)
    assert row.source.title == ("Answers to members' questions, Audit Committee, 1 October 2018")
    question.refresh_from_db()
    assert question.is_confirmed
    assert question.became_promise == row
    assert question.settled_by == officer
    assert not Question.objects.waiting().exists()


def test_answers_of_one_meeting_have_one_source(ann, officer, questions):
    contract = factories.a_contract()
    for text in ("Who pays?", "Since when?"):
        asking.confirm(
            answered(asking.add(questions, words=text, by=ann)),
            kind="statement",
            words="The council does.",
            speaker="Director of Resources",
            contract=contract,
            by=officer,
        )
    assert Source.objects.filter(title__startswith="Answers").count() == 1
    assert Statement.objects.filter(kind="statement").count() == 2


def test_a_note_becomes_the_response_to_the_claim_that_was_asked_about(officer, questions):
    claim = a_claim()
    row = asking.confirm(
        answered(picked(questions, claim)),
        kind="response",
        words="It works.",
        speaker="Capita",
        answers=claim,
        contract=claim.contract,
        by=officer,
    )
    assert list(claim.responses.all()) == [row]
    assert (row.said_on, row.kind) == (DAY, "response")


def test_an_officer_hands_a_note_back_with_the_reason(ann, officer, questions):
    question = answered(asking.add(questions, words="Who pays?", by=ann))
    with pytest.raises(ValidationError):
        asking.hand_back(question, reason=" ", by=officer)
    asking.hand_back(question, reason="Who said so?", by=officer)
    question.refresh_from_db()
    assert not question.waits
    assert not question.is_confirmed
    assert question.returned_why == "Who said so?"
    answered(question, "The director: the council.")
    question.refresh_from_db()
    assert question.waits
    assert question.returned_why == ""


def test_a_note_is_settled_once(ann, officer, questions):
    question = answered(asking.add(questions, words="Who pays?", by=ann))
    asking.hand_back(question, reason="Who said so?", by=officer)
    for act in (
        lambda: asking.hand_back(question, reason="Again.", by=officer),
        lambda: asking.confirm(question, kind="statement", words="x", speaker="y", by=officer),
    ):
        with pytest.raises(ValidationError) as error:
            act()
        assert "does not wait any more" in says(error)


def test_a_note_that_was_taken_back_meanwhile_is_not_confirmed(ann, officer, questions):
    question = answered(asking.add(questions, words="Who pays?", by=ann))
    stale = Question.objects.get(pk=question.pk)
    asking.note(question, asked_on=DAY, answer="No.", by=ann)
    with pytest.raises(ValidationError):
        asking.confirm(stale, kind="statement", words="x", speaker="y", by=officer)


def test_what_stands_on_the_record_is_not_changed_on_the_list(ann, officer, questions):
    question = answered(picked(questions, claim := a_claim()))
    asking.confirm(
        question, kind="statement", words="x", speaker="y", contract=claim.contract, by=officer
    )
    question.refresh_from_db()
    with pytest.raises(ValidationError) as error:
        asking.note(question, asked_on=DAY, answer="Other.", by=ann)
    assert "stands on the record" in says(error)


def test_a_note_about_what_an_officer_may_not_see_is_not_theirs_to_confirm(officer):
    member = factories.a_councillor("Cy Member")
    question = answered(picked(a_list(member), a_claim(**factories.exempt(3))))
    with pytest.raises(ValidationError):
        asking.confirm(question, kind="statement", words="x", speaker="y", by=officer)
    assert not Statement.all_rows.filter(kind="statement").exists()
