"""What a person may not see is nowhere in the back office; who is cleared meets it everywhere."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import Role
from accounts.visibility import Visible
from contracts.models import Contract, Source, Supplier
from costs.models import CostEntry, CostLine
from incidents import casework
from incidents.models import Incident
from scrutiny import record
from scrutiny.models import Decision, Promise, Statement
from tests import everything, factories
from tests.actors import signed_in, the_superuser
from tests.forms import as_it_stands, errors, page

pytestmark = pytest.mark.django_db

#: Of what the secret contract has; a body and a mark over all contracts are nobody's secret.
RECORD = [
    model
    for model in admin.site._registry
    if issubclass(model, Visible) or model.__name__ == "Recheck"
]


@pytest.fixture
def open_rows(db):
    return everything.a_contract_with_everything("Open")


@pytest.fixture
def secret(open_rows):
    """A contract exempt under paragraph 1, with open rows of every kind under it."""
    return everything.a_contract_with_everything("Secret", **factories.exempt(1))


@pytest.fixture
def councillor(db):
    return signed_in(factories.a_councillor("Ann Member"))


@pytest.fixture
def cleared(db):
    person = factories.a_person("Cy Cleared", Role.COUNCILLOR, Role.AUDITOR, cleared=(1,))
    return signed_in(person)


@pytest.fixture
def root(db):
    return signed_in(the_superuser())


def every_page(browser, rows):
    """What each page of one row and its kind says to somebody."""
    for model in RECORD:
        for address in (
            page(model, "changelist"),
            page(model, "changelist") + "?_facets=True",
            page(model, "changelist") + "?q=Secret",
            page(model, "add"),
            page(model, "change", rows[model].pk),
            page(model, "history", rows[model].pk),
        ):
            answer = browser.get(address)
            # The page may repeat what was typed into its search.
            yield address, re.sub(r'value="Secret"|q(=|%3D)Secret', "", answer.content.decode())


@pytest.mark.parametrize("who", ["councillor", "root"])
def test_no_page_of_an_open_row_says_anything_of_a_hidden_one(open_rows, secret, who, request):
    browser = request.getfixturevalue(who)
    for address, text in every_page(browser, open_rows):
        assert "Secret" not in text, address
    for address in ("/", "/contracts/"):
        assert "Secret" not in browser.get(address).content.decode()


@pytest.mark.parametrize("who", ["councillor", "root"])
def test_a_hidden_row_answers_like_an_absent_one(secret, who, request):
    browser = request.getfixturevalue(who)
    for model in RECORD:
        for name in ("change", "history", "delete"):
            hidden = browser.get(page(model, name, secret[model].pk))
            absent = browser.get(page(model, name, 987_654))
            assert hidden.status_code == absent.status_code, (model, name)
            assert hidden.status_code in (403, 404)
            posted = browser.post(page(model, name, secret[model].pk), {})
            assert posted.status_code in (403, 404, 405)


def test_who_is_cleared_meets_every_hidden_row(open_rows, secret, cleared):
    for model in RECORD:
        if model.__name__ == "Threshold":
            continue  # Its page names only the contract.
        listed = cleared.get(page(model, "changelist")).content.decode()
        assert "Secret" in listed, model
        assert cleared.get(page(model, "change", secret[model].pk)).status_code == 200, model
    assert "Secret" in cleared.get("/").content.decode()


def test_counts_and_filters_leave_hidden_rows_out(open_rows, secret, councillor, cleared):
    for model in RECORD:
        few = councillor.get(page(model, "changelist"))
        if few.status_code == 403:
            continue
        seen = few.context["cl"].full_result_count or few.context["cl"].result_count
        many = cleared.get(page(model, "changelist")).context["cl"]
        assert seen < (many.full_result_count or many.result_count), model


def test_a_hidden_line_under_an_open_contract_is_nowhere(open_rows, councillor, cleared):
    contract = open_rows[Contract]
    line = factories.a_line(contract, "Secret line", **factories.exempt(1))
    factories.post(line, "pledged", 5_000_000, everything.DAY)
    incident = open_rows[Incident]
    casework.attribute(incident, line, by=factories.the_officer(), why="Secret reason")
    record.authorise(open_rows[Decision], line, by=factories.the_officer(), words="Secret words")
    addresses = [
        *(page(model, "changelist") for model in RECORD),
        page(Contract, "change", contract.pk),
        page(Incident, "change", incident.pk),
        page(Decision, "change", open_rows[Decision].pk),
        "/",
        "/contracts/",
    ]
    for address in addresses:
        assert "Secret" not in councillor.get(address).content.decode(), address
        assert "5,000,000" not in councillor.get(address).content.decode(), address
    assert councillor.get(page(CostLine, "change", line.pk)).status_code == 404
    assert "Secret line" in cleared.get(page(CostLine, "changelist")).content.decode()


def test_members_see_by_right_what_is_financial_but_not_terms_in_negotiation(councillor, root):
    seen = factories.a_contract("Financial", **factories.exempt(3))
    terms = factories.a_contract("Terms", **factories.exempt(3, negotiation_terms=True))

    assert councillor.get(page(Contract, "change", seen.pk)).status_code == 200
    assert councillor.get(page(Contract, "change", terms.pk)).status_code == 404
    assert root.get(page(Contract, "change", seen.pk)).status_code == 404


# What a row points at without belonging to it ------------------------------------------------


@pytest.fixture
def quoting(open_rows):
    """An open line, entry and failure whose source has become secret since."""
    source = factories.a_source("Secret paper", **factories.exempt(1))
    line = factories.a_line(open_rows[Contract], "Open line two", source=source)
    entry = factories.post(line, "approved", 1_000, everything.DAY)
    incident = factories.an_incident(open_rows[Contract], sources=[source], title="Open failure 2")
    return line, entry, incident, source


def test_an_open_row_does_not_name_its_hidden_source(quoting, councillor, root, cleared):
    line, entry, incident, _ = quoting
    for row in (line, entry, incident):
        address = page(type(row), "change", row.pk)
        for browser in (councillor, root):
            assert "Secret" not in browser.get(address).content.decode(), address
        assert "Secret paper" in cleared.get(address).content.decode(), address
    assert "Secret" not in councillor.get(page(CostEntry, "changelist")).content.decode()
    assert "Secret paper" in cleared.get(page(CostEntry, "changelist")).content.decode()


def test_saving_keeps_the_hidden_things_a_row_points_at(quoting, root):
    line, _, incident, source = quoting
    other = factories.a_source("Open paper")

    for row, more in ((line, {"note": "changed"}), (incident, {"sources": [str(other.pk)]})):
        address = page(type(row), "change", row.pk)
        answer = root.post(address, as_it_stands(root, address) | more)
        assert answer.status_code == 302, errors(answer)

    line.refresh_from_db()
    assert (line.note, line.source_id) == ("changed", source.pk)
    links = Incident.sources.through.objects.filter(incident=incident)
    assert set(links.values_list("source", flat=True)) == {source.pk, other.pk}


def test_who_is_cleared_takes_a_hidden_source_away(quoting):
    *_, incident, _ = quoting
    officer = factories.a_person("In Cident", Role.INCIDENT_OFFICER, cleared=(1,))
    browser, address = signed_in(officer), page(Incident, "change", incident.pk)

    answer = browser.post(address, as_it_stands(browser, address) | {"sources": []})

    assert answer.status_code == 302
    assert not Incident.sources.through.objects.filter(incident=incident).exists()


# What forms offer and take --------------------------------------------------------------------


def suggestions(browser, model, field, term=""):
    meta = model._meta
    answer = browser.get(
        reverse("admin:autocomplete"),
        {
            "app_label": meta.app_label,
            "model_name": meta.model_name,
            "field_name": field,
            "term": term,
        },
    )
    assert answer.status_code == 200
    return [found["text"] for found in answer.json()["results"]]


def test_suggestions_name_no_hidden_row(open_rows, secret, councillor, cleared):
    for model in RECORD:
        for field in admin.site._registry[model].autocomplete_fields:
            assert not any("Secret" in text for text in suggestions(councillor, model, field))
            assert suggestions(councillor, model, field, "Secret") == []
    assert suggestions(cleared, CostLine, "contract", "Secret") == ["Secret 1"]


def test_a_select_holds_the_rows_one_sees_for_those_without_javascript(open_rows, secret):
    browser = signed_in(factories.a_person("Fin Ance", Role.FINANCE_OFFICER))
    html = browser.get(page(CostLine, "add")).content.decode()
    assert f'<option value="{open_rows[Contract].pk}">Open 1</option>' in html
    assert "Secret" not in html


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Contract, "cost_lines__isnull=False"),
        (Contract, "cost_lines__id__exact=1"),
        (Contract, "cost_lines=1"),
        (CostLine, "source__id__exact=1"),
        (CostLine, "source=1"),
        (CostLine, "contract__supplier__name__startswith=S"),
        (Incident, "sources__title__startswith=S"),
        (Incident, "costs__isnull=False"),
    ],
)
def test_no_lookup_along_a_relation_answers_for_hidden_rows(root, model, query):
    assert root.get(f"{page(model, 'changelist')}?{query}").status_code == 400


def test_a_claim_is_unanswered_as_far_as_one_sees(councillor, cleared):
    about = {"contract": factories.a_contract(), "by": factories.the_officer()}
    about["source"] = factories.a_source()
    claim = record.state(kind="claim", speaker="Labour group", words="It fails", **about)
    hidden = {"speaker": "Secret board", "words": "It works", **factories.exempt(1)}
    record.answer(claim, source=about["source"], by=about["by"], **hidden)

    def unanswered(browser) -> int:
        answer = browser.get(page(Statement, "changelist"), {"claims": "unanswered"})
        return answer.context["cl"].result_count

    assert unanswered(councillor) == 1
    assert unanswered(cleared) == 0
    assert "Secret" not in councillor.get(page(Statement, "change", claim.pk)).content.decode()
    assert "Secret board" in cleared.get(page(Statement, "change", claim.pk)).content.decode()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 403),
        ("app_label=contracts", 403),
        ("app_label=contracts&model_name=contract&field_name=supplier&term=%00", 200),
        ("app_label=contracts&model_name=contract&field_name=supplier&page=x", 404),
        ("app_label=contracts&model_name=contract&field_name=awards", 403),
        ("app_label=contracts&model_name=contract&field_name=title", 403),
        ("app_label=nothing&model_name=contract&field_name=supplier", 403),
        ("app_label=accounts&model_name=clearance&field_name=user", 403),
    ],
)
def test_odd_questions_for_suggestions_are_refused(councillor, query, status):
    assert councillor.get(f"{reverse('admin:autocomplete')}?{query}").status_code == status


def test_a_hidden_parent_that_is_posted_is_refused_like_an_unknown_one(open_rows, secret):
    browser = signed_in(factories.a_person("Con Tract", Role.CONTRACT_OFFICER))
    said = []
    for key in (secret[Contract].pk, 987_654):
        answer = browser.post(
            page(Promise, "add"),
            {
                "words": "It will be done",
                "made_by": "Somebody",
                "contract": key,
                "source": open_rows[Source].pk,
                "status": "open",
                "restriction": "open",
                "made_precision": "day",
                "due_precision": "day",
            },
        )
        assert answer.status_code == 200
        said.append(errors(answer)["contract"])
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        (
            Contract,
            {"reference": "Secret 1", "title": "New", "regime": "pcr2006", "status": "running"},
            "That reference is not available.",
        ),
        (Supplier, {"name": "Secret plc"}, "That name is not available."),
        (
            Source,
            {"publisher": "Times Series", "title": "Secret report", "kind": "news"},
            "That title is not available for this publisher.",
        ),
        (
            Supplier,
            {"name": "New plc", "names-TOTAL_FORMS": "1", "names-0-name": "Secret PLC"},
            "That name is not available.",
        ),
    ],
)
def test_a_clash_with_a_hidden_row_says_no_more_than_one_with_an_open_row(
    open_rows, secret, model, fields, message
):
    browser = signed_in(factories.a_person("Con Tract", Role.CONTRACT_OFFICER))
    data = {
        "buyer": "London Borough of Barnet",
        "supplier": open_rows[Supplier].pk,
        "restriction": "open",
        "signed_precision": "day",
        "published_precision": "day",
        "services-TOTAL_FORMS": "0",
        "services-INITIAL_FORMS": "0",
        "names-TOTAL_FORMS": "0",
        "names-INITIAL_FORMS": "0",
        **fields,
    }
    for inline in ("awards", "contracted_sums", "variations", "commitments", "discrepancies"):
        data |= {f"{inline}-TOTAL_FORMS": "0", f"{inline}-INITIAL_FORMS": "0"}
    before = model.all_rows.count()

    hidden = browser.post(page(model, "add"), data)

    assert hidden.status_code == 200
    assert message in hidden.content.decode()
    assert model.all_rows.count() == before
    assert not LogEntry.objects.exists()
    clash = {
        name: value.replace("Secret", "Open") for name, value in data.items() if name in fields
    }
    assert message in browser.post(page(model, "add"), data | clash).content.decode()


def test_the_log_names_no_record(open_rows):
    browser = signed_in(factories.a_person("Con Tract", Role.CONTRACT_OFFICER))
    address = page(Supplier, "change", open_rows[Supplier].pk)
    more = {"names-TOTAL_FORMS": "2", "names-1-name": "Secret name"}

    assert browser.post(address, as_it_stands(browser, address) | more).status_code == 302

    entry = LogEntry.objects.get()
    assert entry.object_repr == f"supplier {open_rows[Supplier].pk}"
    assert "Secret" not in entry.change_message
    assert "Added supplier name" in entry.get_change_message()


def test_deleting_names_nothing_hidden_and_takes_nothing_hidden_along(root):
    open_source = factories.a_source("Open paper")
    assert b"Are you sure" in root.get(page(Source, "delete", open_source.pk)).content

    factories.a_line(title="Secret line", source=open_source, **factories.exempt(1))
    answer = root.get(page(Source, "delete", open_source.pk))
    assert "Secret" not in answer.content.decode()
    assert "other parts of the record, which use it" in answer.content.decode()
    root.post(page(Source, "delete", open_source.pk), {"post": "yes"})
    assert Source.objects.filter(pk=open_source.pk).exists()


def test_deleting_counts_no_link_to_something_hidden(open_rows, root):
    decision = open_rows[Decision]
    hidden = factories.an_incident(title="Secret failure", **factories.exempt(1))
    decision.incidents.add(hidden)
    answer = root.get(page(Decision, "delete", decision.pk)).content.decode()
    assert "relationships" not in answer
    assert "other parts of the record, which use it" in answer
    root.post(page(Decision, "delete", decision.pk), {"post": "yes"})
    assert Decision.objects.filter(pk=decision.pk).exists()


def test_there_is_no_link_by_content_type_that_answers_for_hidden_rows():
    assert "view_on_site" not in {
        getattr(found, "name", None) for found in admin.site.get_urls()[-1].url_patterns
    }
    for model_admin in admin.site._registry.values():
        assert model_admin.view_on_site is False


def test_who_hides_a_row_from_themself_is_told_and_led_to_the_list(open_rows):
    browser = signed_in(factories.a_person("Fin Ance", Role.FINANCE_OFFICER))
    address = page(CostLine, "change", open_rows[CostLine].pk)

    exempt = {**factories.exempt(1), "restriction_review_on": "2099-02-01"}
    answer = browser.post(address, as_it_stands(browser, address) | exempt, follow=True)

    assert answer.redirect_chain == [(page(CostLine, "changelist"), 302)]
    assert "You are not cleared for it" in answer.content.decode()
    assert browser.get(address).status_code == 404
