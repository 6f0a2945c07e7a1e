"""Acts: what is done with a row by name, each with its reason, by those who may."""

import datetime as dt

import pytest
from django.db import IntegrityError

from accounts.models import Role
from contracts.models import Award, AwardPreference, Contract, Source, Withdrawal
from costs.models import AlertAcknowledgement, OverrunAlert, Threshold
from incidents.models import Incident
from scrutiny.models import Statement
from tests import everything, factories
from tests.actors import signed_in
from tests.forms import as_it_stands, errors, opened, page

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


def act(row, slug: str) -> str:
    return page(type(row), "act", row.pk, slug)


def test_a_wrong_row_is_withdrawn_with_a_reason_once(rows, officers):
    award, browser = rows[Award], signed_in(officers[Role.CONTRACT_OFFICER])
    assert act(award, "withdraw") in browser.get(page(Award, "change", award.pk)).content.decode()

    assert errors(browser.post(act(award, "withdraw"), {"reason": " "}))["reason"]
    assert browser.post(act(award, "withdraw"), {"reason": "A typing error."}).status_code == 302

    assert Withdrawal.objects.get(award=award).recorded_by == officers[Role.CONTRACT_OFFICER]
    shown = browser.get(page(Award, "change", award.pk)).content.decode()
    assert act(award, "withdraw") not in shown
    again = browser.post(act(award, "withdraw"), {"reason": "Again."}, follow=True)
    assert "That cannot be done with it any more" in again.content.decode()
    assert Withdrawal.objects.filter(award=award).count() == 1


def test_one_of_several_awards_is_marked_as_the_one_to_use(rows, officers):
    browser = signed_in(officers[Role.CONTRACT_OFFICER])
    browser.post(act(rows[Award], "prefer"), {"reason": "The newest paper."})
    assert AwardPreference.objects.filter(award=rows[Award]).count() == 2


def test_an_alert_is_acknowledged_by_every_kind_of_officer(rows, officers):
    for role, person in officers.items():
        browser = signed_in(person)
        assert (
            browser.post(act(rows[OverrunAlert], "acknowledge"), {"note": role}).status_code == 302
        )
    notes = AlertAcknowledgement.objects.filter(note__in=officers)
    assert {each.recorded_by for each in notes} == set(officers.values())


def test_a_mark_is_retired_once(officers):
    mark, browser = (
        factories.a_threshold("firm", 100_000),
        signed_in(officers[Role.FINANCE_OFFICER]),
    )
    assert browser.get(act(mark, "retire")).status_code == 200
    assert browser.post(act(mark, "retire")).status_code == 302
    mark.refresh_from_db()
    assert mark.retired_at is not None
    assert browser.post(act(mark, "retire")).status_code == 302


def test_a_failure_moves_only_by_its_acts_and_with_a_reason(officers):
    incident = factories.an_incident()
    browser = signed_in(officers[Role.INCIDENT_OFFICER])
    address = page(Incident, "change", incident.pk)

    data = as_it_stands(browser, address) | {"status": "closed", "reference": "INC-1999-0001"}
    assert browser.post(address, data).status_code == 302
    incident.refresh_from_db()
    assert incident.status == "reported"
    assert incident.reference != "INC-1999-0001"

    for slug, status in (
        ("confirm", "confirmed"),
        ("remedy", "remediation"),
        ("resolve", "resolved"),
    ):
        assert act(incident, slug) in browser.get(address).content.decode()
        assert browser.post(act(incident, slug), {"reason": f"To {status}."}).status_code == 302
        incident.refresh_from_db()
        assert incident.status == status
    assert act(incident, "confirm") not in browser.get(address).content.decode()
    browser.post(act(incident, "confirm"), {"reason": "Too late."})
    incident.refresh_from_db()
    assert incident.status == "resolved"
    told = incident.updates.order_by("pk").values_list("status_after", "text")
    assert list(told)[1:] == [
        ("confirmed", "To confirmed."),
        ("remediation", "To remediation."),
        ("resolved", "To resolved."),
    ]


def test_an_update_brings_the_next_action_up_to_date(officers):
    incident = factories.an_incident(next_action="Call", next_action_on=dt.date(2018, 1, 1))
    browser = signed_in(officers[Role.INCIDENT_OFFICER])
    form = browser.get(act(incident, "update")).context["form"]
    assert form["next_action"].value() == "Call"

    data = opened(browser, act(incident, "update"))
    data |= {"text": "Called.", "next_action": "Write", "next_action_on": "2018-02-01"}
    assert browser.post(act(incident, "update"), data).status_code == 302

    incident.refresh_from_db()
    assert (incident.next_action, incident.next_action_on) == ("Write", dt.date(2018, 2, 1))
    assert incident.updates.last().text == "Called."


def test_acts_are_for_those_who_may_and_for_rows_one_sees(rows, officers):
    reader = signed_in(factories.a_councillor())
    hidden = factories.an_incident(factories.a_contract("Secret", **factories.exempt(1)))
    for row, slug in (
        (rows[Award], "withdraw"),
        (rows[OverrunAlert], "acknowledge"),
        (rows[Threshold], "retire"),
        (rows[Incident], "confirm"),
    ):
        assert act(row, slug) not in reader.get(page(type(row), "change", row.pk)).content.decode()
        for method in (reader.get, reader.post):
            assert method(act(row, slug)).status_code == 403, slug
    officer = signed_in(officers[Role.INCIDENT_OFFICER])
    assert officer.post(act(hidden, "confirm"), {"reason": "Now."}).status_code == 404
    assert officer.get(act(rows[Incident], "nonsense")).status_code == 404


def test_an_answer_is_recorded_from_the_claim_it_answers(rows, officers):
    browser = signed_in(officers[Role.CONTRACT_OFFICER])
    claim = rows[Statement]
    shown = browser.get(page(Statement, "change", claim.pk))
    (address, label), (_, decides) = shown.context["buttons"]
    assert (label, str(decides)) == ("Record an answer", "Decide who may see it")
    data = as_it_stands(browser, address)
    assert (data["kind"], data["answers"]) == ("response", str(claim.pk))
    said = {"speaker": "Leader", "words": "It is in use.", "source": rows[Source].pk}
    assert browser.post(page(Statement, "add"), data | said).status_code == 302
    assert claim.responses.get(speaker="Leader").contract == rows[Contract]


def test_what_the_database_refuses_at_the_last_moment_is_said_on_the_form(
    rows, officers, monkeypatch
):
    def clash(*args, **options):
        raise IntegrityError("contracts_withdrawal: a row is never replaced")

    monkeypatch.setattr("contracts.register.withdraw", clash)
    browser = signed_in(officers[Role.CONTRACT_OFFICER])
    answer = browser.post(act(rows[Award], "withdraw"), {"reason": "Again."})
    assert answer.status_code == 200
    assert "at the same moment" in " ".join(answer.context["form"].non_field_errors())
