"""The register of payments and the page of one: what is listed, for whom, and why it is whose."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Role
from contracts.models import Contract
from costs.models import Payment, PaymentFile
from costs.payments import importing
from costs.payments.paid import paid_under
from tests import factories
from tests.actors import as_role, signed_in
from tests.costs.payments.files import TABLE
from tests.costs.payments.test_importing import bring
from tests.pages.payments.paid import a_contract, a_row, april, confirmed, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


def listed(browser, **query) -> list[dict[str, str]]:
    """What the register exports, which is every row and every column."""
    answer = browser.get(reverse("admin:payments"), {**query, "export": "json"})
    assert answer.status_code == 200
    return json.loads(b"".join(answer.streaming_content))


def sums(browser, **query) -> list[float]:
    return sorted(row["Sum"] for row in listed(browser, **query))


def shown(browser, **query) -> str:
    answer = browser.get(reverse("admin:payments"), query)
    assert answer.status_code == 200
    return words_of(answer.content)


def page_of(browser, payment: Payment) -> str:
    answer = browser.get(reverse("admin:payment", args=[payment.pk]))
    assert answer.status_code == 200
    return words_of(answer.content)


THREE = (
    a_row("100.00", 3),
    a_row("20.00", 16, directorate="Adults", type="Care"),
    a_row("3.00", 17, name="Somebody Else"),
)


def test_every_payment_that_counts_is_listed_with_its_line(councillor):
    april(*THREE)
    rows = listed(councillor)
    assert [(row["File and line"], row["Line"], row["Sum"]) for row in rows] == [
        ("april-2018.csv", 4, 3.0),
        ("april-2018.csv", 3, 20.0),
        ("april-2018.csv", 2, 100.0),
    ]
    assert rows[2]["Paid"] == "2018-04-03"
    assert "3 payments" in shown(councillor)


def test_a_withdrawn_file_s_payments_are_no_longer_listed(councillor):
    april(*THREE)
    importing.withdraw(PaymentFile.objects.get(), reason="Wrong month.", by=factories.the_officer())
    assert listed(councillor) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"words": "capita services"}, [20.0, 100.0]),
        ({"words": "nobody"}, []),
        ({"directorate": "adults"}, [20.0]),
        ({"paid_from_month": "4", "paid_from_year": "2018"}, [3.0, 20.0, 100.0]),
        ({"paid_from_month": "5", "paid_from_year": "2018"}, []),
        ({"paid_to_month": "3", "paid_to_year": "2018"}, []),
        ({"paid_to_day": "16", "paid_to_month": "4", "paid_to_year": "2018"}, [20.0, 100.0]),
    ],
)
def test_it_is_filtered(councillor, query, found):
    april(*THREE)
    assert sums(councillor, **query) == found


def test_a_month_that_is_none_is_said_and_filters_nothing(councillor):
    april(*THREE)
    said = shown(councillor, paid_from_month="13", paid_from_year="2018")
    assert "Enter the month as a number from 1 to 12" in said


def two_contracts() -> tuple[Contract, Contract]:
    csg = a_contract("CSG")
    return csg, a_contract("DRS", supplier=csg.supplier, title="Planning")


@pytest.mark.parametrize(
    "asked",
    [{}, {"directorate": "ADULTS"}, {"expenditure_type": "care"}, {"reference": "9016"}],
)
def test_the_payments_of_a_contract_are_those_that_its_total_counts(councillor, asked):
    csg, drs = two_contracts()
    april(*THREE, a_row("-7.00", 18, reference="9016"))
    confirmed(csg)
    confirmed(drs, **asked)
    for contract in (csg, drs):
        total = sum(Decimal(str(each)) for each in sums(councillor, contract=contract.pk))
        assert total == paid_under(contract).total
    waiting = sum(sums(councillor, waiting="on"))
    assert (waiting == 113.0) == (not asked)


def test_the_payments_of_a_supplier_are_those_of_all_its_contracts_and_of_none(councillor):
    csg, _drs = two_contracts()
    april(*THREE)
    confirmed(csg, directorate="Adults")
    assert sums(councillor, supplier=csg.supplier.pk) == [20.0]
    assert sums(councillor, waiting="on") == [100.0]


def test_each_row_says_whose_it_is(councillor):
    csg, _drs = two_contracts()
    april(*THREE)
    confirmed(csg, directorate="Adults")
    by_sum = {row["Sum"]: row for row in listed(councillor)}
    assert (by_sum[20.0]["Contract"], by_sum[20.0]["Supplier"]) == (
        "CSG",
        "Capita Business Services Ltd",
    )
    assert by_sum[100.0]["Contract"] is None
    assert "not yet attributed" in shown(councillor)


def test_who_is_kept_back_is_shown_nowhere_and_not_found_by_name(councillor):
    [payment] = april(a_row("5.00", 5, name="REDACTED PERSONAL DATA"))
    assert payment.redacted
    assert listed(councillor)[0]["Paid to"] == "Redacted"
    assert listed(councillor, words="personal") == []
    page = page_of(councillor, payment)
    assert "The publisher keeps back who was paid" in page
    assert "PERSONAL DATA" not in page
    assert "PERSONAL DATA" in page_of(as_role(Role.FINANCE_OFFICER), payment)


def test_a_payment_s_page_has_its_line_its_text_and_the_rule_that_decides(councillor):
    csg = a_contract()
    first, *_others = april(*THREE, a_row("8.00", 20, reference="903"))
    confirmed(csg, by=factories.a_person("Fin Officer"))
    page = page_of(councillor, first)
    assert "£100.00 to CAPITA BUSINESS SERVICES LIMITED" in page
    assert "Line 2 of april-2018.csv" in page
    assert "The file counts." in page
    assert (
        "Resources,Dept,IT support,903,CAPITA BUSINESS SERVICES LIMITED,100.00,03/04/2018" in page
    )
    assert "CSG: Customer and Support Group" in page
    assert "confirmed by Fin Officer on" in page
    assert "Its invoices say so." in page
    assert "20 April 2018 CAPITA BUSINESS SERVICES LIMITED" in page  # The same reference.


def test_a_payment_that_no_rule_decides_says_so(councillor):
    [payment] = april(a_row("5.00"))
    assert "Not yet attributed: no rule decides." in page_of(councillor, payment)


def test_a_payment_of_a_withdrawn_file_says_that_it_is_in_no_total(councillor):
    [payment] = april(a_row("5.00"))
    importing.withdraw(payment.file, reason="Wrong month.", by=factories.the_officer())
    page = page_of(councillor, payment)
    assert "This payment is in no total." in page
    assert "Wrong month." in page


def test_a_credit_is_said_to_be_one(councillor):
    [payment] = april(a_row("-5.00"))
    assert "A negative line: money given back, or a correction" in page_of(councillor, payment)


def test_above_the_list_stands_how_far_it_reaches_and_what_waits(councillor):
    csg = a_contract()
    april(*THREE)
    confirmed(csg, directorate="Adults")
    said = shown(councillor)
    assert "Newest month imported April 2018" in said
    assert "£100.00 in 1 payment" in said
    assert "Match payments" not in said
    assert "Match payments to suppliers and contracts" in shown(as_role(Role.FINANCE_OFFICER))


def test_before_any_import_it_says_so(councillor):
    assert "No payments are imported yet." in shown(councillor)


# What a person may not see ------------------------------------------------------------


def test_a_contract_that_one_may_not_see_is_as_if_no_rule_decided(councillor):
    csg, secret = two_contracts()
    first, *_others = april(*THREE)
    confirmed(secret)
    Contract.all_rows.filter(pk=secret.pk).update(**factories.exempt(1))
    assert {row["Contract"] for row in listed(councillor)} == {None}
    assert "no rule decides" in page_of(councillor, first)
    assert "DRS" not in shown(councillor)
    assert sums(councillor, contract=secret.pk) == sums(councillor, contract=999)
    cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
    assert sums(cleared, contract=secret.pk) == [20.0, 100.0]
    assert sums(councillor, contract=csg.pk) == []


def test_only_who_may_read_payments_reads_them():
    administrator = as_role(Role.ADMINISTRATOR)
    assert administrator.get(reverse("admin:payments")).status_code == 403
    assert as_role(Role.COUNCILLOR).get(reverse("admin:payment", args=[999])).status_code == 404


# What it costs ------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{}, {"sort": "place"}])
def test_the_register_takes_as_few_queries_for_fifty_rows_as_for_one(
    councillor, django_assert_max_num_queries, query
):
    def queries() -> int:
        shown(councillor, **query)
        with django_assert_max_num_queries(14) as made:
            shown(councillor, **query)
        return len(made)

    confirmed(a_contract())
    april(a_row("1.00"))
    for_one = queries()
    april(
        *(a_row(f"{number}.00", 1 + number % 28, name=f"Firm {number}") for number in range(60)),
        *(a_row("9.00", 1 + number % 28, reference=str(number)) for number in range(60)),
        name="more.csv",
    )
    assert queries() == for_one


def test_pages_follow_one_another_without_a_gap(councillor):
    april(*(a_row(f"{number}.00", 1 + number % 28) for number in range(1, 121)))
    answer = councillor.get(reverse("admin:payments"))
    seen = []
    while True:
        table, page = answer.context["table"], answer.context["page"]
        seen += [row.record.line for row in table.rows]
        if page.after is None:
            break
        answer = councillor.get(reverse("admin:payments"), {"after": page.after})
    assert seen == list(range(121, 1, -1))


@pytest.mark.parametrize(
    "name",
    ["supplier", "directorate", "department", "expenditure_type", "purpose", "reference", "line"],
)
def test_a_column_that_only_a_file_has_is_no_order(name):
    """No index serves it, and for the supplier there is no column to sort by."""
    bring(TABLE)
    browser = as_role(Role.AUDITOR)
    usual = browser.get(reverse("admin:payments"))
    for turn in ("", "-"):
        answer = browser.get(reverse("admin:payments"), {"sort": f"{turn}{name}"})
        assert answer.status_code == 200
        rows = [[row.record.pk for row in each.context["table"].rows] for each in (answer, usual)]
        assert rows[0] == rows[1]
