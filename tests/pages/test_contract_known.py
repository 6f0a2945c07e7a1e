"""The page of a contract as known on a day: what this record held at that day's end."""

import datetime as dt

import pytest

from accounts.models import Role
from barnetwatch.lib.dates import end_of_day
from contracts import register
from costs import ledger, overruns
from costs.models import OverrunAlert
from incidents import casework
from scrutiny import record
from tests import factories
from tests.actors import as_role
from tests.factories import day, moment
from tests.pages.test_contract_page import address, html_of, section, text_of, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def contract(db):
    """Let in 2015 as this record has it; £150,000 approved in March 2018, £4m pledged in June."""
    contract = factories.a_contract("CSG")
    factories.an_award(contract, 320_000_000, at=moment("2015-01-10"))
    mosaic = factories.a_line(contract, "Mosaic")
    factories.post(mosaic, "approved", 150_000, "2018-03-01", at=moment("2018-03-05"))
    factories.post(mosaic, "pledged", 4_000_000, "2018-04-01", at=moment("2018-06-05"))
    return contract


def money_on(browser, contract, known):
    return words(section(html_of(browser, contract, known=known), "money"))


def test_the_sums_are_those_entered_by_the_end_of_that_day(councillor, contract):
    before = money_on(councillor, contract, "2018-06-04")
    after = money_on(councillor, contract, "2018-06-05")
    assert "£150,000 approved beside a contract of £320,000,000" in before
    assert "4,000,000" not in before
    assert "£150,000 approved and £3,850,000 pledged, together £4,000,000" in after


def test_what_takes_effect_later_is_not_reckoned_with_yet(councillor, contract):
    line = contract.cost_lines.get()
    factories.post(line, "approved", 900_000, "2019-01-01", at=moment("2018-03-06"))
    assert "1,050,000" not in money_on(councillor, contract, "2018-12-31")
    assert "£1,050,000.00" in money_on(councillor, contract, "2019-01-01")


def test_a_banner_says_the_day_and_leads_back_to_today(councillor, contract):
    html = html_of(councillor, contract, known="2018-10-01")
    assert "<strong>As known on 1 October 2018.</strong>" in html
    assert f'href="{address(contract)}">See it as it stands today</a>' in html
    assert "As known on 1 October" not in html_of(councillor, contract)


def test_when_nothing_was_held_yet_the_page_says_so_and_shows_nothing_else(councillor, contract):
    text = text_of(councillor, contract, known="2015-01-09")
    assert "As known on 9 January 2015. Nothing was held about this contract" in text
    assert "Its award was entered here on 10 January 2015." in text
    assert "320" not in text
    assert "Nothing was held" not in text_of(councillor, contract, known="2015-01-10")


def test_a_day_lasts_until_midnight_in_london(councillor, contract):
    line = contract.cost_lines.get()
    last = end_of_day(day("2018-07-10")) - dt.timedelta(seconds=1)
    factories.post(line, "approved", 10_000, "2018-07-01", at=last)
    factories.post(line, "approved", 20_000, "2018-07-01", at=end_of_day(day("2018-07-10")))
    assert "£160,000.00" in money_on(councillor, contract, "2018-07-10")
    assert "£180,000.00" in money_on(councillor, contract, "2018-07-11")


def test_the_award_is_the_one_that_stood_then(councillor, contract):
    officer = factories.the_officer()
    [first] = contract.awards.all()
    register.withdraw(first, reason="Misread", by=officer, at=moment("2018-09-01"))
    factories.an_award(contract, 300_000_000, at=moment("2018-09-01"))
    assert "let for £320 million" in text_of(councillor, contract, known="2018-08-31")
    assert "let for £300 million" in text_of(councillor, contract, known="2018-09-01")


def test_an_entry_that_was_reversed_later_still_stands(councillor, contract):
    line = contract.cost_lines.get()
    entry = factories.post(
        line, "alleged", 7_000_000, "2018-07-01", stated_by="A blog", at=moment("2018-07-02")
    )
    ledger.reverse(entry, reason="Wrong", by=factories.the_officer(), at=moment("2018-08-01"))
    assert "says A blog" in money_on(councillor, contract, "2018-07-31")
    assert "says A blog" not in money_on(councillor, contract, "2018-08-01")


