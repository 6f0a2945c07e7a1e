"""The page of a failure: what it says, and what it leaves out for whom."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from costs.models import CostLine
from incidents import casework
from incidents.models import Incident
from scrutiny import record
from scrutiny.models import Decision
from tests import everything, factories
from tests.actors import as_role, signed_in, the_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def text_of(answer) -> str:
    """What a page says, without its markup and with single spaces."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#x27;", "'").split())


def page_of(failure) -> str:
    return reverse("admin:failure", args=[failure.pk])


@pytest.fixture
def mosaic(db):
    """Mosaic as the public record has it, with a credit besides."""
    contract = factories.a_contract("CSG", supplier=factories.a_supplier("Capita"))
    failure = factories.an_incident(
        contract,
        title="Mosaic: live but not working",
        reported_on=dt.date(2018, 7, 16),
        at=factories.moment("2018-07-17"),
        next_action="Ask Capita",
        next_action_on=dt.date(2018, 9, 1),
    )
    line = factories.a_line(contract, "Mosaic: new delivery partner")
    factories.post(line, "pledged", 4_200_000, "2018-07-31", precision="month", year_inferred=True)
    factories.post(line, "approved", 3_000_000, "2018-08-02")
    factories.post(line, "credited", 500_000, "2018-09-01")
    by = factories.the_officer()
    casework.attribute(
        failure, line, by=by, why="To make it work.", at=factories.moment("2018-08-01")
    )
    casework.confirm(failure, reason="A council report says so.", by=by)
    return failure


def test_a_councillor_reads_the_failure_in_one_paragraph(mosaic, councillor):
    said = councillor.get(page_of(mosaic)).context["summary"]
    days = (timezone.localdate() - dt.date(2018, 7, 16)).days

    assert said == (
        "A major failure under CSG, the contract with Capita. "
        "It was first reported on 16 July 2018. "
        "The council has confirmed it; nothing says yet that it is being put right. "
        f"It has been open for at least {days:,} days. "
        "Its cost so far, less what was given back: £2,500,000 approved and £1,200,000 pledged. "
        "Next: Ask Capita, by 1 September 2018."
    )
    assert "The next action is past its day." in text_of(councillor.get(page_of(mosaic)))


def test_a_failure_that_is_over_says_when_that_was_recorded(councillor):
    failure = factories.an_incident(
        occurred_on=dt.date(2018, 7, 1), at=factories.moment("2018-07-05"), next_action="Ask"
    )
    by = factories.the_officer()
    casework.act(failure, "resolve", reason="Mended.", by=by, at=factories.moment("2018-07-11"))

    said = councillor.get(page_of(failure)).context["summary"]

    assert "It was marked as resolved here on 11 July 2018, 10 days after it began." in said
    assert "Next:" not in said


def test_the_cost_ladder_shows_extra_credited_recovered_and_left(mosaic, councillor):
    answer = councillor.get(page_of(mosaic))
    row = re.search(r"Mosaic: new delivery partner</a>.*?</tr>", answer.content.decode(), re.S)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0], re.S)

    assert cells == [
        "£4,200,000.00 pledged<br>£3,000,000.00 approved",
        "£500,000.00",
        "£0.00",
        "£0.00",
        "£2,500,000.00",
        "£3,700,000.00",
    ]
    assert "£2,500,000 approved and £1,200,000 pledged" in text_of(answer)


def test_the_timeline_is_in_order_and_no_surer_of_a_date_than_its_source(mosaic, councillor):
    said = councillor.get(page_of(mosaic)).context["timeline"]

    assert [(str(event.day), event.kind) for event in said[:-1]] == [
        ("16 July 2018", "The failure"),
        ("17 July 2018", "Entered here"),
        ("July [2018]", "Cost"),
        ("1 August 2018", "Cost attributed"),
        ("2 August 2018", "Cost"),
        ("1 September 2018", "Cost"),
    ]
    assert said[-1].kind == "Now confirmed"


