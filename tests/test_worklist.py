"""The first page: what needs somebody today, in the right order, for who may read it."""

import datetime as dt

import pytest
from barnetwatch.pages.worklist import SHOWN, worklists
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from contracts import register
from contracts.attention import NONE_KNOWN, SOURCES_DISAGREE
from contracts.models import Contract, Recheck, Variation
from costs import rechecks
from costs.models import Threshold
from incidents import casework
from incidents.models import IncidentUpdate
from scrutiny import record
from scrutiny.models import Promise
from tests import everything, factories
from tests.actors import signed_in, the_superuser

pytestmark = pytest.mark.django_db

NOW = factories.moment("2018-10-01 09:30")
TODAY = NOW.date()
LONG_AGO = factories.moment("2018-07-01")


@pytest.fixture
def councillor(db):
    return factories.a_councillor("Ann Member")


def lists(person, on=TODAY, at=NOW):
    """The worklists by their first word or two."""
    return {each.title: each for each in worklists(person, on, at)}


def a_promise(words="In due course", **fields) -> Promise:
    given = {
        "made_by": "Spokesman",
        "contract": fields.pop("contract", None) or factories.a_contract(award=1000),
        "source": factories.a_source(),
        "by": factories.the_officer(),
    }
    return record.promise(words=words, **given, **fields)


def titles(found) -> list[str]:
    return [item.title for item in found.items]


def test_overruns_stand_largest_first_each_with_its_sentence(councillor):
    factories.the_shipped_thresholds()
    factories.the_csg_record()
    small = factories.a_contract("Small", award=1_000_000_000)
    factories.post(factories.a_line(small), "approved", 150_000, "2018-01-01")
    rechecks.sweep(timezone.now())

    found = lists(councillor)["Overruns that are open"]

    assert found.count == 7
    assert titles(found)[:2] == [
        "CSG: supplementary spend, at risk, over £1,000,000",
        "CSG: supplementary spend, at risk, over £500,000",
    ]
    assert "together £4,364,176" in found.items[0].words
    assert "since July 2018" in found.items[0].words
    assert {title.split(":")[0] for title in titles(found)[-2:]} == {"Small"}
    assert not found.has_more


def test_failures_wait_after_thirty_silent_days_or_past_their_next_action(councillor):
    contract = factories.a_contract("CSG", award=1000)
    month_old = factories.moment("2018-09-01")
    silent = factories.an_incident(contract, title="Silent", at=LONG_AGO)
    factories.an_incident(contract, title="Heard of", at=month_old)
    due = factories.an_incident(
        contract,
        title="Due",
        at=NOW,
        next_action="Ask Capita",
        next_action_on=TODAY - dt.timedelta(days=1),
    )
    factories.an_incident(contract, title="Today", at=NOW, next_action_on=TODAY)
    done = factories.an_incident(contract, title="Done", at=LONG_AGO)
    casework.resolve(done, reason="It works.", by=factories.the_officer())

    found = lists(councillor)["Failures that wait"]
    assert titles(found) == [str(silent), str(due)]
    assert found.items[0].words.startswith("Last word 92 days ago, on 1 July 2018.")
    assert "Next action (Ask Capita) was due on 30 September 2018." in found.items[1].words

    casework.update(silent, text="News.", by=factories.the_officer(), at=NOW)
    assert titles(lists(councillor)["Failures that wait"]) == [str(due)]
    tomorrow = lists(councillor, TODAY + dt.timedelta(days=1))["Failures that wait"]
    assert "Heard of" in " ".join(titles(tomorrow))


