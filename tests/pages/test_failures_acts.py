"""What is done with a failure on its pages: told, moved, given a cost."""

import datetime as dt

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role
from incidents import casework
from incidents.models import Incident, IncidentCost, IncidentUpdate
from tests import factories
from tests.actors import as_role, signed_in

pytestmark = pytest.mark.django_db

MOVES = {
    "confirm": "confirmed",
    "remedy": "remediation",
    "resolve": "resolved",
    "close": "closed",
    "dispute": "disputed",
    "reopen": "reported",
}


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


@pytest.fixture
def officer(db):
    return factories.a_person("In Cident", Role.INCIDENT_OFFICER)


@pytest.fixture
def browser(officer):
    return signed_in(officer)


@pytest.fixture
def failure(db):
    return factories.an_incident(factories.a_contract("CSG"), title="Mosaic cannot bill")


def act(failure, slug: str) -> str:
    return reverse("admin:failure_act", args=[failure.pk, slug])


def offered(browser, failure) -> set[str]:
    """The acts that the page of a failure offers."""
    context = browser.get(failure.get_absolute_url()).context
    return {each.slug for _url, each in context["acts"]}


def errors(answer) -> dict[str, list[str]]:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def test_an_officer_moves_a_failure_through_its_life(browser, officer, failure):
    for slug in ("dispute", "confirm", "remedy", "resolve", "close", "reopen"):
        assert slug in offered(browser, failure)
        page = browser.get(act(failure, slug))
        done = browser.post(
            act(failure, slug), {"reason": f"Why {slug}", "token": page.context["token"]}
        )
        failure.refresh_from_db()
        assert done["Location"] == failure.get_absolute_url()
        assert failure.status == MOVES[slug]

    page = browser.get(failure.get_absolute_url()).content.decode()
    assert all(f"Why {slug}" in page for slug in MOVES)
    noted = LogEntry.objects.filter(action_flag=CHANGE, object_id=str(failure.pk))
    assert noted.count() == 6
    assert {each.user for each in noted} == {officer}
    assert not any("Mosaic" in each.object_repr for each in noted)


def test_only_what_applies_is_offered_and_the_rest_says_how_it_stands(browser, failure):
    assert offered(browser, failure) == {"update", "cost", "confirm", "resolve", "close", "dispute"}

    late = browser.get(act(failure, "reopen"), follow=True)

    assert late.request["PATH_INFO"] == failure.get_absolute_url()
    assert "cannot be done with it any more" in late.content.decode()


def test_words_for_an_act_that_somebody_else_overtook_are_given_back(browser, failure):
    page = browser.get(act(failure, "close"))
    sent = {"reason": "It works since May.\nWe looked.", "token": page.context["token"]}
    casework.close(failure, reason="Done.", by=factories.the_officer())

    late = browser.post(act(failure, "close"), sent)

    assert late.status_code == 409
    assert "It works since May.<br>We looked." in late.content.decode()
    assert failure.get_absolute_url() in late.content.decode()
    assert not IncidentUpdate.objects.filter(text__contains="It works since May").exists()


def test_a_reason_is_asked_for_with_a_link_to_its_field(browser, failure):
    refused = browser.post(act(failure, "confirm"), {"reason": " "})
    html = refused.content.decode()

    assert errors(refused) == {"reason": ["Say why, in a sentence or two."]}
    assert '<a href="#id_reason">Say why, in a sentence or two.</a>' in html
    assert "<title>Error: " in html
    assert Incident.objects.get().status == "reported"


def test_a_move_that_somebody_else_made_first_is_refused_on_the_form(browser, failure, monkeypatch):
    page = browser.get(act(failure, "confirm"))
    find = casework.Incident.all_rows.select_for_update

    def meanwhile(*args, **kwargs):
        Incident.objects.update(status="confirmed")
        return find(*args, **kwargs)

    monkeypatch.setattr(casework.Incident.all_rows, "select_for_update", meanwhile)
    refused = browser.post(
        act(failure, "confirm"), {"reason": "Yes.", "token": page.context["token"]}
    )

    assert "cannot be moved to confirmed" in errors(refused)["__all__"][0]
    assert "Yes." in refused.content.decode()
    assert not LogEntry.objects.filter(action_flag=CHANGE).exists()


