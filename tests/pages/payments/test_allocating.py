"""From a payment to the cost it paid for: what it would do, then the posting, and back again."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from accounts.models import Role
from costs import overruns
from costs.models import CostEntry, CostLine, OverrunAlert, Payment, PaymentAllocation
from costs.payments import allocating, importing
from tests import factories
from tests.actors import as_role
from tests.costs.payments.test_allocating import april, attributed_to

pytestmark = pytest.mark.django_db

NOW = factories.moment("2018-06-15 09:00")


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The middle of June 2018."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def contract():
    contract = factories.a_contract(
        "C",
        award=365,
        supplier=factories.a_supplier("Capita Ltd"),
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 12, 31),
    )
    attributed_to(contract)
    return contract


@pytest.fixture
def line(contract) -> CostLine:
    return factories.a_line(contract, "Mosaic: new partner")


@pytest.fixture
def officer():
    return as_role(Role.FINANCE_OFFICER)


def the_address(name: str, pk: int) -> str:
    return reverse(f"admin:{name}", args=[pk])


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def confirmed(officer, address: str, sent: dict) -> object:
    """Sends the form, then confirms what the next page shows."""
    shown = officer.post(address, sent)
    assert shown.status_code == 200
    token = re.search(r'name="token" value="([^"]+)"', shown.content.decode())
    assert token, text_of(shown)
    return officer.post(address, {**sent, "token": token[1], "confirmed": "1"}, follow=True)


class TestOnePayment:
    def test_shows_the_payment_and_the_costs_of_its_contract_alone(self, line, officer):
        other = factories.a_line(factories.a_contract("O"), "Of another contract")
        [payment] = april("20.00")
        html = text_of(officer.get(the_address("payment_allocate", payment.pk)))
        assert "£20.00" in html
        assert "Line 2 of april.csv, Barnet" in html
        assert "Payments to “capita” belong to C (Capita Ltd)" in html
        assert line.title in html
        assert other.title not in html

    def test_shows_what_it_would_post_and_which_overruns_follow_before_it_is_done(
        self, contract, line, officer
    ):
        factories.a_threshold("firm", 15)
        [payment] = april("20.00")
        answer = officer.post(
            the_address("payment_allocate", payment.pk), {"line": line.pk, "note": "Extra."}
        )
        html = text_of(answer)
        assert "£20.00 paid, counting from 10 April 2018, said by Barnet" in html
        assert "Would be raised" in html
        assert "over the £15 mark since 10 April 2018" in html
        assert not CostEntry.objects.exists()
        assert not PaymentAllocation.objects.exists()
        assert not OverrunAlert.objects.exists()

    def test_is_posted_once_confirmed(self, line, officer):
        [payment] = april("20.00")
        address = the_address("payment_allocate", payment.pk)
        answer = confirmed(officer, address, {"line": line.pk, "note": "Extra."})
        assert answer.redirect_chain[-1][0] == line.get_absolute_url()
        assert "Posted: £20.00 paid" in text_of(answer)
        assert PaymentAllocation.objects.get().payment == payment
        html = text_of(officer.get(address))
        assert "It is allocated to" in html
        assert "Release it" in html

    def test_without_a_cost_is_asked_again(self, line, officer):
        [payment] = april("20.00")
        answer = officer.post(the_address("payment_allocate", payment.pk), {"line": ""})
        assert "Choose the cost that the payment was for." in text_of(answer)

    def test_a_credit_says_that_it_is_one(self, line, officer):
        [payment] = april("-20.00")
        html = text_of(officer.get(the_address("payment_allocate", payment.pk)))
        assert "£20.00, a credit" in html
        shown = officer.post(the_address("payment_allocate", payment.pk), {"line": line.pk})
        assert "£20.00 credited, counting from" in text_of(shown)

    def test_that_was_allocated_meanwhile_is_refused_in_words(self, line, officer):
        [payment] = april("20.00")
        address, sent = the_address("payment_allocate", payment.pk), {"line": line.pk}
        shown = officer.post(address, sent).content.decode()
        token = re.search(r'name="token" value="([^"]+)"', shown)[1]
        allocating.allocate(payment, line, by=factories.the_officer())
        officer.post(address, {**sent, "token": token, "confirmed": "1"})
        assert PaymentAllocation.objects.count() == 1

    def test_that_no_rule_decides_has_no_form(self, officer):
        [payment] = april("20.00")
        html = text_of(officer.get(the_address("payment_allocate", payment.pk)))
        assert "Not yet attributed: no rule decides." in html
        assert "no cost that this payment may be allocated to" in html

    def test_of_a_file_that_was_withdrawn_is_not_there(self, line, officer):
        [payment] = april("20.00")
        importing.withdraw(payment.file, reason="No.", by=factories.the_officer())
        address = the_address("payment_allocate", payment.pk)
        assert officer.get(address).status_code == 404

    def test_of_a_restricted_contract_is_to_others_as_if_no_rule_decided(self, contract, officer):
        [payment] = april("20.00")
        type(contract).all_rows.filter(pk=contract.pk).update(**factories.exempt(5))
        html = text_of(officer.get(the_address("payment_allocate", payment.pk)))
        assert "Not yet attributed" in html
        assert "belong to C" not in html

    def test_is_for_finance_officers(self, line):
        [payment] = april("20.00")
        address = the_address("payment_allocate", payment.pk)
        assert as_role(Role.COUNCILLOR).get(address).status_code == 403


class TestARelease:
    @pytest.fixture
    def allocation(self, line) -> PaymentAllocation:
        [payment] = april("20.00")
        return allocating.allocate(payment, line, by=factories.the_officer())

    def test_shows_what_it_would_undo_and_undoes_it(self, allocation, contract, officer):
        factories.a_threshold("firm", 15)
        overruns.check(contract, on=NOW.date(), at=NOW)
        address = the_address("payment_release", allocation.pk)
        shown = text_of(officer.post(address, {"reason": "Another cost."}))
        assert "Would be cleared" in shown
        assert PaymentAllocation.objects.standing().exists()
        answer = confirmed(officer, address, {"reason": "Another cost."})
        assert "Posted: -£20.00 paid" in text_of(answer).replace("−", "-")
        assert not PaymentAllocation.objects.standing().exists()

    def test_asks_why(self, allocation, officer):
        address = the_address("payment_release", allocation.pk)
        assert "Say why the payment does not belong" in text_of(officer.post(address, {}))

    def test_that_was_done_already_leads_back_and_says_so(self, allocation, officer):
        allocating.release(allocation, reason="No.", by=factories.the_officer())
        address = the_address("payment_release", allocation.pk)
        assert "undone already" in text_of(officer.get(address, follow=True))

    def test_of_a_hidden_cost_is_not_there(self, allocation, line, officer):
        CostLine.all_rows.filter(pk=line.pk).update(**factories.exempt(5))
        address = the_address("payment_release", allocation.pk)
        assert officer.get(address).status_code == 404


class TestSeveralPayments:
    def test_lists_a_months_payments_that_are_allocated_to_none(self, contract, line, officer):
        first, *_rest = april("20.00", "35.00", "-5.00")
        allocating.allocate(first, line, by=factories.the_officer())
        html = text_of(officer.get(the_address("payments_allocate", contract.pk)))
        assert html.index("£35.00 to Capita Ltd, 11 April 2018, T, reference 2") < html.index(
            "£5.00 to Capita Ltd, 12 April 2018"
        )
        assert "£20.00 to" not in html

    def test_posts_those_that_are_ticked_to_one_cost(self, contract, line, officer):
        first, second, _third = april("20.00", "35.00", "-5.00")
        answer = confirmed(
            officer,
            the_address("payments_allocate", contract.pk),
            {"payments": [first.pk, second.pk], "line": line.pk, "note": ""},
        )
        assert "Posted: 2 entries" in text_of(answer)
        assert {row.payment for row in PaymentAllocation.objects.all()} == {first, second}

    def test_lists_every_entry_before_it_is_done(self, contract, line, officer):
        first, second, _third = april("20.00", "35.00", "-5.00")
        shown = officer.post(
            the_address("payments_allocate", contract.pk),
            {"payments": [first.pk, second.pk], "line": line.pk},
        )
        html = text_of(shown)
        assert "These 2 entries would be posted" in html
        assert "£55.00" in html
        assert not CostEntry.objects.exists()

    def test_takes_no_payment_that_is_not_on_the_list(self, contract, line, officer):
        april("20.00")
        factories.a_contract("O")
        answer = officer.post(
            the_address("payments_allocate", contract.pk), {"payments": ["99999"], "line": line.pk}
        )
        assert answer.status_code == 200
        assert not PaymentAllocation.objects.exists()

    def test_leaves_out_what_rules_give_to_another_contract(self, contract, line, officer):
        attributed_to(factories.a_contract("O", supplier=contract.supplier), directorate="R")
        april("20.00")
        html = text_of(officer.get(the_address("payments_allocate", contract.pk)))
        assert "is allocated to a cost, or none does" in html

    def test_says_so_where_nothing_belongs_to_the_contract(self, officer):
        bare = factories.a_contract("O")
        html = text_of(officer.get(the_address("payments_allocate", bare.pk)))
        assert "No payment belongs to this contract yet" in html

    def test_asks_as_often_for_fifty_payments_as_for_one(
        self, contract, line, officer, django_assert_max_num_queries
    ):
        april(*[f"{n}.00" for n in range(1, 20)])
        assert Payment.objects.count() == 19
        with django_assert_max_num_queries(20):
            officer.get(the_address("payments_allocate", contract.pk))