def test_promises_stand_by_age_and_no_more_exactly_than_they_are_known(councillor):
    newer = a_promise("Soon", made_on=dt.date(2018, 9, 20))
    older = a_promise("In due course", made_on=dt.date(2017, 3, 1), made_precision="year")
    a_promise("By Monday", made_on=dt.date(2018, 1, 1), due_on=TODAY)
    late = a_promise("By May", made_on=dt.date(2018, 1, 1), due_on=dt.date(2018, 5, 31))
    kept = a_promise("Done", made_on=dt.date(2016, 1, 1))
    Promise.all_rows.filter(pk=kept.pk).update(status=Promise.Status.KEPT)

    found = lists(councillor)["Promises without a date"]
    assert titles(found) == [str(older), str(newer)]
    assert found.items[0].words == "Spokesman, 2017: no date named. At least 274 days old."
    assert found.items[1].words.endswith("11 days old.")
    assert titles(lists(councillor)["Promises past their date"]) == [str(late)]


def test_a_contract_without_an_award_says_whether_none_is_known_or_sources_disagree(councillor):
    factories.a_contract("Fine", award=1000)
    factories.a_contract("Unknown")
    disputed = factories.a_contract("Disputed", award=154_000_000)
    other = factories.an_award(disputed, 126_000_000)
    by = factories.the_officer()

    found = lists(councillor)["Contracts without an award"]
    words = {item.title.split(":")[0]: item.words for item in found.items}
    assert words == {"Unknown": NONE_KNOWN, "Disputed": SOURCES_DISAGREE}

    preference = register.prefer(other, reason="The newest.", by=by)
    assert lists(councillor)["Contracts without an award"].count == 1
    register.withdraw(preference, reason="It is not.", by=by)
    assert lists(councillor)["Contracts without an award"].count == 2


def test_dates_ahead_follow_the_last_day_that_variations_gave(councillor):
    contract = factories.a_contract(
        "CSG", award=1000, ends_on=dt.date(2019, 1, 31), notice_months=3
    )
    factories.a_contract("Passed", award=1000, ends_on=dt.date(2018, 9, 30))
    factories.a_contract("Over", award=1000, ends_on=dt.date(2018, 9, 30), status="ended")
    factories.a_contract("Far", award=1000, ends_on=dt.date(2028, 9, 30))
    factories.a_contract("Review", award=1000, ends_on=None, review_on=TODAY)

    words = [item.words for item in lists(councillor)["Contract dates ahead"].items]
    assert words == [
        "Last day of the contract passed on 30 September 2018, and it is still marked as in force.",
        "Review: 1 October 2018, today.",
        "Last day to give notice: 31 October 2018, in 30 days.",
        "Last day of the contract: 31 January 2019, in 122 days.",
    ]

    prolong(contract)
    assert lists(councillor)["Contract dates ahead"].count == 2


def test_dates_of_a_restricted_contract_follow_its_variations_too():
    member = factories.a_councillor()
    contract = factories.a_contract("X", ends_on=dt.date(2019, 1, 31), **factories.exempt(3))
    assert lists(member)["Contract dates ahead"].count == 1
    prolong(contract)
    assert lists(member)["Contract dates ahead"].count == 0


def prolong(contract) -> None:
    """The term ends nine years later."""
    register.vary(
        contract,
        kind=Variation.Kind.TERM,
        title="Nine years more",
        takes_effect_on=dt.date(2018, 9, 1),
        end_before=dt.date(2019, 1, 31),
        end_after=dt.date(2028, 1, 31),
        rationale="Agreed.",
        source=factories.a_source(),
        by=factories.the_officer(),
    )


def test_checks_that_wait_are_shown_to_officers_and_say_when_the_worker_may_be_down(councillor):
    Recheck.objects.all().delete()
    contract = factories.a_contract("CSG")
    Recheck.objects.all().delete()
    register.ask_recheck(contract, at=NOW - dt.timedelta(minutes=6))
    register.ask_recheck(contract, at=NOW)
    register.ask_recheck(contract, at=NOW + dt.timedelta(days=1))

    assert "Checks that wait" not in lists(councillor)
    officer = factories.a_person("Fin Ance", Role.FINANCE_OFFICER)
    found = lists(officer)["Checks that wait"]
    assert (found.count, titles(found)) == (1, ["CSG"])
    assert found.items[0].words == (
        "Asked for on 1 October 2018 at 09:24. That is long ago: is the worker running?"
    )
    soon = lists(officer, at=NOW - dt.timedelta(minutes=2))["Checks that wait"]
    assert "worker" not in soon.items[0].words


