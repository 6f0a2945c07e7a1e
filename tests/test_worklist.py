"""The worklist of the first page: what needs somebody today, for who may read it."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Role
from barnetwatch.pages.overview.worklist import SHOWN, worklists
from contracts import register
from contracts.attention import NONE_KNOWN, SOURCES_DISAGREE
from contracts.models import Recheck
from costs.payments import attributing, importing, uploads, working
from incidents import casework
from scrutiny import record
from scrutiny.models import Promise
from tests import everything, factories
from tests.actors import signed_in, the_superuser
from tests.costs.payments.files import TABLE
from tests.costs.payments.test_importing import bring, month, publisher
from tests.pages.payments.paid import a_contract, a_row, april

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


def test_the_first_are_shown_and_the_link_leads_to_all_of_them():
    officer = factories.a_person("Con Tract", Role.CONTRACT_OFFICER)
    for number in range(SHOWN + 2):
        contract = factories.a_contract(f"N{number}")
        a_promise(f"Promise {number}", contract=contract, due_on=dt.date(2018, 1, 1))
    browser = signed_in(officer)
    html = browser.get("/").content.decode()
    for found in worklists(officer, timezone.localdate(), timezone.now()):
        listed = browser.get(found.rest)
        assert listed.status_code == 200, found.title
        has_page_of_its_own = "cl" not in listed.context
        count = listed.context["count" if has_page_of_its_own else "cl"]
        count = count if has_page_of_its_own else count.result_count
        assert count == found.count, found.title
    found = lists(officer)["Promises past their date"]
    assert (len(found.items), found.more) == (SHOWN, 2)
    assert f"All {SHOWN + 2} promises past their date" in html


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
    assert counts["Failures that wait"] == 1
    assert counts["Promises past their date"] == 2
    assert counts["Contracts without an award"] == 2
    assert counts["Checks that wait"] == 1


def test_an_administrator_sees_what_waits_for_the_machinery_and_nothing_of_the_record():
    found = lists(factories.a_person("Ada Min", Role.ADMINISTRATOR))
    assert "Checks that wait" in found
    assert not found.keys() & {"Failures that wait", "Contracts without an award"}


def test_payment_files_wait_for_a_finance_officer_to_check_them(councillor):
    officer = factories.a_person("Fin Ance", Role.FINANCE_OFFICER)
    assert lists(officer)["Payment files to check"].count == 0
    upload = uploads.receive(
        [TABLE.encode()], name="april.csv", publisher=publisher(), by=officer, at=LONG_AGO
    )
    assert lists(officer)["Payment files to check"].count == 0
    working.work(NOW)

    assert "Payment files to check" not in lists(councillor)
    found = lists(officer)["Payment files to check"]
    assert titles(found) == ["april.csv"]
    assert found.items[0].words == "Barnet. Brought by Fin Ance on 1 July 2018."
    uploads.cancel(upload, by=officer)
    assert lists(officer)["Payment files to check"].count == 0


@pytest.mark.parametrize(("on", "missing"), [("2018-06-30", 0), ("2018-07-01", 1)])
def test_a_publishers_file_is_missed_after_two_months(councillor, on, missing):
    officer = factories.a_person("Fin Ance", Role.FINANCE_OFFICER)
    bring(month(3), name="march.csv")
    april = bring(month(4), name="april.csv").file
    found = lists(officer, factories.day(on))["Publishers without a new file"]
    assert found.count == missing
    assert "Publishers without a new file" not in lists(councillor)
    if missing:
        assert found.items[0].words == "Its payments are on the record up to 30 April 2018."
    importing.withdraw(april, reason="Wrong.", by=officer)
    found = lists(officer, factories.day(on))["Publishers without a new file"]
    assert found.items[0].words == "Its payments are on the record up to 31 March 2018."


def test_a_finance_officer_s_list_has_the_names_that_nobody_has_attributed():
    csg = a_contract()
    april(a_row("132.00"), a_row("9.00", name="Group Ltd"))
    attributing.confirm(
        "Group Ltd", supplier=csg.supplier, reason="Its group.", by=factories.the_officer()
    )
    finance = factories.a_person("Fin", Role.FINANCE_OFFICER)
    found = lists(finance)["Payments not yet attributed"]
    assert found.count == 2
    assert [(item.title, item.figure) for item in found.items] == [
        ("CAPITA BUSINESS SERVICES LIMITED", "£132.00"),
        ("group", "£9.00"),
    ]
    others = factories.a_person("Aud", Role.AUDITOR)
    assert "Payments not yet attributed" not in lists(others)
    type(csg.supplier).all_rows.filter(pk=csg.supplier_id).update(**factories.exempt(1))
    assert lists(finance)["Payments not yet attributed"].count == 0
