"""What a digest says: the window, what is news, who follows what, and what is never said."""

import datetime as dt
import json
import re
from decimal import Decimal
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from contracts import register
from contracts.models import Contract, Source, Supplier, Variation
from costs import rechecks
from costs.models import CostLine, OverrunAlert
from costs.payments import attributing
from costs.payments.importing import publisher_of
from digests.compiling import (
    PAGE,
    SHOWN,
    SHOWN_FIRST,
    SILENCE,
    Digest,
    Following,
    fitted,
    gather,
    section,
)
from digests.items import LONG, Item
from digests.rendering import render_digest
from incidents import casework
from incidents.models import Incident
from scrutiny import claiming, meetings, record
from scrutiny.models import Body, Decision, Meeting, Promise, Statement
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.digests.readers import BEFORE, CUT, SECOND, WEDNESDAY, WEEK, a_failure, an_overrun
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_line,
    a_source,
    a_supplier,
    a_threshold,
    an_award,
    day,
    exempt,
    post,
    reverse,
    the_csg_record,
    the_officer,
    the_shipped_thresholds,
)

pytestmark = pytest.mark.django_db

EVERYTHING = Following()
EARLIER = BEFORE - dt.timedelta(days=30)
_number = count(1)


@pytest.fixture
def csg() -> Contract:
    return a_contract("CSG", award=320_000_000)


def told(following: Following = EVERYTHING, since=BEFORE, until=CUT) -> Digest:
    return gather(following, since, until, WEEK)


def said(digest: Digest) -> dict[str, list[str]]:
    """The words of each item, by section."""
    return {part.title: [item.words for item in part.items] for part in digest.sections}


def news(digest: Digest) -> list[str]:
    return [part.title for part in digest.sections if part.is_news]


def only_item(digest: Digest, title: str):
    [part] = [part for part in digest.sections if part.title == title]
    [item] = part.items
    return item


def a_decision(contract: Contract | None = None, at=WEDNESDAY, **fields) -> Decision:
    given = {
        "kind": Decision.Kind.DELEGATED,
        "title": f"Decision {next(_number)}",
        "text": "It is so decided.",
        "outcome": Decision.Outcome.AGREED,
        "taken_by": "Director of Resources",
        "taken_on": day("2018-10-02"),
        "source": fields.pop("source", None) or a_source(),
        **fields,
    }
    return record.decide(contract=contract, by=the_officer(), at=at, **given)


def a_promise(contract: Contract | None = None, at=WEDNESDAY, **fields) -> Promise:
    given = {
        "words": f"It will be done, number {next(_number)}",
        "made_by": "Council spokesman",
        "made_on": day("2018-10-02"),
        "source": fields.pop("source", None) or a_source(),
        **fields,
    }
    return record.promise(contract=contract, by=the_officer(), at=at, **given)


def a_claim(contract: Contract | None = None, at=EARLIER, **fields) -> Statement:
    given = {
        "kind": "claim",
        "speaker": "Labour group",
        "words": f"It fails, number {next(_number)}",
        "said_on": day("2018-07-01"),
        "source": fields.pop("source", None) or a_source(),
        **fields,
    }
    return record.state(contract=contract, by=the_officer(), at=at, **given)


def a_meeting(contract: Contract | None = None, on="2018-10-20", body=None, **fields) -> Meeting:
    body = body or Body.objects.get_or_create(name="Audit Committee")[0]
    contracts = [contract] if contract else []
    return meetings.call(
        body=body, held_on=day(on), contracts=contracts, by=the_officer(), at=EARLIER, **fields
    )


def a_payment(contract: Contract, at=WEDNESDAY) -> None:
    """A file of September with one payment under a contract."""
    name = f"Payee {next(_number)}"
    attributing.confirm(
        name, supplier=contract.supplier, contract=contract, reason="So.", by=the_officer()
    )
    row = f"R,D,T,1,{name},5.00,15/09/2018"
    bring(table(row), name=f"{name}.csv", at=at, publisher=publisher_of(name))


