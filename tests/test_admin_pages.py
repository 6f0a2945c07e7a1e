"""Every page of the back office opens for those who may, sorted, filtered and asked oddly."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from barnetwatch.lib.appendonly import AppendOnly
from contracts.models import Recheck, Withdrawal
from costs.models import CostEntry, CostLine, OverrunAlert, Threshold
from tests import everything, factories
from tests.actors import signed_in, the_superuser
from tests.forms import page

pytestmark = pytest.mark.django_db

MODELS = list(admin.site._registry)
#: Rows that no form of their own adds.
WITHOUT_ADD_PAGE = {
    "recheck",
    "withdrawal",
    "costentry",
    "overrunalert",
    "clearance",
    "group",
    "promisechange",
}
#: Rows of which no form changes anything.
FIXED = {Recheck, Withdrawal, CostEntry, OverrunAlert, Threshold}

ODD = [
    "e=1",
    "q=%00",
    "q=%27%22%3B--",
    "p=abc",
    "p=0",
    "p=99999999",
    "p=99999999999999999999999",
    "o=99.-99.x",
    "id__exact=abc",
    "id__exact=99999999999999999999999",
    "pk__in=1,x",
    "unknown=1",
    "contract__id__exact=abc",
    "contract__id__exact=99999999999999999999999",
    "contract__id__exact=%00",
    "contract__reference__startswith=S",
    "cost_lines__isnull=False",
    "source__title__startswith=S",
    "kind__exact=%00",
    "restriction__exact=nonsense",
    "standing=nonsense",
    "_to_field=restriction_reason",
    "_popup=1",
    "_facets=True",
    "all=",
    "recorded_at__year=9999",
    "made_on__year=0&made_on__month=13",
    "effective_on__year=9999",
    "effective_on__year=2018&effective_on__month=99999999999999",
    "effective_on__month=abc",
    "%00=1",
]


@pytest.fixture
def rows(db):
    return everything.a_contract_with_everything("Open") | everything.people()


@pytest.fixture
def root(db):
    return signed_in(the_superuser())


def test_the_rows_of_these_tests_are_of_every_kind(rows):
    assert set(MODELS) <= rows.keys()


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_it_may_and_nothing_else(rows, role):
    person = factories.a_person("Somebody", role)
    browser = signed_in(person)
    for model in MODELS:
        meta, row = model._meta, rows[model]
        views = person.has_perm(f"{meta.app_label}.view_{meta.model_name}")
        adds = person.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        expected = {
            page(model, "changelist"): views,
            page(model, "change", row.pk): views,
            page(model, "history", row.pk): views,
            page(model, "add"): adds and meta.model_name not in WITHOUT_ADD_PAGE,
            page(model, "delete", row.pk): False,
        }
        for address, opens in expected.items():
            assert browser.get(address).status_code in ((200, 302) if opens else (403,)), address


@pytest.mark.parametrize("role", Role)
def test_the_first_page_opens_for_everybody(role):
    assert signed_in(factories.a_person("Somebody", role)).get("/").status_code == 200


def test_nobody_not_even_a_superuser_changes_or_deletes_what_is_only_added(rows, root):
    for model in MODELS:
        if not (issubclass(model, AppendOnly) or model in FIXED):
            continue
        change, delete = (page(model, name, rows[model].pk) for name in ("change", "delete"))
        assert b'name="_save"' not in root.get(change).content
        assert root.post(change, {}).status_code == 403, change
        assert root.post(delete, {"post": "yes"}).status_code == 403, delete


def listed(model, query: str = ""):
    """A list as the superuser gets it, its rows read, without the page around it."""
    request = RequestFactory().get(f"/?{query}")
    request.user = the_superuser()
    found = admin.site._registry[model].get_changelist_instance(request)
    assert list(found.result_list) is not None
    return found


def test_every_column_sorts_both_ways(rows):
    for model in MODELS:
        for number in range(1, len(listed(model).list_display) + 1):
            listed(model, f"o={number}")
            listed(model, f"o=-{number}")


def test_every_filter_filters_by_each_of_its_choices(rows):
    for model in MODELS:
        shown = listed(model, "_facets=True")
        for spec in shown.filter_specs:
            for choice in spec.choices(shown):
                listed(model, choice["query_string"].removeprefix("?"))


def test_every_list_opens_with_its_counts(rows, root):
    for model in MODELS:
        assert root.get(page(model, "changelist"), {"_facets": "True"}).status_code == 200, model


def test_every_list_is_searched(rows, root):
    for model in MODELS:
        assert admin.site._registry[model].search_fields or model.__name__ == "Body"
        answer = root.get(page(model, "changelist"), {"q": "zzz nowhere"})
        assert answer.context["cl"].result_count == 0, model


def test_odd_addresses_are_answered_without_an_error(rows, root):
    for model in MODELS:
        for query in ODD:
            answer = root.get(f"{page(model, 'changelist')}?{query}")
            assert answer.status_code in (200, 302, 400), (model, query)


@pytest.mark.parametrize("key", ["abc", "0", "99999999999999999999999", "%00", "1/2"])
def test_keys_of_nothing_answer_like_an_absent_row(root, key):
    for model in MODELS:
        for name in ("change", "history", "delete"):
            address = page(model, name, 1).replace("/1/", f"/{key}/")
            assert root.get(address).status_code in (403, 404), address


def add_pages(browser):
    """The models whose add page opens, with its address and what the lists on it must be told."""
    for model in MODELS:
        answer = browser.get(page(model, "add"))
        if answer.status_code == 200:
            told = {}
            for inline in answer.context["inline_admin_formsets"]:
                told[f"{inline.formset.prefix}-TOTAL_FORMS"] = "0"
                told[f"{inline.formset.prefix}-INITIAL_FORMS"] = "0"
            yield model, page(model, "add"), told


def test_odd_keys_posted_to_a_form_are_refused_by_it(rows, root):
    for model, address, told in add_pages(root):
        fields = (*model._meta.fields, *model._meta.many_to_many)
        for key in ("abc", "99999999999999999999999", "\x00", "-1"):
            answer = root.post(address, {field.name: key for field in fields} | told)
            assert answer.status_code == 200, (model, key)
            assert answer.context["adminform"].form.errors


def test_a_form_takes_odd_values_from_its_address(rows, root):
    for model, address, _ in add_pages(root):
        for key in ("abc", "99999999999999999999999", "%00"):
            query = "&".join(f"{field.name}={key}" for field in model._meta.get_fields())
            assert root.get(f"{address}?{query}").status_code == 200, (model, key)


def test_a_list_asks_as_many_questions_of_many_rows_as_of_few(rows):
    everything.a_contract_with_everything("Second")
    browser = signed_in(factories.a_person("Reader", Role.AUDITOR))
    few = questions(browser)
    for word in ("Third", "Fourth", "Fifth", "Sixth"):
        everything.a_contract_with_everything(word)
    many = questions(browser)
    assert many == few
    assert max(many.values()) < 30, many


def questions(browser) -> dict[str, int]:
    """How many questions each list asks of the database."""
    asked = {}
    for model in MODELS:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(page(model, "changelist")).status_code == 200
        asked[model.__name__] = len(queries)
    return asked


def test_money_and_dates_are_printed_as_people_read_them(rows, root):
    assert "£200,000.00" in root.get(page(CostLine, "changelist")).content.decode()
    for address in (
        page(CostEntry, "changelist"),
        page(CostEntry, "change", rows[CostEntry].pk),
        page(CostLine, "change", rows[CostLine].pk),
    ):
        shown = root.get(address).content.decode()
        assert "£200,000.00" in shown, address
        assert "25 July 2018" in shown, address
