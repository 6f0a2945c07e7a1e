"""Timelines: in order, no surer of a date than its source, and nothing of what is hidden."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from barnetwatch.record import loader
from contracts.models import Contract
from incidents.models import Incident
from scrutiny import promises, record
from tests import everything, factories
from tests.actors import as_role, signed_in

pytestmark = pytest.mark.django_db

TIMES = "Times Series and Tottenham Independent: Article 16995384, on Mosaic"
UNISON = (
    "Barnet UNISON (barnetunison.me.uk): Page of 16 July 2018, quoting a council report on Mosaic"
)
NEWS = "London Borough of Barnet (barnet.gov.uk): News, on the settlement proposed with Capita"

#: Mosaic from April 2017 to the settlement, as the public record has it.
MOSAIC = [
    (
        "April [2017]",
        "Live",
        "Mosaic: bill clients, monitor finances, pay invoices and report performance",
        "",
        None,
    ),
    ("16 July 2018", "The failure", "It was first reported.", "", None),
    (
        "16 July 2018",
        "Reported not working",
        "Mosaic: bill clients, monitor finances, pay invoices and report performance",
        "Since when is not known, not before April [2017].",
        UNISON,
    ),
    (
        "July [2018]",
        "Decision",
        "£4.2m pledged for a new delivery partner for Mosaic",
        "Policy and Resources Committee: agreed. Committee resolution.",
        TIMES,
    ),
    (
        "July [2018]",
        "Cost",
        "£4,200,000 pledged: Mosaic: new delivery partner",
        "Said by Policy and Resources Committee.",
        TIMES,
    ),
    (
        "20 September [2018]",
        "Decision",
        "A report on Mosaic",
        "Adults and Safeguarding Committee: defeated. Motion.",
        TIMES,
    ),
    (
        "22 November 2018",
        "Statement",
        (
            "London Borough of Barnet: A settlement of £4.12m from Capita is proposed, "
            "for Mosaic and four other matters."
        ),
        "£4,120,000, estimated (as the speaker says).",
        NEWS,
    ),
    (
        "30 November 2018",
        "Decision",
        "Settlement of £4.12m with Capita",
        "Urgency Committee: not known. Committee resolution.",
        NEWS,
    ),
]


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def of_contract(contract: Contract) -> str:
    return reverse("admin:contract_timeline", args=[contract.pk])


def of_failure(failure: Incident) -> str:
    return reverse("admin:failure_timeline", args=[failure.pk])


def test_mosaic_stands_as_the_public_record_has_it(councillor):
    loader.load(at=factories.moment("2026-11-23 09:00"))
    mosaic = Incident.objects.get(title__startswith="Mosaic")

    with CaptureQueriesContext(connection) as asked:
        answer = councillor.get(of_failure(mosaic))

    told = [
        (str(each.day), each.kind, each.words, each.detail, each.source and str(each.source))
        for each in answer.context["timeline"]
    ]
    assert told[: len(MOSAIC)] == MOSAIC
    # What is known to the year stands at the year's end, what has no date at the very end.
    rest = [day for day, *_ in told[len(MOSAIC) :]]
    assert set(rest[:11]) == {"[2018]"}
    assert rest[11:] == [*["23 November 2026"] * 4, "not known", "not known"]
    [promise] = [each for each in told if each[1] == "Promise"]
    assert promise[2] == (
        "Council spokesman: “the findings will be reported to audit committee in due course”"
    )
    assert len(asked) <= 25
    assert len(councillor.get(mosaic.get_absolute_url()).context["timeline"]) == len(told)

    whole = councillor.get(of_contract(mosaic.contract)).context["timeline"]
    days = [str(each.day) for each in whole]
    assert days[:3] == ["5 August 2013", "1 September 2013", "19 April 2016"]
    assert {each.group for each in whole} >= {"contract", "delivery", "decisions", "promises"}


def test_a_contract_weaves_every_kind_and_is_filtered(councillor):
    rows = everything.a_contract_with_everything("Plain")
    contract = rows[Contract]

    answer = councillor.get(of_contract(contract))
    kinds = {each.kind for each in answer.context["timeline"]}
    assert kinds >= {"Variation", "Decision", "Claim", "Response", "Promise", "Cost", "Overrun"}
    assert (
        f'href="{of_contract(contract)}"'
        in councillor.get(contract.get_absolute_url()).content.decode()
    )

    only = councillor.get(of_contract(contract), {"kind": ["promises", "overruns"]})
    assert {each.group for each in only.context["timeline"]} == {"promises", "overruns"}
    assert "left out" in only.content.decode()
    wrong = councillor.get(of_contract(contract), {"kind": "nothing of the sort"})
    assert wrong.status_code == 200
    assert len(wrong.context["timeline"]) == len(answer.context["timeline"])


def test_what_became_of_a_promise_stands_on_the_day_it_was_said(councillor):
    contract, by = factories.a_contract(), factories.the_officer()
    promise = record.promise(
        words="By May",
        made_by="A director",
        made_on=factories.day("2018-01-10"),
        due_on=factories.day("2018-05-31"),
        contract=contract,
        source=factories.a_source(),
        by=by,
    )
    promises.reschedule(
        promise,
        due_on=factories.day("2018-09-30"),
        changed_on=factories.day("2018-05-20"),
        said_by="A director",
        reason="More tests.",
        by=by,
    )
    told = councillor.get(of_contract(contract)).context["timeline"]
    said = [(str(each.day), each.words, each.detail) for each in told if each.kind == "Promise"]
    assert said == [
        ("10 January 2018", "A director: “By May”", "Due: 30 September 2018. Open."),
        ("20 May 2018", "Date moved: “By May”", "Now due 30 September 2018. More tests."),
    ]


def test_what_is_hidden_is_in_no_timeline(councillor):
    rows = everything.a_contract_with_everything("Open")
    hidden = everything.a_contract_with_everything("Secret", **factories.exempt(1))
    contract, failure = rows[Contract], rows[Incident]
    record.decide(
        kind="motion",
        title="Secret motion",
        text="Secret",
        outcome="agreed",
        taken_by="An officer",
        source=factories.a_source(),
        by=factories.the_officer(),
        incidents=[failure],
        other_contracts=[contract],
        contract=hidden[Contract],
    )
    for address in (of_contract(contract), of_failure(failure)):
        assert "Secret" not in councillor.get(address).content.decode()
    for address in (of_contract(hidden[Contract]), of_failure(hidden[Incident])):
        assert councillor.get(address).status_code == 404
    cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
    assert "Secret motion" in cleared.get(of_contract(contract)).content.decode()


def test_its_queries_do_not_grow(councillor):
    rows = everything.a_contract_with_everything("Plain")
    contract, failure = rows[Contract], rows[Incident]
    with CaptureQueriesContext(connection) as few:
        councillor.get(of_contract(contract))
    about = {"contract": contract, "source": factories.a_source(), "by": factories.the_officer()}
    for number in range(20):
        record.promise(words=f"{number}", made_by="A", **about)
        record.state(kind="claim", speaker="B", words=f"{number}", incident=failure, **about)
        factories.post(rows_line(contract), "approved", 1, "2018-08-01")
    with CaptureQueriesContext(connection) as many:
        councillor.get(of_contract(contract))
    assert len(many) == len(few) <= 27


def rows_line(contract: Contract):
    return contract.cost_lines.first()
