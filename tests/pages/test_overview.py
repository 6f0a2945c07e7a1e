"""The first page: what changed, what is over its marks, what stands, for who may read it."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.pages.overview.overruns import open_overruns
from barnetwatch.pages.overview.standing import (
    dateless_promises,
    dates_ahead,
    late_promises,
    open_failures,
)
from barnetwatch.pages.overview.week import changes
from contracts import register
from contracts.models import Contract, Variation
from costs import rechecks
from costs.models import OverrunAlert
from incidents import casework
from scrutiny import record
from scrutiny.models import Promise
from tests import everything, factories
from tests.actors import as_role, signed_in, the_superuser

pytestmark = pytest.mark.django_db

TODAY = dt.date(2018, 10, 1)


@pytest.fixture
def councillor():
    return factories.a_councillor("Ann Member")


@pytest.fixture
def csg():
    factories.the_shipped_thresholds()
    contract = factories.the_csg_record()
    rechecks.sweep(timezone.now())
    return contract


def page(person) -> str:
    answer = signed_in(person).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def said(html: str) -> str:
    """What is seen of a page: without its markup and what only a screen reader says."""
    main = html.partition("<main")[2].partition("</main>")[0]
    seen = re.sub(r'<span class="govuk-visually-hidden">.*?</span>', "", main)
    return " ".join(re.sub(r"<[^>]+>", "", seen).replace("&#x27;", "'").split())


def week(person, at=None) -> dict[str, list[str]]:
    """What changed in the week, a sentence a row, by its heading."""
    found = changes(person, at or timezone.now() + dt.timedelta(seconds=1))
    return {each.title: [f"{item.title}{item.words}" for item in each.items] for each in found}


def test_the_marks_of_one_measure_stand_behind_one_arithmetic(csg, councillor):
    text = said(page(councillor))

    assert (
        "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, beside a contract "
        "of £320,000,000: 1.36%, over the £500,000, £1,000,000 and 1% marks since July 2018 and "
        "over the £100,000 mark since 25 July 2016."
    ) in text
    assert text.count("together £4,364,176") == 1
    assert "1 contract is over a mark." in text


def test_each_mark_leads_to_its_alert_and_the_card_to_the_contract(csg, councillor):
    html = page(councillor)

    alerts = OverrunAlert.objects.standing()
    assert alerts.count() == 5
    for alert in alerts:
        assert f'href="{alert.get_absolute_url()}"' in html
    assert f'href="{csg.get_absolute_url()}">CSG: Customer and Support Group</a>' in html
    for name in ("at risk", "firm"):
        assert f'Show the sum<span class="govuk-visually-hidden"> of CSG, {name}</span>' in html


def test_the_largest_total_comes_first_and_the_rest_is_counted(csg, councillor):
    for number in range(6):
        small = factories.a_contract(f"S{number}", award=1_000_000_000)
        factories.post(factories.a_line(small), "approved", 150_000 + number, "2018-01-01")
    rechecks.sweep(timezone.now())

    found = open_overruns(councillor)

    assert [each.contract.reference for each in found.contracts] == ["CSG", "S5", "S4", "S3", "S2"]
    assert [each.name for each in found.contracts[0].overruns] == ["At risk", "Firm"]
    assert (found.contract_count, found.more, found.count) == (7, 2, 17)
    assert "All 17 overruns, of 7 contracts" in said(page(councillor))


def test_the_week_says_what_was_recorded_in_plain_sentences(csg, councillor):
    by, source = factories.the_officer(), factories.a_source()
    failure = factories.an_incident(csg, title="Mosaic cannot bill")
    casework.resolve(failure, reason="It bills again.", by=by)
    line = factories.a_line(csg, "The fraud", kind="fraud_loss")
    factories.post(line, "paid", 2_063_972, "2017-12-31")
    record.promise(words="In due course", made_by="Spokesman", contract=csg, source=source, by=by)

    found = week(councillor)

    assert found["Overruns raised"] == [
        "CSG: at risk went over the £100,000, £500,000, £1,000,000 and 1% marks.",
        "CSG: firm went over the £100,000 mark.",
    ]
    assert found["Failures reported"] == [f"Mosaic cannot bill ({failure.reference}), CSG. Major."]
    assert found["Failures resolved or closed"] == [
        f"Mosaic cannot bill ({failure.reference}). It bills again."
    ]
    assert found["Costs posted"] == [
        "£4.2 million pledged: Mosaic: new delivery partner, CSG.",
        "£2,063,972 paid: The fraud, CSG.",
        "£164,176 approved: Independent technical assurance, CSG.",
    ]
    assert found["Promises recorded"][0].startswith("“In due course”. Promised by Spokesman")
    assert "Decisions recorded" not in found
    assert (
        "£164,176 approved and £4.2 million pledged beside contracts; £2,063,972 paid in fraud "
        "losses, service credits and settlements."
    ) in said(page(councillor))


def test_what_was_recorded_before_the_week_is_no_news(csg, councillor):
    later = timezone.now() + dt.timedelta(days=7, seconds=1)

    assert week(councillor)
    assert week(councillor, later) == {}


def test_an_entry_reversed_in_its_own_week_says_nothing_and_an_older_one_is_told(councillor):
    line = factories.a_line(factories.a_contract("CSG"), "A line")
    entry = factories.post(line, "approved", 500, "2018-01-01")
    assert week(councillor)["Costs posted"] == ["£500 approved: A line, CSG."]

    then = timezone.now() + dt.timedelta(days=10)
    factories.reverse(entry, at=then)

    assert week(councillor, then + dt.timedelta(days=1)) == {
        "Costs reversed": ["£500 approved: A line, CSG. Taken back as a mistake."]
    }
    at_once = factories.post(line, "approved", 600, "2018-01-01")
    factories.reverse(at_once)
    assert "Costs posted" not in week(councillor)


def test_failures_stand_by_how_long_they_are_open_and_no_more_exactly_than_known(councillor):
    contract = factories.a_contract("CSG")
    factories.an_incident(contract, title="New", occurred_on=dt.date(2018, 9, 30))
    factories.an_incident(contract, title="Old", reported_on=dt.date(2018, 7, 16))
    done = factories.an_incident(contract, title="Done", occurred_on=dt.date(2010, 1, 1))
    casework.resolve(done, reason="It works.", by=factories.the_officer())

    found = open_failures(councillor, TODAY)

    assert [(each.title.split(" (")[0], each.figure) for each in found.items] == [
        ("Old", "at least 77 days"),
        ("New", "1 day"),
    ]
    assert found.items[0].words == "CSG. Major, reported. First reported on 16 July 2018."


def test_dates_say_what_falls_on_them_and_how_far_off_they_are(councillor):
    factories.a_contract("Ends", ends_on=dt.date(2019, 1, 31))
    factories.a_contract("Passed", ends_on=dt.date(2018, 9, 30))
    factories.a_contract("Today", ends_on=None, review_on=TODAY)

    found = dates_ahead(councillor, TODAY)

    still = "The contract is still marked as in force."
    assert [(each.words, each.figure) for each in found.items] == [
        (f"Last day of the contract: 30 September 2018. {still}", "1 day ago"),
        ("Review: 1 October 2018.", "today"),
        ("Last day of the contract: 31 January 2019.", "in 122 days"),
    ]


def test_dates_follow_the_last_day_that_variations_gave():
    member = factories.a_councillor()
    near = {"ends_on": dt.date(2019, 1, 31), "notice_months": 3}
    contracts = [
        factories.a_contract("CSG", **near),
        factories.a_contract("Kept back", **near, **factories.exempt(3)),
    ]
    assert dates_ahead(member, TODAY).count == 4
    for contract in contracts:
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
    assert dates_ahead(member, TODAY).count == 0


def test_promises_stand_by_age_and_no_more_exactly_than_they_are_known(councillor):
    a_promise("Soon", made_on=dt.date(2018, 9, 20))
    a_promise("In due course", made_on=dt.date(2017, 3, 1), made_precision="year")
    a_promise("By Monday", made_on=dt.date(2018, 1, 1), due_on=TODAY)
    a_promise("By May", made_on=dt.date(2018, 1, 1), due_on=dt.date(2018, 5, 31))
    kept = a_promise("Done", made_on=dt.date(2016, 1, 1))
    Promise.all_rows.filter(pk=kept.pk).update(status=Promise.Status.KEPT)

    dateless, late = dateless_promises(councillor, TODAY), late_promises(councillor, TODAY)

    assert [(each.title, each.words, each.figure) for each in dateless.items] == [
        ("“In due course”", "Spokesman, 2017.", "at least 274 days old"),
        ("“Soon”", "Spokesman, 20 September 2018.", "11 days old"),
    ]
    assert [(each.title, each.figure) for each in late.items] == [("“By May”", "123 days overdue")]


def a_promise(words: str, **fields) -> Promise:
    given = {"made_by": "Spokesman", "source": factories.a_source(), "by": factories.the_officer()}
    return record.promise(words=words, contract=factories.a_contract(), **given, **fields)


def test_a_record_with_nothing_in_it_is_told_kindly(councillor):
    text = said(page(councillor))

    for words in (
        "All is quiet: no contract is over a mark",
        "A quiet week.",
        "No contract is over a mark.",
        "No failure is open.",
        "Every promise on the record was kept, or has a day that is still to come.",
        "No contract ends, falls due for review or needs notice in the next 12 months.",
    ):
        assert words in text


def test_what_is_hidden_is_on_no_part_of_the_page(councillor):
    everything.a_contract_with_everything("Secret", **factories.exempt(1))

    for person in (councillor, the_superuser(), factories.a_person("Fin", Role.FINANCE_OFFICER)):
        assert "Secret" not in page(person)
        assert "All is quiet" in page(person)
    cleared = factories.a_person("Cleared", Role.AUDITOR, cleared=(1,))
    assert page(cleared).count("Secret") > 10


def test_an_overrun_that_rests_on_restricted_rows_is_told_only_to_who_sees_them(councillor):
    factories.the_shipped_thresholds()
    contract = factories.a_contract("CSG", award=320_000_000)
    factories.post(factories.a_line(contract), "approved", 90_000, "2018-01-01")
    hidden = factories.a_line(contract, "Hidden", **factories.exempt(1))
    factories.post(hidden, "approved", 20_000, "2018-01-02")
    rechecks.sweep(timezone.now())

    assert open_overruns(councillor).count == 0
    assert "110,000" not in page(councillor)
    cleared = factories.a_person("Cleared", Role.AUDITOR, cleared=(1,))
    assert "This rests on restricted records, too." in said(page(cleared))


def test_officers_have_their_worklist_and_councillors_a_page_without_it(councillor):
    factories.a_contract("Lacking")

    for role in (Role.INCIDENT_OFFICER, Role.CONTRACT_OFFICER, Role.FINANCE_OFFICER, Role.AUDITOR):
        text = said(as_role(role).get("/").content.decode())
        assert "What waits for somebody" in text
        assert "Contracts without an award: 1" in text
    assert "What waits for somebody" not in page(councillor)


def test_an_administrator_sees_the_machinery_and_nothing_of_the_record(csg):
    text = said(as_role(Role.ADMINISTRATOR).get("/").content.decode())

    assert "No mail has failed." in text
    assert "CSG" not in text
    assert "What changed this week" not in text


def test_the_registers_of_the_back_office_have_an_address_of_their_own():
    answer = as_role(Role.CONTRACT_OFFICER).get(reverse("admin:back_office"))

    assert answer.status_code == 200
    html = answer.content.decode()
    assert reverse("admin:contracts_contract_changelist") in html
    assert "worklist" not in html


def test_the_back_office_is_offered_to_all_but_councillors(councillor):
    address = reverse("admin:back_office")
    for role in (Role.FINANCE_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert f'href="{address}"' in as_role(role).get("/").content.decode()
    assert f'href="{address}"' not in page(councillor)


def test_the_page_asks_as_many_questions_of_fifty_rows_as_of_one():
    officer = factories.a_person("Everything", Role.FINANCE_OFFICER)
    browser = signed_in(officer)
    factories.a_threshold("firm", 1)
    fill(1)
    few = questions(browser)
    fill(49)
    assert open_overruns(officer).contract_count == 50
    assert questions(browser) == few
    assert few <= 55


def fill(rows: int) -> None:
    """So many rows of everything that the page shows."""
    by, source = factories.the_officer(), factories.a_source()
    for _ in range(rows):
        number = Contract.all_rows.count()
        contract = factories.a_contract(f"F{number}")
        line = factories.a_line(contract)
        factories.post(line, "approved", 5, "2018-01-01")
        long_ago = factories.moment("2018-01-01")
        old = factories.an_incident(contract, at=long_ago)
        factories.an_incident(contract, at=long_ago)
        casework.update(old, text="News", by=by)
        done = factories.an_incident(contract)
        casework.resolve(done, reason="Done.", by=by)
        about = {"contract": contract, "source": source, "by": by}
        record.promise(words="Soon", made_by="Spokesman", **about)
        record.promise(words="May", made_by="Spokesman", due_on=dt.date(2018, 5, 1), **about)
        record.decide(
            kind="resolution",
            title="A decision",
            text="It is decided.",
            outcome="agreed",
            taken_by="An officer",
            **about,
        )
    rechecks.sweep(timezone.now())


def questions(browser) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/").status_code == 200
    return len(asked)
