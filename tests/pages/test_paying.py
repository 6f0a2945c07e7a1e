"""What the contract's page and the registers say of payments: before any, before and after they
are attributed, and as known on a day.
"""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from contracts.models import Contract
from costs.payments import allocating
from scrutiny import record
from tests import factories
from tests.actors import as_role, signed_in
from tests.pages.payments.paid import a_contract, a_row, april, confirmed, words_of

pytestmark = pytest.mark.django_db

NONE = "no payments imported"


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def csg(db):
    return a_contract()


def page_of(browser, contract: Contract, **query) -> str:
    answer = browser.get(reverse("admin:contract", args=[contract.pk]), query)
    assert answer.status_code == 200
    return words_of(answer.content)


def listed(browser) -> str:
    return words_of(browser.get(reverse("admin:contracts")).content)


def test_without_any_they_say_so(councillor, csg):
    page = page_of(councillor, csg)
    assert "No payments are imported yet, so it is not known here how much of it was paid." in page
    assert "No payments imported." in page
    assert NONE in listed(councillor)


def test_what_nobody_attributed_is_not_denied_and_in_no_total(councillor, csg):
    april(a_row("132.00"))
    page = page_of(councillor, csg)
    assert "None of the payments imported is attributed to it yet." in page
    assert "No payments attributed to it yet." in page
    assert "no payments attributed to it yet" in listed(councillor)
    assert NONE not in page + listed(councillor)


def test_what_was_paid_stands_against_what_was_contracted(councillor, csg):
    april(a_row("132.00"))
    confirmed(csg)
    page = page_of(councillor, csg)
    sentence = "By 30 April 2018 £132 was paid against £120 contracted: £12 over, 10.00%."
    assert page.count(sentence) >= 2  # The summary and the money.
    assert "2017/18 £90.00 £0.00 £90.00 under" in page
    assert "2018/19 £30.00 £132.00 £12.00 over" in page
    assert "April 2018 £30.00 £132.00 £120.00 £132.00 £12.00 over" in page
    assert "Unexplained: £12.00. No decision on this record stands behind any of it." in page
    assert "£12.00 over" in listed(councillor)


def test_less_than_contracted_is_under(councillor, csg):
    april(a_row("90.00"))
    confirmed(csg)
    page = page_of(councillor, csg)
    assert "£90 was paid against £120 contracted: £30 under, 25.00%." in page
    assert "Unexplained" not in page
    assert "£30.00 under" in listed(councillor)


def test_a_twelfth_is_waited_for(councillor):
    contract = a_contract(award=36_500_000, ends_on="2030-12-31")
    april(a_row("132.00"))
    confirmed(contract)
    page = page_of(councillor, contract)
    assert "not said before a twelfth of the award is contracted" in page


def test_what_was_contracted_may_not_be_known(councillor):
    contract = a_contract(award=None)
    april(a_row("132.00"))
    confirmed(contract)
    page = page_of(councillor, contract)
    assert "By 30 April 2018 £132 was paid; what was contracted is not known." in page


def test_the_chart_draws_what_was_paid_beside_the_plan(councillor, csg):
    april(a_row("132.00"))
    html = councillor.get(reverse("admin:contract", args=[csg.pk])).content.decode()
    assert "Paid to date</a>, by the council’s files" not in html
    confirmed(csg)
    html = councillor.get(reverse("admin:contract", args=[csg.pk])).content.decode()
    assert "Paid to date</a>, by the council’s files" in html
    [desc] = set(re.findall(r'<desc id="chart-plan-wide-desc">(.*?)</desc>', html))
    assert "By 30 April 2018 £132 was paid against £120 contracted" in desc


def test_what_others_state_stays_beside_it_and_is_added_to_nothing(councillor, csg):
    record.state(
        kind="statement",
        speaker="A resident",
        words="£500 was paid.",
        amount=500,
        amount_status="paid",
        amount_on="2018-04-30",
        contract=csg,
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    april(a_row("132.00"))
    confirmed(csg)
    page = page_of(councillor, csg)
    assert "a A resident: £500 was paid." in page
    assert "£132 was paid against" in page
    assert "632" not in page


def test_of_its_supplier_what_is_in_no_contract_is_shown_apart(councillor, csg):
    other = a_contract("DRS", supplier=csg.supplier)
    april(a_row("132.00"), a_row("50.00", 12, directorate="Adults"))
    confirmed(csg, directorate="Resources")
    page = page_of(councillor, csg)
    assert "£50.00 more was paid to Capita Business Services Ltd and is not yet attributed" in page
    assert "£132 was paid against" in page
    assert "£182" not in page
    assert "£50.00 more was paid" in page_of(councillor, other)


def test_extras_with_a_decision_are_taken_off_what_is_unexplained(councillor, csg):
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
    page = page_of(councillor, csg)
    assert "Unexplained: £10.00: £30.00 over plan, less £20.00 of extras with a decision." in page


def test_as_known_on_a_day_holds_what_was_imported_and_confirmed_by_then(councillor):
    csg = a_contract(award=None)
    factories.an_award(csg, 365, at=factories.moment("2018-01-05 10:00"))
    april(a_row("132.00"))
    confirmed(csg, at=factories.moment("2018-07-10 09:00"))
    before = page_of(councillor, csg, known="2018-05-31")
    imported = page_of(councillor, csg, known="2018-06-30")
    after = page_of(councillor, csg, known="2018-07-31")
    assert "No payments are imported yet" in before
    assert "None of the payments imported is attributed to it yet." in imported
    assert "£132 was paid against £120 contracted" in after


def test_a_rule_of_a_hidden_contract_takes_from_the_total_and_says_nothing(councillor, csg):
    secret = a_contract("SECRET", supplier=csg.supplier)
    april(a_row("132.00"), a_row("50.00", 12, directorate="Adults"))
    confirmed(csg)
    confirmed(secret, directorate="Adults", reason="Hush.")
    Contract.all_rows.filter(pk=secret.pk).update(**factories.exempt(1))
    page = page_of(councillor, csg)
    assert "£132 was paid against" in page
    assert "Hush" not in page
    assert "SECRET" not in page
    cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
    assert "£50 was paid against" in page_of(cleared, secret)


@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.CONTRACT_OFFICER])
@pytest.mark.parametrize("known", [False, True])
def test_the_page_asks_as_much_for_fifty_payments_as_for_one(
    role, known, csg, django_assert_max_num_queries
):
    reader = signed_in(factories.a_person("Reader", role))
    query = {"known": timezone.localdate().isoformat()} if known else {}

    def queries() -> int:
        page_of(reader, csg, **query)
        with django_assert_max_num_queries(25) as made:
            page_of(reader, csg, **query)
        return len(made)

    def allocated(payment) -> None:
        allocating.allocate(payment, factories.a_line(csg), by=factories.the_officer())

    confirmed(csg)
    allocated(april(a_row("1.00"))[0])
    for_one = queries()
    for number, payment in enumerate(
        april(*(a_row("1.00", 1 + n % 28, reference=str(n)) for n in range(50)), name="more.csv")
    ):
        confirmed(csg, reference=str(number))
        allocated(payment)
    assert queries() == for_one