def test_an_empty_list_says_so(councillor):
    html = signed_in(councillor).get("/").content.decode()
    for words in (
        "No total is above a mark.",
        "No failures are waiting.",
        "No open promise is without a date.",
        "Every contract has an award to reckon with.",
        "No contract date is near.",
    ):
        assert words in html


def test_ten_are_shown_and_the_link_leads_to_all_of_them(councillor):
    for number in range(SHOWN + 2):
        a_promise(f"Promise {number}", contract=factories.a_contract(f"N{number}"))
    browser = signed_in(councillor)
    html = browser.get("/").content.decode()
    for found in worklists(councillor, timezone.localdate(), timezone.now()):
        listed = browser.get(found.rest)
        assert listed.status_code == 200, found.title
        rows = listed.context["cl"].result_count
        if found.title != "Contract dates ahead":  # A contract may have several dates.
            assert rows == found.count, found.title
    found = lists(councillor)["Promises without a date"]
    assert (len(found.items), found.has_more) == (SHOWN, True)
    assert f"All {SHOWN + 2}" in html


def test_what_is_hidden_is_in_no_list_and_no_count(councillor):
    everything.a_contract_with_everything("Secret", **factories.exempt(1))
    hidden = factories.a_contract("S", **factories.exempt(1))
    a_promise("Secret words", contract=hidden)
    a_promise("Secret day", contract=hidden, due_on=dt.date(2018, 1, 1))
    factories.a_contract("Secret lacking", **factories.exempt(1))
    for person in (councillor, the_superuser()):
        assert {each.count for each in worklists(person, TODAY, timezone.now())} == {0}
    cleared = factories.a_person("Cleared", Role.AUDITOR, cleared=(1,))
    counts = {each.title: each.count for each in worklists(cleared, TODAY, timezone.now())}
    assert counts["Overruns that are open"] == 1
    assert counts["Failures that wait"] == 1
    assert counts["Promises without a date"] == 2
    assert counts["Promises past their date"] == 1
    assert counts["Contracts without an award"] == 2
    assert counts["Checks that wait"] == 1


def test_an_administrator_sees_what_waits_for_the_machinery_and_nothing_of_the_record():
    found = lists(factories.a_person("Ada Min", Role.ADMINISTRATOR))
    assert "Checks that wait" in found
    assert not found.keys() & {"Overruns that are open", "Failures that wait"}
    assert "Contract dates ahead" not in found


def test_the_page_asks_as_many_questions_of_fifty_rows_as_of_one(councillor):
    officer = factories.a_person("Everything", Role.FINANCE_OFFICER)
    browser = signed_in(officer)
    mark = factories.a_threshold("firm", 1)
    fill(1)
    few = questions(browser)
    fill(49)
    assert questions(browser) == few
    assert few < 35
    assert [each.count for each in worklists(officer, timezone.localdate(), timezone.now())] == [
        50
    ] * 7
    assert Threshold.objects.get() == mark


def fill(rows: int) -> None:
    """So many rows in each of the lists."""
    for number in range(rows):
        contract = factories.a_contract(f"F{Contract.all_rows.count() + number}")
        factories.post(factories.a_line(contract), "approved", 5, "2018-01-01")
        factories.an_incident(contract, at=LONG_AGO)
        a_promise(contract=contract, made_on=dt.date(2018, 1, 1))
        a_promise(contract=contract, due_on=dt.date(2018, 1, 1))
    assert not IncidentUpdate.objects.filter(recorded_at__gt=NOW).exists()
    rechecks.sweep(timezone.now())
    for contract in Contract.all_rows.all():
        Recheck.objects.get_or_create(contract=contract)


def questions(browser) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/").status_code == 200
    return len(asked)