def one_of_each(contract: Contract) -> None:
    """One piece of news of each sort."""
    old = a_failure(contract, at=EARLIER)
    an_overrun(contract)
    over = an_overrun(contract, at=EARLIER)
    OverrunAlert.objects.filter(pk=over.pk).update(cleared_at=WEDNESDAY, ending="back")
    a_failure(contract)
    casework.update(old, text="Tested again.", by=the_officer(), at=WEDNESDAY)
    a_decision(contract)
    a_promise(contract)
    a_promise(contract, at=EARLIER)
    a_payment(contract)


# The window -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        (BEFORE - SECOND, False),
        (BEFORE, True),
        (WEDNESDAY, True),
        (CUT - dt.timedelta(microseconds=1), True),
        (CUT, False),
    ],
)
def test_what_is_recorded_from_the_last_cut_up_to_this_one_is_told(csg, at, is_told):
    a_failure(csg, at=at)
    post(a_line(csg), "approved", 100, "2018-09-03", at=at)
    a_decision(csg, at=at)
    a_promise(csg, at=at)
    wanted = ["New failures", "Money recorded", "Decisions", "New promises"] if is_told else []
    assert news(told()) == wanted


def test_what_is_recorded_at_the_very_cut_is_told_in_the_next_digest(csg):
    a_failure(csg, at=CUT)
    assert not told().has_news
    assert news(told(since=CUT, until=CUT + dt.timedelta(days=7))) == ["New failures"]


@pytest.mark.parametrize("on", ["2013-09-01", "2018-10-03", "2023-01-01"])
def test_an_entry_recorded_late_is_told_once_whatever_its_date(csg, on):
    post(a_line(csg), "approved", 100, on, at=WEDNESDAY)
    weeks = [BEFORE + dt.timedelta(days=7 * n) for n in range(-3, 5)]
    digests = [told(since=since, until=since + dt.timedelta(days=7)) for since in weeks]
    assert [digest.has_news for digest in digests] == [since == BEFORE for since in weeks]


def test_one_digest_over_three_weeks_tells_what_three_would_have(csg):
    for week in range(3):
        at = BEFORE + dt.timedelta(days=7 * week, hours=5)
        a_failure(csg, at=at)
    three_weeks = told(until=BEFORE + dt.timedelta(days=21))
    assert three_weeks.counts["new failures"] == 3


# What is news ---------------------------------------------------------------------------------


def test_the_most_important_comes_first(csg):
    one_of_each(csg)
    assert [part.title for part in told().sections] == [
        "Overruns raised",
        "Overruns cleared",
        "New failures",
        "Failures with news",
        "Money recorded",
        "Paid this month, against plan",
        "Decisions",
        "New promises",
        "Promises still open, oldest first",
    ]


def test_what_merely_stands_is_no_news(csg):
    a_promise(csg, at=EARLIER)
    a_contract("SOON", ends_on=day("2018-12-31"))
    digest = told()
    assert list(said(digest)) == ["Promises still open, oldest first", "Dates ahead"]
    assert not digest.has_news
    assert digest.figures == ()


def test_an_alert_raised_and_cleared_between_two_cuts_is_not_told(csg):
    alert = an_overrun(csg)
    OverrunAlert.objects.filter(pk=alert.pk).update(
        cleared_at=WEDNESDAY + SECOND, ending=OverrunAlert.Ending.BACK
    )
    assert "Overruns raised" not in said(told())
    assert "Overruns cleared" not in said(told())


def test_an_alert_that_stood_at_the_cut_is_told_by_a_digest_made_late(csg):
    alert = an_overrun(csg)
    OverrunAlert.objects.filter(pk=alert.pk).update(cleared_at=CUT, ending=OverrunAlert.Ending.BACK)
    assert "Overruns raised" in said(told())
    after = told(since=CUT, until=CUT + dt.timedelta(days=7))
    assert list(said(after)) == ["Overruns cleared"]


def test_an_alert_whose_place_was_taken_is_not_told_as_cleared(csg):
    alert = an_overrun(csg, at=EARLIER, basis=OverrunAlert.Basis.ALL)
    OverrunAlert.objects.filter(pk=alert.pk).update(
        cleared_at=WEDNESDAY, ending=OverrunAlert.Ending.SUPERSEDED
    )
    assert not told().has_news


