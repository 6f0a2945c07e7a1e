"""What forms write goes through the verbs; what is refused is said on the form, unwritten."""

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import RestrictionChange, Role
from contracts.models import (
    Award,
    AwardPreference,
    CapabilityGap,
    Contract,
    ContractedSum,
    Discrepancy,
    Measurement,
    Reading,
    ReadingPreference,
    Recheck,
    Source,
    Supplier,
    Variation,
)
from costs.models import AlertAcknowledgement, CostLine, OverrunAlert, Threshold
from incidents.models import Incident, IncidentCost, IncidentUpdate
from scrutiny.models import Body, Decision, DecisionCost, Promise, Statement
from tests import everything, factories
from tests.actors import signed_in
from tests.forms import as_it_stands, errors, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(db):
    return everything.a_contract_with_everything("Open")


@pytest.fixture
def officers(db):
    """The people who write, by role."""
    names = {
        Role.INCIDENT_OFFICER: "In Cident",
        Role.CONTRACT_OFFICER: "Con Tract",
        Role.FINANCE_OFFICER: "Fin Ance",
    }
    return {role: factories.a_person(name, role) for role, name in names.items()}


CONTRACTS, COSTS = Role.CONTRACT_OFFICER, Role.FINANCE_OFFICER
INCIDENTS = Role.INCIDENT_OFFICER
#: A form of each kind: who fills it in, what is typed (a model stands for its row), what follows.
ADDED = [
    (
        CONTRACTS,
        Award,
        {"contract": Contract, "amount": "£320,000,000", "source": Source},
        {"amount": Decimal("320000000.00")},
    ),
    (CONTRACTS, AwardPreference, {"award": Award, "reason": "The exact one."}, {}),
    (
        CONTRACTS,
        ContractedSum,
        {
            "contract": Contract,
            "amount": "1,000.50",
            "starts_on": "01/09/2013",
            "ends_on": "31/08/2014",
        },
        {"amount": Decimal("1000.50"), "ends_on": dt.date(2014, 8, 31)},
    ),
    (
        CONTRACTS,
        Variation,
        {
            "contract": Contract,
            "kind": "value",
            "title": "More work",
            "takes_effect_on": "01/04/2018",
            "value_before": "£320m".replace("m", ",000,000"),
            "value_after": "£330,000,000",
            "rationale": "More to do.",
            "source": Source,
        },
        {"value_after": Decimal("330000000.00")},
    ),
    (
        CONTRACTS,
        Measurement,
        {
            "commitment": "Commitment",
            "how": "audited",
            "value": "96",
            "measured_on": "01/04/2016",
            "measured_precision": "month",
            "said_by": "Internal audit",
            "source": Source,
        },
        {"measured_on": dt.date(2016, 4, 30), "value": Decimal(96)},
    ),
    (CONTRACTS, ReadingPreference, {"reading": Reading, "reason": "It names the day."}, {}),
    (COSTS, AlertAcknowledgement, {"alert": OverrunAlert, "note": "Asked Capita."}, {}),
    (INCIDENTS, IncidentUpdate, {"incident": Incident, "text": "Still broken."}, {}),
    (
        CONTRACTS,
        Decision,
        {
            "kind": "delegated",
            "title": "Assurance",
            "taken_by": "Commercial director",
            "taken_on": "01/07/2016",
            "taken_precision": "month",
            "text": "Buy assurance.",
            "outcome": "agreed",
            "source": Source,
            "incidents": [Incident],
            "restriction": "open",
        },
        {"taken_on": dt.date(2016, 7, 31)},
    ),
    (
        CONTRACTS,
        Promise,
        {
            "words": "In due course",
            "made_by": "Spokesman",
            "made_on": "01/09/2018",
            "made_precision": "year",
            "due_precision": "day",
            "status": "open",
            "contract": Contract,
            "source": Source,
            "restriction": "open",
        },
        {"made_on": dt.date(2018, 12, 31)},
    ),
    (
        CONTRACTS,
        Statement,
        {
            "kind": "claim",
            "speaker": "Labour group",
            "words": "It could cost £4.2m",
            "said_precision": "day",
            "amount": "£4,200,000",
            "amount_status": "alleged",
            "amount_precision": "day",
            "contract": Contract,
            "source": Source,
            "restriction": "open",
        },
        {"amount": Decimal("4200000.00")},
    ),
]


