"""The register of imported payment files, the page of one, and undoing an import."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from costs.models import CostEntry, FileWithdrawal, Payment, PaymentFile
from costs.payments import allocating, importing
from tests import factories
from tests.actors import as_role
from tests.costs.payments.files import ROWS, TABLE, table
from tests.costs.payments.test_allocating import april, attributed_to
from tests.costs.payments.test_importing import bring, month

pytestmark = pytest.mark.django_db

BAD = "R,D,T,1,X Ltd,lots,20/04/2018"


@pytest.fixture
def officer():
    return as_role(Role.FINANCE_OFFICER)


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(browser, name, *args, **query) -> str:
    answer = browser.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200
    return text_of(answer)


def names(browser, **query) -> list[str]:
    answer = browser.get(reverse("admin:payment_files"), query)
    return [row.record.name for row in answer.context["table"].rows]


@pytest.fixture
def three() -> list[PaymentFile]:
    """A file replaced by its correction, and one that was withdrawn."""
    first = bring(month(4), name="april.csv").file
    second = bring(month(4, "R,D,T,9,Late Ltd,1000.00,25/04/2018"), name="april-2.csv").file
    gone = bring(month(5, BAD), name="may.csv").file
    importing.withdraw(gone, reason="Not Barnet’s.", by=factories.the_officer())
    return [first, second, gone]


class TestTheRegister:
    def test_says_of_each_file_what_it_covers_and_how_it_stands(self, three, councillor):
        html = page(councillor, "payment_files")
        assert "<strong>3 payment files</strong>" in html
        for said in ("April 2018", "May 2018", "£1,210.00", "Current", "Replaced", "Withdrawn"):
            assert said in html
        assert names(councillor)[0] == "may.csv"

    @pytest.mark.parametrize(
        "column",
        ["name", "covers", "publisher", "rows_read", "amount", "unreadable", "stands", "by", "at"],
    )
    def test_sorts_by_each_column_both_ways(self, three, councillor, column):
        up, down = names(councillor, sort=column), names(councillor, sort=f"-{column}")
        assert sorted(up) == sorted(down)
        assert len(up) == 3

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "april 2"}, {"april-2.csv"}),
            ({"stands": "current"}, {"april-2.csv"}),
            ({"stands": "replaced"}, {"april.csv"}),
            ({"stands": "withdrawn"}, {"may.csv"}),
            ({"q": "june"}, set()),
        ],
    )
    def test_filters(self, three, councillor, query, found):
        assert set(names(councillor, **query)) == found

    def test_filters_by_publisher(self, three, councillor):
        harrow = bring(TABLE, name="harrow.csv", publisher=importing.publisher_of("Harrow")).file
        assert names(councillor, publisher=harrow.publisher_id) == ["harrow.csv"]

    def test_is_exported(self, three, councillor):
        answer = councillor.get(reverse("admin:payment_files"), {"export": "csv"})
        csv = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert "april-2.csv,April 2018,Barnet,21,1210.00,0,current,Officer,2018-06-01" in csv

    def test_offers_the_import_to_those_who_may(self, councillor, officer):
        assert "Import payments" not in page(councillor, "payment_files")
        assert "Import payments" in page(officer, "payment_files")

    def test_asks_as_much_for_fifty_as_for_one(self, councillor):
        counts = []
        for number in (1, 50):
            while PaymentFile.objects.count() < number:
                n = PaymentFile.objects.count()
                bring(table(f"R,D,T,{n},S {n},{n}.00,05/04/2018"), name=f"{n}.csv")
            with CaptureQueriesContext(connection) as asked:
                page(councillor, "payment_files")
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 12

    def test_a_nil_return_has_no_month(self, councillor):
        bring(table("Nil return,,,,,,"))
        assert "no day given" in page(councillor, "payment_files")


class TestAFile:
    def test_says_how_it_was_read_and_what_was_left_out(self, councillor):
        file = bring(table(*ROWS, BAD, "Total,,,,,1250.50,")).file
        html = page(councillor, "payment_file", file.pk)
        for said in (
            "2 payments, £1,250.50 in all; 1 row could not be read",
            "1 June 2018 at 09:30 by Officer",
            file.sha256,
            "Vendor Name",
            "“lots”",
            "This is not an amount.",
            "Line 5: a total of £1,250.50",
        ):
            assert said in html

    def test_says_what_it_replaced_and_what_replaced_it(self, three, councillor):
        first, second, _ = three
        there = reverse("admin:payment_file", args=[second.pk])
        html = page(councillor, "payment_file", first.pk)
        assert "Replaced by" in html
        assert f'href="{there}"' in html
        html = page(councillor, "payment_file", second.pk)
        assert "Replaces" in html
        assert "april.csv" in html

    def test_a_withdrawn_one_says_why(self, three, councillor):
        html = page(councillor, "payment_file", three[2].pk)
        assert "Withdrawn by Officer" in html
        assert "Not Barnet’s." in html

    def test_its_unreadable_rows_are_downloaded(self, councillor):
        file = bring(table(*ROWS, BAD)).file
        answer = councillor.get(reverse("admin:payment_file_unreadable", args=[file.pk]))
        csv = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert csv.splitlines() == [
            "Line,Column,Value,Reason",
            "4,Expenditure Amount (exc VAT),lots,This is not an amount.",
        ]

    def test_that_is_not_there_answers_404(self, officer):
        for name in ("payment_file", "payment_file_unreadable", "payment_file_withdraw"):
            assert officer.get(reverse(f"admin:{name}", args=[999])).status_code == 404

    def test_asks_little_however_many_rows_are_unreadable(self, councillor):
        file = bring(month(4, *[BAD] * 80)).file
        with CaptureQueriesContext(connection) as asked:
            html = page(councillor, "payment_file", file.pk)
        assert "The first 50 of 80 are shown." in html
        assert len(asked) <= 12


class TestUndoing:
    def undo(self, browser, file, **fields):
        there = reverse("admin:payment_file_withdraw", args=[file.pk])
        return browser.post(there, {"reason": "The wrong month.", **fields}, follow=True)

    def test_says_first_what_it_changes(self, officer):
        first = bring(month(4), name="april.csv").file
        second = bring(month(4, "R,D,T,9,A Ltd,1000.00,25/04/2018"), name="april-2.csv").file
        html = page(officer, "payment_file_withdraw", second.pk)
        assert "21 payments, £1,210.00 in all, will count no longer." in html
        assert "april.csv, which it replaced, counts again." in html
        assert "count no longer anyway" in page(officer, "payment_file_withdraw", first.pk)
        assert not FileWithdrawal.objects.exists()

    def test_is_one_act_with_its_reason(self, officer):
        file = bring(TABLE).file
        html = text_of(self.undo(officer, file))
        assert "april.csv is withdrawn: its payments count no longer." in html
        assert "The wrong month." in html
        assert FileWithdrawal.objects.get().recorded_by.name == "The finance officer"
        assert not Payment.objects.counted().exists()

    def test_says_how_many_entries_are_reversed_and_reverses_them(self, officer):
        contract = factories.a_contract()
        attributed_to(contract)
        [payment] = april("100.00")
        allocating.allocate(payment, factories.a_line(contract), by=factories.the_officer())
        html = page(officer, "payment_file_withdraw", payment.file_id)
        assert "1 entry of the ledger, posted from its payments, will be reversed." in html
        self.undo(officer, payment.file)
        assert CostEntry.objects.filter(reverses__isnull=False).count() == 1

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_asks_why(self, officer, reason):
        html = text_of(self.undo(officer, bring(TABLE).file, reason=reason))
        assert "Say what was wrong with the file." in html
        assert not FileWithdrawal.objects.exists()

    def test_twice_is_said(self, officer):
        file = bring(TABLE).file
        self.undo(officer, file)
        assert "was withdrawn already" in text_of(self.undo(officer, file))
        assert FileWithdrawal.objects.count() == 1

    def test_a_page_sent_twice_does_it_once(self, officer):
        file = bring(TABLE).file
        self.undo(officer, file, token="same")
        self.undo(officer, file, token="same")
        assert FileWithdrawal.objects.count() == 1

    def test_is_for_finance_officers(self, councillor):
        file = bring(TABLE).file
        assert self.undo(councillor, file).status_code == 403
        assert "Undo this import" not in page(councillor, "payment_file", file.pk)

    def test_the_same_bytes_may_come_again(self, officer):
        self.undo(officer, bring(TABLE).file)
        assert bring(TABLE).fresh


def test_payments_stand_in_the_navigation(councillor):
    assert ">Payments<" in text_of(councillor.get("/")).replace("> Payments <", ">Payments<")


def test_an_administrator_reads_none():
    browser = as_role(Role.ADMINISTRATOR)
    assert browser.get(reverse("admin:payment_files")).status_code == 403
