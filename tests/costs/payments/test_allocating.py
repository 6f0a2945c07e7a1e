"""A payment allocated to a cost: posted once, undone with its file, never a guess."""

import datetime as dt
from contextlib import suppress
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from costs import ledger
from costs.models import AllocationReleased, CostEntry, Payment, PaymentAllocation
from costs.payments import allocating, attributing, importing
from costs.totals import nets_on
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.threads import in_threads

TODAY = dt.date(2018, 6, 15)


@pytest.fixture
def contract(db):
    """£365 over 2018, to which Capita's payments belong."""
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
def line(contract):
    return factories.a_line(contract)


def attributed_to(contract, **asked):
    return attributing.confirm(
        "Capita",
        supplier=contract.supplier,
        contract=contract,
        reason="Its invoices say so.",
        by=factories.the_officer(),
        **asked,
    )


def april(*sums: str, **fields):
    """A file of April; its payments in order."""
    rows = [f"R,D,T,{n},Capita Ltd,{amount},{n + 9}/04/2018" for n, amount in enumerate(sums, 1)]
    file = bring(table(*rows), **fields).file
    return list(Payment.objects.filter(file=file).order_by("line"))


def allocate(payment, line, **fields):
    return allocating.allocate(payment, line, by=factories.the_officer(), **fields)


def release(allocation, reason="It was for something else."):
    return allocating.release(allocation, reason=reason, by=factories.the_officer())


def stands_at(line) -> dict[str, Decimal]:
    """What a line stands at, without what is back at nothing."""
    found = nets_on([line.pk], TODAY).get(line.pk, {})
    return {stage: amount for stage, amount in found.items() if amount}


def test_posts_what_was_paid_from_the_day_of_the_payment_with_its_file_as_the_source(line):
    [payment] = april("20.00")
    entry = allocate(payment, line, note="Extra licences.").entry
    assert (entry.stage, entry.amount, str(entry.effective)) == ("paid", 20, "10 April 2018")
    assert entry.stated_by == entry.source.publisher == "Barnet"
    assert entry.source.title == f"Payments file {payment.file_id}: april.csv"
    assert entry.note == "Line 2 of april.csv. Extra licences."
    assert line.contract.rechecks.filter(moved_on=dt.date(2018, 4, 10)).exists()


def test_a_negative_payment_is_posted_as_credited(line):
    [paid, back] = april("20.00", "-5.00")
    allocating.allocate_all([paid, back], line, by=factories.the_officer())
    assert stands_at(line) == {"paid": 20, "credited": 5}
    assert CostEntry.objects.values("source").distinct().count() == 1


def test_several_payments_are_allocated_all_or_none(line):
    [paid, nothing] = april("20.00", "0.00")
    with pytest.raises(ValidationError, match="comes to nothing"):
        allocating.allocate_all([paid, nothing], line, by=factories.the_officer())
    assert stands_at(line) == {}


def test_a_payment_is_allocated_once_at_a_time(line):
    [payment] = april("20.00")
    first = allocate(payment, line)
    with pytest.raises(ValidationError, match="allocated already"):
        allocate(payment, line)
    release(first)
    assert stands_at(line) == {}
    assert allocate(payment, line).attempt == 2
    assert stands_at(line) == {"paid": 20}


def test_one_that_was_released_is_not_released_again(line):
    [payment] = april("20.00")
    allocation = allocate(payment, line)
    release(allocation)
    with pytest.raises(ValidationError, match="undone already"):
        release(allocation)


def test_a_release_says_why(line):
    [payment] = april("20.00")
    with pytest.raises(ValidationError, match="Say why"):
        release(allocate(payment, line), " ")


def test_an_entry_reversed_by_hand_undoes_its_allocation(line):
    [payment] = april("20.00")
    allocation = allocate(payment, line)
    ledger.reverse(allocation.entry, reason="Wrong.", by=factories.the_officer())
    assert not PaymentAllocation.objects.standing().exists()
    assert allocate(payment, line).attempt == 2


def test_a_line_of_another_contract_is_refused(contract):
    [payment] = april("20.00")
    other = factories.a_contract("O", supplier=contract.supplier)
    with pytest.raises(ValidationError, match="not of C"):
        allocate(payment, factories.a_line(other))