def test_a_new_failure_is_told_once_with_where_it_stands_now(csg):
    failure = a_failure(csg)
    casework.confirm(failure, reason="The council agrees.", by=the_officer())
    digest = told()
    assert list(said(digest)) == ["New failures"]
    assert only_item(digest, "New failures").label == "Major, confirmed"


def test_of_a_failures_news_the_latest_is_told(csg):
    failure = a_failure(csg, at=EARLIER)
    for hour, text in enumerate(("Tested.", "Failed again.", "Repaired.")):
        at = WEDNESDAY + dt.timedelta(hours=hour)
        casework.update(failure, text=text, by=the_officer(), at=at)
    assert said(told()) == {
        "Failures with news": [f"{failure.title} ({failure.reference}). Repaired."]
    }


def test_promises_that_were_kept_are_no_longer_open_ones(csg):
    kept = a_promise(csg, at=EARLIER)
    Promise.objects.filter(pk=kept.pk).update(status=Promise.Status.KEPT)
    a_failure(csg)
    assert list(said(told())) == ["New failures"]


def test_open_promises_stand_oldest_first_and_those_of_no_known_day_last(csg):
    days = (None, "2018-05-01", "2016-01-01", "2017-01-01")
    for on in days:
        a_promise(csg, at=EARLIER, words=str(on), made_on=on and day(on))
    a_failure(csg)
    found = said(told())["Promises still open, oldest first"]
    assert [words[1:11] for words in found] == ["2016-01-01", "2017-01-01", "2018-05-01"]
    [part] = [part for part in told().sections if part.title.startswith("Promises")]
    assert part.more == 1


def test_decisions_stand_newest_first_and_those_of_no_known_day_last(csg):
    for on in (None, "2018-05-01", "2018-09-01"):
        a_decision(csg, title=f"Taken {on}", taken_on=on and day(on))
    found = said(told())["Decisions"]
    assert [words.split(".")[0] for words in found] == [
        "Taken 2018-09-01",
        "Taken 2018-05-01",
        "Taken None",
    ]


def test_dates_ahead_follow_the_last_extension():
    contract = a_contract("LONG", ends_on=day("2018-12-31"), notice_months=3)
    extension = {
        "kind": Variation.Kind.TERM,
        "title": "A year more",
        "takes_effect_on": day("2018-01-01"),
        "rationale": "It was an option.",
        "source": a_source(),
        "end_before": day("2018-12-31"),
        "end_after": day("2019-12-31"),
    }
    register.vary(contract, by=the_officer(), **extension)
    assert said(told()) == {
        "Dates ahead": ["LONG. Last day to give notice: 30 September 2019, in 357 days."]
    }


@pytest.mark.parametrize(
    ("review_on", "words"),
    [
        ("2018-10-08", "today"),
        ("2018-10-09", "in 1 day"),
        ("2018-10-10", "in 2 days"),
        ("2019-10-08", "in 365 days"),
    ],
)
def test_days_until_a_date_count_from_the_day_of_the_cut(review_on, words):
    a_contract("SOON", ends_on=None, review_on=day(review_on))
    [[item]] = said(told()).values()
    assert item.endswith(f", {words}.")


@pytest.mark.parametrize("status", [Contract.Status.ENDED, Contract.Status.TERMINATED])
def test_a_contract_that_is_over_has_no_dates_ahead(status):
    a_contract("OVER", ends_on=day("2018-12-31"), status=status)
    assert said(told()) == {}


# A page's length ------------------------------------------------------------------------------


def test_a_section_shows_the_first_few_and_counts_the_rest(csg):
    line = a_line(csg)
    for amount in (300, 100, 500, 200, 400):
        post(line, "approved", amount, "2018-10-02", at=WEDNESDAY)
    for severity in [Incident.Severity.MINOR] * 4 + [Incident.Severity.CRITICAL] * 3:
        a_failure(csg, severity=severity)
    failures, money = told().sections
    assert len(money.items) == SHOWN == 3
    assert [item.words[:4] for item in money.items] == ["£500", "£400", "£300"]
    assert money.more == 2
    assert len(failures.items) == SHOWN_FIRST == 5
    assert [item.label.split(",")[0] for item in failures.items] == ["Critical"] * 3 + ["Minor"] * 2
    assert failures.more == 2
    assert told().counts["new failures"] == 7
    assert told().counts["sums recorded"] == 5


