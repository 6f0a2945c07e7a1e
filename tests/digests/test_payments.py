"""What digests say of payments: of a month that was imported, and of overruns of the plan."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.models import Contract
from costs import overruns
from costs.payments import attributing, importing
from digests.compiling import SHOWN, Following, gather
from digests.masking import restricted_since
from digests.models import Content
from digests.preparing import prepare_alerts, prepare_digests
from digests.rendering import render_digest
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.costs.payments.test_over_plan import a_pound_a_day, attributed
from tests.digests.readers import BEFORE, CUT, SECOND, WEDNESDAY, WEEK, a_reader
from tests.digests.test_compiling import news, only_item, said, told

pytestmark = pytest.mark.django_db

TITLE = "Paid this month, against plan"


@pytest.fixture
def contract() -> Contract:
    """A pound a day over 2018."""
    return a_pound_a_day("CSG")


def paid(month: int, *sums: str, supplier: str = "Capita Ltd", at: dt.datetime = WEDNESDAY):
    """The file of a month of 2018, imported at a moment."""
    rows = [f"R,D,T,{month}{n},{supplier},{sum_},15/{month:02}/2018" for n, sum_ in enumerate(sums)]
    return bring(table(*rows), name=f"2018-{month:02}.csv", at=at).file


def checked(contract: Contract, at: dt.datetime = WEDNESDAY) -> overruns.Outcome:
    return overruns.check(contract, on=at.date(), at=at)


class TestPaidThisMonth:
    def test_says_the_month_and_both_sides_to_date(self, contract):
        paid(8, "250.00", at=BEFORE - SECOND)
        paid(9, "30.00", "-5.50")
        item = only_item(told(), TITLE)
        assert item.words == (
            "CSG. £24.50 paid in September 2018. Over plan: £274.50 paid against £273 contracted "
            "by 30 September 2018: £1.50 over, 0.55%."
        )
        assert item.note == "Imported: 2018-09.csv."
        assert item.url == contract.get_absolute_url()

    def test_says_under_plan(self, contract):
        paid(9, "30.00")
        assert "Under plan: £30 paid against £273" in only_item(told(), TITLE).words

    def test_says_what_came_back(self, contract):
        paid(8, "280.00")
        paid(9, "-5.50")
        assert only_item(told(), TITLE).words.startswith("CSG. £5.50 came back in September 2018.")

    def test_is_news_only_when_a_file_was_imported(self, contract):
        paid(9, "280.00", at=BEFORE - SECOND)
        assert TITLE not in said(told())
        paid(10, "30.00", at=CUT)
        assert TITLE not in said(told())
        assert TITLE in news(told(until=CUT + SECOND))

    def test_of_a_contract_that_the_month_paid_nothing_says_so(self, contract):
        paid(8, "250.00", at=BEFORE - SECOND)
        paid(9, "9.00", supplier="Somebody Else")
        assert only_item(told(), TITLE).words.startswith("CSG. £0 paid in September 2018.")

    def test_says_why_the_plan_is_not_said(self, contract):
        other = factories.a_contract("X", supplier=contract.supplier, starts_on=None, ends_on=None)
        attributed(other, directorate="R")
        paid(9, "30.00")
        assert said(told(Following((other.pk,))))[TITLE] == [
            "X. £30 paid in September 2018. £30 paid to date; what was contracted is not known."
        ]

    def test_tells_followers_of_the_contract_alone(self, contract):
        paid(9, "30.00")
        assert TITLE in said(told(Following((contract.pk,))))
        assert TITLE not in said(told(Following((factories.a_contract().pk,))))

    def test_says_nothing_of_a_restricted_contract(self, contract):
        Contract.all_rows.filter(pk=contract.pk).update(**factories.exempt(5))
        paid(9, "30.00")
        assert TITLE not in said(told())

    def test_says_nothing_of_a_file_that_was_withdrawn(self, contract):
        importing.withdraw(paid(9, "30.00"), reason="No.", by=factories.the_officer())
        assert TITLE not in said(told())

    def test_says_nothing_of_another_publishers_file(self, contract):
        paid(8, "30.00", at=BEFORE - SECOND)
        bring(
            table("R,D,T,1,Somebody Else,1.00,10/09/2018"),
            name="harrow.csv",
            publisher=importing.publisher_of("Harrow"),
            at=WEDNESDAY,
        )
        assert TITLE not in said(told())

    def test_shows_the_most_over_plan_first_and_counts_the_rest(self, contract):
        for number in range(SHOWN + 1):
            other = a_pound_a_day(f"C{number}", supplier=factories.a_supplier(f"S{number}"))
            attributed(other, f"Supplier {number}")
            paid_rows = f"R,D,T,1,Supplier {number},{300 + number}.00,15/09/2018"
            bring(table(paid_rows), name=f"{number}.csv", at=WEDNESDAY)
        [section] = [part for part in told().sections if part.title == TITLE]
        assert [item.title.split(".")[0] for item in section.items] == ["C3", "C2", "C1"]
        assert section.more == 1

    def test_names_three_files_and_counts_the_rest(self, contract):
        for month in range(5, 10):
            paid(month, "30.00")
        assert only_item(told(), TITLE).note == (
            "Imported: 2018-09.csv, 2018-08.csv, 2018-07.csv and 2 more."
        )

    def test_asks_as_often_for_many_contracts_as_for_one(self, contract):
        paid(9, "30.00")
        with CaptureQueriesContext(connection) as one:
            gather(Following(), BEFORE, CUT, WEEK)
        for number in range(4):
            other = a_pound_a_day(f"C{number}", supplier=factories.a_supplier(f"S{number}"))
            attributing.confirm(
                f"S{number}",
                supplier=other.supplier,
                contract=other,
                reason="So.",
                by=factories.the_officer(),
            )
            bring(table(f"R,D,T,1,S{number},300.00,15/09/2018"), name=f"{number}.csv", at=WEDNESDAY)
        with CaptureQueriesContext(connection) as many:
            gather(Following(), BEFORE, CUT, WEEK)
        assert len(many) == len(one)

    def test_stands_in_the_mail_in_both_its_forms(self, contract):
        paid(9, "280.00")
        mail = render_digest(told())
        assert "PAID THIS MONTH, AGAINST PLAN" in mail.text
        assert "£280 paid in September 2018" in " ".join(mail.text.split())
        assert "<h2>Paid this month, against plan</h2>" in mail.html
        assert "1 contract with payments" in mail.subject

    def test_is_kept_back_once_the_contract_is_restricted(self, contract):
        a_reader()
        paid(9, "280.00")
        prepare_digests(CUT)
        content = Content.objects.get()
        assert restricted_since([content]) == set()
        Contract.all_rows.filter(pk=contract.pk).update(**factories.exempt(5))
        assert restricted_since([content]) == {content.pk}


class TestOverrunsOfThePlan:
    @pytest.fixture
    def marks(self):
        factories.a_threshold("over_plan", percentage=5, severity="low")
        factories.a_threshold("over_plan", percentage=10, severity="high")

    def test_raised_say_the_sum_once_and_since_which_month_each_mark(self, contract, marks):
        paid(8, "260.00", at=BEFORE - SECOND)  # Of £243: 7%.
        paid(9, "50.00", at=BEFORE - SECOND)  # £310 of £273.
        checked(contract)
        item = only_item(told(), "Overruns raised")
        assert item.words == (
            "CSG. Over plan: £310 paid against £273 contracted by 30 September 2018: £37 over, "
            "13.55%. Over 5% since August 2018; over 10% since September 2018."
        )
        assert (item.title, item.label) == ("CSG. Over plan", "High alert")

    def test_raised_rest_on_no_cost_line(self, contract, marks):
        factories.a_line(contract)
        paid(9, "310.00", at=BEFORE - SECOND)
        checked(contract)
        rests_on = only_item(told(), "Overruns raised").rests_on
        assert {name.split(":")[0] for name in rests_on} == {"costs.overrunalert"}

    def test_cleared_say_where_the_payments_stand_now(self, contract, marks):
        file = paid(9, "60.00", at=BEFORE - SECOND)
        paid(8, "240.00", at=BEFORE - SECOND)
        checked(contract, BEFORE - SECOND)
        importing.withdraw(file, reason="Wrong.", by=factories.the_officer())
        checked(contract)
        assert said(told())["Overruns cleared"] == [
            (
                "CSG. Under plan: £240 paid against £243 contracted by 31 August 2018: £3 under, "
                "1.23%. No longer over 5%: the total came back."
            )
        ]

    def test_cleared_for_want_of_payments_say_so(self, contract, marks):
        file = paid(9, "310.00", at=BEFORE - SECOND)
        checked(contract, BEFORE - SECOND)
        importing.withdraw(file, reason="Wrong.", by=factories.the_officer())
        checked(contract)
        assert said(told())["Overruns cleared"] == [
            (
                "CSG. Over plan: no payments are attributed to it now. "
                "No longer over 5% and 10%: the threshold no longer applies."
            )
        ]

    def test_a_high_one_is_mailed_at_once(self, contract, marks):
        a_reader()
        paid(9, "310.00", at=BEFORE - SECOND)
        checked(contract)
        assert prepare_alerts(WEDNESDAY).editions == 1
        text = " ".join(Content.objects.get().text.split())
        assert "Over plan: £310 paid against £273 contracted by 30 September 2018" in text
        assert "Over plan is what was paid beyond what was contracted" in text