def test_a_line_of_the_supplier_that_names_no_contract_is_taken(contract):
    [payment] = april("20.00")
    line = factories.a_line(supplier=contract.supplier)
    allocate(payment, line)
    assert stands_at(line) == {"paid": 20}
    with pytest.raises(ValidationError, match="not of C"):
        allocate(april("3.00", name="b.csv")[0], factories.a_line())


def test_a_payment_that_no_rule_decides_is_refused(db):
    [payment] = april("20.00")
    with pytest.raises(ValidationError, match="Attribute it first"):
        allocate(payment, factories.a_line(factories.a_contract()))


def test_a_payment_without_a_day_is_refused(line):
    rows = table("R,D,T,1,Capita Ltd,7.00", header="Directorate,Dept,Type,Ref,Supplier,Amount")
    bring(rows, name="undated.csv")
    payment = Payment.objects.get()
    assert payment.paid_on is None
    with pytest.raises(ValidationError, match="no day"):
        allocate(payment, line)


def test_a_payment_of_a_file_that_does_not_count_is_refused(line):
    [payment] = april("20.00")
    importing.withdraw(payment.file, reason="Wrong month.", by=factories.the_officer())
    with pytest.raises(ValidationError, match="counts no longer"):
        allocate(payment, line)


def test_withdrawing_a_file_reverses_what_its_payments_posted(line):
    [paid, back] = april("20.00", "-5.00")
    allocating.allocate_all([paid, back], line, by=factories.the_officer())
    importing.withdraw(paid.file, reason="Wrong month.", by=factories.the_officer())
    assert stands_at(line) == {}
    assert {row.reason for row in AllocationReleased.objects.all()} == {
        "april.csv was withdrawn: Wrong month."
    }


def test_a_file_is_withdrawn_though_one_entry_was_reversed_by_hand(line):
    [one, two] = april("20.00", "7.00")
    first, _second = allocating.allocate_all([one, two], line, by=factories.the_officer())
    ledger.reverse(first.entry, reason="Wrong.", by=factories.the_officer())
    importing.withdraw(one.file, reason="Wrong month.", by=factories.the_officer())
    assert stands_at(line) == {}


def test_a_corrected_publication_undoes_them_and_its_report_says_which(line):
    [first, *_rest] = april("20.00", "7.00", "9.00")
    allocate(first, line)
    corrected = april("20.00", "7.00", "8.00", name="april v2.csv")[0].file
    assert corrected.reading.replaces == first.file
    assert stands_at(line) == {}
    [note] = [note for note in corrected.reading.notes if "allocated" in note]
    assert note.startswith("Payments of april.csv were allocated")
    assert "line 2 (£20)" in note


def test_a_corrected_publication_of_which_nothing_was_allocated_says_nothing(line):
    april("20.00", "7.00", "9.00")
    corrected = april("20.00", "7.00", "8.00", name="april v2.csv")[0].file
    assert not [note for note in corrected.reading.notes if "allocated" in note]


def test_as_known_before_a_release_an_allocation_stands(line):
    [payment] = april("20.00")
    officer = factories.the_officer()
    allocation = allocate(payment, line, at=factories.moment("2018-06-02 09:00"))
    allocating.release(
        allocation, reason="No.", by=officer, at=factories.moment("2018-06-04 09:00")
    )
    known = [
        PaymentAllocation.objects.standing(dt.date(2018, 6, day)).exists() for day in (1, 2, 3, 4)
    ]
    assert known == [False, True, True, False]


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_allocates(contract):
    line = factories.a_line(contract)
    [payment] = april("20.00")
    officer = factories.the_officer()

    def act(_: int) -> bool:
        try:
            allocating.allocate(payment, line, by=officer)
        except ValidationError:
            return False
        return True

    assert sum(in_threads(4, act)) == 1
    assert stands_at(line) == {"paid": 20}


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_an_allocation_at_once_leave_nothing_posted(contract):
    line = factories.a_line(contract)
    [payment] = april("20.00")
    officer = factories.the_officer()

    def act(number: int) -> None:
        if number:
            importing.withdraw(payment.file, reason="Wrong.", by=officer)
        else:
            with suppress(ValidationError):
                allocating.allocate(payment, line, by=officer)

    in_threads(2, act)
    assert stands_at(line) == {}
