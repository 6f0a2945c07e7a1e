"""Promises: the register, the page of one, and what officers record of it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.lib.once import new_token
from barnetwatch.pages.promises.words import age_of
from scrutiny import promises
from scrutiny.models import Body, Promise, PromiseChange
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import opened
from tests.scrutiny.test_promises import a_promise, close, move

pytestmark = pytest.mark.django_db


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


def ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


class TestAge:
    def test_is_a_day_on_the_day_after(self):
        promise = a_promise(made_on=factories.day("2018-09-30"))
        assert age_of(promise, factories.day("2018-09-30")) == "0 days"
        assert age_of(promise, factories.day("2018-10-01")) == "1 day"

    def test_is_at_least_so_much_where_only_the_month_is_known(self):
        promise = a_promise(made_on=factories.day("2018-09-01"), made_precision="month")
        assert age_of(promise, factories.day("2018-10-02")) == "at least 2 days"

    def test_stops_when_it_is_over(self):
        promise = a_promise(made_on=factories.day("2018-09-30"))
        close(promise, closed_on=factories.day("2018-10-10"))
        assert age_of(promise, factories.day("2026-01-01")) == "10 days"


class TestTheRegister:
    def test_says_how_late_each_is_and_how_often_it_moved(self, councillor):
        late = a_promise(words="Late", due_on=ago(40))
        move(late, str(ago(12)))
        a_promise(contract=late.contract, words="Today", due_on=ago(0))
        rows = councillor.get(address("promises")).context["page"].rows
        assert [(row.words, row.overdue, row.slips) for row in rows] == [
            ("Late", 12, 1),
            ("Today", "", 0),
        ]

    @pytest.mark.parametrize(
        ("due", "found"),
        [
            ("late", ["Yesterday"]),
            ("ahead", ["Today"]),
            ("event", ["Event"]),
            ("dateless", ["Course", "Event"]),
        ],
    )
    def test_filters_open_ones_by_date(self, councillor, due, found):
        contract = a_promise(words="Yesterday", due_on=ago(1)).contract
        a_promise(contract=contract, words="Today", due_on=ago(0))
        a_promise(contract=contract, words="Course", due_words="in due course")
        a_promise(contract=contract, words="Event", due_words="after the review")
        close(a_promise(contract=contract, words="Kept", due_on=ago(9)))
        rows = councillor.get(address("promises"), {"due": due}).context["page"].rows
        assert sorted(row.words for row in rows) == found

    def test_asks_as_little_for_fifty_as_for_one(self, councillor):
        contract = a_promise(body=Body.objects.create(name="Cabinet")).contract
        with CaptureQueriesContext(connection) as one:
            councillor.get(address("promises"))
        for number in range(49):
            a_promise(contract=contract, words=f"{number}", due_on=ago(number))
        with CaptureQueriesContext(connection) as many:
            councillor.get(address("promises"))
        assert len(one) == len(many) <= 12

    @pytest.mark.parametrize("column", ["words", "made_on", "due", "age", "status", "body"])
    def test_sorts_by_every_column_that_offers_it(self, councillor, column):
        contract = a_promise().contract
        a_promise(contract=contract, due_on=ago(3), made_on=ago(9))
        for sort in (column, f"-{column}"):
            found = councillor.get(address("promises"), {"sort": sort}).context["page"].rows
            assert len(found) == 2


class TestThePage:
    def test_has_the_words_the_slips_with_their_reasons_and_who_gave_the_date(self, councillor):
        promise = a_promise(due_words="in due course", made_on=ago(100))
        promises.give_date(
            promise,
            due_on=factories.day("2019-01-29"),
            reason="Asked for one.",
            said_by="Con Tract, contract officer",
            by=factories.the_officer(),
        )
        move(promise, "2019-04-30", reason="The report is late.")
        html = text_of(councillor.get(promise.get_absolute_url()))
        assert "“the findings will be reported to audit committee in due course”" in html
        assert "The date was given by Con Tract, contract officer." in html
        assert "Moved from 29 January 2019 to 30 April 2019, 91 days later." in html
        assert "The date was moved once, by 91 days." in html
        assert "Date given: 29 January 2019. Before: in due course." in html
        assert "The report is late." in html
        assert "100 days" in html
        late = (timezone.localdate() - factories.day("2019-04-30")).days
        assert f"{late:,} days overdue" in html

    def test_has_the_evidence_that_closed_it(self, councillor):
        contract = factories.a_contract()
        new = a_promise(contract=contract, words="By May")
        old = a_promise(contract=contract)
        close(old, "superseded", superseded_by=new, reason="A new date was promised.")
        html = text_of(councillor.get(old.get_absolute_url()))
        assert "<strong>Superseded</strong>: A new date was promised." in html
        assert "“By May”" in html
        assert "overdue" not in html

    def test_names_no_hidden_successor_or_source(self, councillor):
        contract = factories.a_contract()
        new = a_promise(contract=contract, words="Secret words", **factories.exempt(1))
        old = a_promise(contract=contract)
        secret = factories.a_source("Secret paper", **factories.exempt(1))
        close(old, "superseded", superseded_by=new, source=secret)
        assert "Secret" not in councillor.get(old.get_absolute_url()).content.decode()
        cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
        assert "Secret words" in cleared.get(old.get_absolute_url()).content.decode()

    def test_of_a_hidden_promise_is_as_if_there_were_none(self, councillor, officer):
        hidden = a_promise(words="Secret", **factories.exempt(1))
        names = ("promise", "promise_reschedule", "promise_close", "promise_reword")
        for name in names:
            assert officer.get(address(name, hidden.pk)).status_code == 404
        assert "Secret" not in councillor.get(address("promises")).content.decode()


class TestChanging:
    def test_is_for_those_whose_role_it_is(self, councillor, officer):
        promise = a_promise()
        for name in ("promise_reschedule", "promise_close", "promise_reword"):
            assert councillor.get(address(name, promise.pk)).status_code == 403
            assert officer.get(address(name, promise.pk)).status_code == 200
        assert councillor.get(address("promise_add")).status_code == 403
        assert "Give it a date" not in text_of(councillor.get(promise.get_absolute_url()))

    def test_gives_a_date_and_names_who_did(self, officer):
        promise = a_promise(due_words="in due course")
        page = address("promise_reschedule", promise.pk)
        assert officer.get(page).context["form"]["said_by"].value() == "The contract officer"
        empty = officer.post(page, {"token": new_token()})
        assert empty.context["form"].errors.keys() == {"due_on", "reason", "said_by"}
        sent = {
            "token": new_token(),
            "due_on_month": "1",
            "due_on_year": "2019",
            "due_year_inferred": "on",
            "reason": "The committee asked.",
            "said_by": "The contract officer",
            "changed_on_month": "11",
            "changed_on_year": "2018",
            "changed_year_inferred": "on",
        }
        assert officer.post(page, sent).url == promise.get_absolute_url()
        promise.refresh_from_db()
        assert promise.due == "January [2019]"
        [change] = PromiseChange.objects.all()
        assert (change.kind, change.said_by) == ("given", "The contract officer")
        assert str(change.changed) == "November [2018]"

    def test_moves_a_date_and_keeps_the_old_one(self, officer):
        promise = a_promise(due_on=factories.day("2019-01-29"))
        page = address("promise_reschedule", promise.pk)
        sent = {"token": new_token(), "reason": "Late.", "said_by": "A director"}
        none = officer.post(page, sent)
        assert none.context["form"].errors.keys() == {"due_on"}
        same = {**sent, "due_on_day": "29", "due_on_month": "1", "due_on_year": "2019"}
        said = officer.post(page, same).context["form"].errors
        assert said == {"due_on": ["It is due then already."]}
        officer.post(page, {**same, "token": new_token(), "due_on_month": "5"})
        promise.refresh_from_db()
        assert promise.due == "29 May 2019"

    def test_is_checked_before_a_promise_is_closed(self, officer):
        promise, source = a_promise(), factories.a_source("Minutes")
        page = address("promise_close", promise.pk)
        sent = {
            "status": "kept",
            "reason": "It was on the agenda.",
            "source": source.pk,
            "closed_on_day": "29",
            "closed_on_month": "1",
            "closed_on_year": "2019",
        }
        check = officer.post(page, {**sent, "token": new_token()})
        html = text_of(check)
        assert "Nothing is recorded yet" in html
        assert all(word in html for word in ("Kept", "It was on the agenda.", "29 January 2019"))
        assert PromiseChange.objects.count() == 0

        back = officer.post(page, {**sent, "token": new_token(), "back": "1"})
        assert "It was on the agenda." in back.content.decode()

        officer.post(page, {**sent, "token": check.context["token"], "confirmed": "1"})
        promise.refresh_from_db()
        assert (promise.status, promise.closed_on) == ("kept", factories.day("2019-01-29"))

        gone = officer.get(page, follow=True)
        assert "cannot be done with it any more" in text_of(gone)

        late = officer.post(page, {**sent, "token": new_token()})
        assert late.status_code == 409
        assert all(word in text_of(late) for word in ("Kept", "It was on the agenda.", "29 1 2019"))
        assert PromiseChange.objects.count() == 1

    def test_of_its_end_needs_evidence_and_a_successor_where_superseded(self, officer):
        promise = a_promise()
        page = address("promise_close", promise.pk)
        answer = officer.post(page, {"token": new_token(), "status": "superseded"})
        assert answer.context["form"].errors == {
            "reason": ["Say what shows it, in a sentence or two."],
            "source": ["Choose the source, or add a new one."],
            "superseded_by": ["Choose the promise that took its place."],
        }

    def test_opens_it_again_and_puts_words_right(self, officer):
        promise = a_promise()
        close(promise)
        sent = {"token": new_token(), "reason": "It was another report."}
        officer.post(address("promise_reopen", promise.pk), sent)
        promise.refresh_from_db()
        assert promise.status == "open"
        sent = {"words": "Other words", "reason": "As in the letter."}
        sent |= opened(officer, address("promise_reword", promise.pk))
        officer.post(address("promise_reword", promise.pk), sent)
        promise.refresh_from_db()
        assert promise.words == "Other words"
        assert [each.kind for each in promise.changes.all()] == ["closed", "reopened", "reworded"]

    def test_records_a_promise_or_says_what_it_lacks(self, officer):
        page, contract = address("promise_add"), factories.a_contract()
        none = officer.post(page, {"token": new_token(), "restriction": "open"})
        assert none.context["form"].errors.keys() == {"words", "made_by", "contract", "source"}
        sent = {
            "token": new_token(),
            "words": "the findings will be reported",
            "made_by": "Council spokesman",
            "made_on_year": "2018",
            "made_year_inferred": "on",
            "due_words": "in due course",
            "contract": contract.pk,
            "source": factories.a_source().pk,
            "restriction": "open",
        }
        officer.post(page, sent)
        promise = Promise.objects.get()
        assert (str(promise.made), promise.due_kind) == ("[2018]", "course")

    def test_records_a_promise_that_is_due_in_a_year_that_was_worked_out(self, officer):
        sent = {
            "token": new_token(),
            "words": "the report will come in January",
            "made_by": "Council spokesman",
            "due_on_month": "1",
            "due_on_year": "2019",
            "due_year_inferred": "on",
            "contract": factories.a_contract().pk,
            "source": factories.a_source().pk,
            "restriction": "open",
        }
        officer.post(address("promise_add"), sent)
        promise = Promise.objects.get()
        assert (promise.due, promise.made_year_inferred) == ("January [2019]", False)
