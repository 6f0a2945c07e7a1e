"""Meetings, what is due there, the way into scrutiny, and the calendar."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Role, User
from barnetwatch.lib.once import new_token
from scrutiny import calendars, meetings
from scrutiny.models import Body, CalendarLink, Meeting
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import opened
from tests.scrutiny.test_promises import a_promise, close

pytestmark = pytest.mark.django_db


@pytest.fixture
def audit():
    return Body.objects.create(name="Audit Committee")


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def officer():
    return as_role(Role.CONTRACT_OFFICER)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def address(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def ahead(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def call(body: Body, days: int = 7, **fields) -> Meeting:
    return meetings.call(body=body, held_on=ahead(days), by=factories.the_officer(), **fields)


class TestWhatIsDue:
    def test_is_what_it_was_given_and_the_open_promises_to_its_body(self, audit, councillor):
        contract = factories.a_contract()
        given = a_promise(contract=contract, words="Given", due_on=ahead(99))
        a_promise(contract=contract, words="By then", body=audit, due_on=ahead(7))
        a_promise(contract=contract, words="Later", body=audit, due_on=ahead(8))
        a_promise(contract=contract, words="Dateless", body=audit)
        close(a_promise(contract=contract, words="Kept", body=audit))
        a_promise(contract=contract, words="Elsewhere")
        meeting = call(audit, promises=[given], contracts=[contract])
        answer = councillor.get(meeting.get_absolute_url())
        due = [promise.words for promise, *_ in answer.context["promises"]]
        assert due == ["Given", "By then", "Dateless"]
        assert "in 7 days" in text_of(answer)
        row = councillor.get(address("meetings")).context["page"].rows[0]
        assert (row.promises_due, row.contracts_due) == (3, str(contract))

    def test_names_nothing_hidden(self, audit, councillor):
        hidden = factories.a_contract("SEC", title="Secret", **factories.exempt(1))
        promise = a_promise(contract=hidden, words="Secret words", body=audit)
        meeting = call(audit, contracts=[hidden], promises=[promise])
        for page in (meeting.get_absolute_url(), address("meetings"), "/"):
            html = councillor.get(page).content.decode()
            assert "Secret" not in html
            assert "SEC" not in html
        secret = call(audit, 8, title="Secret meeting", **factories.exempt(1))
        assert councillor.get(secret.get_absolute_url()).status_code == 404
        assert "Secret" not in councillor.get(address("meetings")).content.decode()


class TestTheRegister:
    def test_filters_by_body_and_time(self, audit, councillor):
        past, today, later = call(audit, -1), call(audit, 0), call(audit, 30)
        call(audit, 31, cancelled=True)

        def found(**query):
            return list(councillor.get(address("meetings"), query).context["page"].rows)

        assert found(when="ahead") == [later, today]
        assert found(when="past") == [past]
        assert len(found(body=audit.pk)) == 4

    def test_asks_as_little_for_fifty_as_for_one(self, audit, councillor):
        contract = factories.a_contract()
        promise = a_promise(contract=contract, body=audit)
        call(audit, contracts=[contract], promises=[promise])
        with CaptureQueriesContext(connection) as one:
            councillor.get(address("meetings"))
        for number in range(49):
            call(audit, 8 + number, contracts=[contract], promises=[promise])
        with CaptureQueriesContext(connection) as many:
            councillor.get(address("meetings"))
        assert len(one) == len(many) <= 12

    @pytest.mark.parametrize("column", ["held_on", "body", "title", "place", "state"])
    def test_sorts_by_every_column_that_offers_it(self, audit, councillor, column):
        call(audit)
        call(audit, 8)
        for sort in (column, f"-{column}"):
            found = councillor.get(address("meetings"), {"sort": sort}).context["page"].rows
            assert len(found) == 2


class TestRecording:
    def test_is_for_those_whose_role_it_is(self, audit, councillor, officer):
        meeting = call(audit)
        for name, args in (("meeting_add", ()), ("meeting_change", (meeting.pk,))):
            assert councillor.get(address(name, *args)).status_code == 403
            assert officer.get(address(name, *args)).status_code == 200

    def test_refuses_a_day_on_which_the_body_does_not_exist(self, officer):
        body = Body.objects.create(name="Old", ends_on=factories.day("2023-05-23"))
        sent = {
            "token": new_token(),
            "body": body.pk,
            "held_on_day": "24",
            "held_on_month": "5",
            "held_on_year": "2023",
            "restriction": "open",
        }
        said = officer.post(address("meeting_add"), sent).context["form"].errors
        assert said == {
            "held_on": ["Old does not exist on 24 May 2023. Check the date or the body."]
        }
        sent |= {"held_on_day": "23", "token": new_token()}
        answer = officer.post(address("meeting_add"), sent)
        assert answer.url == Meeting.objects.get().get_absolute_url()

    def test_changes_a_meeting_and_leaves_hidden_links_alone(self, audit, officer):
        hidden = factories.a_contract("SEC", **factories.exempt(1))
        shown = factories.a_contract()
        meeting = call(audit, contracts=[hidden, shown])
        sent = {
            **opened(officer, address("meeting_change", meeting.pk)),
            "body": audit.pk,
            "held_on_day": "29",
            "held_on_month": "1",
            "held_on_year": "2027",
            "place": "Hendon Town Hall",
            "restriction": "open",
        }
        officer.post(address("meeting_change", meeting.pk), sent)
        meeting.refresh_from_db()
        assert (meeting.held_on, meeting.place) == (factories.day("2027-01-29"), "Hendon Town Hall")
        links = meeting.contracts.through.objects.filter(meeting=meeting)
        assert list(links.values_list("contract", flat=True)) == [hidden.pk]


class TestTheWayIn:
    def test_has_a_number_for_each_register(self, audit, councillor):
        call(audit)
        a_promise()
        html = text_of(councillor.get(address("scrutiny")))
        for words in ("0 decisions", "1 promise open", "1 meeting to come"):
            assert f"<strong>{words}</strong>" in html
        assert f'href="{address("promises")}"' in html

    def test_is_for_those_who_read_the_record(self):
        assert as_role(Role.ADMINISTRATOR).get(address("scrutiny")).status_code == 403

    def test_brings_what_comes_up_to_the_overview(self, audit, councillor):
        assert "No meeting to come is on the record." in text_of(councillor.get("/"))
        meeting = call(audit, 1)
        a_promise(body=audit)
        html = text_of(councillor.get("/"))
        assert meeting.get_absolute_url() in html
        assert "1 promise to ask after" in html
        assert "in 1 day" in html


class TestTheCalendar:
    def person(self, *cleared: int) -> User:
        return factories.a_person("Ann Member", Role.AUDITOR, cleared=cleared)

    def feed(self, token: str):
        return Client().get(address("calendar_feed", token))

    def summaries(self, token: str) -> list[str]:
        answer = self.feed(token)
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        found = Calendar.from_ical(answer.content).walk("VEVENT")
        return [str(event["summary"]) for event in found]

    def test_has_meetings_promises_due_and_contract_dates(self, audit):
        contract = factories.a_contract(status="running", ends_on=ahead(60))
        call(audit, 3, contracts=[contract], place="Hendon")
        call(audit, 40, title="Special", held_precision="day", cancelled=True)
        a_promise(contract=contract, words="By then", due_on=ahead(9))
        close(a_promise(contract=contract, words="Kept", due_on=ahead(9)))
        token = calendars.make(by=self.person(), at=timezone.now())
        found = self.summaries(token)
        assert found[:3] == [
            "Audit Committee",
            "Audit Committee: Special",
            "Promise due: “By then”",
        ]
        assert any(name.startswith(f"{contract}: ") for name in found[3:])
        first, second, *_ = Calendar.from_ical(self.feed(token).content).walk("VEVENT")
        assert first["dtstart"].dt == ahead(3)
        assert "By then" not in str(first.get("description", ""))
        assert (str(first["location"]), str(second["status"])) == ("Hendon", "CANCELLED")
        assert str(first["url"]).startswith("http://testserver/meetings/")

    def test_shows_what_its_owner_may_see_at_the_moment_of_reading(self, audit):
        person = self.person(1)
        call(audit, 3, title="Secret", **factories.exempt(1))
        token = calendars.make(by=person, at=timezone.now())
        assert self.summaries(token) == ["Audit Committee: Secret"]
        person.clearances.all().delete()
        assert self.summaries(token) == []
        call(audit, 4)
        assert self.summaries(token) == ["Audit Committee"]
        person.groups.clear()
        assert self.summaries(token) == []
        User.objects.filter(pk=person.pk).update(is_active=False)
        assert self.feed(token).status_code == 404

    def test_is_nowhere_for_a_link_that_is_unknown_forged_or_taken_back(self, audit):
        person = self.person()
        token = calendars.make(by=person, at=timezone.now())
        secret, _, signature = token.partition(".")
        for wrong in ("x", f"{secret}x.{signature}", f"{secret}.x", secret):
            assert self.feed(wrong).status_code == 404
        again = calendars.make(by=person, at=timezone.now())
        assert self.feed(token).status_code == 404
        assert self.feed(again).status_code == 200
        calendars.revoke(by=person, at=timezone.now())
        assert self.feed(again).status_code == 404
        assert CalendarLink.objects.filter(user=person).count() == 2

    def test_keeps_no_secret(self):
        token = calendars.make(by=self.person(), at=timezone.now())
        held = CalendarLink.objects.get().digest
        assert token.partition(".")[0] not in held
        assert len(held) == 64

    def test_asks_as_little_for_fifty_meetings_as_for_one(self, audit):
        contract = factories.a_contract(status="running", ends_on=ahead(60))
        promise = a_promise(contract=contract, body=audit, due_on=ahead(2))
        call(audit, contracts=[contract], promises=[promise])
        token = calendars.make(by=self.person(), at=timezone.now())
        with CaptureQueriesContext(connection) as one:
            self.feed(token)
        for number in range(49):
            call(audit, 8 + number, contracts=[contract], promises=[promise])
            a_promise(contract=contract, words=f"{number}", due_on=ahead(number))
        with CaptureQueriesContext(connection) as many:
            assert self.feed(token).status_code == 200
        assert len(one) == len(many) <= 14

    def test_is_made_shown_once_and_taken_back_on_a_page(self):
        browser = signed_in(self.person())
        page = address("calendar")
        assert "You have no link" in text_of(browser.get(page))
        shown = browser.post(page, {"make": "1"}, follow=True)
        link = shown.context["address"]
        assert link.startswith("http://testserver/calendar/")
        assert Client().get(link.removeprefix("http://testserver")).status_code == 200
        again = browser.get(page)
        assert (again.context["address"], again.context["link"].user.name) == ("", "Ann Member")
        browser.post(page, {"revoke": "1"})
        assert Client().get(link.removeprefix("http://testserver")).status_code == 404
        assert "You have no link" in text_of(browser.get(page))
