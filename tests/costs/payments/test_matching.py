"""Payments find their supplier and contract by rules that an officer confirms once."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from contracts.models import Contract, Recheck, Supplier, SupplierName
from costs.models import AttributionRule, Payment
from costs.payments import attributing, importing
from costs.payments.names import key_of
from costs.payments.paid import covered_until, paid_under, proposals, undecided
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring


@pytest.mark.parametrize(
    "name",
    [
        "Capita Business Services Ltd",
        "CAPITA BUSINESS SERVICES LIMITED",
        "Capita Business Services Ltd.",
        "  capita  business-services ",
        "Capita Business Services plc",
        "Capita Business Services Ltd T/A Capita Local",
        "Capita Business Services trading as Entrust",
        "The Capita Business Services Limited",
    ],
)
def test_names_of_one_company_have_one_key(name):
    assert key_of(name) == "capita business services"


def test_names_of_different_companies_have_different_keys():
    names = ["Capita", "Capita Group", "Capita IB", "Limited", "T/A Cars", "A & B", "A B", "", "?"]
    assert len({key_of(name) for name in names}) >= 8
    assert key_of("Limited") == "limited"


@pytest.fixture
def csg(db):
    return factories.a_contract(
        "CSG", award=120_000, supplier=factories.a_supplier("Capita Business Services Ltd")
    )


@pytest.fixture
def officer(db):
    return factories.the_officer()


def pay(*rows: str, name: str = "april.csv"):
    return bring(table(*rows), name=name)


IT = "Resources,D,IT support,900{n},CAPITA BUSINESS SERVICES LIMITED,{amount}.00,{day:02}/04/2018"
CARE = "Adults,D,Care,800{n},Capita Business Services Ltd,{amount}.00,{day:02}/04/2018"
OTHER = "Adults,D,Care,700{n},Somebody Else,{amount}.00,{day:02}/04/2018"


def three():
    """£100 and £20 to the supplier under two spellings, and £3 to another."""
    return pay(
        IT.format(n=1, amount=100, day=3),
        CARE.format(n=2, amount=20, day=16),
        OTHER.format(n=3, amount=3, day=17),
    )


def confirm(contract: Contract, **fields):
    given = {"reason": "Its invoices say so.", "by": factories.the_officer(), **fields}
    return attributing.confirm(
        "Capita Business Services", supplier=contract.supplier, contract=contract, **given
    )


def proposed():
    return proposals(Supplier.objects.all(), SupplierName.objects.all(), Contract.objects.all())


def test_a_supplier_whose_name_is_paid_is_proposed_with_the_sum(csg):
    three()
    [proposal] = proposed()
    assert (proposal.supplier, proposal.contracts) == (csg.supplier, (csg,))
    assert (proposal.amount, proposal.payments) == (Decimal("120.00"), 2)


def test_a_known_name_of_a_supplier_is_proposed_too(csg):
    SupplierName.objects.create(supplier=csg.supplier, name="Somebody else, Ltd.")
    three()
    assert [proposal.amount for proposal in proposed()] == [Decimal(120), Decimal(3)]


def test_nothing_is_attributed_before_an_officer_confirms(csg):
    three()
    assert paid_under(csg).total == 0


def test_a_confirmed_match_holds_for_the_past_and_for_the_future(csg):
    three()
    confirm(csg)
    assert paid_under(csg).total == Decimal("120.00")
    assert proposed() == []
    rows = table("R,D,T,1,Capita Business Services plc,7.00,20/05/2018")
    bring(rows, name="may.csv")
    assert paid_under(csg).months == {
        dt.date(2018, 4, 1): Decimal("120.00"),
        dt.date(2018, 5, 1): Decimal("7.00"),
    }


def test_a_rule_taken_back_decides_no_longer_and_stays_in_what_was_known(csg, officer):
    three()
    rule = confirm(csg, at=factories.moment("2018-06-02"))
    attributing.take_back(
        rule, reason="Another company.", by=officer, at=factories.moment("2018-07-01")
    )
    assert paid_under(csg).total == 0
    assert paid_under(csg, known_on=dt.date(2018, 6, 30)).total == Decimal("120.00")
    assert paid_under(csg, known_on=dt.date(2018, 6, 1)).total == 0


def test_of_several_contracts_a_rule_that_asks_more_decides(csg):
    drs = factories.a_contract("DRS", supplier=csg.supplier)
    three()
    confirm(csg)
    confirm(drs, directorate="adults")
    assert paid_under(csg).total == Decimal("100.00")
    assert paid_under(drs).total == Decimal("20.00")


@pytest.mark.parametrize(
    "asked",
    [{"expenditure_type": "IT Support"}, {"reference": "9001"}, {"directorate": "RESOURCES"}],
)
def test_a_rule_may_ask_for_directorate_type_or_reference(csg, asked):
    three()
    confirm(csg, **asked)
    assert paid_under(csg).total == Decimal("100.00")


def test_rules_that_say_different_things_decide_nothing(csg):
    drs = factories.a_contract("DRS", supplier=csg.supplier)
    three()
    confirm(csg)
    confirm(drs)
    assert paid_under(csg).total == paid_under(drs).total == 0
    [row] = undecided(AttributionRule.objects.all())
    assert (row.amount, row.payments, row.supplier) == (Decimal("120.00"), 2, csg.supplier)


def test_what_no_rule_gives_to_a_contract_is_on_the_worklist_largest_first(csg, officer):
    three()
    confirm(csg, directorate="Adults")
    other = factories.a_supplier("Somebody Else")
    attributing.confirm("SOMEBODY ELSE", supplier=other, reason="Its name.", by=officer)
    assert [(row.supplier, row.amount) for row in undecided(AttributionRule.objects.all())] == [
        (csg.supplier, Decimal("100.00")),
        (other, Decimal("3.00")),
    ]


def test_each_payment_says_why_it_belongs_where_it_does(csg):
    three()
    confirm(csg, directorate="Adults", at=factories.moment("2018-06-02"))
    payments = list(Payment.objects.select_related("payee").order_by("line"))
    rules = attributing.deciding(payments, AttributionRule.objects.all())
    said = [attributing.explain(rules.get(payment.pk)) for payment in payments]
    assert said[0] == said[2] == "Not yet attributed: no rule decides."
    assert said[1] == (
        "Payments to “capita business services” with directorate “Adults” belong to CSG "
        "(Capita Business Services Ltd): confirmed by Officer on 2 June 2018. "
        "Its invoices say so."
    )


def test_credits_are_taken_off(csg):
    three()
    pay("Adults,D,Care,1,Capita Business Services Ltd,(50.00),20/05/2018", name="may.csv")
    confirm(csg)
    assert paid_under(csg).months[dt.date(2018, 5, 1)] == Decimal("-50.00")
    assert paid_under(csg).total == Decimal("70.00")


def test_only_what_was_paid_by_a_day_counts(csg):
    three()
    confirm(csg)
    assert paid_under(csg, until=dt.date(2018, 4, 3)).total == Decimal("100.00")


def test_withdrawn_files_count_no_longer(csg, officer):
    file = three().file
    confirm(csg)
    assert covered_until() == dt.date(2018, 4, 30)
    importing.withdraw(file, reason="Wrong.", by=officer)
    assert paid_under(csg).total == 0
    assert covered_until() is None


def test_a_stray_date_does_not_move_the_last_day_covered(csg):
    rows = [CARE.format(n=n, amount=1, day=n) for n in range(1, 21)]
    pay(*rows, "Adults,D,Care,99,Capita Business Services Ltd,1.00,01/01/2081")
    assert covered_until() == dt.date(2018, 4, 30)


def test_payments_without_a_day_are_in_no_month(csg):
    confirm(csg)
    bring("Supplier,Net Amount\nCapita Business Services Ltd,5.00\n", name="totals.csv")
    paid = paid_under(csg)
    assert (paid.total, paid.undated) == (0, Decimal("5.00"))


@pytest.mark.parametrize("act", ["import", "undo", "confirm", "take back"])
def test_whatever_moves_what_was_paid_asks_for_a_recheck(csg, officer, act):
    file, rule = three().file, None
    if act != "confirm":
        rule = confirm(csg)
    Recheck.objects.all().delete()
    match act:
        case "import":
            pay("R,D,T,1,Capita Business Services plc,7.00,20/05/2018", name="may.csv")
        case "undo":
            importing.withdraw(file, reason="Wrong.", by=officer)
        case "confirm":
            confirm(csg)
        case "take back":
            attributing.take_back(rule, reason="Wrong.", by=officer)
    assert [row.contract for row in Recheck.objects.all()] == [csg]


def test_a_rule_names_a_contract_of_the_supplier_and_says_why(csg, officer):
    other = factories.a_supplier("Other Ltd")
    with pytest.raises(ValidationError, match="another supplier"):
        attributing.confirm("X", supplier=other, contract=csg, reason="So.", by=officer)
    with pytest.raises(ValidationError):
        confirm(csg, reason=" ")
    with pytest.raises(ValidationError, match="Name the contract"):
        attributing.confirm("X", supplier=other, directorate="A", reason="So.", by=officer)


def test_the_same_is_confirmed_once(csg):
    confirm(csg)
    with pytest.raises(ValidationError, match="already"):
        confirm(csg)


def test_a_hidden_contract_takes_its_payments_and_is_not_named(csg):
    drs = factories.a_contract("DRS", supplier=csg.supplier, **factories.exempt(5))
    three()
    confirm(csg)
    confirm(drs, directorate="Adults")
    councillor = factories.a_councillor()
    seen = AttributionRule.objects.visible_to(councillor)
    assert [rule.contract for rule in seen] == [csg]
    assert paid_under(csg).total == Decimal("100.00")
    payments = list(Payment.objects.visible_to(councillor).select_related("payee"))
    rules = attributing.deciding(payments, seen)
    assert {rule.contract for rule in rules.values()} == {csg}
    assert [row.amount for row in undecided(seen)] == [Decimal("20.00")]


def test_what_was_paid_takes_as_many_questions_for_many_payments(csg, django_assert_num_queries):
    three()
    confirm(csg)
    with django_assert_num_queries(3):
        paid_under(csg)
    pay(*(CARE.format(n=n, amount=1, day=1 + n % 28) for n in range(50)), name="more.csv")
    with django_assert_num_queries(3):
        paid_under(csg)
