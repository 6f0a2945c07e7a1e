"""Suppliers: their register, and the page of one."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.suppliers.rows import SupplierTable
from contracts.models import SupplierName
from costs import overruns
from costs.models import CostLine
from incidents import casework
from tests import factories
from tests.actors import as_role, signed_in
from tests.factories import a_contract, a_line, a_supplier, an_incident, post
from tests.pages.payments import paid

pytestmark = pytest.mark.django_db

NOW = factories.moment("2018-10-01 09:30")
TODAY = NOW.date()
SORTABLE = [name for name, column in SupplierTable.base_columns.items() if column.orderable is None]


@pytest.fixture
def councillor() -> Client:
    return as_role(Role.COUNCILLOR)


def read(browser: Client, **address: object) -> list[dict[str, object]]:
    """The rows of the register as its JSON file gives them."""
    answer = browser.get(reverse("admin:suppliers"), {**address, "export": "json"})
    return json.loads(b"".join(answer.streaming_content))


def listed(browser: Client, **address: object) -> list[str]:
    """The names on the page, from top to bottom."""
    answer = browser.get(reverse("admin:suppliers"), address)
    assert answer.status_code == 200
    return [row.name for row in answer.context["table"].data]


def page_of(browser: Client, supplier) -> str:
    answer = browser.get(supplier.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def capita(db):
    """Two contracts, and a cost that the record puts beside none; NSL has less, Nobody nothing."""
    csg = factories.the_csg_record()
    capita = csg.supplier
    drs = a_contract("DRS", award=154_000_000, supplier=capita)
    post(a_line(drs), "approved", 1_000_000, "2018-01-10")
    apart = a_line(None, "Mosaic: licences", supplier=capita)
    post(apart, "paid", 70_000, "2018-02-01")
    loss = a_line(drs, kind=CostLine.Kind.FRAUD_LOSS)
    post(loss, "paid", 2_063_972, "2018-02-01")
    factories.a_threshold("firm", 500_000)
    for contract in (csg, drs):
        overruns.check(contract, on=TODAY, at=NOW)
    an_incident(csg, title="Mosaic cannot bill")
    casework.report(
        title="Late accounts",
        category="service",
        severity="minor",
        description="They came in March.",
        supplier=capita,
        by=factories.the_officer(),
    )
    nsl = a_contract("NSL", award=10_000_000, supplier=a_supplier("NSL Ltd"))
    post(a_line(nsl), "paid", 5, "2018-01-01")
    a_supplier("Nobody Ltd")
    return capita


def test_a_councillor_reads_what_each_supplier_holds(councillor, capita):
    assert read(councillor)[0] == {
        "Supplier": "Capita Business Services Ltd",
        "Contracts": 2,
        "Awards together": 474_000_000,
        "Firm": 1_164_176,
        "At risk": 5_364_176,
        "In no contract’s total": 70_000,
        "Paid under its contracts": None,
        "Not yet attributed": None,
        "Overruns open": 1,
        "Failures open": 2,
    }


def test_a_supplier_without_contracts_has_no_award_and_no_sums(councillor, capita):
    (row,) = [row for row in read(councillor) if row["Supplier"] == "Nobody Ltd"]

    assert (row["Contracts"], row["Awards together"], row["At risk"]) == (0, None, 0)


@pytest.mark.parametrize("column", SORTABLE)
def test_every_column_sorts_both_ways(councillor, capita, column):
    order = ["Capita Business Services Ltd", "NSL Ltd", "Nobody Ltd"]
    shown = {row["Supplier"]: row for row in read(councillor) if row["Supplier"] in order}
    name = str(SupplierTable.base_columns[column].header)

    for turn in ("", "-"):
        rows = [name_ for name_ in listed(councillor, sort=f"{turn}{column}") if name_ in order]
        values = [shown[each][name] for each in rows]
        known = [value for value in values if value is not None]
        assert values[len(known) :] == [None] * (len(values) - len(known))
        assert known == sorted(known, reverse=bool(turn))
        assert len(set(known)) > 1


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"words": "capita services"}, ["Capita Business Services Ltd"]),
        ({"words": "CAPITA PLC"}, ["Capita Business Services Ltd"]),
        ({"overrun": "on"}, ["Capita Business Services Ltd"]),
        ({"failure": "on"}, ["Capita Business Services Ltd"]),
        ({"words": "nsl", "failure": "on"}, []),
    ],
    ids=str,
)
def test_filters_leave_what_they_say(councillor, capita, chosen, found):
    SupplierName.objects.create(supplier=capita, name="CAPITA PLC")

    assert listed(councillor, **chosen) == found
    assert [row["Supplier"] for row in read(councillor, **chosen)] == found


class TestThePageOfOne:
    def test_says_it_in_a_paragraph(self, councillor, capita):
        html = page_of(councillor, capita)

        assert (
            "2 contracts were let to it, for £474 million together. Beside them £5,364,176 "
            "is at risk, £1,164,176 of it firm. £70,000 more goes to it in no contract’s total. "
            "1 overrun and 2 failures are open."
        ) in html

    def test_lists_names_contracts_failures_and_sources(self, councillor, capita):
        SupplierName.objects.create(supplier=capita, name="CAPITA PLC")

        html = page_of(councillor, capita)

        for words in ("CAPITA PLC", ">CSG</a>", ">DRS</a>", "Mosaic cannot bill", "Late accounts"):
            assert words in html
        (line,) = CostLine.objects.filter(title="Mosaic: licences")
        assert line.source.title in html

    def test_says_what_is_in_no_contracts_total(self, councillor, capita):
        apart = councillor.get(capita.get_absolute_url()).context["apart"]

        (row,) = apart.data
        assert (row.title, row.firm, row.paid) == ("Mosaic: licences", 70_000, 70_000)

    def test_tells_what_it_is_paid_beside_a_contract_of_another(self, councillor, capita):
        assurer = a_supplier("Assurance Ltd")
        csg = capita.contracts.get(reference="CSG")
        post(a_line(csg, "Assurance", supplier=assurer), "paid", 12, "2018-01-01")

        answer = councillor.get(assurer.get_absolute_url())

        assert (
            "No contract on this record was let to it. "
            "Of what is spent beside contracts, £12 goes to it."
        ) in answer.content.decode()
        (row,) = answer.context["beside"].data
        assert (row.title, row.contract, row.firm) == ("Assurance", csg, 12)
        assert answer.context["apart"] is None

    def test_names_the_group_and_its_companies(self, councillor, capita):
        group = a_supplier("Capita plc")
        capita.group = group
        capita.save()

        assert "Part of" in page_of(councillor, capita)
        assert capita.name in page_of(councillor, group)

    def test_has_headings_in_order_and_a_caption_to_each_table(self, councillor, capita):
        html = page_of(councillor, capita)

        assert html.count("<h1") == 1
        assert html.count("<table") == html.count("<caption")

    def test_of_a_small_one_keeps_its_plurals_right(self, councillor):
        contract = a_contract("ONE", award=2_500_000)
        factories.an_incident(contract)

        html = page_of(councillor, contract.supplier)

        assert "1 contract was let to it, for £2.5 million. 1 failure is open." in html


class TestWhatOneMayNotSee:
    def test_a_hidden_supplier_is_not_there(self, councillor, capita):
        type(capita).all_rows.filter(pk=capita.pk).update(**factories.exempt(1))

        assert councillor.get(capita.get_absolute_url()).status_code == 404
        assert "Capita Business Services Ltd" not in listed(councillor)
        html = councillor.get(reverse("admin:suppliers")).content.decode()
        assert "Capita" not in html

    @pytest.fixture
    def canary(self, capita):
        """Hidden rows of every kind under a supplier that is seen."""
        hidden = factories.exempt(1)
        source = factories.a_source("Canary report")
        type(source).all_rows.filter(pk=source.pk).update(**hidden)
        drs = capita.contracts.get(reference="DRS")
        secret = a_contract("CANARY1", award=9, title="Canary contract", supplier=capita)
        type(secret).all_rows.filter(pk=secret.pk).update(**hidden)
        post(
            a_line(None, "Canary line", supplier=capita, source=source, **hidden), "paid", 9, TODAY
        )
        post(a_line(drs, "Canary two", supplier=capita, **hidden), "paid", 9, TODAY)
        post(a_line(drs, "Seen line", supplier=capita, source=source), "paid", 0.5, TODAY)
        factories.an_incident(drs, title="Canary failure", **hidden)
        group = a_supplier("Canary group")
        type(group).all_rows.filter(pk=group.pk).update(**hidden)
        type(capita).all_rows.filter(pk=capita.pk).update(group=group)
        return capita

    def test_leaves_no_trace_on_its_page_or_in_the_register(self, councillor, capita, canary):
        html = page_of(councillor, canary)

        assert "anary" not in html
        assert "CANARY" not in html
        assert "Seen line" in html
        row = read(councillor)[0]
        assert (row["Contracts"], row["Awards together"]) == (2, 474_000_000)
        assert (row["Firm"], row["In no contract’s total"]) == (1_164_176.5, 70_000)
        assert row["Failures open"] == 2

    def test_is_there_for_those_who_are_cleared(self, canary):
        cleared = signed_in(factories.a_person("Cleared", Role.AUDITOR, cleared=(1,)))

        html = page_of(cleared, canary)

        for words in ("CANARY1", "Canary line", "Canary two", "Canary failure", "Canary report"):
            assert words in html

    def test_by_a_role_without_it_is_refused(self, capita):
        nobody = signed_in(factories.a_person("No role", is_staff=True))

        assert nobody.get(reverse("admin:suppliers")).status_code == 403
        assert nobody.get(capita.get_absolute_url()).status_code == 403


def test_what_the_files_say_was_paid_stands_beside_what_nobody_attributed(councillor):
    csg = paid.a_contract()
    factories.a_supplier("Never paid")
    assert {row["Paid under its contracts"] for row in read(councillor)} == {None}
    assert "No payments imported." in page_of(councillor, csg.supplier)
    paid.april(paid.a_row("132.00"), paid.a_row("50.00", directorate="Adults"))
    assert "None attributed yet." in page_of(councillor, csg.supplier)
    paid.confirmed(csg, directorate="Resources")
    rows = {row["Supplier"]: row for row in read(councillor)}
    row = rows["Capita Business Services Ltd"]
    assert (row["Paid under its contracts"], row["Not yet attributed"]) == (132.0, 50.0)
    assert rows["Never paid"]["Paid under its contracts"] is None
    html = page_of(councillor, csg.supplier)
    assert "£132.00 under its contracts" in html
    assert "£50.00 more is" in html


def _one_more(number: int) -> None:
    supplier = a_supplier(f"Firm {number:02d}")
    contract = a_contract(f"F{number:02d}", award=1_000_000, supplier=supplier)
    post(a_line(contract, supplier=supplier), "paid", 30, "2018-10-01")
    post(a_line(None, supplier=supplier), "paid", 30, "2018-10-01")
    factories.an_incident(contract)
    paid.confirmed(contract, supplier.name)


@pytest.mark.parametrize("sort", ["name", "-at_risk", "apart", "-failures"])
def test_the_register_takes_as_few_queries_for_fifty_rows_as_for_one(
    councillor, django_assert_max_num_queries, sort
):
    def queries() -> int:
        listed(councillor)
        with django_assert_max_num_queries(12) as made:
            listed(councillor, sort=sort)
        return len(made)

    paid.april(*(paid.a_row("1.00", name=f"Firm {number:02}") for number in range(60)))
    _one_more(0)
    for_one = queries()
    for number in range(1, 60):
        _one_more(number)

    assert queries() == for_one


def test_the_page_of_one_takes_as_few_queries_for_many_contracts_as_for_one(
    councillor, django_assert_max_num_queries
):
    supplier = a_supplier("Capita")

    def queries() -> int:
        page_of(councillor, supplier)
        with django_assert_max_num_queries(25) as made:
            page_of(councillor, supplier)
        return len(made)

    def one_more(number: int) -> None:
        contract = a_contract(f"C{number}", supplier=supplier)
        post(a_line(contract, supplier=supplier), "paid", 30, "2018-10-01")
        post(a_line(None, supplier=supplier), "paid", 30, "2018-10-01")
        factories.an_incident(contract)

    one_more(0)
    for_one = queries()
    for number in range(1, 20):
        one_more(number)

    assert queries() == for_one