def test_a_long_text_is_told_on_one_line_and_cut_short(csg):
    failure = a_failure(csg, at=EARLIER)
    text = "OVERRUNS RAISED\n\n* Not one.\n" + "It goes on and on. " * 100
    casework.update(failure, text=text, by=the_officer(), at=WEDNESDAY)
    [[words]] = said(told()).values()
    assert "\n" not in words
    assert words.endswith("…")
    assert len(words) < LONG + 50


def test_money_is_told_by_its_size_whichever_way_it_goes(csg):
    line = a_line(csg)
    wrong = post(line, "pledged", 900, "2018-05-01", at=EARLIER)
    reverse(wrong, at=WEDNESDAY)
    post(line, "pledged", 500, "2018-05-01", at=WEDNESDAY)
    post(line, "pledged", -400, "2018-05-01", at=WEDNESDAY)
    assert [words.split(":")[0] for words in said(told())["Money recorded"]] == [
        "£900 pledged, now reversed",
        "£500 pledged",
        "£400 less pledged",
    ]


# Who follows what -----------------------------------------------------------------------------


def test_somebody_who_follows_chosen_contracts_is_told_of_those_only(csg):
    other = a_contract("OTHER", award=1_000_000, ends_on=day("2018-12-31"))
    one_of_each(csg)
    one_of_each(other)
    a_failure(None, supplier=other.supplier)
    both = render_digest(told())
    assert "OTHER" in both.text
    digest = told(Following((csg.pk,)))
    assert [len(part.items) for part in digest.sections] == [1] * 9
    assert set(digest.counts.values()) == {1}
    assert {figure.contract for figure in digest.figures} == {"CSG"}
    rendered = render_digest(digest)
    for words in (rendered.subject, rendered.text, rendered.html, json.dumps(rendered.items)):
        assert "OTHER" not in words


def test_somebody_who_follows_no_contract_that_is_left_is_told_nothing(csg):
    one_of_each(csg)
    assert said(told(Following(()))) == {}


def test_a_decision_or_promise_about_a_failure_goes_to_those_who_follow_its_contract(csg):
    failure = a_failure(csg, at=EARLIER)
    a_decision(incidents=[failure], title="About it")
    a_decision(title="About nothing")
    a_promise(incident=failure, words="About it")
    digest = told(Following((csg.pk,)))
    assert [words.split(".")[0] for words in said(digest)["Decisions"]] == ["About it"]
    assert said(digest)["New promises"][0].startswith("“About it”")
    assert not told(Following((a_contract().pk,))).has_news


# Open rows only -------------------------------------------------------------------------------


def hidden_news(csg: Contract) -> None:
    """News of every sort that rests on something restricted; each says CANARY, or £7,654,321."""
    officer, kept_back = the_officer(), exempt(3)
    a_threshold("firm", 100_000)
    a_threshold("firm", 5_000_000)
    post(a_line(csg, "Open"), "approved", 200_000, "2018-09-03", at=WEDNESDAY)
    secret = a_supplier("CANARY supplier", **exempt(5))
    contracts = [
        a_contract("CANARY-1", award=7_654_321, **kept_back, ends_on=day("2018-12-31")),
        a_contract("CANARY-2", award=7_654_321, supplier=secret, ends_on=day("2018-12-31")),
    ]
    for contract in contracts:
        one_of_each(contract)
        post(a_line(contract, "CANARY line"), "paid", 7_654_321, "2018-09-03", at=WEDNESDAY)
    lines = [
        a_line(csg, "CANARY exempt", **kept_back),
        a_line(csg, "CANARY confidential", **CONFIDENTIAL),
        a_line(csg, "CANARY payee", supplier=secret),
    ]
    for line in lines:
        post(line, "approved", 7_654_321, "2018-09-03", at=WEDNESDAY)
    hidden = a_failure(csg, title="CANARY failure", **kept_back)
    a_failure(csg, title="CANARY supplier's failure", supplier=secret)
    earlier = a_failure(csg, at=EARLIER, title="CANARY failure of before", **kept_back)
    casework.update(earlier, text="CANARY update", by=officer, at=WEDNESDAY)
    known = a_failure(csg, at=EARLIER, title="Known failure")
    for line in lines:
        casework.attribute(known, line, why="CANARY why", by=officer, at=WEDNESDAY)
    a_decision(csg, title="CANARY decision", **kept_back)
    a_promise(csg, words="CANARY promise", **kept_back)
    a_promise(csg, at=EARLIER, words="CANARY promise of before", **CONFIDENTIAL)
    a_promise(csg, incident=hidden, words="CANARY promise about a failure")
    source = a_source("CANARY source", **kept_back)
    post(a_line(csg, "Read in private"), "alleged", 1, "2018-09-03", at=WEDNESDAY, source=source)
    rechecks.sweep(WEDNESDAY)
    bases = OverrunAlert.all_rows.filter(contract=csg).values_list("basis", flat=True)
    assert set(bases) == {"open", "all"}


