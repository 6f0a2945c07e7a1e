"""Meetings of bodies and what may be asked after there."""

import pytest
from django.core.exceptions import ValidationError

from scrutiny import meetings, promises
from scrutiny.models import Body, Decision, Meeting, Promise
from tests.factories import a_contract, a_source, day, exempt, the_officer
from tests.scrutiny.test_promises import a_promise
from tests.scrutiny.test_record import a_body, decide

pytestmark = pytest.mark.django_db


def call(body: Body, on: str = "2019-01-29", **fields) -> Meeting:
    return meetings.call(body=body, held_on=day(on), by=the_officer(), **fields)


def test_a_meeting_is_held_while_its_body_exists():
    body = a_body()
    for on in ("2014-06-01", "2023-05-24"):
        with pytest.raises(ValidationError, match="Audit Committee does not exist on") as refusal:
            call(body, on)
        assert list(refusal.value.message_dict) == ["held_on"]
    assert str(call(body, "2023-05-23")) == "Audit Committee, 23 May 2023"


def test_a_meeting_known_to_the_month_counts_from_its_last_day():
    meeting = call(a_body(), "2018-07-01", held_precision="month")
    assert (meeting.held_on, str(meeting.held)) == (day("2018-07-31"), "July 2018")


def test_a_body_meets_once_a_day_unless_a_title_tells_meetings_apart():
    body = a_body()
    call(body)
    with pytest.raises(ValidationError, match="not available"):
        call(body)
    assert call(body, title="Special meeting").pk


def test_a_meeting_that_moved_keeps_what_is_due_there():
    body, contract = a_body(), a_contract()
    promise = a_promise(contract=contract)
    meeting = call(body, contracts=[contract], promises=[promise])
    meetings.amend(meeting, by=the_officer(), held_on=day("2019-02-05"), place="Hendon Town Hall")
    meeting.refresh_from_db()
    assert (meeting.held_on, meeting.place) == (day("2019-02-05"), "Hendon Town Hall")
    assert (list(meeting.contracts.all()), list(meeting.promises.all())) == ([contract], [promise])
    with pytest.raises(ValidationError, match="does not exist"):
        meetings.amend(meeting, by=the_officer(), held_on=day("2024-01-01"))


def test_what_is_ahead_begins_today_and_leaves_out_what_is_cancelled():
    body = a_body()
    today = call(body, "2019-01-29")
    call(body, "2019-01-28")
    call(body, "2019-02-05", cancelled=True)
    later = call(body, "2019-03-01")
    call(body, "2019-04-01", **exempt(1))
    assert list(Meeting.objects.ahead(day("2019-01-29"))) == [today, later]


class TestPromisesDueAtAMeeting:
    def due(self, body: Body, on: str) -> list[Promise]:
        return list(Promise.objects.due_at(body, day(on)))

    @pytest.mark.parametrize(("due", "asked"), [("2019-01-29", True), ("2019-01-30", False)])
    def test_are_due_by_its_day(self, due, asked):
        body = a_body()
        a_promise(body=body, due_on=day(due))
        assert bool(self.due(body, "2019-01-29")) == asked

    @pytest.mark.parametrize(("made", "asked"), [("2019-01-29", True), ("2019-01-30", False)])
    def test_or_without_a_date_and_made_by_then(self, made, asked):
        body = a_body()
        a_promise(body=body, made_on=day(made))
        assert bool(self.due(body, "2019-01-29")) == asked

    def test_are_open_and_to_that_body(self):
        body = a_body()
        kept = a_promise(body=body)
        a_promise(contract=kept.contract, body=a_body(name="Cabinet"))
        promises.close(kept, status="kept", reason="Reported.", source=a_source(), by=the_officer())
        assert self.due(body, "2019-01-29") == []


class TestKeyDecisions:
    @pytest.mark.parametrize(
        ("on", "precision", "allowed"),
        [
            ("2014-06-02", "day", True),
            ("2014-06-03", "day", False),
            ("2023-05-23", "day", False),
            ("2023-05-24", "day", True),
            ("2014-06-01", "month", True),
            ("2018-07-01", "month", False),
            ("2023-05-01", "month", True),
            ("2022-01-01", "year", False),
            ("2023-01-01", "year", True),
        ],
    )
    @pytest.mark.parametrize("is_key", [True, False])
    def test_are_none_in_committee_years(self, on, precision, allowed, is_key):
        fields = {"taken_on": day(on), "taken_precision": precision, "is_key": is_key}
        if allowed:
            assert decide(kind="cabinet", **fields).is_key is is_key
            return
        with pytest.raises(ValidationError, match="Barnet had committees") as refusal:
            decide(kind="resolution", **fields)
        assert list(refusal.value.message_dict) == ["is_key"]

    def test_may_be_of_a_day_nobody_knows(self):
        assert decide(kind="member", is_key=True).is_key
        assert decide().is_key is None

    @pytest.mark.parametrize("kind", ["council", "urgency", "cabinet", "member"])
    def test_are_of_every_kind_of_body(self, kind):
        assert Decision.objects.get(pk=decide(kind=kind).pk).get_kind_display()


def test_a_decision_bears_on_several_contracts():
    one, other = a_contract(), a_contract("DRS")
    decision = decide(contract=one, other_contracts=[other])
    assert list(decision.other_contracts.all()) == [other]
    assert list(other.decisions_touching.all()) == [decision]
