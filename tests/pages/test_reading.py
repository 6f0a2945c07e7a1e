"""A restricted record that a page shows among others is kept as read, by whoever it was shown."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import reading
from accounts.models import Role, User
from accounts.trail import AuditEntry
from contracts.models import Contract
from costs import rechecks
from costs.models import OverrunAlert
from digests import subscribing
from digests.models import Subscription
from scrutiny import asking, calendars, meetings, record
from scrutiny.models import Body, Decision, Promise, Statement
from tests import factories
from tests.actors import signed_in
from tests.digests.readers import BEFORE, a_failure, a_reader
from tests.digests.test_pages import a_sent_digest, restrict
from tests.factories import exempt

pytestmark = pytest.mark.django_db

OPEN: dict[str, Any] = {}
Make = Callable[..., Any]


def a_failure_of(contract: Contract, **how: Any) -> Any:
    return factories.an_incident(contract, title="Zebra failure", **how)


def a_cost(contract: Contract, **how: Any) -> Any:
    line = factories.a_line(contract, "Zebra line", **how)
    factories.post(line, "approved", 5_000, "2018-10-01")
    return line


def given(**fields: Any) -> dict[str, Any]:
    return {"source": factories.a_source(), "by": factories.the_officer(), **fields}


def a_promise(contract: Contract, **how: Any) -> Promise:
    about = {"contract": contract, "words": "Zebra by May", "made_by": "Capita"}
    return record.promise(**given(**about | {"due_on": factories.day("2018-05-31")} | how))


def a_statement(contract: Contract, **how: Any) -> Statement:
    about = {"contract": contract, "words": "The zebra works", "speaker": "Ann"}
    return record.state(**given(kind=Statement.Kind.STATEMENT, **about, **how))


def a_decision(contract: Contract, **how: Any) -> Decision:
    said = {"title": "On the zebra", "text": "Agreed.", "taken_by": "The council"}
    kind, outcome = Decision.Kind.RESOLUTION, Decision.Outcome.AGREED
    return record.decide(**given(kind=kind, outcome=outcome, contract=contract, **said, **how))


MADE = [a_failure_of, a_cost, a_promise, a_statement, a_decision]


@pytest.fixture
def person():
    return factories.a_person("Cleared", Role.CONTRACT_OFFICER, cleared=(1, 5))


@pytest.fixture
def cleared(person) -> Client:
    return signed_in(person)


def a_reader_who_is(person: User) -> Subscription:
    return subscribing.follow(person, everything=True, at=BEFORE)


def acts() -> list[tuple[str, int, str]]:
    """What was read, and by whom."""
    rows = AuditEntry.objects.filter(act="read").order_by("pk")
    return [(each.kind, each.row, str(each.by)) for each in rows]


def name_of(row: Any) -> tuple[str, int, str]:
    return (row._meta.label_lower, row.pk, "Cleared")


def see(browser: Client, address: str, words: str = "") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert words.lower() in html.lower()
    return html


def is_kept_once(browser: Client, address: str, *rows: Any, words: str = "zebra") -> None:
    """The first look is kept, one act a record; a second within the hour is none."""
    see(browser, address, words)
    assert sorted(acts()) == sorted(map(name_of, rows))
    see(browser, address, words)
    assert len(acts()) == len(rows)


@pytest.mark.parametrize("make", MADE)
def test_within_the_page_of_an_open_contract(cleared, make):
    contract = factories.a_contract()
    make(contract)
    row = make(contract, **exempt(5))
    is_kept_once(cleared, contract.get_absolute_url(), row, words="")


@pytest.mark.parametrize("make", MADE)
def test_of_a_page_whose_rows_are_all_open_nothing_is_kept_or_asked(cleared, make):
    contract = factories.a_contract()
    make(contract)
    for address in (
        contract.get_absolute_url(),
        reverse("admin:contract_timeline", args=[contract.pk]),
        reverse("admin:search") + "?q=zebra",
        reverse("admin:contracts"),
        "/",
    ):
        with CaptureQueriesContext(connection) as found:
            see(cleared, address)
        assert not [each for each in found if "auditentry" in each["sql"]], address
    assert acts() == []


@pytest.mark.parametrize("make", MADE)
def test_in_a_timeline(cleared, make):
    contract = factories.a_contract()
    row = make(contract, **exempt(5))
    see(cleared, reverse("admin:contract_timeline", args=[contract.pk]))
    happened = [] if make is a_failure_of else [name_of(row)]
    assert set(happened) <= set(acts())
    before = acts()
    see(cleared, reverse("admin:contract_timeline", args=[contract.pk]))
    assert acts() == before


def test_of_a_timeline_what_is_filtered_away_is_not_read(cleared):
    contract = factories.a_contract()
    a_promise(contract, **exempt(5))
    a_decision(contract)
    address = reverse("admin:contract_timeline", args=[contract.pk])
    assert "Zebra by May" not in see(cleared, f"{address}?kind=decisions")
    assert acts() == []


@pytest.mark.parametrize("make", MADE)
def test_found_by_a_search(cleared, make):
    row = make(factories.a_contract(), **exempt(5))
    is_kept_once(cleared, reverse("admin:search") + "?q=zebra", row)


@pytest.mark.parametrize("make", [a_failure_of, a_cost, a_promise, a_decision])
def test_on_the_first_page(cleared, make):
    row = make(factories.a_contract(), **exempt(5))
    is_kept_once(cleared, "/", row)


def test_an_open_promise_of_a_restricted_contract_on_the_first_page(cleared):
    row = a_promise(factories.a_contract(**exempt(5)))
    see(cleared, "/", "zebra by may")
    assert name_of(row) in acts()


def test_in_the_list_of_contracts(cleared):
    hidden = factories.a_contract(title="Zebra", **exempt(5))
    factories.a_contract()
    is_kept_once(cleared, reverse("admin:contracts"), hidden)


@pytest.fixture
def hidden_overrun() -> OverrunAlert:
    """An overrun that takes a restricted line to be one."""
    factories.a_threshold("firm", 100_000)
    contract = factories.a_contract(award=320_000_000)
    line = factories.a_line(contract, "Zebra line", **exempt(5))
    factories.post(line, "approved", 200_000, "2018-10-01")
    rechecks.sweep(timezone.now())
    [alert] = OverrunAlert.all_rows.all()
    assert alert.basis == OverrunAlert.Basis.ALL
    return alert


def test_an_overrun_that_rests_on_restricted_rows(cleared, hidden_overrun):
    is_kept_once(cleared, reverse("admin:alerts"), hidden_overrun, words="")


def test_the_page_of_such_an_overrun_shows_the_line_that_did_it(cleared, hidden_overrun):
    see(cleared, hidden_overrun.get_absolute_url())
    line = hidden_overrun.crossing_entry.line
    assert {name_of(hidden_overrun), name_of(line)} <= set(acts())


def test_in_a_digest_that_was_kept_and_restricted_since(person, cleared):
    failure = a_failure(factories.a_contract(award=1_000_000), title="Zebra failure")
    edition = a_sent_digest(a_reader_who_is(person))
    page, mail = (
        reverse(name, args=[edition.pk]) for name in ("admin:digest_past", "admin:digest_past_mail")
    )
    for address in (page, mail):
        see(cleared, address, "zebra")
    assert acts() == []
    restrict(failure)
    is_kept_once(cleared, page, failure)
    see(cleared, mail, "zebra")
    assert len(acts()) == 1


def test_the_mail_itself_as_well(person, cleared):
    failure = a_failure(factories.a_contract(award=1_000_000), title="Zebra failure")
    edition = a_sent_digest(a_reader_who_is(person))
    restrict(failure)
    is_kept_once(cleared, reverse("admin:digest_past_mail", args=[edition.pk]), failure)


def test_what_is_masked_in_a_digest_is_read_by_nobody():
    failure = a_failure(factories.a_contract(award=1_000_000), title="Zebra failure")
    reader = a_reader()
    edition = a_sent_digest(reader)
    restrict(failure)
    html = see(signed_in(reader.user), reverse("admin:digest_past", args=[edition.pk]))
    assert "Zebra" not in html
    assert acts() == []


def test_beneath_a_question_that_is_proposed(cleared):
    row = a_promise(factories.a_contract(), **exempt(5))
    is_kept_once(cleared, reverse("admin:questions"), row)


def test_beneath_one_s_own_question():
    ann = factories.a_person("Cleared", Role.COUNCILLOR, cleared=(5,))
    row = a_promise(factories.a_contract(), **exempt(5))
    body = Body.objects.create(name="Policy")
    questions = asking.begin(by=ann, body=body, meets_on=factories.day("2018-10-01"))
    rests_on = (f"scrutiny.promise:{row.pk}",)
    asking.pick(questions, rule="late-promise", words="Why?", rests_on=rests_on, by=ann)
    is_kept_once(signed_in(ann), reverse("admin:question_list", args=[questions.pk]), row)


def test_what_a_calendar_fetches_is_kept_once_a_day(person, client, monkeypatch):
    ahead = timezone.localdate() + dt.timedelta(days=9)
    contract = factories.a_contract()
    row = a_promise(contract, words="Zebra soon", due_on=ahead, **exempt(5))
    linked = a_promise(contract, words="Zebra at the meeting", **exempt(1))
    body = Body.objects.create(name="Audit Committee")
    meetings.call(body=body, held_on=ahead, by=factories.the_officer(), promises=[linked])
    token = calendars.make(by=person, at=timezone.now())
    address = reverse("admin:calendar_feed", args=[token])
    is_kept_once(client, address, row, linked)
    later = timezone.now() + reading.SAME
    monkeypatch.setattr(timezone, "now", lambda: later)
    see(client, address)
    assert len(acts()) == 2


def test_in_the_history_of_an_open_record(cleared):
    contract = factories.a_contract()
    line = a_cost(contract, **exempt(5))
    see(cleared, reverse("admin:history", args=["costs.costline", line.pk]))
    assert acts() == [name_of(line)]


def test_a_part_of_a_record_is_read_on_the_record(cleared):
    contract = factories.a_contract(award=1_000_000, **exempt(5))
    factories.post(factories.a_line(contract), "approved", 1, "2018-10-01")
    see(cleared, contract.get_absolute_url())
    assert {kind for kind, *_ in acts()} == {"contracts.contract", "costs.costline"}


def test_a_row_beside_that_the_reader_may_not_see_is_never_noted(person):
    row = factories.an_incident(**exempt(6))
    assert reading.note([row], by=person, at=timezone.now()) == 0
    assert acts() == []
