"""Asking to see a record: the clock, the answer, and that nothing is looked up."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import granting
from accounts.models import AccessRequest, Grant, Role
from tests.accounts.test_granting import sees
from tests.factories import a_contract, a_councillor, a_person, a_source, day, exempt, moment

pytestmark = pytest.mark.django_db

AT = moment("2026-11-25 10:00")
SINCE = day("2023-05-23")


def ask(by, **fields) -> AccessRequest:
    said = {"what": "The report on CSG.", "why": "Our review.", "at": AT, **fields}
    return granting.ask(by=by, **said)


@pytest.fixture
def officer():
    return a_person("", Role.CONTRACT_OFFICER, cleared=(5,))


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-25 00:00", "2026-12-05"),
        ("2026-11-25 23:59", "2026-12-05"),
        ("2026-12-20 10:00", "2026-12-30"),
        ("2024-02-25 10:00", "2024-03-06"),
        ("2023-05-23 10:00", "2023-06-02"),
    ],
)
def test_a_scrutiny_member_is_answered_within_ten_clear_days(asked, due):
    found = ask(a_councillor(), at=moment(asked), for_scrutiny=True, executive_since=SINCE)
    assert found.due_on == day(due)
    assert not found.is_late(day(due))
    assert found.is_late(day(due) + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("member", "fields"),
    [
        (True, {"for_scrutiny": False, "executive_since": SINCE}),
        (True, {"for_scrutiny": True, "executive_since": None}),
        (True, {"for_scrutiny": True, "executive_since": SINCE, "at": moment("2023-05-22 12:00")}),
        (False, {"for_scrutiny": True, "executive_since": SINCE}),
    ],
)
def test_the_clock_runs_for_scrutiny_members_under_executive_arrangements_alone(member, fields):
    found = ask(a_councillor() if member else a_person(), **fields)
    assert found.due_on is None
    assert not found.is_late(day("2099-01-01"))
    assert found.for_scrutiny == (member and fields["for_scrutiny"])


@pytest.mark.parametrize("name", ["what", "why"])
def test_a_request_says_what_and_why(name):
    with pytest.raises(ValidationError) as refused:
        ask(a_councillor(), **{name: "  "})
    assert list(refused.value.message_dict) == [name]
    with pytest.raises(ValidationError):
        ask(a_councillor(), **{name: "x" * 4_001})
    assert not AccessRequest.objects.exists()


def test_nothing_is_looked_up_whether_there_is_such_a_record_or_not():
    a_contract("SECRET", **exempt(5))
    person = a_councillor()
    asked = []
    for what in ("SECRET", "There is no such thing"):
        with CaptureQueriesContext(connection) as queries:
            ask(person, what=what)
        asked.append([each["sql"].split(" ")[0] for each in queries])
    assert asked[0] == asked[1]
    assert "contracts_contract" not in str(queries.captured_queries)


def test_one_person_has_a_number_of_requests_waiting_at_most():
    person = a_councillor()
    for _number in range(granting.MOST_WAITING):
        first = ask(person)
    with pytest.raises(ValidationError, match="wait for an answer"):
        ask(person)
    granting.withdraw(first, by=person)
    ask(person)
    ask(a_councillor())


def test_an_answer_gives_leave_for_the_records_chosen(officer):
    asked = ask(a_councillor())
    rows = [a_source(**exempt(5)), a_contract(**exempt(5))]
    ends_on = day("2099-01-31")
    granting.allow(asked, records=rows, ends_on=ends_on, answer="Here.", by=officer, at=AT)
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.answered_by) == ("granted", "Here.", officer)
    assert asked.answered_at == AT
    assert all(sees(asked.asked_by, row) for row in rows)
    assert {(given.reason, given.ends_on) for given in asked.grants.all()} == {
        ("Our review.", ends_on)
    }


def test_a_refusal_has_its_reasons_in_writing(officer):
    asked = ask(a_councillor())
    with pytest.raises(ValidationError, match="with its reasons"):
        granting.refuse(asked, reasons=" ", by=officer, at=AT)
    granting.refuse(asked, reasons="It is not relevant to a review.", by=officer, at=AT)
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == ("refused", "It is not relevant to a review.")


def test_nobody_answers_their_own_request(officer):
    asked, row = ask(officer), a_source(**exempt(5))
    with pytest.raises(ValidationError, match="their own request"):
        granting.refuse(asked, reasons="No.", by=officer, at=AT)
    with pytest.raises(ValidationError, match="their own request"):
        granting.allow(
            asked, records=[row], ends_on=day("2099-01-01"), answer="Yes.", by=officer, at=AT
        )
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_an_answer_is_whole_or_nothing(officer):
    asked = ask(a_councillor())
    rows = [a_source(**exempt(5)), a_source(**exempt(7))]
    said = {"ends_on": day("2099-01-01"), "answer": "Yes.", "by": officer, "at": AT}
    for records in ([], rows):
        with pytest.raises(ValidationError):
            granting.allow(asked, records=records, **said)
        asked.refresh_from_db()
        assert asked.state == "waiting"
        assert not Grant.objects.exists()


def test_a_request_is_answered_once(officer):
    asked = ask(a_councillor())
    granting.refuse(asked, reasons="No.", by=officer, at=AT)
    row = a_source(**exempt(5))
    with pytest.raises(ValidationError, match="waits no more"):
        granting.allow(
            asked, records=[row], ends_on=day("2099-01-01"), answer="Yes.", by=officer, at=AT
        )
    with pytest.raises(ValidationError, match="waits no more"):
        granting.withdraw(asked, by=asked.asked_by)
    assert not Grant.objects.exists()


def test_only_who_asked_takes_a_request_back(officer):
    asked = ask(a_councillor())
    with pytest.raises(ValidationError, match="Only who asked"):
        granting.withdraw(asked, by=officer)
    granting.withdraw(asked, by=asked.asked_by)
    assert AccessRequest.objects.get().state == "withdrawn"


def test_the_most_pressing_waits_first():
    member = a_councillor()
    no_clock = ask(member, at=moment("2026-01-01 10:00"))
    later = ask(member, for_scrutiny=True, executive_since=SINCE)
    sooner = ask(member, for_scrutiny=True, executive_since=SINCE, at=moment("2026-11-20 10:00"))
    assert list(AccessRequest.objects.waiting()) == [sooner, later, no_clock]
