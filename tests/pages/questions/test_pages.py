"""Picking, wording, ordering, asking and confirming, by whom, and what each may see."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.pages.questions import proposals
from scrutiny import asking, meetings
from scrutiny.models import Body, Promise, Question, QuestionList, Statement
from tests import factories
from tests.actors import as_role, signed_in, the_superuser
from tests.pages.questions.rows import (
    CANARY,
    a_claim,
    a_list,
    a_promise,
    answered,
    picked,
    the_audit_committee,
)

pytestmark = pytest.mark.django_db

OFFICERS = (Role.INCIDENT_OFFICER, Role.CONTRACT_OFFICER, Role.FINANCE_OFFICER)


@pytest.fixture
def ann():
    return factories.a_councillor("Ann Member")


@pytest.fixture
def bob():
    return factories.a_councillor("Bob Member")


@pytest.fixture
def officer():
    return factories.a_person("Olive Officer", Role.CONTRACT_OFFICER)


@pytest.fixture
def questions(ann) -> QuestionList:
    return a_list(ann)


def at(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(person, name: str, *args: object, **query: object) -> str:
    answer = signed_in(person).get(at(name, *args), query)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def send(person, name: str, *args: object, **fields: object) -> str:
    answer = signed_in(person).post(at(name, *args), fields, follow=True)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def words(questions: QuestionList) -> list[str]:
    return list(questions.items.values_list("words", flat=True))


def key_of(row) -> str:
    rule = "promise-without-date" if isinstance(row, Promise) else "claim-unanswered"
    return f"{rule}/{row._meta.label_lower}:{row.pk}"


class TestWhatIsProposed:
    def test_stands_by_rule_with_the_reason_and_the_evidence(self, ann):
        a_promise()
        claim = a_claim()
        html = page(ann, "questions")

        assert "<strong>2 questions</strong>" in html
        assert html.index("Promises without a date") < html.index("Claims nobody has answered")
        assert "Somebody said so in public. After 30 days" in html
        assert "Labour group said on 1 July 2018: It does not work." in html
        assert "No answer is on the record, " in html
        assert f"Source: {claim.source}." in html

    def test_is_nothing_where_nothing_is_to_be_asked(self, ann):
        assert "No rule finds anything to ask" in page(ann, "questions")

    def test_is_filtered_by_contract(self, ann):
        mine, other = factories.a_contract("MINE"), factories.a_contract("OTHER")
        a_claim(mine, words="Mine fails")
        a_claim(other, words="Other fails")
        html = page(ann, "questions", contract=mine.pk)
        assert "<strong>1 question</strong> matches your filters" in html
        assert "Mine fails" in html
        assert "Other fails" not in html

    def test_filtered_by_body_leaves_out_what_is_for_another(self, ann):
        other = Body.objects.create(name="Urgency Committee")
        a_promise(words="to audit", body=the_audit_committee())
        a_promise(words="to urgency", body=other)
        a_claim(words="To nobody in particular")
        html = page(ann, "questions", body=other.pk)
        assert "to urgency" in html
        assert "To nobody in particular" in html
        assert "“to audit”" not in html

    @pytest.mark.parametrize("field", ["contract", "body", "list"])
    @pytest.mark.parametrize("value", ["x", "999999", "1" * 30, "'"])
    def test_a_filter_that_is_no_choice_is_refused_in_words(self, questions, ann, field, value):
        html = page(ann, "questions", **{field: value})
        assert "That is not on the list. Choose an option under" in html

    def test_a_contract_that_is_hidden_is_no_choice(self, ann):
        hidden = factories.a_contract(CANARY, **factories.exempt(1))
        html = page(ann, "questions", contract=hidden.pk)
        assert CANARY not in html
        assert "That is not on the list." in html

    def test_of_one_rule_shows_more_of_them(self, ann, monkeypatch):
        monkeypatch.setattr(proposals, "SHOWN", 1)
        contract = factories.a_contract()
        for n in range(3):
            a_claim(contract, words=f"Claim {n}")
        html = page(ann, "questions")
        assert "Claim 0" in html
        assert "Claim 1" not in html
        assert "See all 3" in html
        html = page(ann, "questions", rule="claim-unanswered")
        assert "Claim 2" in html
        assert "See those of all rules" in html

    def test_says_nothing_of_what_somebody_may_not_see(self, ann):
        a_claim(words=f"{CANARY} fails", **factories.exempt(1))
        a_promise(factories.a_contract(CANARY, **factories.exempt(5)), words=CANARY)
        for person in (ann, the_superuser()):
            assert CANARY not in page(person, "questions")
        cleared = factories.a_person("Cy", Role.COUNCILLOR, cleared=(1, 5))
        assert CANARY in page(cleared, "questions")

    @pytest.mark.parametrize("role", [*OFFICERS, Role.AUDITOR])
    def test_is_read_by_every_reader_of_the_record_and_picked_by_councillors(self, role):
        a_claim()
        html = text_of(as_role(role).get(at("questions")))
        assert "It does not work" in html
        assert "Begin a list" not in html
        assert "Pick<" not in html

    def test_is_not_for_those_who_do_not_read_the_record(self):
        assert as_role(Role.ADMINISTRATOR).get(at("questions")).status_code == 403

    def test_asks_as_much_for_many_rows_as_for_few(self, ann, questions):
        browser = signed_in(ann)
        contract = factories.a_contract()

        def asked() -> int:
            with CaptureQueriesContext(connection) as found:
                assert browser.get(at("questions")).status_code == 200
            return len(found)

        for make in (a_promise, a_claim):
            make(contract)
        asked()
        few = asked()
        for _ in range(10):
            a_promise(contract)
            a_claim(contract)
        assert asked() == few <= 50


class TestPicking:
    def test_puts_a_question_on_the_list_once_and_says_so(self, ann, questions):
        claim = a_claim()
        html = send(ann, "question_pick", questions.pk, question=key_of(claim))
        assert "The question is on your list: Audit Committee." in html
        assert "On your list</strong>" in html
        [picked_words] = words(questions)
        assert picked_words == (
            "Labour group said on 1 July 2018: It does not work. No answer to it is on the record. "
            "What is the answer?"
        )
        html = send(ann, "question_pick", questions.pk, question=key_of(claim))
        assert "That question is on this list already." in html
        assert questions.items.count() == 1

    def test_goes_on_with_the_same_filters(self, ann, questions):
        claim = a_claim()
        here = f"contract={claim.contract_id}&rule=claim-unanswered"
        answer = signed_in(ann).post(
            at("question_pick", questions.pk), {"question": key_of(claim), "here": here}
        )
        assert answer.headers["Location"] == (
            f"/questions/?{here}&list={questions.pk}#claim-unanswered"
        )

    @pytest.mark.parametrize(
        "key", ["", "x", "claim-unanswered/", "claim-unanswered/scrutiny.statement:0", "x/y:z"]
    )
    def test_what_is_not_proposed_is_not_picked(self, ann, questions, key):
        html = send(ann, "question_pick", questions.pk, question=key)
        assert "That question is not proposed any more." in html
        assert not questions.items.exists()

    def test_what_is_hidden_is_as_if_it_were_not_there(self, ann, questions):
        hidden = a_claim(words=CANARY, **factories.exempt(1))
        html = send(ann, "question_pick", questions.pk, question=key_of(hidden))
        assert "That question is not proposed any more." in html
        assert CANARY not in html

    def test_is_for_the_latest_list_unless_another_is_chosen(self, ann, questions):
        a_claim()
        second = a_list(ann, body=None, occasion="Briefing")
        assert at("question_pick", second.pk) in page(ann, "questions")
        html = page(ann, "questions", list=questions.pk)
        assert at("question_pick", questions.pk) in html
        assert at("question_pick", second.pk) not in html

    def test_a_get_picks_nothing(self, ann, questions):
        assert signed_in(ann).get(at("question_pick", questions.pk)).status_code == 405


class TestAList:
    def test_is_begun_for_a_body_or_an_occasion(self, ann):
        body = the_audit_committee()
        html = send(ann, "question_list_begin", body=body.pk, meets_on_day="", token="a")
        assert "Your list is begun." in html
        send(ann, "question_list_begin", occasion="Briefing", token="b")
        assert {str(each) for each in QuestionList.objects.all()} == {"Audit Committee", "Briefing"}

    def test_is_begun_for_a_meeting_on_the_record(self, ann):
        day = timezone.localdate() + dt.timedelta(days=9)
        meeting = meetings.call(body=the_audit_committee(), held_on=day, by=factories.the_officer())
        send(ann, "question_list_begin", meeting=meeting.pk, token="a")
        made = QuestionList.objects.get()
        assert (made.body, made.meets_on, made.meeting) == (meeting.body, day, meeting)

    def test_a_hidden_meeting_is_no_choice(self, ann):
        day = timezone.localdate() + dt.timedelta(days=9)
        meeting = meetings.call(
            body=the_audit_committee(),
            held_on=day,
            title=CANARY,
            by=factories.the_officer(),
            **factories.exempt(1),
        )
        assert CANARY not in page(ann, "question_list_begin")
        html = send(ann, "question_list_begin", meeting=meeting.pk, token="a")
        assert "That is not on the list." in html
        assert CANARY not in html

    def test_is_for_somebody(self, ann):
        html = send(ann, "question_list_begin", token="a")
        assert '<a href="#id_body">Choose a meeting or a body' in html
        assert not QuestionList.objects.exists()

    def test_is_begun_once_from_one_page(self, ann):
        for _ in range(2):
            html = send(ann, "question_list_begin", occasion="Briefing", token="same")
        assert "so one list was begun" in html
        assert QuestionList.objects.count() == 1

    def test_takes_a_question_of_one_s_own_and_moves_it(self, ann, questions):
        for number, text in enumerate(("One?", "Two?", "Three?")):
            html = send(ann, "question_add", questions.pk, words=text, token=str(number))
        assert "Your question is on the list." in html
        last = questions.items.last()
        send(ann, "question_move", last.pk, way="up")
        assert words(questions) == ["One?", "Three?", "Two?"]
        send(ann, "question_move", last.pk, way="down")
        html = send(ann, "question_move", last.pk, way="down")
        assert "It is the last question already." in html
        assert words(questions) == ["One?", "Two?", "Three?"]

    def test_refuses_an_empty_question_and_a_page_sent_twice(self, ann, questions):
        assert "Write the question." in send(ann, "question_add", questions.pk, words=" ")
        for _ in range(2):
            html = send(ann, "question_add", questions.pk, words="Who?", token="same")
        assert "so the question stands once" in html
        assert words(questions) == ["Who?"]

    def test_a_question_is_reworded_with_its_evidence_beside_it(self, ann, questions):
        question = picked(questions, claim := a_claim())
        html = page(ann, "question_edit", question.pk)
        assert f"Source: {claim.source}." in html
        send(ann, "question_edit", question.pk, words="And what does Capita say?")
        assert words(questions) == ["And what does Capita say?"]

    def test_a_question_is_taken_off(self, ann, questions):
        question = picked(questions, a_claim())
        assert "is off your list" in send(ann, "question_remove", question.pk)
        assert words(questions) == []

    def test_is_aimed_elsewhere_or_deleted(self, ann, questions):
        send(ann, "question_list_change", questions.pk, occasion="Briefing")
        questions.refresh_from_db()
        assert str(questions) == "Briefing"
        html = send(ann, "question_list_change", questions.pk, delete="yes")
        assert "The list is deleted." in html
        assert not QuestionList.objects.exists()

    def test_for_a_day_on_which_the_body_does_not_exist_is_refused(self, ann, questions):
        body = the_audit_committee()
        body.ends_on = dt.date(2023, 5, 23)
        body.save()
        fields = {
            "meets_on_day": "1",
            "meets_on_month": "6",
            "meets_on_year": "2023",
            "body": body.pk,
        }
        for name, args in (
            ("question_list_begin", ()),
            ("question_list_change", (questions.pk,)),
        ):
            html = send(ann, name, *args, **fields, token=name)
            assert "Audit Committee does not exist on 1 June 2023" in html

    def test_asks_as_much_for_many_questions_as_for_few(
        self, ann, questions, django_assert_max_num_queries
    ):
        browser = signed_in(ann)
        there = at("question_list", questions.pk)
        picked(questions, a_claim())
        browser.get(there)
        with django_assert_max_num_queries(16) as few:
            browser.get(there)
        for _ in range(10):
            answered(picked(questions, a_claim()))
        with django_assert_max_num_queries(len(few)):
            browser.get(there)


class TestWhoseAListIs:
    def pages(self, question: Question) -> list[str]:
        on_list = ("question_list", "question_list_change", "question_add", "question_pick")
        of_one = ("question_edit", "question_move", "question_remove", "question_asked")
        of_list = [at(name, question.questions_id) for name in (*on_list, "brief", "brief_docx")]
        return of_list + [at(name, question.pk) for name in of_one]

    def test_is_its_owner_s_alone(self, ann, bob, questions):
        question = picked(questions, a_claim(), f"{CANARY}?")
        asking.note(question, asked_on=dt.date(2018, 10, 1), answer=CANARY, by=ann)
        for person in (bob, the_superuser()):
            browser = signed_in(person)
            for there in self.pages(question):
                for answer in (browser.get(there), browser.post(there, {"words": "x"})):
                    assert answer.status_code in (404, 405), there
                    assert CANARY.encode() not in answer.content
            assert CANARY not in text_of(browser.get(at("questions")))
        assert words(questions) == [f"{CANARY}?"]

    @pytest.mark.parametrize("role", [*OFFICERS, Role.AUDITOR, Role.ADMINISTRATOR])
    def test_is_kept_by_no_other_role(self, questions, role):
        question = picked(questions, a_claim(), f"{CANARY}?")
        browser = as_role(role)
        for there in [*self.pages(question), at("question_list_begin")]:
            for answer in (browser.get(there), browser.post(there, {"words": "x"})):
                assert answer.status_code == 403, there
                assert CANARY.encode() not in answer.content

    def test_needs_somebody_signed_in(self, client, questions):
        question = picked(questions, a_claim(), f"{CANARY}?")
        for there in self.pages(question):
            answer = client.get(there, follow=True)
            assert CANARY.encode() not in answer.content
            assert b"Sign in" in answer.content


class TestWhatWasAnswered:
    def test_is_noted_for_the_councillor_alone(self, ann, officer, questions):
        question = picked(questions, a_claim())
        fields = {"asked_on_day": "1", "asked_on_month": "10", "asked_on_year": "2018"}
        html = send(ann, "question_asked", question.pk, answer="Capita pays.", **fields)
        assert "Saved. Only you see it." in html
        assert "Your note: Capita pays." in html
        assert "Capita pays." not in page(officer, "answers")
        assert signed_in(officer).get(at("answer", question.pk)).status_code == 404

    def test_is_handed_over_and_taken_back(self, ann, officer, questions):
        question = picked(questions, a_claim())
        fields = {
            "asked_on_day": "1",
            "asked_on_month": "10",
            "asked_on_year": "2018",
            "answer": "It is.",
        }
        html = send(ann, "question_asked", question.pk, **fields, hand_over="on")
        assert "handed to the officers" in html
        assert "With the officers</strong>" in html
        assert "Ann Member, asked of Audit Committee on 1 October 2018." in page(officer, "answers")
        send(ann, "question_asked", question.pk, **fields)
        assert "No answer waits" in page(officer, "answers")

    def test_is_hidden_with_what_the_question_rests_on_and_kept(self, ann, questions):
        claim = a_claim()
        question = answered(picked(questions, claim), f"{CANARY} pays.")
        Question.objects.filter(pk=question.pk).update(returned_why=f"Who is {CANARY}?")
        Statement.all_rows.filter(pk=claim.pk).update(**factories.exempt(1))

        html = page(ann, "question_list", questions.pk)
        assert CANARY not in html
        assert "Your note is not shown either." in html
        assert CANARY not in page(ann, "question_asked", question.pk)
        fields = {"asked_on_day": "1", "asked_on_month": "10", "asked_on_year": "2018"}
        send(ann, "question_asked", question.pk, answer="Another", **fields)
        question.refresh_from_db()
        assert (question.answer, question.waits) == (f"{CANARY} pays.", False)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "Enter a date, such as 25 7 2018."),
            (
                {"asked_on_day": "1", "asked_on_month": "1", "asked_on_year": "2999"},
                "is still to come",
            ),
            (
                {
                    "asked_on_day": "1",
                    "asked_on_month": "1",
                    "asked_on_year": "2018",
                    "hand_over": "on",
                },
                "Note the answer before you hand it over.",
            ),
        ],
    )
    def test_is_refused_with_the_remedy(self, ann, questions, fields, said):
        question = picked(questions, a_claim())
        html = send(ann, "question_asked", question.pk, **fields)
        assert said in html
        assert "<title>Error: " in html

    def test_what_was_typed_outlives_the_session(self, ann, questions):
        question = picked(questions, a_claim())
        browser = signed_in(ann)
        browser.get(at("question_asked", question.pk))
        browser.logout()
        answer = browser.post(at("question_asked", question.pk), {"answer": "Capita pays."})
        assert answer.status_code == 403
        assert 'name="kept"' in text_of(answer)


class TestConfirming:
    def confirm(self, officer, question, **fields) -> str:
        given = {
            "kind": "statement",
            "words": "The council pays.",
            "speaker": "Director of Resources",
            "contract": question_contract(question),
            **fields,
        }
        return send(officer, "answer", question.pk, **given)

    def test_starts_from_the_note_and_what_the_question_rests_on(self, officer, questions):
        question = answered(picked(questions, claim := a_claim()), "Capita pays.")
        html = page(officer, "answer", question.pk)
        assert "Capita pays." in html
        assert f'value="{claim.contract_id}" selected' in html
        assert "A response to the claim that the question rests on" in html

    def test_puts_a_statement_on_the_record(self, ann, officer, questions):
        question = answered(picked(questions, a_claim()))
        html = self.confirm(officer, question)
        assert "The answer stands on the record as a statement." in html
        row = Statement.objects.get(kind="statement")
        assert (row.words, row.recorded_by) == ("The council pays.", officer)
        html = page(ann, "question_list", questions.pk)
        assert "Olive Officer put it" in html
        assert "On the record</strong>" in html
        assert "stands on the record" in page_after(ann, at("question_asked", question.pk))

    def test_puts_a_promise_on_the_record_with_its_day(self, officer, questions):
        question = answered(picked(questions, a_promise()))
        self.confirm(officer, question, kind="promise", due_month="5", due_year="2019")
        row = Promise.objects.get(words="The council pays.")
        assert (row.due_on, row.due_precision) == (dt.date(2019, 5, 31), "month")
        assert row.body == the_audit_committee()

    def test_asks_for_the_role_of_whoever_said_it_or_the_tick(self, officer, questions):
        question = answered(picked(questions, a_promise()))
        html = page(officer, "answer", question.pk)
        assert "This person acts in public, so the name may be shown" in html
        html = self.confirm(officer, question, speaker="Jane Canaryson")
        assert "Jane Canaryson” looks like a person&#x27;s name." in html
        self.confirm(officer, question, speaker="Jane Canaryson", role="Director of Resources")
        row = Statement.objects.get(kind="statement")
        assert (row.speaker, row.speaker_name) == ("Director of Resources", "Jane Canaryson")

    @pytest.mark.parametrize(
        ("public", "stands"),
        [
            ({"speaker_public": "on"}, ("Jane Canaryson", "")),
            ({}, ("A director", "Jane Canaryson")),
        ],
    )
    def test_a_promise_keeps_the_name_back_too(self, officer, questions, public, stands):
        question = answered(picked(questions, a_promise()))
        who = {"speaker": "Jane Canaryson", "role": "A director"}
        self.confirm(officer, question, kind="promise", **who, **public)
        row = Promise.objects.get(words="The council pays.")
        assert (row.made_by, row.made_by_name) == stands
        assert row.made_by_role == "A director"

    def test_puts_a_response_beside_its_claim(self, officer, questions):
        question = answered(picked(questions, claim := a_claim()))
        self.confirm(officer, question, kind="response")
        assert claim.responses.get().words == "The council pays."

    def test_offers_a_response_only_to_a_claim(self, officer, questions):
        question = answered(picked(questions, a_promise()))
        html = self.confirm(officer, question, kind="response")
        assert "That is not on the list." in html
        assert not Statement.objects.exists()

    def test_needs_a_contract_or_a_failure(self, officer, questions):
        question = answered(picked(questions, a_claim()))
        html = self.confirm(officer, question, contract="")
        assert "Choose the contract or the failure that the answer is about." in html

    def test_a_note_is_handed_back_with_the_reason(self, ann, officer, questions):
        question = answered(picked(questions, a_claim()))
        html = send(officer, "answer", question.pk, back="yes", reason="")
        assert "Say why, in a sentence or two." in html
        send(officer, "answer", question.pk, back="yes", reason="Who said so?")
        assert "Handed back by Olive Officer: Who said so?" in page(
            ann, "question_list", questions.pk
        )

    def test_what_rests_on_a_restricted_record_is_restricted_like_it(self, questions):
        cleared = factories.a_person("Cy", Role.CONTRACT_OFFICER, cleared=(3,))
        claim = a_claim(**factories.exempt(3))
        question = answered(picked(questions, claim))
        html = page(cleared, "answer", question.pk)
        assert "What you confirm is restricted in the same way." in html
        self.confirm(cleared, question)
        row = Statement.all_rows.get(kind="statement")
        assert (row.restriction, row.exempt_paragraph) == ("exempt", 3)

    def test_what_an_officer_may_not_see_waits_for_another(self, officer, questions):
        claim = a_claim(words=CANARY, **factories.exempt(3))
        question = answered(picked(questions, claim, f"{CANARY}?"), CANARY)
        assert CANARY not in page(officer, "answers")
        browser = signed_in(officer)
        for answer in (
            browser.get(at("answer", question.pk)),
            browser.post(at("answer", question.pk), {"back": "yes", "reason": "x"}),
        ):
            assert answer.status_code == 404
            assert CANARY.encode() not in answer.content

    @pytest.mark.parametrize(
        "role",
        [Role.COUNCILLOR, Role.INCIDENT_OFFICER, Role.FINANCE_OFFICER, Role.AUDITOR],
    )
    def test_is_for_those_who_keep_the_scrutiny_record(self, questions, role):
        question = answered(picked(questions, a_claim()))
        browser = as_role(role)
        for there in (at("answers"), at("answer", question.pk)):
            assert browser.get(there).status_code == 403

    def test_asks_as_much_for_many_notes_as_for_few(
        self, officer, questions, django_assert_max_num_queries
    ):
        browser = signed_in(officer)
        answered(picked(questions, a_claim()))
        browser.get(at("answers"))
        with django_assert_max_num_queries(12) as few:
            browser.get(at("answers"))
        for _ in range(10):
            answered(picked(questions, a_claim()))
        with django_assert_max_num_queries(len(few)):
            browser.get(at("answers"))


def question_contract(question: Question) -> int:
    """The contract of the row that a question rests on."""
    label, _, pk = question.rests_on[0].partition(":")
    model = Statement if label == "scrutiny.statement" else Promise
    return model.all_rows.get(pk=pk).contract_id


def page_after(person, address: str) -> str:
    return text_of(signed_in(person).get(address, follow=True))