def everything_said(digest: Digest) -> str:
    rendered = render_digest(digest)
    assert not re.search("iVBOR|base64", rendered.html)
    return "\n".join(
        (rendered.subject, rendered.text, rendered.html, json.dumps(rendered.items, default=str))
    )


SECRETS = ("CANARY", "7,654,321", "7654321", "7.65")


def test_nothing_restricted_is_said_anywhere(csg):
    hidden_news(csg)
    digest = told()
    words = everything_said(digest)
    for secret in SECRETS:
        assert secret not in words
    assert digest.counts == {
        "overruns raised": 1,
        "overruns cleared": 0,
        "new failures": 0,
        "failures with news": 1,
        "sums recorded": 2,
        "contracts with payments": 0,
        "decisions": 0,
        "new promises": 0,
    }
    [figure] = digest.figures
    assert (figure.contract, figure.amount) == ("CSG", Decimal(200_000))


def test_the_same_is_said_once_it_is_open(csg):
    """The control: without it the test above would prove nothing."""
    hidden_news(csg)
    is_open = {"restriction": "open", "exempt_paragraph": None, "restriction_reason": ""}
    for model in (Supplier, Contract, CostLine, Incident, Decision, Promise, Source):
        model.all_rows.update(**is_open)
    digest = told()
    words = everything_said(digest)
    assert "CANARY" in words
    assert "7,654,321" in words
    assert all(digest.counts.values())
    for part in digest.sections:
        assert part.items


def test_an_alert_that_rests_on_restricted_rows_is_not_told_even_without_them_in_sight(csg):
    an_overrun(csg, basis=OverrunAlert.Basis.ALL, sum_in_words="CANARY")
    assert "CANARY" not in everything_said(told())


def test_counts_and_figures_are_those_of_a_record_without_the_restricted_rows(csg):
    a_threshold("firm", 100_000)
    post(a_line(csg, "Open"), "approved", 200_000, "2018-09-03", at=WEDNESDAY)
    rechecks.sweep(WEDNESDAY)
    before = told()
    line = a_line(csg, "CANARY", **exempt(3))
    post(line, "approved", 7_654_321, "2018-09-03", at=WEDNESDAY)
    a_failure(csg, **exempt(1))
    rechecks.sweep(WEDNESDAY)
    assert told() == before


# The words ------------------------------------------------------------------------------------


def test_an_overrun_has_its_sum_in_words_and_since_when_each_mark(db):
    the_shipped_thresholds()
    the_csg_record()
    rechecks.sweep(timezone.now())
    OverrunAlert.objects.update(raised_at=WEDNESDAY)
    digest = told()
    assert said(digest)["Overruns raised"] == [
        (
            "CSG. At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, beside a "
            "contract of £320,000,000: 1.36%. Over £100,000 since 25 July [2016]; over £500,000, "
            "£1,000,000 and 1% since July [2018]."
        ),
        (
            "CSG. Firm: £164,176 approved beside a contract of £320,000,000: 0.05%. "
            "Over £100,000 since 25 July [2016]."
        ),
    ]
    assert [item.label for item in digest.sections[0].items] == ["Medium alert"] * 2
    assert digest.counts["overruns raised"] == 2


