"""Costs: their register, the ledger, the page of one, and what a page says while a check is due."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from contracts.models import Source
from costs import ledger, rechecks
from incidents import casework
from tests import factories
from tests.actors import as_role, signed_in, the_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def csg():
    factories.the_shipped_thresholds()
    return factories.the_csg_record()


@pytest.fixture
def mosaic(csg):
    return csg.cost_lines.get(title__startswith="Mosaic")


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(browser, name, *args, **query) -> str:
    answer = browser.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200
    return text_of(answer)


def asked(browser, name, *args) -> int:
    with CaptureQueriesContext(connection) as found:
        page(browser, name, *args)
    return len(found)


def titles(browser, **query) -> list[str]:
    answer = browser.get(reverse("admin:costs"), query)
    return [row.record.title for row in answer.context["table"].rows]


class TestTheRegister:
    def test_names_each_cost_with_what_it_comes_to_largest_first(self, csg, councillor):
        html = page(councillor, "costs")

        assert "<strong>2 costs</strong>" in html
        assert html.index("£4,200,000.00") < html.index("£164,176.00")
        assert titles(councillor)[0].startswith("Mosaic")

    @pytest.mark.parametrize(
        "column",
        ["title", "contract", "supplier", "kind", "firm_now", "at_risk_now", "paid_now"],
    )
    def test_sorts_by_each_column_both_ways(self, csg, councillor, column):
        factories.post(factories.a_line(csg, "A line"), "paid", 5, "2018-01-01")
        up, down = titles(councillor, sort=column), titles(councillor, sort=f"-{column}")
        assert sorted(up) == sorted(down)
        assert len(up) == 3

    def test_what_counts_only_from_a_later_day_is_in_no_sum_yet(self, csg, councillor):
        line = factories.a_line(csg, "Later")
        factories.post(line, "approved", 9_000_000, "2999-01-01")
        assert titles(councillor, sort="-at_risk_now")[-1] == "Later"
        assert "9,000,000" not in page(councillor, "costs")

    def test_filters(self, csg, mosaic, councillor):
        apart = factories.a_line(csg, "Credit", kind="service_credit", funded_by="Capita")
        assert titles(councillor, q="delivery partner") == [mosaic.title]
        assert titles(councillor, kind="service_credit") == [apart.title]
        assert titles(councillor, funded_by="capita") == [apart.title]
        assert titles(councillor, apart="on") == [apart.title]
        assert len(titles(councillor, contract=csg.pk)) == 3

    def test_asks_as_much_for_fifty_as_for_one(self, csg, councillor):
        few = asked(councillor, "costs")
        for number in range(48):
            factories.post(factories.a_line(csg), "approved", number + 1, "2018-01-01")
        assert asked(councillor, "costs") == few <= 12

    def test_goes_out_as_a_file(self, csg, councillor):
        answer = councillor.get(reverse("admin:costs"), {"export": "csv"})
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 3
        assert "4200000.00" in lines[1]


class TestTheLedger:
    def test_has_the_latest_recorded_entry_first_with_its_source(self, mosaic, councillor):
        factories.post(mosaic, "approved", 3_000_000, "2018-07-12")
        html = page(councillor, "ledger")

        assert html.index("£3,000,000.00") < html.index("£4,200,000.00")
        assert "July [2018]" in html
        assert Source.objects.get(pk=mosaic.source_id).title in html

    @pytest.mark.parametrize(
        "column",
        ["effective", "line", "contract", "stage", "amount", "stated_by", "recorded_at"],
    )
    def test_sorts_by_each_column_both_ways(self, csg, councillor, column):
        for sort in (column, f"-{column}"):
            answer = councillor.get(reverse("admin:ledger"), {"sort": sort})
            assert len(answer.context["table"].rows) == 2

    def test_filters_by_status_cost_and_day(self, mosaic, councillor):
        def count(**query) -> int:
            answer = councillor.get(reverse("admin:ledger"), query)
            assert answer.status_code == 200
            return len(answer.context["table"].rows)

        in_2017 = {
            f"dated_to_{part}": n
            for part, n in zip(("day", "month", "year"), (31, 12, 2017), strict=True)
        }
        assert count(stage="pledged") == count(line=mosaic.pk) == count(**in_2017) == 1
        assert count(words="delivery mosaic") == 1
        in_2999 = {
            f"recorded_from_{part}": n
            for part, n in zip(("day", "month", "year"), (1, 1, 2999), strict=True)
        }
        assert count(**in_2999) == 0

    def test_asks_as_much_for_fifty_as_for_one(self, mosaic, councillor):
        few = asked(councillor, "ledger")
        for number in range(60):
            factories.post(mosaic, "approved", number + 1, "2018-01-01")
        assert asked(councillor, "ledger") == few <= 12

    def test_names_no_cost_to_choose_but_the_one_asked_for(self, csg, mosaic, councillor):
        hidden = factories.a_line(csg, "Secret advice", **factories.exempt(5))
        factories.post(hidden, "approved", 5, "2018-01-01")

        assert 'name="line"' not in page(councillor, "ledger")
        asked = councillor.get(reverse("admin:ledger"), {"line": mosaic.pk})
        choices = asked.context["filter"].form.fields["line"].queryset
        assert list(choices) == [mosaic]
        for nobodys in (hidden.pk, "abc", "9" * 5000):
            refused = councillor.get(reverse("admin:ledger"), {"line": nobodys})
            assert "not on the list" in text_of(refused)
            assert "Secret" not in text_of(refused)

    def test_says_which_entry_cancelled_which(self, mosaic, councillor):
        pledge = mosaic.entries.get()
        mirror = factories.reverse(pledge)
        html = page(councillor, "ledger")
        assert f"{pledge.pk}. Reversed by entry {mirror.pk}" in html
        assert f"{mirror.pk}. Reverses entry {pledge.pk}" in html
        shown = page(councillor, "cost_line", mosaic.pk)
        assert f'<a href="#entry-{mirror.pk}">Reversed by entry {mirror.pk}</a>' in shown

    def test_a_restricted_source_is_not_named(self, mosaic, councillor):
        Source.all_rows.all().update(**factories.exempt(5))
        assert not [
            title
            for title in Source.all_rows.values_list("title", flat=True)
            if title in page(councillor, "ledger")
        ]


class TestOneCost:
    def test_says_how_its_sums_become_firm_and_at_risk(self, csg, councillor):
        line = factories.a_line(csg, "Steps")
        for stage, amount in (
            ("pledged", 4_200_000),
            ("approved", 3_000_000),
            ("paid", 3_400_000),
            ("credited", 500_000),
        ):
            factories.post(line, stage, amount, "2018-01-05")
        html = page(councillor, "cost_line", line.pk)

        assert "At risk: £2,900,000 paid and £800,000 pledged, together £3,700,000." in html
        assert "£500,000 that was credited or recovered is taken off." in html
        assert "£400,000 was paid beyond what was approved." in html

    def test_of_what_is_only_alleged_nothing_enters_a_total(self, csg, councillor):
        line = factories.a_line(csg)
        factories.post(line, "alleged", 5, "2018-01-05")
        assert "Nothing of it enters a total" in page(councillor, "cost_line", line.pk)

    def test_names_the_failures_and_decisions_a_person_may_see(self, csg, mosaic, councillor):
        failure = factories.an_incident(csg, title="Mosaic cannot bill")
        hidden = factories.an_incident(csg, title="Secret failure", **factories.exempt(5))
        for each in (failure, hidden):
            casework.attribute(each, mosaic, by=factories.the_officer())
        html = page(councillor, "cost_line", mosaic.pk)

        assert "Mosaic cannot bill" in html
        assert "Secret" not in html

    def test_offers_postings_to_finance_officers_alone(self, mosaic, councillor):
        there = reverse("admin:cost_post", args=[mosaic.pk])
        assert there not in page(councillor, "cost_line", mosaic.pk)
        assert there in page(as_role(Role.FINANCE_OFFICER), "cost_line", mosaic.pk)

    def test_asks_as_much_for_many_entries_as_for_one(self, mosaic, councillor):
        few = asked(councillor, "cost_line", mosaic.pk)
        for number in range(60):
            factories.post(mosaic, "approved", number + 1, "2018-01-01")
        assert asked(councillor, "cost_line", mosaic.pk) == few <= 16
        assert "See all its entries" in page(councillor, "cost_line", mosaic.pk)

    def test_a_hidden_one_is_absent_everywhere(self, csg, councillor):
        hidden = factories.a_line(csg, "Secret advice", **factories.exempt(5))
        factories.post(hidden, "approved", 600_000, "2018-09-01", stated_by="Secret adviser")
        for browser in (councillor, signed_in(the_superuser())):
            assert browser.get(reverse("admin:cost_line", args=[hidden.pk])).status_code == 404
            for name in ("costs", "ledger"):
                assert "Secret" not in page(browser, name)
        cleared = factories.a_person("Cleared", Role.COUNCILLOR, cleared=(5,))
        assert "Secret adviser" in page(signed_in(cleared), "ledger")


class TestWhileACheckIsDue:
    def test_the_page_says_so_until_the_worker_has_looked(self, csg, mosaic, councillor):
        there = reverse("admin:checked", args=[csg.pk])
        assert "are being checked" in page(councillor, "cost_line", mosaic.pk)
        assert councillor.get(there).json()["waiting"] is True

        rechecks.sweep(timezone.now())

        assert "are being checked" not in page(councillor, "cost_line", mosaic.pk)
        answer = councillor.get(there)
        assert "no-store" in answer["Cache-Control"]
        assert answer.json()["waiting"] is False
        assert "Checked: CSG is over 5 marks." in answer.json()["words"]

    def test_of_a_contract_under_every_mark_it_says_that(self, councillor):
        contract = factories.a_contract("QUIET", award=1)
        rechecks.sweep(timezone.now())
        words = councillor.get(reverse("admin:checked", args=[contract.pk])).json()["words"]
        assert words == "Checked: no total of QUIET is over a mark."

    def test_a_hidden_contract_is_not_there(self, councillor):
        contract = factories.a_contract("X", **factories.exempt(5))
        assert councillor.get(reverse("admin:checked", args=[contract.pk])).status_code == 404


def test_the_back_office_leads_to_the_pages_on_which_the_ledger_is_written(mosaic):
    officer = as_role(Role.FINANCE_OFFICER)
    html = text_of(officer.get(reverse("admin:costs_costline_change", args=[mosaic.pk])))

    assert reverse("admin:cost_post", args=[mosaic.pk]) in html
    assert reverse("admin:cost_reverse", args=[mosaic.pk, mosaic.entries.get().pk]) in html
    assert ledger.net(mosaic, "pledged") == 4_200_000