def typed(rows, fields):
    """Fields with the rows that models stand for."""
    by_name = {model.__name__: row for model, row in rows.items()}

    def value(given):
        if isinstance(given, list):
            return [value(each) for each in given]
        if isinstance(given, type):
            return rows[given].pk
        return by_name[given].pk if given in by_name else given

    return {name: value(given) for name, given in fields.items()}


@pytest.mark.parametrize(("role", "model", "fields", "expected"), ADDED)
def test_a_form_adds_a_row_that_names_its_writer(rows, officers, role, model, fields, expected):
    browser = signed_in(officers[role])
    listed = {"costs-TOTAL_FORMS": 0, "costs-INITIAL_FORMS": 0}
    listed |= {"responses-TOTAL_FORMS": 0, "responses-INITIAL_FORMS": 0}
    listed |= {"changes-TOTAL_FORMS": 0, "changes-INITIAL_FORMS": 0}
    before = set(model.all_rows.values_list("pk", flat=True))

    answer = browser.post(page(model, "add"), typed(rows, fields) | listed)

    assert answer.status_code == 302, errors(answer)
    row = model.all_rows.exclude(pk__in=before).get()
    assert row.recorded_by == officers[role]
    for name, wanted in expected.items():
        assert getattr(row, name) == wanted
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.is_addition()) == (str(row.pk), True)


@pytest.mark.parametrize("model", [Award, ContractedSum, Variation])
def test_what_moves_a_total_asks_for_a_recheck(rows, officers, model):
    (fields,) = (fields for _, kind, fields, _ in ADDED if kind is model)
    Recheck.objects.all().delete()
    signed_in(officers[CONTRACTS]).post(page(model, "add"), typed(rows, fields))
    assert Recheck.objects.filter(contract=rows[Contract]).exists()


def test_a_failure_is_reported_under_a_new_reference(rows, officers):
    browser = signed_in(officers[INCIDENTS])
    address = page(Incident, "add")
    data = as_it_stands(browser, address) | typed(
        rows,
        {
            "title": "Mosaic cannot bill",
            "contract": Contract,
            "category": "system",
            "severity": "major",
            "description": "It should bill clients.",
            "services": ["Service"],
            "sources": [Source],
            "reported_on": "16/07/2018",
        },
    )

    assert browser.post(address, data).status_code == 302

    incident = Incident.objects.get(title="Mosaic cannot bill")
    assert incident.reference.startswith("INC-")
    assert (incident.status, incident.recorded_by) == ("reported", officers[INCIDENTS])
    assert list(incident.sources.all()) == [rows[Source]]
    assert incident.services.count() == 1
    assert incident.updates.count() == 1


def test_a_cost_is_attributed_once(officers):
    incident = factories.an_incident()
    line = factories.a_line(incident.contract)
    browser = signed_in(officers[INCIDENTS])
    data = {"incident": incident.pk, "line": line.pk, "why": "It broke."}

    assert browser.post(page(IncidentCost, "add"), data).status_code == 302
    again = browser.post(page(IncidentCost, "add"), data)

    assert errors(again) == {"": ["This cost is attributed to this failure already."]}
    assert IncidentCost.objects.get().recorded_by == officers[INCIDENTS]
    assert incident.updates.filter(text__contains="attributed").count() == 1


def test_a_cost_is_authorised_by_a_decision(rows, officers):
    line = factories.a_line(rows[Contract], "Another")
    data = {"decision": rows[Decision].pk, "line": line.pk, "amount": "£164,176"}
    answer = signed_in(officers[CONTRACTS]).post(page(DecisionCost, "add"), data)
    assert answer.status_code == 302
    assert DecisionCost.objects.get(line=line).amount == Decimal(164_176)