def test_what_was_posted_and_cancelled_again_is_not_in_the_story(mosaic, councillor):
    line = CostLine.objects.get()
    entry = factories.post(line, "paid", 77, "2018-09-02")
    assert "£77" in text_of(councillor.get(page_of(mosaic)))

    factories.reverse(entry)

    assert "£77" not in text_of(councillor.get(page_of(mosaic)))


def test_a_claim_stands_beside_its_answer_or_says_for_how_long_there_is_none(mosaic, councillor):
    by, source = factories.the_officer(), factories.a_source("Mosaic report")
    about = {"source": source, "by": by, "incident": mosaic}
    claim = record.state(
        kind="claim",
        speaker="Labour group",
        words="It cannot bill.",
        is_quotation=True,
        said_on=dt.date(2018, 9, 1),
        said_precision="month",
        **about,
    )
    record.state(
        kind="claim", speaker="UNISON", words="Nobody asked.", said_on=dt.date(2018, 9, 2), **about
    )
    record.answer(claim, speaker="The council", words="Improvements made.", source=source, by=by)

    answered, open_claim = sorted(
        councillor.get(page_of(mosaic)).context["claims"], key=lambda claim: claim.claim.by
    )
    days = (timezone.localdate() - dt.date(2018, 9, 2)).days

    assert answered.claim.words == "“It cannot bill.”"
    assert [said.by for said in answered.responses] == ["The council"]
    assert answered.standing.silence == ""
    assert (
        open_claim.standing.silence
        == f"No answer is on the record, {days:,} days after it was said."
    )
    said = text_of(councillor.get(page_of(mosaic)))
    assert "1 claim about it is unanswered." in said
    assert "September 2018" in said
    assert "Mosaic report" in said


def test_decisions_promises_obligation_and_sources_stand_on_the_page(councillor):
    rows = everything.a_contract_with_everything("Open")
    failure = rows[Incident]
    record.promise(
        words="We will mend it",
        made_by="The leader",
        made_on=dt.date(2018, 7, 25),
        source=factories.a_source("Minutes"),
        by=factories.the_officer(),
        incident=failure,
    )
    Incident.objects.filter(pk=failure.pk).update(obligation="Recovered within 48 hours.")

    said = text_of(councillor.get(page_of(failure)))

    assert "Open decision" in said
    assert "“We will mend it”" in said
    assert "Due: no date named. Open." in said
    age = (timezone.localdate() - dt.date(2018, 7, 25)).days
    assert f"made: 25 July 2018 ({age:,} days ago)" in said
    assert "Recovered within 48 hours." in said
    assert "Open report, Times Series" in said


@pytest.mark.parametrize("who", ["councillor", "root"])
def test_a_hidden_failure_answers_like_an_absent_one(who):
    hidden = everything.a_contract_with_everything("Secret", **factories.exempt(1))[Incident]
    browser = as_role(Role.COUNCILLOR) if who == "councillor" else signed_in(the_superuser())
    cleared = signed_in(factories.a_person("Cy", Role.COUNCILLOR, cleared=(1,)))

    assert browser.get(page_of(hidden)).status_code == 404
    assert browser.get(reverse("admin:failure", args=[987_654])).status_code == 404
    assert "Secret" in cleared.get(page_of(hidden)).content.decode()