def test_a_cleared_overrun_says_where_the_sum_stands_now(csg):
    a_threshold("firm", 100_000)
    a_threshold("firm", 50_000)
    line = a_line(csg)
    entry = post(line, "approved", 200_000, "2018-08-01", at=EARLIER)
    post(line, "approved", 40_000, "2018-08-01", at=EARLIER)
    rechecks.sweep(EARLIER)
    reverse(entry, at=WEDNESDAY)
    rechecks.sweep(WEDNESDAY)
    assert only_item(told(), "Overruns cleared").words == (
        "CSG. Firm: £40,000 approved beside a contract of £320,000,000: 0.01%. "
        "No longer over £50,000 and £100,000: the total came back."
    )


def test_the_worst_overrun_comes_first(csg):
    for severity in ("low", "high", "medium"):
        an_overrun(a_contract(severity.upper()), severity=severity)
    labels = [item.label for item in told().sections[0].items]
    assert labels == ["High alert", "Medium alert", "Low alert"]


def test_a_failure_says_whose_it_is_and_only_the_dates_that_are_known(csg):
    supplier = a_supplier("Capita")
    for contract, fields in (
        (csg, {"reported_on": day("2016-04-19")}),
        (csg, {"occurred_on": day("2016-07-01"), "occurred_precision": "month"}),
        (None, {"supplier": supplier}),
        (
            csg,
            {
                "occurred_on": day("2016-01-01"),
                "occurred_precision": "year",
                "occurred_year_inferred": True,
                "reported_on": day("2017-01-02"),
            },
        ),
    ):
        failure = {"title": "Down", "contract": contract, "at": WEDNESDAY, **fields}
        casework.report(
            category="system", severity="major", description="It is.", by=the_officer(), **failure
        )
    assert said(told())["New failures"] == [
        "Down (INC-2018-0004). Under CSG. Occurred in [2016], first reported on 2 January 2017.",
        "Down (INC-2018-0003). Supplier: Capita. Date not known.",
        "Down (INC-2018-0002). Under CSG. Occurred in July 2016.",
        "Down (INC-2018-0001). Under CSG. First reported on 19 April 2016.",
    ]


def test_every_sum_has_its_status_whose_it_is_and_its_source(csg):
    post(
        a_line(csg, "Mosaic: new delivery partner"),
        "pledged",
        4_200_000,
        "2018-07-01",
        precision="month",
        year_inferred=True,
        stated_by="Policy and Resources Committee",
        source=a_source("On Mosaic"),
        at=WEDNESDAY,
    )
    item = only_item(told(), "Money recorded")
    assert item.words == "£4.2 million pledged: “Mosaic: new delivery partner” (CSG), July [2018]."
    assert item.label == "Pledged"
    assert item.note == (
        "Figure given by Policy and Resources Committee. Source: Times Series: On Mosaic."
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Director of Resources, 2 October 2018. Agreed."),
        ({"taken_on": None}, "Director of Resources, date not known. Agreed."),
        ({"outcome": "unknown"}, "Director of Resources, 2 October 2018. Outcome not known."),
        (
            {"kind": "motion"},
            "Director of Resources, 2 October 2018. Agreed, vote counts not given.",
        ),
        (
            {"kind": "motion", "mover": "Cllr A", "outcome": "defeated", "votes_against": 0},
            "Director of Resources, 2 October 2018. Moved by Cllr A. Defeated, 0 against.",
        ),
        (
            {"kind": "resolution", "outcome": "unknown", "votes_note": "Counts not given."},
            "Director of Resources, 2 October 2018. Outcome not known, vote counts not given.",
        ),
        (
            {"kind": "resolution", "votes_note": "All in favour; counts not given."},
            "Director of Resources, 2 October 2018. Agreed. All in favour; counts not given.",
        ),
    ],
)
def test_a_decision_says_what_became_of_it(csg, fields, words):
    a_decision(csg, title="So", **fields)
    assert only_item(told(), "Decisions").words == f"So. {words}"


