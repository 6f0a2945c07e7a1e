"""The register of contracts: what a councillor reads, in which order, and what a file holds."""

import csv
import datetime as dt
import io
import json
import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.contractrows import ContractTable
from contracts import register
from costs import overruns
from incidents import casework
from tests import factories
from tests.actors import as_role, signed_in
from tests.factories import a_contract, a_line, a_supplier, an_award, an_incident, post
from tests.pages.payments import paid

pytestmark = pytest.mark.django_db

NOW = factories.moment("2018-10-01 09:30")
TODAY = NOW.date()
SORTABLE = [name for name, column in ContractTable.base_columns.items() if column.orderable is None]


@pytest.fixture
def councillor() -> Client:
    return as_role(Role.COUNCILLOR)


def read(browser: Client, **address: object) -> list[dict[str, object]]:
    """The rows of the register as its JSON file gives them."""
    answer = browser.get(reverse("admin:contracts"), {**address, "export": "json"})
    return json.loads(b"".join(answer.streaming_content))


def page(browser: Client, **address: object):
    answer = browser.get(reverse("admin:contracts"), address)
    assert answer.status_code == 200
    return answer


def listed(browser: Client, **address: object) -> list[str]:
    """The references on the page, from top to bottom."""
    rows = page(browser, **address).context["table"].data
    return [row.reference for row in rows]


@pytest.fixture
def three(db) -> None:
    """CSG with everything, DRS with less, and one of which little is known."""
    csg = factories.the_csg_record()
    factories.the_shipped_thresholds()
    overruns.check(csg, on=TODAY, at=NOW)
    an_incident(csg)
    drs = a_contract(
        "DRS",
        award=154_000_000,
        title="Development and regulatory services",
        supplier=a_supplier("Re Ltd"),
        ends_on=dt.date(2023, 9, 30),
        status="ended",
    )
    post(a_line(drs), "approved", 200_000, "2018-01-10")
    for _each in range(2):
        an_incident(drs)
    a_contract("NSL", title="Parking", supplier=a_supplier("NSL Ltd"), ends_on=None)


def test_a_councillor_reads_what_stands_beside_each_contract(councillor, three):
    csg = read(councillor)[0]

    assert csg == {
        "Contract": "CSG",
        "Title": "Customer and Support Group",
        "Supplier": "Capita Business Services Ltd",
        "Status": "Running",
        "Award": 320_000_000,
        "Firm": 164_176,
        "At risk": 4_364_176,
        "Share of award, %": 1.36,
        "Over plan": "no payments imported",
        "Overruns open": 5,
        "Failures open": 1,
        "Last day": "2023-08-31",
    }


def test_the_page_prints_it_with_links_to_the_contract_and_its_supplier(councillor, three):
    html = page(councillor).content.decode()

    assert ">CSG</a>" in html
    assert ">Capita Business Services Ltd</a>" in html
    assert "£4,364,176.00" in html
    assert "1.36%" in html
    assert "3 contracts" in html
    assert html.count("not known") >= 3  # NSL: no award, so no share, and no last day.


class TestSorting:
    #: Smallest first; what is not known comes last either way.
    ORDERS = {
        "reference": ["CSG", "DRS", "NSL"],
        "supplier": ["CSG", "NSL", "DRS"],
        "status": ["DRS", "CSG", "NSL"],
        "award": ["DRS", "CSG", "NSL"],
        "firm": ["NSL", "CSG", "DRS"],
        "at_risk": ["NSL", "DRS", "CSG"],
        "share": ["DRS", "CSG", "NSL"],
        "alerts": ["NSL", "DRS", "CSG"],
        "failures": ["NSL", "CSG", "DRS"],
        "ends_on": ["CSG", "DRS", "NSL"],
    }
    #: Where the largest first is not the same list from its end.
    DOWN = {
        "status": ["CSG", "NSL", "DRS"],
        "award": ["CSG", "DRS", "NSL"],
        "share": ["CSG", "DRS", "NSL"],
        "ends_on": ["DRS", "CSG", "NSL"],
    }

    @pytest.fixture(autouse=True)
    def _alert_of_drs(self, three):
        drs = overruns.Contract.objects.get(reference="DRS")
        overruns.check(drs, on=TODAY, at=NOW)

    def test_every_column_sorts_but_the_one_without_figures(self):
        assert set(self.ORDERS) == set(SORTABLE) - {"title"}

    @pytest.mark.parametrize("column", ORDERS)
    def test_up(self, councillor, column):
        assert listed(councillor, sort=column) == self.ORDERS[column]

    @pytest.mark.parametrize("column", ORDERS)
    def test_down(self, councillor, column):
        wanted = self.DOWN.get(column, self.ORDERS[column][::-1])

        assert listed(councillor, sort=f"-{column}") == wanted

    @pytest.mark.parametrize("turn", ["", "-"])
    @pytest.mark.parametrize("column", ORDERS)
    def test_is_the_same_page_by_page(self, councillor, monkeypatch, column, turn):
        whole = listed(councillor, sort=f"{turn}{column}")
        monkeypatch.setattr("barnetwatch.lib.registers.PER_PAGE", 1)

        found, after = [], ""
        while True:
            one = page(councillor, sort=f"{turn}{column}", after=after)
            found += [row.reference for row in one.context["table"].data]
            after = one.context["page"].after
            if not after:
                break

        assert found == whole

    def test_tells_a_screen_reader_which_way(self, councillor):
        assert 'aria-sort="descending"' in page(councillor, sort="-firm").content.decode()

    def test_by_a_column_that_is_not_there_is_the_usual_order(self, councillor):
        assert listed(councillor, sort="supplier__restriction_reason") == ["CSG", "DRS", "NSL"]


