"""Reporting a failure: question by question, with a draft kept, sent once."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from contracts.models import Commitment, Service, Source
from incidents.models import Incident, IncidentDraft
from tests import factories
from tests.actors import as_role, signed_in
from tests.authenticator import code_of, enters, with_a_phone

pytestmark = pytest.mark.django_db

START = reverse("admin:failure_report")
CHECK = reverse("admin:failure_report_check")


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
def csg(db):
    contract = factories.a_contract("CSG", title="Customer and Support Group")
    Service.objects.create(contract=contract, name="Mosaic")
    return contract


def step(slug: str) -> str:
    return reverse("admin:failure_report_step", args=[slug])


def the_answers(under, **changed) -> dict[str, dict]:
    """What an officer answers, page by page."""
    answers = {
        "contract": {"where": under.pk},
        "services": {"services": [service.pk for service in under.services.all()]},
        "what": {
            "title": "Mosaic cannot bill clients",
            "category": "system",
            "description": "It should bill clients and does not.",
            "severity": "major",
            "affected": "",
        },
        "when": {"occurred_month": "7", "occurred_year": "2018"},
        "source": {"known": "none"},
        "obligation": {"obligation": "Bills go out each month."},
        "publication": {"restriction": "open"},
    }
    return {page: {**sent, **changed.get(page, {})} for page, sent in answers.items()}


def answer(browser, under, **changed):
    """Answer every page; the last answer."""
    for page, sent in the_answers(under, **changed).items():
        last = browser.post(step(page), sent)
        assert last.status_code == 302, (page, last.context["form"].errors)
    return last


def send(browser, token: str = ""):
    token = token or browser.get(CHECK).context["token"]
    return browser.post(CHECK, {"token": token})


def errors(answer) -> dict[str, list[str]]:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


# From the first page to the last ----------------------------------------------------------


def test_an_officer_reports_a_failure_page_by_page(browser, officer, csg):
    assert browser.get(START)["Location"] == step("contract")
    where = step("contract")
    for page, sent in the_answers(csg).items():
        assert where == step(page)
        assert browser.get(where).status_code == 200
        where = browser.post(where, sent)["Location"]
    assert where == CHECK
    page = browser.get(CHECK)
    for said in ("CSG: Customer and Support Group", "Mosaic", "July 2018", "Bills go out"):
        assert said in page.content.decode()

    done = send(browser)
    failure = Incident.objects.get()
    panel = browser.get(done["Location"]).content.decode()

    assert done["Location"] == reverse("admin:failure_reported", args=[failure.pk])
    assert failure.reference in panel
    assert "What happens next" in panel
    assert failure.recorded_by == officer
    assert failure.contract == csg
    assert [service.name for service in failure.services.all()] == ["Mosaic"]
    assert (failure.occurred_on, failure.occurred_precision) == (dt.date(2018, 7, 31), "month")
    assert failure.obligation == "Bills go out each month."
    assert failure.is_open
    assert not IncidentDraft.objects.exists()
    noted = LogEntry.objects.get(action_flag=ADDITION)
    assert (noted.user, noted.object_id) == (officer, str(failure.pk))
    assert "Mosaic" not in noted.object_repr


def test_a_contract_without_services_is_not_asked_for_them(browser):
    contract = factories.a_contract()

    assert browser.post(step("contract"), {"where": contract.pk})["Location"] == step("what")
    assert browser.get(step("services"))["Location"] == step("what")


def test_a_failure_of_a_supplier_under_no_contract_is_reported(browser, csg):
    supplier = factories.a_supplier("Capita")
    answers = the_answers(csg, contract={"where": "", "supplier": supplier.pk})
    for page in ("contract", "what", "when", "source", "obligation", "publication"):
        browser.post(step(page), answers[page])
    send(browser)

    failure = Incident.objects.get()
    assert (failure.contract, failure.supplier) == (None, supplier)


def test_the_contract_s_page_leads_to_the_form_with_the_contract_chosen(browser, csg):
    first = browser.get(START, {"contract": csg.pk})["Location"]

    assert f'<option value="{csg.pk}" selected>' in browser.get(first).content.decode()


def test_a_change_leads_back_to_the_check_and_a_new_contract_asks_for_its_services(browser, csg):
    other = factories.a_contract("DRS")
    Service.objects.create(contract=other, name="Planning")
    answer(browser, csg)

    assert browser.post(step("when"), {"occurred_year": "2017"})["Location"] == CHECK
    assert browser.post(step("contract"), {"where": other.pk})["Location"] == step("services")
    assert browser.get(CHECK)["Location"] == step("services")
    assert "Planning" in browser.get(step("services")).content.decode()


# Sources and obligations ------------------------------------------------------------------


def test_a_source_on_the_record_is_chosen(browser, csg):
    source = factories.a_source("Report on Mosaic")
    assert str(source) in browser.get(step("source")).content.decode()

    answer(browser, csg, source={"known": "record", "source": source.pk})
    send(browser)

    assert list(Incident.objects.get().sources.all()) == [source]


def test_a_new_source_is_put_on_the_record_with_the_failure(browser, officer, csg):
    new = {
        "known": "new",
        "title": "Mosaic in trouble",
        "publisher": "Times Series",
        "kind": "news",
        "published_month": "September",
        "published_year": "2018",
        "url": "times-series.co.uk/1",
    }
    answer(browser, csg, source=new)
    assert not Source.objects.exists()

    send(browser)

    source = Incident.objects.get().sources.get()
    assert (source.title, source.url) == ("Mosaic in trouble", "https://times-series.co.uk/1")
    assert str(source.published) == "September 2018"
    assert LogEntry.objects.filter(object_id=str(source.pk), user=officer).exists()


def test_a_new_source_that_is_on_the_record_already_is_that_one(browser, csg):
    source = factories.a_source("Mosaic in trouble", publisher="Times Series")
    new = {"known": "new", "title": source.title, "publisher": source.publisher, "kind": "news"}

    answer(browser, csg, source=new)
    send(browser)

    assert list(Incident.objects.get().sources.all()) == [source]


def test_a_new_source_that_clashes_with_a_hidden_one_is_not_available(browser, csg):
    hidden = factories.a_source("Mosaic in trouble", publisher="Times", **factories.exempt(1))
    new = {"known": "new", "title": hidden.title, "publisher": hidden.publisher, "kind": "news"}
    answer(browser, csg, source=new)

    refused = send(browser)

    assert "That title is not available for this publisher." in refused.content.decode()
    assert f'href="{step("source")}"' in refused.content.decode()
    assert not Incident.objects.exists()
    assert IncidentDraft.objects.exists()
    assert browser.post(step("source"), {"known": "none"})["Location"] == CHECK
    assert send(browser, refused.context["token"]).status_code == 302
    assert Incident.objects.count() == 1


def test_a_commitment_of_the_contract_becomes_the_obligation(browser, csg):
    due = Commitment.objects.create(
        contract=csg,
        title="Recovery",
        tier="silver",
        measure="rto",
        target=48,
        unit="hours",
        source=factories.a_source(),
    )
    answer(browser, csg, obligation={"commitment": due.pk, "obligation": "Each time."})
    send(browser)

    said = Incident.objects.get().obligation
    assert said == "Recovery, silver: at most 48 hours.\n\nEach time."


# Mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "sent", "field", "said"),
    [
        ("contract", {"where": ""}, "where", "Choose the contract, or the supplier"),
        ("contract", {"where": "abc"}, "where", "Choose a contract from the list."),
        ("contract", {"where": "9" * 30}, "where", "Choose a contract from the list."),
        ("services", {"services": ["9" * 30]}, "services", "Choose services of this contract"),
        ("what", {"title": ""}, "title", "Say in a few words what failed."),
        ("what", {"severity": "awful"}, "severity", "Choose how bad it is from the list."),
        ("when", {"occurred_month": "", "occurred_year": ""}, "occurred", "such as 25 7 2018"),
        (
            "when",
            {"occurred_day": "31", "occurred_month": "2"},
            "occurred",
            "not a date in the calendar",
        ),
        ("when", {"occurred_year": "2999"}, "occurred", "not in the future"),
        ("when", {"noticed_year": "2017"}, "noticed", "before the day it happened"),
        ("source", {"known": ""}, "known", "Choose whether the source is on the record"),
        ("source", {"known": "record"}, "source", "Choose the source from the list."),
        ("source", {"known": "new"}, "title", "Enter the title of the paper or report."),
        ("publication", {"restriction": "exempt"}, "exempt_paragraph", "Choose the paragraph"),
        ("publication", {"restriction": "confidential"}, "why_confidential", "Say why"),
        (
            "publication",
            {"restriction": "exempt", "exempt_paragraph": "1", "why_exempt": "A person."},
            "review_exempt",
            "Give the day on which",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy_and_a_link_to_its_field(
    browser, csg, page, sent, field, said
):
    browser.post(step("contract"), {"where": csg.pk})
    refused = browser.post(step(page), {**the_answers(csg)[page], **sent})
    html = refused.content.decode()
    link = re.search(r'error-summary__list.*?<a href="#([^"]+)">([^<]+)', html, re.S)

    assert refused.status_code == 200
    assert any(said in each for each in errors(refused)[field])
    assert "<title>Error: " in html
    assert said in link[2]
    assert f'id="{link[1]}"' in html


def test_what_was_typed_under_a_choice_not_made_is_left_out(browser, csg):
    hidden = {"exempt_paragraph": "3", "negotiation_terms": "on", "why_exempt": "None"}
    answer(browser, csg, publication=hidden, source={"url": "not a link", "title": "Typed"})
    send(browser)

    failure = Incident.objects.get()
    assert failure.is_open
    assert (failure.exempt_paragraph, failure.restriction_reason) == (None, "")
    assert not failure.sources.exists()


# Drafts ------------------------------------------------------------------------------------


def test_a_draft_is_kept_page_by_page_and_offered_again(browser, officer, csg):
    browser.post(step("contract"), {"where": csg.pk})
    browser.post(step("services"), {})
    browser.post(step("what"), {"title": "Half a fail"})
    IncidentDraft.objects.update(updated_at=factories.moment("2018-07-03"))

    page = browser.get(START).content.decode()

    assert "Continue your draft of 3 July 2018" in page
    assert "Half a fail" in page
    assert browser.get(reverse("admin:failure_report_continue"))["Location"] == step("what")
    assert 'value="Half a fail"' in browser.get(step("what")).content.decode()
    assert IncidentDraft.objects.get().user == officer


def test_a_draft_is_nobody_else_s(browser, csg):
    browser.post(step("contract"), {"where": csg.pk})
    browser.post(step("what"), {"title": "Not yours"})
    colleague = as_role(Role.INCIDENT_OFFICER)

    assert colleague.get(START)["Location"] == step("contract")
    assert "Not yours" not in colleague.get(step("what")).content.decode()


def test_starting_again_throws_the_draft_away_but_not_by_a_link(browser, csg):
    browser.post(step("contract"), {"where": csg.pk})
    again = reverse("admin:failure_report_again")

    assert browser.get(again).status_code == 405
    assert IncidentDraft.objects.exists()
    assert browser.post(again)["Location"] == step("contract")
    assert not IncidentDraft.objects.exists()


def test_a_page_holds_what_no_database_takes_and_keeps_the_rest(browser, csg):
    browser.post(step("contract"), {"where": csg.pk})
    kept = browser.post(step("what"), {"title": "No\x00thing", "other": "x" * 100})

    assert kept.status_code == 200
    assert IncidentDraft.objects.get().answers["what"] == {"title": ["Nothing"]}


def test_what_was_typed_when_the_session_ended_comes_back_after_the_sign_in(officer, csg):
    officer.set_password("a long enough password")
    officer.save()
    browser = signed_in(officer)
    browser.post(step("contract"), {"where": csg.pk})
    browser.get(step("what"))  # So that the browser holds the token that a form needs.
    del browser.cookies["sessionid"]

    asked = browser.post(step("what"), {"title": "Typed in vain?", "description": "No."})
    kept = re.search(r'name="kept" value="([^"]+)"', asked.content.decode())[1]
    key = with_a_phone(officer)
    browser.post(
        f"{reverse('admin:login')}?next={step('what')}",
        {"username": officer.email, "password": "a long enough password", "kept": kept},
    )
    signed = enters(browser, code_of(key))
    html = browser.get(signed["Location"]).content.decode()

    assert 'value="Typed in vain?"' in html
    assert "What you typed is still here" in html


# Sent once, and by whom ---------------------------------------------------------------------


def test_sending_the_last_page_twice_makes_one_failure(browser, csg):
    answer(browser, csg)
    token = browser.get(CHECK).context["token"]

    first, second = send(browser, token), send(browser, token)

    assert Incident.objects.count() == 1
    assert first["Location"] == second["Location"]
    assert "sent before" in browser.get(second["Location"]).content.decode()


def test_two_pages_of_one_draft_make_one_failure(browser, csg):
    answer(browser, csg)
    one, other = (browser.get(CHECK).context["token"] for _ in range(2))

    send(browser, one)
    late = send(browser, other)

    assert Incident.objects.count() == 1
    assert late["Location"] == step("contract")


@pytest.mark.django_db(transaction=True)
def test_fifty_sendings_at_once_make_one_failure(officer, csg):
    answer(signed_in(officer), csg)
    token = signed_in(officer).get(CHECK).context["token"]
    browsers = [signed_in(officer) for _ in range(50)]

    def post(browser) -> int:
        try:
            return send(browser, token).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, browsers))

    assert set(answers) == {302}
    assert Incident.objects.count() == 1
    assert not IncidentDraft.objects.exists()


def test_a_report_that_lacks_a_page_leads_to_it(browser, csg):
    browser.post(step("contract"), {"where": csg.pk})

    assert browser.get(CHECK)["Location"] == step("services")
    assert browser.post(CHECK, {"token": "a"})["Location"] == step("services")
    assert not Incident.objects.exists()


@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.FINANCE_OFFICER, Role.AUDITOR])
def test_others_do_not_report(role):
    browser = as_role(role)

    for address in (START, step("contract"), CHECK, reverse("admin:failure_report_continue")):
        assert browser.get(address).status_code == 403
        assert browser.post(address, {}).status_code == 403
    assert not IncidentDraft.objects.exists()


# The door -----------------------------------------------------------------------------------


def test_hidden_rows_are_neither_offered_nor_taken(browser, csg):
    hidden = factories.a_contract("Secret", **factories.exempt(1))
    service = Service.objects.create(contract=hidden, name="Secret service")
    due = Commitment.objects.create(
        contract=hidden,
        title="Secret due",
        measure="rto",
        target=1,
        unit="hours",
        source=factories.a_source(),
    )
    source = factories.a_source("Secret report", **factories.exempt(1))
    supplier = factories.a_supplier("Secret plc", **factories.exempt(1))
    Commitment.objects.create(
        contract=csg, title="Open due", measure="rto", target=1, unit="hours", source=source
    )
    browser.post(step("contract"), {"where": csg.pk})
    for page in ("contract", "services", "source", "obligation"):
        assert "Secret" not in browser.get(step(page)).content.decode(), page

    for page, sent, field in (
        ("services", {"services": [service.pk]}, "services"),
        ("source", {"known": "record", "source": source.pk}, "source"),
        ("obligation", {"commitment": due.pk}, "commitment"),
        ("contract", {"where": "", "supplier": supplier.pk}, "supplier"),
        ("contract", {"where": hidden.pk}, "where"),
    ):
        refused = browser.post(step(page), sent)
        absent = browser.post(step(page), {**sent, field: 987_654})
        assert errors(refused)[field] == errors(absent)[field], page
        assert "Secret" not in refused.content.decode(), page


def test_a_contract_hidden_after_it_was_chosen_is_refused_at_the_end(browser, csg):
    answer(browser, csg)
    token = browser.get(CHECK).context["token"]
    type(csg).all_rows.filter(pk=csg.pk).update(**factories.exempt(1))

    assert send(browser, token)["Location"] == step("contract")
    assert not Incident.objects.exists()


def test_who_restricts_what_they_are_not_cleared_for_is_told_that_it_was_saved(browser, csg):
    review = {
        f"review_exempt_{part}": value for part, value in (("day", 1), ("month", 2), ("year", 2099))
    }
    why = {"exempt_paragraph": "1", "why_exempt": "It names somebody.", **review}
    answer(browser, csg, publication={"restriction": "exempt", **why})

    done = browser.get(send(browser)["Location"], follow=True)
    failure = Incident.all_rows.get()

    assert (failure.restriction, failure.exempt_paragraph) == ("exempt", 1)
    assert failure.restriction_review_on == dt.date(2099, 2, 1)
    assert failure.restriction_decided_by == failure.recorded_by
    assert done.request["PATH_INFO"] == reverse("admin:failures")
    assert "You are not cleared for it" in done.content.decode()
    assert failure.reference not in done.content.decode()


def test_a_day_is_judged_by_the_day_it_is_in_london(browser, csg):
    today = timezone.localdate()
    typed = {"occurred_day": today.day, "occurred_month": today.month, "occurred_year": today.year}

    assert browser.post(step("when"), typed).status_code == 302