def test_a_decision_of_a_committee_names_it(csg):
    body = Body.objects.create(name="Audit Committee")
    a_decision(csg, title="So", body=body, taken_by="")
    assert only_item(told(), "Decisions").words.startswith("So. Audit Committee, 2 October")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "on 2 October 2018, 6 days ago. Due: no date named."),
        (
            {"made_on": day("2018-07-01"), "made_precision": "month", "due_words": "in due course"},
            "in July 2018, at least 69 days ago. Due: in due course.",
        ),
        (
            {"made_on": day("2015-01-01"), "made_precision": "year", "made_year_inferred": True},
            "in [2015], at least 1,012 days ago. Due: no date named.",
        ),
        ({"made_on": None}, "on a day not known. Due: no date named."),
        (
            {"due_on": day("2018-10-07")},
            "on 2 October 2018, 6 days ago. Due: 7 October 2018, 1 day overdue.",
        ),
        (
            {"due_on": day("2018-10-08")},
            "on 2 October 2018, 6 days ago. Due: 8 October 2018.",
        ),
    ],
)
def test_a_promise_says_its_age_and_when_it_falls_due(csg, fields, words):
    a_promise(csg, words="So", **fields)
    said_ = only_item(told(), "New promises").words
    assert said_ == f"“So”. Promised by Council spokesman {words}"


def test_everything_said_has_a_page_and_the_rows_it_rests_on(csg):
    one_of_each(csg)
    a_contract("SOON", ends_on=day("2018-12-31"))
    digest = told()
    assert len(digest.sections) == 10
    for part in digest.sections:
        assert resolve(part.url).namespace == "admin"
        for item in part.items:
            found = resolve(item.url)
            label, pk = item.rests_on[0].split(":")
            own = {
                "contracts.contract": "admin:contract",
                "incidents.incident": "admin:failure",
                "costs.overrunalert": "admin:alert",
                "costs.costline": "admin:cost_line",
                "scrutiny.decision": "admin:decision",
                "scrutiny.promise": "admin:promise",
                "scrutiny.statement": "admin:claim",
                "scrutiny.meeting": "admin:meeting",
            }
            assert found.view_name == own[label]
            assert [str(key) for key in found.kwargs.values()] == [pk]


# The cost of it -------------------------------------------------------------------------------


def queries_of(following: Following) -> int:
    with CaptureQueriesContext(connection) as queries:
        digest = told(following)
    assert digest.has_news
    return len(queries)


def test_the_queries_do_not_grow_with_the_rows(csg):
    contracts = [csg]
    one_of_each(csg)
    a_claim(csg)
    a_meeting(csg)
    an_award(csg, 1_000)  # Sources disagree: which one is preferred is a question more.
    assert queries_of(EVERYTHING) == queries_of(Following((csg.pk,))) == 37
    for n in range(49):
        contracts.append(a_contract(f"C{n}", award=1_000_000, ends_on=day("2018-12-31")))
        one_of_each(contracts[-1] if n % 2 else csg)
        a_claim(contracts[-1])
    assert told().counts["new failures"] == 50
    assert queries_of(EVERYTHING) == 37
    assert queries_of(Following(tuple(contract.pk for contract in contracts))) == 37


# What stands: claims and meetings -------------------------------------------------------------


def test_claims_nobody_has_answered_stand_oldest_first_and_are_no_news(csg):
    a_claim(csg, said_on=day("2018-08-01"), words="Second")
    a_claim(csg, said_on=day("2018-07-01"), words="First", is_quotation=True)
    a_claim(csg, said_on=None, words="Last")
    digest = told()
    assert said(digest) == {
        SILENCE: [
            "“First”. Labour group, on 1 July 2018, 99 days ago.",
            "Second. Labour group, on 1 August 2018, 68 days ago.",
            "Last. Labour group, on a day not known.",
        ]
    }
    assert not digest.has_news


@pytest.mark.parametrize(("said_on", "stands"), [("2018-09-07", True), ("2018-09-08", False)])
def test_a_claim_is_brought_up_after_more_than_thirty_days(csg, said_on, stands):
    a_claim(csg, said_on=day(said_on))
    assert (SILENCE in said(told())) is stands