def test_a_sum_that_counts_only_from_tomorrow_is_neither_shown_nor_sorted_by(councillor):
    early, late = a_contract("EARLY", award=100), a_contract("LATE", award=100)
    post(a_line(early), "approved", 20, "2018-01-01")
    line = a_line(late)
    post(line, "approved", 10, "2018-01-01")
    post(line, "approved", 500, dt.date(2999, 1, 1))

    assert listed(councillor, sort="-firm") == ["EARLY", "LATE"]
    assert [row["Firm"] for row in read(councillor, sort="-firm")] == [20, 10]


def test_the_award_is_the_preferred_one_and_none_where_sources_disagree(councillor):
    agreed, torn = a_contract("AGREED", award=500), a_contract("TORN", award=900)
    an_award(torn, 700)
    preferred = an_award(agreed, 300)
    register.prefer(preferred, reason="The contract itself", by=factories.the_officer())

    assert [row["Award"] for row in read(councillor, sort="award")] == [300, None]


def test_the_last_day_is_the_one_that_variations_gave(councillor):
    contract = a_contract("CSG", ends_on=dt.date(2023, 8, 31))
    for on, end in (("2021-01-01", "2026-03-31"), ("2020-01-01", "2025-03-31")):
        register.vary(
            contract,
            kind="term",
            title="Longer",
            takes_effect_on=factories.day(on),
            end_before=contract.ends_on,
            end_after=factories.day(end),
            rationale="It works.",
            source=factories.a_source(),
            by=factories.the_officer(),
        )

    assert read(councillor)[0]["Last day"] == "2026-03-31"
    after = {"ends_after_day": 1, "ends_after_month": 1, "ends_after_year": 2026}
    before = {"ends_before_day": 1, "ends_before_month": 1, "ends_before_year": 2026}
    assert listed(councillor, **after) == ["CSG"]
    assert listed(councillor, **before) == []


class TestFilters:
    @pytest.mark.parametrize(
        ("chosen", "found"),
        [
            ({"words": "support customer"}, ["CSG"]),
            ({"words": "nsl"}, ["NSL"]),
            ({"words": "customer parking"}, []),
            ({"status": "ended"}, ["DRS"]),
            ({"overrun": "on"}, ["CSG"]),
            ({"failure": "on"}, ["CSG", "DRS"]),
            ({"failure": "on", "status": "running"}, ["CSG"]),
            ({"ends_after_day": 1, "ends_after_month": 9, "ends_after_year": 2023}, ["DRS"]),
            ({"ends_before_day": 31, "ends_before_month": 8, "ends_before_year": 2023}, ["CSG"]),
        ],
        ids=str,
    )
    def test_leave_what_they_say(self, councillor, three, chosen, found):
        assert listed(councillor, **chosen) == found
        assert [row["Contract"] for row in read(councillor, **chosen)] == found
        assert " your filters" in page(councillor, **chosen).content.decode()

    def test_of_a_supplier(self, councillor, three):
        supplier = overruns.Contract.objects.get(reference="DRS").supplier

        assert listed(councillor, supplier=supplier.pk) == ["DRS"]

    def test_say_what_is_wrong_with_a_day(self, councillor, three):
        wrong = {"ends_after_day": 31, "ends_after_month": 2, "ends_after_year": 2020}

        answer = page(councillor, **wrong)

        assert "There is a problem" in answer.content.decode()
        assert len(answer.context["table"].data) == 3

    def test_stay_in_the_addresses_of_columns_pages_and_files(self, councillor, three, monkeypatch):
        monkeypatch.setattr("barnetwatch.lib.registers.PER_PAGE", 1)

        html = page(councillor, failure="on", sort="-firm").content.decode()

        links = [parse_qs(unescape(query)) for query in re.findall(r'href="\?([^"]*)"', html)]
        assert {"failure": ["on"], "sort": ["firm"]} in links
        assert {"failure": ["on"], "sort": ["supplier"]} in links
        for kind in ("csv", "xlsx", "json"):
            assert {"failure": ["on"], "sort": ["-firm"], "export": [kind]} in links
        (after,) = [link for link in links if "after" in link]
        assert listed(councillor, **{name: value[0] for name, value in after.items()}) == ["CSG"]

    def test_know_a_finished_failure_from_an_open_one(self, councillor):
        contract = a_contract("DONE")
        incident = an_incident(contract)
        casework.resolve(incident, reason="It works.", by=factories.the_officer())

        assert listed(councillor, failure="on") == []
        assert read(councillor)[0]["Failures open"] == 0


