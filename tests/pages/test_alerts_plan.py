"""An overrun of payments: its page, and its sum by month with the files behind it."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.alerts import plansum
from contracts.models import Contract
from costs import overruns
from costs.models import OverrunAlert, PaymentFile
from costs.payments import importing
from tests import factories
from tests.actors import as_role
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.costs.payments.test_over_plan import a_pound_a_day, check, paid
from tests.pages.test_alerts import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(db) -> Contract:
    factories.a_threshold("over_plan", percentage=5)
    return a_pound_a_day()


@pytest.fixture
def alert(contract) -> OverrunAlert:
    """£96 of £90 by March, then £131 less a credit of £4.50: £126.50 of £120 by April."""
    paid(3, "96.00")
    paid(4, "35.00", "-4.50")
    [raised] = check(contract).raised
    return raised


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def test_the_page_says_what_it_measures_and_since_which_month(alert, councillor):
    html = page(councillor, "alert", alert.pk)
    assert "C: over the 5% mark, over plan" in html
    assert "5% of what was contracted by then" in html
    assert "£6.00 over plan, £90.00 contracted by then" in html
    assert "£6.50 over plan, £120.00 contracted by then" in html
    assert "March 2018" in html
    assert "What took it above" not in html
    assert "beside an award" not in html


def test_the_sum_is_contracted_by_month_against_paid_by_month(alert, councillor):
    html = page(councillor, "alert_sum", alert.pk)
    assert "Over plan: £126.50 paid against £120 contracted by 30 April 2018" in html
    april, march = html.index(">April 2018<"), html.index(">March 2018<")
    assert april < march
    row = html[april:march]
    for figure in ("£30.00", "£30.50", "£120.00", "£126.50", "£6.50", "5.42%", "2018-04.csv"):
        assert figure in row, figure
    assert "2018-03.csv" not in row
    assert ">January 2018<" in html
    assert "A total moved" not in html


def test_no_per_cent_is_said_before_a_twelfth(contract, councillor):
    bring(table("R,D,T,1,Capita Ltd,200.00,20/12/2017"), name="dec.csv")
    paid(4, "35.00")
    [alert] = check(contract).raised
    html = page(councillor, "alert_sum", alert.pk)
    assert "not said yet" in html[html.index(">December 2017<") :]


def test_a_file_is_a_link_where_it_has_a_page(alert, councillor, monkeypatch):
    address = "/payments/files/7/"
    monkeypatch.setattr(plansum, "file_page", lambda pk: address)
    assert f'<a href="{address}">2018-04.csv</a>' in page(councillor, "alert_sum", alert.pk)
    monkeypatch.setattr(plansum, "file_page", lambda pk: "")
    assert f'<a href="{address}">' not in page(councillor, "alert_sum", alert.pk)


def test_what_a_file_without_days_says_is_in_no_month_and_said(alert, councillor):
    bring(
        table("R,D,T,1,Capita Ltd,7.00", header="Directorate,Dept,Type,Ref,Supplier,Amount"),
        name="undated.csv",
    )
    assert "Payments of £7.00 stand in files that give no day" in page(
        councillor, "alert_sum", alert.pk
    )


def test_the_sum_moves_at_once_and_says_so(alert, councillor):
    paid(5, "60.00")
    assert "A total moved since the last check" in page(councillor, "alert_sum", alert.pk)


def test_after_the_file_is_withdrawn_the_page_and_the_sum_still_stand(alert, contract, councillor):
    for file in PaymentFile.objects.all():
        importing.withdraw(file, reason="Wrong.", by=factories.the_officer())
    check(contract)
    assert "The threshold no longer applies" in page(councillor, "alert", alert.pk)
    html = page(councillor, "alert_sum", alert.pk)
    assert "The overrun is over" in html
    assert "No payments imported." in html


def test_how_since_when_was_put_right_speaks_of_payments(contract, councillor):
    paid(4, "130.00")
    check(contract)
    paid(3, "100.00")
    overruns.check(contract, on=dt.date(2019, 1, 15), at=factories.moment("2019-01-15 10:00"))
    html = page(councillor, "alert", OverrunAlert.objects.get().pk)
    assert "Payments of earlier months" in html
    assert "since March 2018, not April 2018" in html


def test_it_is_hidden_with_its_contract(alert, contract, councillor):
    Contract.all_rows.filter(pk=contract.pk).update(**factories.exempt(5))
    for name in ("alert", "alert_sum"):
        assert councillor.get(reverse(f"admin:{name}", args=[alert.pk])).status_code == 404


def test_the_list_tells_it(alert, councillor):
    html = page(councillor, "alerts")
    assert "Over plan: £126.50 paid against £120 contracted by 30 April 2018" in html
    assert "£6.50" in html
