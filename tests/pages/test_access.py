"""Asking for a record, the answers, the worklists, and deciding who may see a record."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import granting, restricting
from accounts.models import AccessRequest, Grant, Role, User
from barnetwatch.lib.once import new_token
from barnetwatch.pages.overview.worklist import worklists
from contracts.models import Contract, Recheck, Source
from scrutiny import meetings
from scrutiny.models import Body, Meeting
from tests import factories
from tests.actors import signed_in, the_superuser
from tests.factories import CONFIDENTIAL, a_contract, a_councillor, a_grant, a_person, exempt
from tests.forms import as_it_stands, errors, page

pytestmark = pytest.mark.django_db

LAST = "2099-12-31"
ENDS = {"ends_on_day": "31", "ends_on_month": "12", "ends_on_year": "2099"}


def at(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def member():
    return a_councillor("Ann Member")


@pytest.fixture
def officer():
    return a_person("Con Tract", Role.CONTRACT_OFFICER, cleared=(1,))


def ask(person, what="The report on CSG.", **fields) -> AccessRequest:
    said = {"why": "Our review.", "at": timezone.now(), **fields}
    return granting.ask(what=what, by=person, **said)


def send(browser, address, **sent):
    return browser.post(address, {"token": new_token(), **sent}, follow=True)


# Asking -----------------------------------------------------------------------------


def test_a_scrutiny_member_asks_and_is_told_by_when_there_is_an_answer(member):
    browser = signed_in(member)
    answer = send(
        browser, at("access_ask"), what="The audit of CSG", why="Our review", for_scrutiny="on"
    )
    asked = AccessRequest.objects.get()
    due = timezone.localdate() + dt.timedelta(days=10)
    assert (asked.what, asked.why, asked.asked_by) == ("The audit of CSG", "Our review", member)
    assert (asked.state, asked.due_on) == ("waiting", due)
    assert "Your request was sent." in text_of(answer)
    assert f"due by {due.day} {due:%B %Y}" in text_of(answer)
    assert "The audit of CSG" in text_of(browser.get(at("access_request", asked.pk)))


def test_what_is_missing_is_said_by_field(member):
    answer = send(signed_in(member), at("access_ask"), what=" ", why="x" * 4_001)
    assert answer.context["form"].errors.keys() == {"what", "why"}
    assert not AccessRequest.objects.exists()


def test_a_page_sent_twice_asks_once(member):
    browser, sent = signed_in(member), {"token": new_token(), "what": "A", "why": "B"}
    browser.post(at("access_ask"), sent)
    browser.post(at("access_ask"), sent)
    assert AccessRequest.objects.count() == 1


def test_only_members_are_asked_whether_they_scrutinise():
    auditor = signed_in(a_person("", Role.AUDITOR))
    assert "scrutiny committee" not in text_of(auditor.get(at("access_ask")))
    send(auditor, at("access_ask"), what="A", why="B", for_scrutiny="on")
    assert AccessRequest.objects.get().due_on is None


def test_the_answer_to_a_request_tells_nobody_whether_there_is_such_a_record(member):
    a_contract("SECRET", **exempt(1))
    pages = []
    for what in ("SECRET", "ABSENT"):
        browser = signed_in(member)
        AccessRequest.objects.all().delete()
        answer = send(browser, at("access_ask"), what=what, why="Why")
        asked = AccessRequest.objects.get()
        shown = browser.get(at("access_request", asked.pk))
        said = [text_of(each).replace(what, "WHAT") for each in (answer, shown)]
        pages.append([_without_tokens(each, asked.pk) for each in said])
    assert pages[0] == pages[1]


def _without_tokens(text: str, pk: int) -> str:
    words = [word for word in text.split() if not word.startswith('value="')]
    return " ".join(words).replace(f"access/{pk}/", "access/N/").replace(f"Request {pk}", "Request")


def test_a_request_is_its_writers_own(member):
    asked = ask(member)
    for person in (a_councillor(), a_person(), a_person("", Role.FINANCE_OFFICER)):
        browser = signed_in(person)
        assert browser.get(at("access_request", asked.pk)).status_code == 404
        assert browser.post(at("access_withdraw", asked.pk)).status_code == 404
        assert "CSG" not in text_of(browser.get(at("access")))
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_a_person_takes_their_request_back(member):
    asked, browser = ask(member), signed_in(member)
    assert browser.get(at("access_withdraw", asked.pk)).status_code == 405
    browser.post(at("access_withdraw", asked.pk))
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    again = browser.post(at("access_withdraw", asked.pk), follow=True)
    assert "waits no more" in text_of(again)


# Answering --------------------------------------------------------------------------


def test_an_officer_lets_a_member_see_one_record(member, officer):
    row, other = a_contract("SECRET", **exempt(1)), a_contract("OTHER", **exempt(1))
    asked, browser = ask(member), signed_in(officer)
    assert signed_in(member).get(row.get_absolute_url()).status_code == 404
    offered = text_of(browser.get(at("access_allow", asked.pk)))
    assert "Contract: SECRET (exempt, paragraph 1)" in offered
    name = f"contracts.contract:{row.pk}"
    answer = send(browser, at("access_allow", asked.pk), records=[name], answer="Here.", **ENDS)
    assert "They may see it now." in text_of(answer)

    reader = signed_in(member)
    assert "Here." in text_of(reader.get(at("access_request", asked.pk)))
    assert "SECRET" in text_of(reader.get(at("access")))
    assert reader.get(row.get_absolute_url()).status_code == 200
    assert "SECRET" in text_of(reader.get(at("contracts")))
    assert "SECRET" in reader.get(at("contracts") + "?export=csv").getvalue().decode()
    assert row.get_absolute_url() in text_of(reader.get(at("search") + "?q=SECRET"))
    assert reader.get(other.get_absolute_url()).status_code == 404
    for person in (a_councillor(), the_superuser()):
        others = signed_in(person)
        assert others.get(row.get_absolute_url()).status_code == 404
        assert "SECRET" not in text_of(others.get(at("contracts")))


def test_what_is_over_is_gone_and_named_no_more(member, officer):
    row = a_contract("SECRET", **exempt(1))
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    a_grant(member, row, yesterday)
    browser = signed_in(member)
    shown = text_of(browser.get(at("access")))
    assert "SECRET" not in shown
    assert f"Contract {row.pk}. Over since" in shown
    assert browser.get(row.get_absolute_url()).status_code == 404


def test_an_officer_refuses_with_reasons_that_the_member_reads(member, officer):
    asked, browser = ask(member), signed_in(officer)
    empty = send(browser, at("access_refuse", asked.pk), reasons="")
    assert empty.context["form"].errors.keys() == {"reasons"}
    send(browser, at("access_refuse", asked.pk), reasons="It is not relevant to a review.")
    shown = text_of(signed_in(member).get(at("access_request", asked.pk)))
    assert "Refused" in shown
    assert "It is not relevant to a review." in shown
    again = send(browser, at("access_refuse", asked.pk), reasons="Again")
    assert "waits no more" in text_of(again)


def test_a_record_that_is_not_theirs_to_give_is_refused_like_one_that_is_not_there(member, officer):
    hidden = a_contract("HIDDEN", **exempt(2))
    asked, browser = ask(member), signed_in(officer)
    assert "HIDDEN" not in text_of(browser.get(at("access_allow", asked.pk)))
    said = []
    for name in (f"contracts.contract:{hidden.pk}", "contracts.contract:999999", "x", "a:b"):
        answer = send(browser, at("access_allow", asked.pk), records=[name], answer="Yes", **ENDS)
        said.append(answer.context["form"].errors["records"])
    assert all(each == said[0] for each in said)
    assert not Grant.objects.exists()


def test_leave_that_would_show_nothing_is_refused_on_the_form(member, officer):
    line = factories.a_line(a_contract("PARENT", **exempt(1)), "Child", **exempt(1))
    asked, browser = ask(member), signed_in(officer)
    sent = {"records": [f"costs.costline:{line.pk}"], "answer": "Yes", **ENDS}
    answer = send(browser, at("access_allow", asked.pk), **sent)
    assert "Choose that too" in answer.context["form"].errors["records"][0]
    sent["records"].append(f"contracts.contract:{line.contract_id}")
    send(browser, at("access_allow", asked.pk), **sent)
    assert signed_in(member).get(line.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("name", ["access_allow", "access_refuse"])
def test_nobody_answers_without_the_right_or_for_themself(member, officer, name):
    asked, own = ask(member), ask(officer)
    for person in (member, a_person("", Role.FINANCE_OFFICER), a_person("", Role.AUDITOR)):
        assert signed_in(person).get(at(name, asked.pk)).status_code == 403
    assert signed_in(officer).get(at(name, own.pk)).status_code == 404
    assert signed_in(officer).get(at(name, 999_999)).status_code == 404


def test_the_worklist_says_what_is_overdue_in_red(member, officer):
    since, long_ago = dt.date(2023, 5, 23), timezone.now() - dt.timedelta(days=11)
    late = ask(member, "Late", at=long_ago, for_scrutiny=True, executive_since=since)
    ask(member, "In time", for_scrutiny=True, executive_since=since)
    ask(member, "No clock")
    browser = signed_in(officer)
    shown = text_of(browser.get(at("access_worklist")))
    assert "3 requests wait for an answer" in shown
    assert shown.count("govuk-tag--red") == 1
    assert shown.index("Late") < shown.index("In time") < shown.index("No clock")
    first = text_of(browser.get(at("index")))
    assert "Requests to see a record: 3" in first
    assert "govuk-tag--red" in first[first.index("Requests to see a record") :]
    assert at("access_request", late.pk) in first
    assert signed_in(member).get(at("access_worklist")).status_code == 403


def test_the_first_page_asks_as_much_for_many_requests_as_for_one(member, officer):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            worklists(officer, timezone.localdate(), timezone.now())
        return len(queries)

    ask(member)
    once = asked()
    for number in range(10):
        ask(member, f"Request {number}")
    assert asked() <= once


# Early ends, and the back office -----------------------------------------------------


def test_leave_is_ended_early_from_the_back_office(member, officer):
    row = a_contract("SECRET", **exempt(1))
    given = a_grant(member, row)
    browser = signed_in(a_person("", Role.ADMINISTRATOR))
    person = text_of(browser.get(page(User, "change", member.pk)))
    assert f"contract {row.pk}" in person
    assert "SECRET" not in person
    shown = text_of(browser.get(page(Grant, "change", given.pk)))
    assert at("access_end", given.pk) in shown
    assert "SECRET" not in shown
    assert f"contract {row.pk}" in text_of(browser.get(page(Grant, "changelist")))
    answer = send(browser, at("access_end", given.pk), reason="The review is over.")
    assert "The leave is ended." in text_of(answer)
    assert signed_in(member).get(row.get_absolute_url()).status_code == 404
    assert signed_in(member).post(at("access_end", given.pk)).status_code == 403


# Deciding who may see it --------------------------------------------------------------

UNRESTRICTED = {"restriction": "open", "exempt_paragraph": "", "restriction_reason": ""}
DAY = {"day": 1, "month": 2, "year": 2099}
REVIEW = {f"restriction_review_on_{part}": number for part, number in DAY.items()}


def test_an_officer_decides_who_may_see_a_record(member, officer):
    row, browser = a_contract("CSG"), signed_in(officer)
    Recheck.objects.all().delete()
    address = at("restriction", "contracts.contract", row.pk)
    assert address in text_of(browser.get(page(Contract, "change", row.pk)))
    sent = {"restriction": "exempt", "exempt_paragraph": "1", "restriction_reason": "A person."}
    missing = send(browser, address, **sent)
    assert missing.context["form"].errors.keys() == {"restriction_review_on"}
    done = send(browser, address, **sent, **REVIEW)
    assert "Who may see it is decided." in text_of(done)
    kept = Contract.all_rows.get(pk=row.pk)
    assert kept.restriction_decided_by == officer
    assert (kept.restriction, str(kept.restriction_review_on)) == ("exempt", "2099-02-01")
    assert Recheck.objects.filter(contract=row).exists()
    assert signed_in(member).get(row.get_absolute_url()).status_code == 404

    assert "by Con Tract (A person.)" in text_of(browser.get(address))
    opened = send(browser, address, restriction="open", restriction_reason="")
    assert opened.context["form"].errors.keys() == {"restriction_reason"}
    send(browser, address, restriction="open", restriction_reason="It was published.")
    assert signed_in(member).get(row.get_absolute_url()).status_code == 200
    assert restricting.changes(row).count() == 2


def test_a_form_opens_no_record_among_other_things_without_a_reason(officer):
    row = factories.a_source("Report", **exempt(1), restriction_review_on=dt.date(2099, 1, 1))
    meeting = meetings.call(
        body=Body.objects.create(name="Audit Committee"),
        held_on=dt.date(2019, 1, 29),
        by=officer,
        **exempt(1, restriction_review_on=dt.date(2099, 1, 1)),
    )
    browser = signed_in(officer)
    address = page(Source, "change", row.pk)
    refused = browser.post(address, as_it_stands(browser, address) | UNRESTRICTED)
    assert "Decide who may see it" in errors(refused)["restriction"][0]
    body = {"body": meeting.body_id, "held_on_day": 29, "held_on_month": 1, "held_on_year": 2019}
    answer = send(browser, at("meeting_change", meeting.pk), **body, restriction="open")
    assert "Decide who may see it" in answer.context["form"].errors["restriction"][0]
    assert not Source.objects.filter(pk=row.pk).exists()
    assert not Meeting.objects.exists()


def test_the_page_of_a_hidden_record_answers_as_if_there_were_none(officer):
    hidden = a_contract("HIDDEN", **CONFIDENTIAL)
    for browser in (signed_in(officer), signed_in(the_superuser())):
        for kind, pk in (
            ("contracts.contract", hidden.pk),
            ("contracts.contract", 999_999),
            ("accounts.user", officer.pk),
            ("nothing", 1),
        ):
            assert browser.get(at("restriction", kind, pk)).status_code == 404
    councillor = signed_in(a_councillor())
    assert councillor.get(at("restriction", "contracts.contract", hidden.pk)).status_code == 403


def test_who_made_a_record_confidential_finds_it_among_the_reviews_without_its_title(officer):
    row = a_contract("SECRET")
    restricting.reclassify(
        row,
        by=officer,
        restriction="confidential",
        reason="On terms.",
        review_on=timezone.localdate() + dt.timedelta(days=1),
        at=timezone.now(),
    )
    Contract.all_rows.update(restriction_review_on=timezone.localdate())
    browser = signed_in(officer)
    reviews = text_of(browser.get(at("access_reviews")))
    assert f"Contract {row.pk}" in reviews
    assert "Restrictions to look at again: 1" in text_of(browser.get(at("index")))
    address = at("restriction", "contracts.contract", row.pk)
    for shown in (reviews, text_of(browser.get(address))):
        assert "SECRET" not in shown
    other = signed_in(a_person("", Role.CONTRACT_OFFICER))
    assert f"Contract {row.pk}" not in text_of(other.get(at("access_reviews")))
    send(browser, address, restriction="open", restriction_reason="Published.")
    assert Contract.objects.get() == row
    assert Source.objects.count() == 0
