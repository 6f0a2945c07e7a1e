"""Paid against plan: by contract, supplier and council, by year and month, and as files."""

import csv
import io
import json

import pytest
from django.urls import reverse

from accounts.models import Role
from contracts.models import Contract
from costs.payments import allocating, attributing
from costs.payments.plan import plan_position
from scrutiny import record
from tests import factories
from tests.actors import as_role, signed_in
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.pages.payments.paid import a_contract, a_row, april, confirmed, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


def plan(browser) -> str:
    answer = browser.get(reverse("admin:payments_plan"))
    assert answer.status_code == 200
    return words_of(answer.content)


def exported(browser, page: str, *args: int) -> list[dict]:
    answer = browser.get(reverse(page, args=args), {"export": "json"})
    return json.loads(b"".join(answer.streaming_content))


def of_contract(browser, contract: Contract) -> str:
    answer = browser.get(reverse("admin:payments_plan_contract", args=[contract.pk]))
    assert answer.status_code == 200
    return words_of(answer.content)


def test_each_contract_its_supplier_and_the_council_have_a_row(councillor):
    csg = a_contract()
    drs = a_contract("DRS", supplier=csg.supplier, title="Planning")
    april(a_row("132.00"), a_row("90.00", directorate="Adults"), a_row("5.00", name="Capita"))
    confirmed(csg)
    confirmed(drs, directorate="Adults")
    attributing.confirm(
        "Capita", supplier=csg.supplier, reason="Its group.", by=factories.the_officer()
    )
    text = plan(councillor)
    assert "By 30 April 2018 £222 was paid against £240 contracted, 2 contracts counted" in text
    assert "CSG Customer and Support Group £120.00 £132.00 £12.00 over 10.00% £12.00" in text
    assert "DRS Planning £120.00 £90.00 £30.00 under -25.00% none 30 April 2018" in text
    assert "Its contracts together £240.00 £222.00 £18.00 under -7.50% none" in text
    assert "Not yet attributed in none of its contracts’ totals £5.00" in text
    assert "The council 2 contracts with both sides £240.00 £222.00 £18.00 under" in text


def test_the_rows_are_exported_with_their_signs(councillor):
    csg = a_contract()
    april(a_row("90.00"))
    confirmed(csg)
    contract, supplier, council = exported(councillor, "admin:payments_plan")
    assert (contract["Over plan"], contract["Last day covered"]) == (-30.0, "2018-04-30")
    assert (supplier["Row"], supplier["Paid to date"]) == ("supplier", 90.0)
    assert (council["Row"], council["Contracted to date"]) == ("council", 120.0)
    for kind in ("csv", "xlsx"):
        answer = councillor.get(reverse("admin:payments_plan"), {"export": kind})
        assert len(b"".join(answer.streaming_content)) > 100


def test_companies_of_a_group_stand_together(councillor):
    group = factories.a_supplier("Capita plc")
    for name in ("Capita Business", "Capita Property"):
        contract = a_contract(name[-8:], supplier=factories.a_supplier(name, group=group))
        april(a_row("130.00", name=name), name=f"{name}.csv")
        confirmed(contract, name)
    text = plan(councillor)
    assert "Capita plc Business" in text
    assert "Its contracts together £240.00 £260.00" in text
    assert "Capita Property" not in text


def test_what_is_not_said_says_why_and_is_added_up_all_the_same(councillor):
    long = a_contract("LONG", award=36_500_000, ends_on="2030-12-31")
    april(a_row("130.00"))
    confirmed(long)
    text = plan(councillor)
    assert "not said before a twelfth of the award is contracted" in text


def test_before_anything_it_says_so(councillor):
    assert "No payments are imported yet." in plan(councillor)
    april(a_row("1.00"))
    assert "No payment is attributed to a contract yet." in plan(councillor)
    assert "Match payments" in plan(as_role(Role.FINANCE_OFFICER))


def test_a_hidden_contract_is_in_no_row_or_total(councillor):
    csg = a_contract()
    secret = a_contract("SECRET", supplier=factories.a_supplier("Canary Ltd"))
    april(a_row("132.00"), a_row("777.00", name="Canary Ltd"))
    confirmed(csg)
    confirmed(secret, "Canary Ltd")
    Contract.all_rows.filter(pk=secret.pk).update(**factories.exempt(1))
    text = plan(councillor)
    rows = json.dumps(exported(councillor, "admin:payments_plan"))
    for trace in ("SECRET", "777", "909", "Canary"):
        assert trace not in text
        assert trace not in rows
    page = reverse("admin:payments_plan_contract", args=[secret.pk])
    assert councillor.get(page).status_code == 404
    cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
    assert "SECRET" in plan(cleared)