def test_what_a_person_is_not_cleared_for_is_nowhere_on_an_open_failure(councillor):
    rows = everything.a_contract_with_everything("Open")
    failure, by = rows[Incident], factories.the_officer()
    read = {"by": by, "source": factories.a_source("Secret report", **factories.exempt(1))}
    hidden = {**read, **factories.exempt(1)}
    line = factories.a_line(failure.contract, "Secret line", **factories.exempt(1))
    factories.post(line, "pledged", 5_000_000, everything.DAY)
    casework.attribute(failure, line, by=by, why="Secret reason")
    put = {"kind": "motion", "outcome": "agreed", "taken_by": "An officer"}
    record.decide(title="Secret decision", text="Secret", incidents=[failure], **put, **hidden)
    record.promise(words="Secret", made_by="Secret", incident=failure, **hidden)
    record.state(kind="claim", speaker="Secret", words="Secret", incident=failure, **hidden)
    # Open itself, read in a source that is not.
    claim = record.state(kind="claim", speaker="A", words="So it is", incident=failure, **read)
    record.answer(claim, speaker="Secret", words="Secret", **hidden)
    failure.sources.add(read["source"])
    cleared = signed_in(factories.a_person("Cy", Role.COUNCILLOR, cleared=(1,)))

    answer = councillor.get(page_of(failure))
    told = cleared.get(page_of(failure))

    assert "Secret" not in answer.content.decode()
    assert "5,000,000" not in answer.content.decode()
    assert answer.context["costs"].in_words == "£200,000 approved"
    assert answer.context["summary"].count("£200,000 approved") == 1
    assert "A cost was attributed" not in answer.content.decode()
    assert [event.kind for event in answer.context["timeline"]].count("Cost attributed") == 1
    for word in ("line", "reason", "decision", "report"):
        assert f"Secret {word}" in told.content.decode(), word
    assert told.context["costs"].in_words == "£200,000 approved and £5,000,000 pledged"
    assert Decision.objects.visible_to(told.wsgi_request.user).count() == 2


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "nothing posted yet"),
        ({"alleged": 5}, "alleged only, in no total"),
        ({"paid": 5, "recovered": 5}, "nothing left"),
        ({"paid": 5, "written_off": 5}, "£5 paid"),
    ],
)
def test_a_cost_of_which_nothing_is_left_says_why(councillor, posted, said):
    failure = factories.an_incident()
    line = factories.a_line(failure.contract)
    for stage, amount in posted.items():
        factories.post(line, stage, amount, "2018-01-01")
    casework.attribute(failure, line, by=factories.the_officer())

    assert f"After credits and recoveries: {said} ." in text_of(councillor.get(page_of(failure)))


def test_what_the_record_lacks_is_said_in_one_sentence(councillor):
    failure = factories.an_incident()

    assert (
        "The record names no claim about it, no decision, no promise and no obligation breached."
    ) in text_of(councillor.get(page_of(failure)))


def test_a_failure_of_a_supplier_under_no_contract_has_its_page(councillor):
    supplier = factories.a_supplier("Capita")
    failure = casework.report(
        title="Fraud",
        category="fraud",
        severity="critical",
        description="Money was lost.",
        supplier=supplier,
        by=factories.the_officer(),
    )

    said = councillor.get(page_of(failure)).context["summary"]

    assert said.startswith("A critical failure of Capita. When it happened is not known.")
    assert "No cost is attributed to it." in said


def test_the_page_costs_no_more_queries_for_a_long_story(
    councillor, mosaic, django_assert_max_num_queries
):
    def add() -> None:
        by, source = factories.the_officer(), factories.a_source()
        line = factories.a_line(mosaic.contract)
        factories.post(line, "approved", 5, "2018-07-01")
        casework.attribute(mosaic, line, by=by)
        casework.update(mosaic, text="News", by=by)
        claim = record.state(
            kind="claim", speaker="A", words="B", incident=mosaic, source=source, by=by
        )
        record.answer(claim, speaker="C", words="D", source=source, by=by)
        record.promise(words="E", made_by="F", incident=mosaic, source=source, by=by)
        put = {"kind": "motion", "outcome": "agreed", "taken_by": "I"}
        record.decide(title="G", text="H", incidents=[mosaic], source=source, by=by, **put)

    add()
    with django_assert_max_num_queries(25) as one:
        councillor.get(page_of(mosaic))
    for _ in range(10):
        add()
    with django_assert_max_num_queries(25) as many:
        councillor.get(page_of(mosaic))

    assert len(one) == len(many)


def test_the_page_has_one_heading_of_the_first_order_and_none_left_out(mosaic, councillor):
    html = councillor.get(page_of(mosaic)).content.decode().partition("<main")[2]
    orders = [int(order) for order in re.findall(r"<h([1-6])", html.partition("</main>")[0])]

    assert orders[0] == 1
    assert orders.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(orders))