class TestFiles:
    def test_are_of_three_kinds_with_a_heading_in_plain_words(self, councillor, three):
        answer = councillor.get(reverse("admin:contracts"), {"export": "csv", "sort": "-award"})
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

        assert answer["Content-Disposition"] == 'attachment; filename="contracts.csv"'
        assert rows[0][:5] == ["Contract", "Title", "Supplier", "Status", "Award"]
        assert rows[1][4] == "320000000.00"
        assert [row[0] for row in rows[1:]] == ["CSG", "DRS", "NSL"]
        assert rows[3][4] == ""

    def test_hold_more_than_a_page(self, councillor, monkeypatch):
        monkeypatch.setattr("barnetwatch.lib.registers.BATCH", 4)
        for number in range(60):
            a_contract(f"C{number:02d}")

        found = [row["Contract"] for row in read(councillor, sort="-reference")]

        assert found == [f"C{number:02d}" for number in reversed(range(60))]

    def test_carry_no_formula(self, councillor):
        a_contract("=1+1", title="@SUM(A1)", supplier=a_supplier("-cmd|' /C calc'!A0"))

        (row,) = read(councillor)

        assert [row["Contract"], row["Title"], row["Supplier"]] == [
            "'=1+1",
            "'@SUM(A1)",
            "'-cmd|' /C calc'!A0",
        ]


class TestWhatOneMayNotSee:
    @pytest.fixture
    def secret(self, db):
        """Exempt under paragraph 1, which no role sees by right: a contract, a line, a failure."""
        hidden = a_contract("CANARY", award=1, supplier=a_supplier("Canary plc"))
        seen = a_contract("OPEN", award=1_000_000)
        post(a_line(seen, **factories.exempt(1)), "approved", 600_000, "2018-01-01")
        post(a_line(seen), "approved", 50_000, "2018-01-01")
        post(a_line(hidden), "approved", 999, "2018-01-01")
        an_incident(seen, **factories.exempt(1))
        factories.a_threshold("firm", 100_000)
        overruns.check(seen, on=TODAY, at=NOW)
        for row in (hidden, hidden.supplier):
            type(row).all_rows.filter(pk=row.pk).update(**factories.exempt(1))
        return hidden

    def test_is_in_no_list_count_sum_filter_or_file(self, councillor, secret):
        (row,) = read(councillor)

        assert (row["Contract"], row["Firm"], row["At risk"]) == ("OPEN", 50_000, 50_000)
        assert (row["Overruns open"], row["Failures open"]) == (0, 0)
        html = page(councillor).content.decode()
        assert "anary" not in html.lower()
        assert "1 contract<" in html
        assert listed(councillor, overrun="on") == []
        assert listed(councillor, failure="on") == []

    @pytest.mark.parametrize("column", TestSorting.ORDERS)
    def test_moves_nothing_in_any_order(self, councillor, secret, column):
        other = a_contract("OTHER", award=1_000_000)
        post(a_line(other), "approved", 60_000, "2018-01-01")
        an_incident(other)

        up = listed(councillor, sort=column)

        assert sorted(up) == ["OPEN", "OTHER"]
        if column in ("firm", "at_risk", "share", "failures"):
            assert up == ["OPEN", "OTHER"]

    def test_is_there_for_those_who_are_cleared(self, secret):
        cleared = signed_in(factories.a_person("Cleared", Role.AUDITOR, cleared=(1,)))

        rows = read(cleared, sort="-firm")

        assert [(row["Contract"], row["Firm"]) for row in rows] == [
            ("OPEN", 650_000),
            ("CANARY", 999),
        ]
        assert (rows[0]["Overruns open"], rows[0]["Failures open"]) == (1, 1)

    def test_by_a_role_without_it_is_refused(self):
        nobody = signed_in(factories.a_person("No role", is_staff=True))

        assert nobody.get(reverse("admin:contracts")).status_code == 403


@pytest.mark.parametrize("sort", ["reference", "-at_risk", "share", "-alerts"])
def test_a_page_takes_as_few_queries_for_fifty_rows_as_for_one(
    councillor, django_assert_max_num_queries, sort
):
    def queries() -> int:
        page(councillor)  # What is kept between requests is kept now.
        with django_assert_max_num_queries(12) as made:
            page(councillor, sort=sort)
        return len(made)

    def filled(number: int) -> None:
        contract = a_contract(f"C{number:02d}", award=1_000_000)
        post(a_line(contract), "paid", 30, "2018-10-01")
        an_incident(contract)
        paid.confirmed(contract, f"Firm {number}")

    paid.april(*(paid.a_row("1.00", name=f"Firm {number}") for number in range(60)))
    filled(0)
    for_one = queries()
    for number in range(1, 60):
        filled(number)

    assert queries() == for_one