def test_overruns_are_those_that_were_open_with_the_sum_of_that_day(councillor, contract):
    factories.a_threshold("at_risk", 100_000)
    overruns.check(contract, on=day("2018-03-10"), at=moment("2018-03-10"))
    factories.post(
        contract.cost_lines.get(), "pledged", 1_000_000, "2018-08-01", at=moment("2018-08-01")
    )
    overruns.check(contract, on=day("2018-08-02"), at=moment("2018-08-02"))
    OverrunAlert.objects.update(cleared_at=moment("2018-09-01"), ending="back")

    def shown(known):
        return words(section(html_of(councillor, contract, known=known), "overruns"))

    assert "No total was above a mark" in shown("2018-03-09")
    assert "At risk: £150,000 approved beside" in shown("2018-03-10")
    assert "together £4,000,000" in shown("2018-07-31")
    assert "together £5,000,000" in shown("2018-08-31")
    assert "No total was above a mark" in shown("2018-09-01")


def test_an_overrun_says_since_when_as_it_said_then(councillor, contract):
    factories.a_threshold("at_risk", 100_000)
    overruns.check(contract, on=day("2018-03-10"), at=moment("2018-03-10"))
    late = factories.a_line(contract, "Found late")
    factories.post(late, "approved", 120_000, "2017-05-05", at=moment("2018-05-01"))
    overruns.check(contract, on=day("2018-05-01"), at=moment("2018-05-01 12:00"))

    def shown(known):
        return words(section(html_of(councillor, contract, known=known), "overruns"))

    assert "1 March 2018" in shown("2018-04-30")
    assert "5 May 2017" in shown("2018-05-01")


def test_a_failure_stands_where_it_stood(councillor, contract):
    officer = factories.the_officer()
    failure = factories.an_incident(contract, title="No bills", at=moment("2018-05-01"))
    casework.act(failure, "confirm", reason="It is so", by=officer, at=moment("2018-06-01"))
    casework.act(failure, "resolve", reason="It bills", by=officer, at=moment("2018-07-01"))

    def shown(known):
        return words(section(html_of(councillor, contract, known=known), "failures"))

    assert "No bills" not in shown("2018-04-30")
    for known, status in (
        ("2018-05-31", "Reported"),
        ("2018-06-30", "Confirmed"),
        ("2018-07-01", "Resolved"),
    ):
        assert f"Major {status}" in shown(known)
    assert "at least 60 days" in shown("2018-06-30")  # It ended later.
    assert "at least 61 days" in shown("2018-09-30")
    text = text_of(councillor, contract, known="2018-06-30")
    assert "One failure is open, for about 1 month." in text
    assert "failure is open" not in text_of(councillor, contract, known="2018-07-01")


def test_statements_decisions_and_promises_are_those_entered_by_then(councillor, contract):
    about = {"contract": contract, "source": factories.a_source(), "by": factories.the_officer()}
    record.state(
        kind="claim",
        speaker="Labour group",
        words="It fails",
        said_on=day("2016-01-01"),
        at=moment("2018-09-01"),
        **about,
    )
    record.decide(
        kind="motion",
        title="A report on it",
        text="Asks for a report",
        outcome="defeated",
        taken_by="The council",
        taken_on=day("2016-01-01"),
        at=moment("2018-09-01"),
        **about,
    )
    record.promise(
        words="in due course",
        made_by="Spokesman",
        made_on=day("2016-01-01"),
        at=moment("2018-09-01"),
        **about,
    )
    for trace in ("It fails", "A report on it", "in due course"):
        assert trace not in text_of(councillor, contract, known="2018-08-31")
        assert trace in text_of(councillor, contract, known="2018-09-01")


def test_three_boxes_lead_to_an_address_that_can_be_sent_on(councillor, contract):
    boxes = {"known_day": "1", "known_month": "10", "known_year": "2018"}
    answer = councillor.get(address(contract), boxes)
    assert answer.status_code == 302
    assert answer.url == f"{address(contract)}?known=2018-10-01"


def test_empty_boxes_lead_to_today(councillor, contract):
    answer = councillor.get(
        address(contract), {"known_day": "", "known_month": "", "known_year": ""}
    )
    assert answer.url == address(contract)


@pytest.mark.parametrize(
    ("year", "says"), [("2999", "Enter today or a day before it."), ("18", "four digits")]
)
def test_a_day_that_cannot_be_is_refused_with_a_link_to_its_box(councillor, contract, year, says):
    boxes = {"known_day": "1", "known_month": "10", "known_year": year}
    html = html_of(councillor, contract, **boxes)
    assert "There is a problem" in html
    assert says in html
    assert 'href="#id_known_0"' in html


@pytest.mark.parametrize("typed", ["2018-13-01", "yesterday", "", "2999-01-01", "2018-10-01x"])
def test_an_address_that_names_no_past_day_shows_today(councillor, contract, typed):
    assert "As known on" not in words(
        html_of(councillor, contract, known=typed)
        .split('<div class="bw-contract">')[1]
        .split("<dl")[0]
    )
