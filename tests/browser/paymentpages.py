"""Payments under a contract of the public record, invented for the tests, and their pages."""

import datetime as dt

from playwright.sync_api import Page

from accounts.models import Role
from contracts.models import Contract
from costs.models import Payee, Payment
from costs.payments import attributing, importing
from tests import factories
from tests.browser.visits import Rows, Visit, just, nothing_typed, of, unfolded
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring

CAPITA = "CAPITA BUSINESS SERVICES LIMITED"
#: From the first month of the contract, for as long as one can see a line.
MONTHS = [dt.date(2013 + (8 + n) // 12, (8 + n) % 12 + 1, 15) for n in range(56)]
ROW = "{directorate},Dept,{kind},{reference},{name},{amount},{day:%d/%m/%Y}"


def a_row(day: dt.date, amount: str, kind: str = "IT support", **given: str) -> str:
    """A row of the file."""
    given = {"directorate": "Resources", "reference": "5100", "name": CAPITA, **given}
    return ROW.format(day=day, amount=amount, kind=kind, **given)


def a_file() -> str:
    """The supplier's months, with credits, a prepayment, and what nobody can attribute."""
    rows = []
    for number, day in enumerate(MONTHS):
        rows.append(a_row(day, f"{2_700_000 + number * 25_000}.00"))
        if number % 9 == 8:
            rows.append(a_row(day, "-164176.50", "Service credit"))
        if number % 12 == 7:
            rows.append(a_row(day, "5400000.00", "Prepayment"))
    last = MONTHS[-1]
    return table(
        *rows,
        a_row(last, "48250.00", directorate="Adults"),
        a_row(last, "9310.00", name="CAPITA LIMITED T/A Local"),
        a_row(last, "7200.00", name="Entrust Support Services"),
        a_row(last, "1500.00", name="At Odds Ltd"),
        a_row(last, "220.00", name="REDACTED PERSONAL DATA"),
    )


def rows_of(csg: Contract) -> Rows:
    """The payments, the rules that decide them, and two that disagree."""
    by = factories.the_officer()
    file = bring(a_file(), name="capita-2013-2018.csv", publisher=a_publisher()).file
    rule = attributing.confirm(
        CAPITA,
        supplier=csg.supplier,
        contract=csg,
        directorate="Resources",
        reason="The council’s payments to Capita by its Resources directorate are for CSG.",
        by=by,
    )
    supplier = factories.a_supplier("At Odds Ltd")
    for reference in ("ODD1", "ODD2"):
        contract = factories.a_contract(reference, supplier=supplier)
        attributing.confirm(
            "At Odds Ltd", supplier=supplier, contract=contract, reason=f"It is {reference}.", by=by
        )
    payments = Payment.objects.filter(file=file)
    return {
        "payment": payments.get(reference="5100", paid_on=MONTHS[0], amount__gt=0),
        "kept back": payments.get(redacted=True),
        "rule": rule,
        "published name": Payee.objects.get(name="Entrust Support Services"),
    }


def a_publisher():
    """Of its own, so that its months are no other files'."""
    return importing.publisher_of("London Borough of Barnet")


def a_choice(page: Page) -> None:
    """Fill in whose name it is, up to what that would move."""
    page.get_by_label("Supplier", exact=True).select_option(index=1)
    page.get_by_label("Why these payments").fill("It is.")
    page.get_by_role("main").get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="What this would move").wait_for()


VISITS = [
    Visit("admin:payments", act=unfolded),
    Visit("admin:payments", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:payments", "nothing found", query="?words=nothing+has+this+name"),
    Visit("admin:payments", "a mistake", query="?paid_from_month=13&paid_from_year=2018"),
    Visit("admin:payment", args=of("payment")),
    Visit("admin:payment", "kept back", of("kept back"), who=Role.COUNCILLOR),
    Visit("admin:payment", "none", just(999_999_999)),
    Visit("admin:payments_matching", who=Role.FINANCE_OFFICER),
    Visit("admin:payments_matching", "nothing found", query="?words=nothing+has+this+name"),
    Visit("admin:payments_match", args=of("published name")),
    Visit("admin:payments_match", "a mistake", of("published name"), act=nothing_typed),
    Visit("admin:payments_match", "what it would move", of("published name"), act=a_choice),
    Visit("admin:payments_rules", act=unfolded),
    Visit("admin:payments_rules", "nothing found", query="?words=nothing+has+this+name"),
    Visit("admin:payments_rule_take_back", args=of("rule")),
    Visit("admin:payments_rule_take_back", "a mistake", of("rule"), act=nothing_typed),
    Visit("admin:payments_plan"),
    Visit("admin:payments_plan_contract", args=of("CSG"), act=unfolded),
    Visit("admin:payments_plan_contract", "nothing paid", of(Contract)),
]