def test_a_line_is_opened_and_a_mark_is_set(rows, officers):
    browser = signed_in(officers[COSTS])
    line = typed(
        rows,
        {
            "title": "Mosaic: partner",
            "kind": "remediation",
            "contract": Contract,
            "source": Source,
            "restriction": "open",
        },
    )
    assert browser.post(page(CostLine, "add"), line).status_code == 302
    assert CostLine.objects.get(title="Mosaic: partner").contract == rows[Contract]

    mark = {"measure": "firm", "amount": "£250,000", "severity": "high"}
    assert browser.post(page(Threshold, "add"), mark).status_code == 302
    assert Threshold.objects.get(amount=Decimal(250_000)).severity == "high"


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "model", "changed", "wrong"),
    [
        (CONTRACTS, Award, {"amount": "1e6"}, "amount"),
        (CONTRACTS, Award, {"amount": "four million"}, "amount"),
        (CONTRACTS, Award, {"amount": "1.005"}, "amount"),
        (CONTRACTS, Award, {"amount": "0"}, ""),
        (CONTRACTS, Award, {"amount": "-5"}, ""),
        (CONTRACTS, Award, {"amount": "999,999,999,999,999"}, "amount"),
        (CONTRACTS, ContractedSum, {"starts_on": "01/01/2012"}, "starts_on"),
        (CONTRACTS, ContractedSum, {"ends_on": "01/01/2013"}, ""),
        (CONTRACTS, Variation, {"takes_effect_on": "01/01/2012"}, "takes_effect_on"),
        (CONTRACTS, Variation, {"value_after": ""}, ""),
        (CONTRACTS, Measurement, {"not_recoverable": "on"}, ""),
        (CONTRACTS, Promise, {"contract": ""}, ""),
        (CONTRACTS, Statement, {"amount_status": ""}, ""),
        (CONTRACTS, Statement, {"kind": "response"}, ""),
        (INCIDENTS, IncidentUpdate, {"text": " "}, "text"),
        (COSTS, AlertAcknowledgement, {"note": ""}, "note"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    rows, officers, role, model, changed, wrong
):
    (fields,) = (fields for _, kind, fields, _ in ADDED if kind is model)
    listed = {"responses-TOTAL_FORMS": 0, "responses-INITIAL_FORMS": 0}
    before = model.all_rows.count()

    data = typed(rows, fields | changed) | listed
    answer = signed_in(officers[role]).post(page(model, "add"), data)

    assert answer.status_code == 200
    assert list(errors(answer)) == [wrong]
    assert model.all_rows.count() == before
    assert not LogEntry.objects.exists()


def test_money_is_refused_in_the_words_of_the_parser(rows, officers):
    (fields,) = (fields for _, kind, fields, _ in ADDED if kind is Award)
    data = typed(rows, fields | {"amount": "4.2m"})
    answer = signed_in(officers[CONTRACTS]).post(page(Award, "add"), data)
    (said,) = errors(answer)["amount"]
    assert said == "“4.2m” is not an amount in pounds. Write it like 4,200,000.00 or -250."


def test_a_body_decides_nothing_before_it_exists(rows, officers):
    body = Body.objects.create(name="Cabinet", starts_on=dt.date(2023, 5, 24))
    (fields,) = (fields for _, kind, fields, _ in ADDED if kind is Decision)
    browser = signed_in(officers[CONTRACTS])
    listed = {"costs-TOTAL_FORMS": 0, "costs-INITIAL_FORMS": 0}
    answer = browser.post(
        page(Decision, "add"), typed(rows, fields | {"body": str(body.pk)}) | listed
    )
    assert list(errors(answer)) == ["taken_on"]
    assert "Cabinet did not exist" in errors(answer)["taken_on"][0]

    address = page(Decision, "change", rows[Decision].pk)
    answer = browser.post(address, as_it_stands(browser, address) | {"body": body.pk})
    assert "Cabinet did not exist" in errors(answer)["taken_on"][0]


def test_a_mark_in_force_is_not_set_twice(officers):
    factories.a_threshold("firm", 100_000)
    data = {"measure": "firm", "amount": "£100,000.00", "severity": "low"}
    answer = signed_in(officers[COSTS]).post(page(Threshold, "add"), data)
    assert errors(answer) == {"": ["This threshold is already in force."]}


def test_a_clash_that_only_the_database_sees_is_said_on_the_form(officers, monkeypatch):
    # As when another officer saved the same name a moment ago.
    factories.a_supplier("Capita")
    monkeypatch.setattr(Supplier, "validate_constraints", lambda *args, **options: None)
    data = {"name": "Capita", "restriction": "open"}
    data |= {"names-TOTAL_FORMS": 0, "names-INITIAL_FORMS": 0}
    answer = signed_in(officers[CONTRACTS]).post(page(Supplier, "add"), data)
    assert errors(answer) == {"": ["That name is not available."]}


# What is changed ------------------------------------------------------------------------------


def test_saving_a_line_a_contract_or_a_supplier_asks_for_a_recheck(rows, officers):
    for role, model in ((COSTS, CostLine), (CONTRACTS, Contract), (CONTRACTS, Supplier)):
        Recheck.objects.all().delete()
        browser, address = signed_in(officers[role]), page(model, "change", rows[model].pk)
        answer = browser.post(address, as_it_stands(browser, address))
        assert answer.status_code == 302, (model, errors(answer))
        assert Recheck.objects.filter(contract=rows[Contract]).count() == 1, model


#: What an officer types who restricts a record.
RESTRICTED = {**factories.exempt(1), "restriction_review_on": "2099-02-01"}


def test_who_restricts_a_record_says_when_it_is_looked_at_again_and_is_kept(rows, officers):
    browser, address = signed_in(officers[CONTRACTS]), page(Supplier, "change", rows[Supplier].pk)
    stands = as_it_stands(browser, address)
    for day in ("", "2018-01-01"):
        refused = browser.post(
            address, stands | factories.exempt(1) | {"restriction_review_on": day}
        )
        assert list(errors(refused)) == ["restriction_review_on"]
    assert browser.post(address, stands | RESTRICTED).status_code == 302
    kept = Supplier.all_rows.get(pk=rows[Supplier].pk)
    assert kept.restriction_decided_by == officers[CONTRACTS]
    assert str(kept.restriction_review_on) == "2099-02-01"
    assert RestrictionChange.objects.get().decided_by == officers[CONTRACTS]


def test_restricting_a_supplier_asks_for_a_recheck_of_every_contract(rows, officers):
    elsewhere = factories.a_contract("Elsewhere", **factories.exempt(1))
    Recheck.objects.all().delete()
    browser, address = signed_in(officers[CONTRACTS]), page(Supplier, "change", rows[Supplier].pk)
    browser.post(address, as_it_stands(browser, address) | RESTRICTED)
    asked = Recheck.objects.values_list("contract", flat=True)
    assert {rows[Contract].pk, elsewhere.pk} <= set(asked)


def test_the_contract_and_the_kind_of_a_line_stay(rows, officers):
    other = factories.a_contract("Other")
    line, browser = rows[CostLine], signed_in(officers[COSTS])
    address = page(CostLine, "change", line.pk)
    assert not {"contract", "kind"} & as_it_stands(browser, address).keys()

    more = {"contract": other.pk, "kind": "fraud_loss", "title": "Renamed"}
    assert browser.post(address, as_it_stands(browser, address) | more).status_code == 302

    line.refresh_from_db()
    assert (line.title, line.contract, line.kind) == ("Renamed", rows[Contract], "remediation")


def test_an_imprecise_date_moves_to_its_last_day_on_every_form(rows, officers):
    browser, address = signed_in(officers[CONTRACTS]), page(Source, "change", rows[Source].pk)
    more = {"published_on": "03/07/2018", "published_precision": "month"}
    assert browser.post(address, as_it_stands(browser, address) | more).status_code == 302
    rows[Source].refresh_from_db()
    assert rows[Source].published_on == dt.date(2018, 7, 31)

    gap = page(CapabilityGap, "change", rows[CapabilityGap].pk)
    late = {"since_on": "01/07/2018", "since_precision": "month"}
    answer = browser.post(gap, as_it_stands(browser, gap) | late)
    assert "It stops working before it is reported" in errors(answer)[""][0]


def test_rows_under_a_row_are_entered_on_its_page(rows, officers):
    browser = signed_in(officers[CONTRACTS])
    address = page(Discrepancy, "change", rows[Discrepancy].pk)
    more = {
        "readings-TOTAL_FORMS": 2,
        "readings-1-says": "On Tuesday",
        "readings-1-source": rows[Source].pk,
    }
    assert browser.post(address, as_it_stands(browser, address) | more).status_code == 302
    assert rows[Discrepancy].readings.filter(says="On Tuesday").exists()