def test_a_claim_that_was_answered_or_withdrawn_is_not_brought_up(csg):
    claim, taken_back = a_claim(csg), a_claim(csg)
    record.answer(claim, speaker="Capita", words="No.", source=a_source(), by=the_officer())
    claiming.settle_state(
        taken_back,
        state="withdrawn",
        stated_by="Labour group",
        reason="They say so.",
        source=a_source(),
        by=the_officer(),
    )
    assert said(told()) == {}


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2018-10-07", False), ("2018-10-08", True), ("2018-11-05", True), ("2018-11-06", False)],
)
def test_meetings_of_the_next_four_weeks_are_announced(csg, on, stands):
    a_meeting(csg, on)
    assert ("Meetings coming up" in said(told())) is stands


def test_a_meeting_is_told_by_its_body_and_day(csg):
    a_meeting(csg, "2018-10-20")
    a_meeting(csg, "2018-10-09", title="Special meeting")
    a_meeting(csg, "2018-10-10", title="Off", cancelled=True)
    assert said(told())["Meetings coming up"] == [
        "Special meeting. Audit Committee. On 9 October 2018, in 1 day.",
        "Audit Committee. On 20 October 2018, in 12 days.",
    ]


def test_what_is_restricted_of_claims_and_meetings_is_told_to_nobody(csg):
    a_claim(csg, **exempt(3))
    a_meeting(csg, **exempt(3))
    assert said(told()) == {}


# Bodies and failures --------------------------------------------------------------------------


def test_who_follows_a_body_hears_of_its_decisions_promises_and_meetings_alone(csg):
    audit = Body.objects.create(name="Audit Committee")
    other = Body.objects.create(name="Urgency Committee")
    for body in (audit, other):
        a_decision(csg, body=body, title=f"{body} decides")
        a_promise(csg, body=body, words=f"{body} will be told")
        a_meeting(body=body)
    a_failure(csg)
    a_claim(csg)
    digest = told(Following((), bodies=(audit.pk,)))
    assert list(said(digest)) == ["Decisions", "New promises", "Meetings coming up"]
    assert all("Urgency" not in words for found in said(digest).values() for words in found)


def test_who_follows_a_failure_hears_of_it_and_of_no_other(csg):
    mine, other = a_failure(csg, at=EARLIER), a_failure(csg, at=EARLIER)
    for failure in (mine, other):
        casework.update(failure, text=f"News of {failure.title}", by=the_officer(), at=WEDNESDAY)
        a_decision(incidents=[failure], title=f"Decision on {failure.title}")
        a_promise(incident=failure, words=f"Promise on {failure.title}")
        a_claim(incident=failure, words=f"Claim on {failure.title}")
    digest = told(Following((), failures=(mine.pk,)))
    assert list(said(digest)) == ["Failures with news", "Decisions", "New promises", SILENCE]
    for found in said(digest).values():
        [words] = found
        assert mine.title in words


def test_a_decision_that_touches_a_contract_besides_is_told_to_its_followers(csg):
    drs = a_contract("DRS")
    a_decision(csg, other_contracts=[drs])
    assert list(said(told(Following((drs.pk,))))) == ["Decisions"]


# A page ---------------------------------------------------------------------------------------


def sections_of(*counts: tuple[int, bool]):
    return [
        section(str(place), [Item("words", "/")] * count, Contract, count, is_news=is_news)
        for place, (count, is_news) in enumerate(counts)
    ]


def sizes(*counts: tuple[int, bool]) -> list[tuple[int, int]]:
    return [(len(part.items), part.more) for part in fitted(sections_of(*counts))]


def test_a_digest_that_fits_a_page_is_not_cut():
    assert sizes((5, True), (3, True), (3, False)) == [(5, 0), (3, 0), (3, 0)]
    assert PAGE == 11


def test_what_merely_stands_is_cut_first_and_the_least_important_news_then():
    assert sizes((5, True), (5, True), (3, False), (3, False)) == [(5, 0), (4, 1), (1, 2), (1, 2)]


def test_news_is_cut_to_two_items_a_section_at_least():
    assert sizes(*[(5, True)] * 6) == [(2, 3)] * 6