def test_a_hidden_group_is_not_named(councillor):
    group = factories.a_supplier("Canary plc", **factories.exempt(1))
    contract = a_contract(supplier=factories.a_supplier("Open Ltd", group=group))
    april(a_row("132.00", name="Open Ltd"))
    confirmed(contract, "Open Ltd")
    assert "Canary" not in plan(councillor)
    assert "Open Ltd CSG" in plan(councillor)


def test_unexplained_leaves_out_what_a_decision_stands_behind(councillor):
    csg = a_contract()
    [payment, _plain] = april(a_row("20.00"), a_row("130.00", 12))
    confirmed(csg)
    line = factories.a_line(csg)
    decision = record.decide(
        kind="delegated",
        title="Licences",
        text="Bought.",
        outcome="agreed",
        taken_by="The director",
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    record.authorise(decision, line, words="Bought", by=factories.the_officer())
    allocating.allocate(payment, line, by=factories.the_officer())
    assert "£30.00 over 25.00% £10.00 30 April 2018" in plan(councillor)
    assert "£10.00 of it is unexplained: £30.00 over plan, less £20.00" in of_contract(
        councillor, csg
    )


THREE_MONTHS = (
    "R,D,IT,1,Capita Business Services Ltd,100.00,28/02/2018",
    "R,D,Prepayment,2,Capita Business Services Ltd,50.00,01/04/2018",
    "R,D,IT,3,Capita Business Services Ltd,-8.00,02/04/2018",
    "R,D,IT,4,Capita Business Services Ltd,20.00,30/04/2018",
)


@pytest.fixture
def csg(db):
    contract = a_contract()
    bring(table(*THREE_MONTHS), name="three.csv")
    confirmed(contract)
    return contract


def test_a_year_unfolds_to_its_months_with_credits_and_prepayments(councillor, csg):
    text = of_contract(councillor, csg)
    assert "Over plan: £162 paid against £120 contracted by 30 April 2018: £42 over" in text
    assert "2017/18 £90.00 £100.00 £90.00 £100.00 £10.00 over" in text
    assert "2018/19 £30.00 £62.00 -£8.00 £50.00 £120.00 £162.00 £42.00 over" in text
    assert "February 2018: its payments £28.00 £100.00 £59.00 £100.00 £41.00 over" in text
    assert "Negative lines" in text
    assert "2 April 2018 Capita Business Services Ltd, line 4 -£8.00 IT three.csv" in text
    assert "1 April 2018 Capita Business Services Ltd, line 3 £50.00 Prepayment" in text


def test_each_month_leads_to_its_payments(councillor, csg):
    html = councillor.get(reverse("admin:payments_plan_contract", args=[csg.pk])).content.decode()
    wanted = "paid_from_month=2&amp;paid_from_year=2018&amp;paid_to_month=2&amp;paid_to_year=2018"
    assert wanted in html
    page = f"{reverse('admin:payments')}?contract={csg.pk}&{wanted.replace('&amp;', '&')}"
    assert "1 payment matches" in words_of(councillor.get(page).content)


def test_the_months_are_exported(councillor, csg):
    rows = exported(councillor, "admin:payments_plan_contract", csg.pk)
    assert [row["Month"] for row in rows] == [
        "January 2018",
        "February 2018",
        "March 2018",
        "April 2018",
    ]
    assert rows[-1]["Over plan to date"] == 42.0
    assert rows[-1]["of it negative lines"] == -8.0
    assert sum(row["Paid"] for row in rows) == float(
        plan_position(csg, factories.day("2018-06-01")).paid
    )
    answer = councillor.get(
        reverse("admin:payments_plan_contract", args=[csg.pk]), {"export": "csv"}
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 5


def test_a_contract_without_payments_says_why(councillor):
    assert "No payments imported." in of_contract(councillor, a_contract())


def test_a_prepayment_is_in_no_total_twice(councillor, csg):
    [year] = [
        row for row in exported(councillor, "admin:payments_plan") if row["Row"] == "contract"
    ]
    assert year["Paid to date"] == 162.0


def test_the_plan_takes_as_few_queries_for_fifty_contracts_as_for_one(
    councillor, django_assert_max_num_queries
):
    def queries() -> int:
        plan(councillor)
        with django_assert_max_num_queries(12) as made:
            plan(councillor)
        return len(made)

    def contracts(first: int, last: int) -> None:
        april(
            *(a_row("130.00", name=f"Firm {number}") for number in range(first, last)),
            name=f"{first}.csv",
        )
        for number in range(first, last):
            supplier = factories.a_supplier(f"Firm {number}")
            contract = a_contract(f"C{number}", supplier=supplier)
            confirmed(contract, f"Firm {number}")

    contracts(0, 1)
    for_one = queries()
    contracts(1, 50)
    assert queries() == for_one