def test_an_update_says_what_is_new_what_is_next_and_whose_it_is(browser, officer, failure):
    sent = {
        "text": "Capita was asked.",
        "next_action": "Ask again",
        "next_action_on_day": "1",
        "next_action_on_month": "12",
        "next_action_on_year": "2018",
        "officer": officer.pk,
    }
    browser.post(act(failure, "update"), sent)

    failure.refresh_from_db()
    page = browser.get(act(failure, "update")).content.decode()
    assert (failure.next_action, failure.next_action_on) == ("Ask again", dt.date(2018, 12, 1))
    assert failure.officer == officer
    assert IncidentUpdate.objects.filter(text="Capita was asked.", recorded_by=officer).exists()
    assert 'value="Ask again"' in page
    assert 'value="2018"' in page


def test_an_update_goes_to_an_officer_who_keeps_failures_and_nobody_else(browser, failure):
    councillor = factories.a_councillor("Ann Member")
    gone = factories.a_person("Gone", Role.INCIDENT_OFFICER, is_active=False)

    for person in (councillor, gone):
        refused = browser.post(act(failure, "update"), {"text": "News", "officer": person.pk})
        assert errors(refused) == {"officer": ["Choose an officer from the list."]}
        assert person.name not in refused.content.decode()


def test_a_page_sent_twice_tells_the_story_once(browser, failure):
    token = browser.get(act(failure, "update")).context["token"]
    for _ in range(2):
        last = browser.post(act(failure, "update"), {"text": "News", "token": token}, follow=True)

    assert IncidentUpdate.objects.filter(text="News").count() == 1
    assert "sent before" in last.content.decode()


def test_a_cost_of_the_contract_is_attributed(browser, officer, failure):
    line = factories.a_line(failure.contract, "New partner")
    factories.post(line, "approved", 5_000, "2018-07-01")
    factories.a_line(factories.a_contract("DRS"), "Elsewhere")
    page = browser.get(act(failure, "cost")).content.decode()
    assert "New partner" in page
    assert "Elsewhere" not in page

    browser.post(act(failure, "cost"), {"line": line.pk, "why": "To bill."})

    [row] = IncidentCost.objects.all()
    told = browser.get(failure.get_absolute_url())
    assert (row.incident, row.line, row.recorded_by) == (failure, line, officer)
    assert told.context["costs"].in_words == "£5,000 approved"
    assert LogEntry.objects.filter(change_message="Attribute a cost.").count() == 1
    again = browser.get(act(failure, "cost")).content.decode()
    assert "There is no cost on the record that could be attributed" in again


def test_a_cost_that_the_officer_may_not_see_is_refused_as_if_absent(browser, failure):
    hidden = factories.a_line(failure.contract, "Secret", **factories.exempt(1))
    factories.a_line(failure.contract, "Open")
    assert "Secret" not in browser.get(act(failure, "cost")).content.decode()

    refused = browser.post(act(failure, "cost"), {"line": hidden.pk})
    absent = browser.post(act(failure, "cost"), {"line": 987_654})

    assert errors(refused) == errors(absent) == {"line": ["Choose a cost from the list."]}
    assert "Secret" not in refused.content.decode()
    assert not IncidentCost.all_rows.exists()


@pytest.mark.parametrize("slug", ["update", "cost", *MOVES])
def test_those_who_only_read_are_offered_nothing_and_refused(failure, slug):
    councillor = as_role(Role.COUNCILLOR)

    assert offered(councillor, failure) == set()
    assert councillor.get(act(failure, slug)).status_code == 403
    assert councillor.post(act(failure, slug), {"reason": "No."}).status_code == 403
    assert Incident.objects.get().status == "reported"


@pytest.mark.parametrize("slug", ["update", "cost", "confirm", "nothing"])
def test_acts_on_a_hidden_failure_answer_as_on_an_absent_one(browser, slug):
    hidden = factories.an_incident(title="Secret", **factories.exempt(1))

    for method in (browser.get, browser.post):
        assert method(act(hidden, slug)).status_code == 404
        assert method(reverse("admin:failure_act", args=[987_654, slug])).status_code == 404


def test_an_act_that_nobody_knows_is_not_found(browser, failure):
    assert browser.get(act(failure, "explode")).status_code == 404
