"""Bringing a payments file in by the site's pages: every state, and every wrong file."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.lib import bounded
from costs.models import PaymentFile, PaymentUpload, Publisher, UploadChunk
from costs.payments import importing, uploads, working
from tests import factories
from tests.actors import as_role, signed_in
from tests.costs.payments.files import ROWS, TABLE, table, workbook
from tests.costs.payments.test_importing import bring, month
from tests.workers.brokers import the_broker_is_down

pytestmark = pytest.mark.django_db

State = PaymentUpload.State
BAD = ("R,D,T,1,X Ltd,lots,20/04/2018", "R,D,T,2,Y Ltd,5.00,soon")
FOREIGN = "Wann,Wer,Wieviel\n03/04/2018,X Ltd,1.00\n"


@pytest.fixture
def officer():
    return as_role(Role.FINANCE_OFFICER)


@pytest.fixture
def barnet() -> Publisher:
    return importing.publisher_of("Barnet")


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def upload(browser, data: str | bytes = TABLE, name: str = "april.csv", **fields) -> Any:
    """Send a file; the answer to it, or where that leads."""
    data = data.encode() if isinstance(data, str) else data
    fields.setdefault("new", "" if Publisher.objects.exists() else "Barnet")
    if publisher := Publisher.objects.first():
        fields.setdefault("publisher", publisher.pk)
    file = SimpleUploadedFile(name, data)
    return browser.post(address("payment_import"), {**fields, "file": file}, follow=True)


def the_upload() -> PaymentUpload:
    return PaymentUpload.objects.latest("pk")


def press(browser, row: PaymentUpload, name: str) -> Any:
    """Press a button of an upload's page."""
    return browser.post(row.get_absolute_url(), {name: "1"}, follow=True)


def work() -> None:
    working.work(timezone.now())


class TestUploading:
    def test_leads_to_what_would_be_imported_and_imports_nothing(self, officer):
        html = text_of(upload(officer, table(*ROWS, *BAD)))
        assert "2 payments, £1,250.50 in all, from 5 April 2018 to 16 April 2018" in html
        assert "2 rows cannot be read; the others can be imported" in html
        assert "This is not an amount." in html
        assert "“lots”" in html
        assert not PaymentFile.objects.exists()

    def test_shows_in_plain_words_how_it_is_read(self, officer):
        html = text_of(upload(officer))
        for said in ("UTF-8", "Commas", "Line 1", "Day first: 5/4/2018 is 5 April"):
            assert said in html
        assert "Vendor Name" in html
        assert "Expenditure Amount (exc VAT)" in html

    def test_a_first_publisher_is_named_and_the_next_file_finds_it_chosen(self, officer):
        assert "Who published it" in text_of(officer.get(address("payment_import")))
        upload(officer, new="  London Borough  of Barnet ")
        [publisher] = Publisher.objects.all()
        assert publisher.name == "London Borough of Barnet"
        form = officer.get(address("payment_import")).context["form"]
        assert form["publisher"].value() == publisher.pk

    def test_a_publisher_known_already_is_not_made_again(self, officer, barnet):
        upload(officer, new="Barnet")
        assert Publisher.objects.count() == 1

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"new": ""}, "Say who published the file."),
            ({"new": "x" * 200}, "150 characters"),
        ],
    )
    def test_asks_whose_it_is(self, officer, fields, said):
        answer = upload(officer, **fields)
        assert said in text_of(answer)
        assert not PaymentUpload.objects.exists()

    def test_asks_for_the_file(self, officer):
        answer = officer.post(address("payment_import"), {"new": "Barnet"})
        assert "Choose the file." in text_of(answer)
        assert 'value="Barnet"' in text_of(answer)

    def test_says_that_a_file_is_empty(self, officer):
        answer = upload(officer, b"")
        assert "This file is empty" in text_of(answer)
        assert not Publisher.objects.exists()

    def test_says_that_a_file_is_too_large_and_keeps_none_of_it(self, officer, monkeypatch):
        monkeypatch.setattr(bounded, "MOST", 1000)
        answer = upload(officer, b"x" * 200_000, new="Barnet")
        assert "larger than 100 MB" in text_of(answer)
        assert 'value="Barnet"' in text_of(answer)
        assert not UploadChunk.objects.exists()

    def test_the_same_bytes_lead_to_the_file_that_has_them(self, officer, barnet):
        file = bring(TABLE, by=factories.a_person("Ann Officer")).file
        answer = upload(officer, name="copy.csv")
        assert answer.redirect_chain == [(address("payment_file", file.pk), 302)]
        assert "imported on 1 June 2018 by Ann Officer, as april.csv." in text_of(answer)

    def test_a_page_sent_twice_takes_the_file_once(self, officer):
        upload(officer, token="the-same")
        answer = upload(officer, token="the-same")
        assert PaymentUpload.objects.count() == 1
        assert "was sent before" in text_of(answer)

    @pytest.mark.parametrize(
        "name",
        ["../../x.csv", "<img src=x onerror=alert(1)>.csv", "a\u202evsc.exe", "x" * 400 + ".csv"],
    )
    def test_a_hostile_name_is_only_a_name(self, officer, name):
        html = upload(officer, name=name).content.decode()
        assert "<img" not in html.split("<main")[1]
        assert "\u202e" not in html
        assert len(the_upload().name) <= 255

    def test_what_waits_is_listed(self, officer):
        upload(officer, name="waits.csv")
        html = text_of(officer.get(address("payment_import")))
        assert "Files that are not finished" in html
        assert "waits.csv" in html


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "april.csv", "a picture"),
        (b"<!doctype html><html><body>Sign in, please</body></html>", "april.csv", "a web page"),
        (b"%PDF-1.7\n1 0 obj", "april.csv", "a PDF"),
        (b"\n \n", "april.csv", "The file is empty"),
        (b"\0" * 500, "april.csv", ""),
        (bytes(range(256)) * 20, "april.csv", ""),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(officer, data, name, said):
    html = text_of(upload(officer, data, name))
    assert "was not imported, and nothing of it is kept" in html
    assert said in html
    assert the_upload().state == State.REFUSED
    assert not UploadChunk.objects.exists()


def test_a_workbook_waits_for_the_worker(officer):
    rows = [row.split(",") for row in TABLE.strip().splitlines()]
    html = text_of(upload(officer, workbook(rows), "april.xlsx"))
    assert "waits to be looked at" in html
    assert "Load the page again" in html
    work()
    html = text_of(officer.get(the_upload().get_absolute_url()))
    assert "Excel workbook" in html
    assert "£1,250.50" in html


def test_a_large_file_waits_for_the_worker(officer, monkeypatch):
    monkeypatch.setattr(working, "AT_ONCE", 10)
    assert "waits to be looked at" in text_of(upload(officer))


class TestImporting:
    def test_is_done_by_the_worker_and_then_the_report_is_there(self, officer):
        upload(officer, table(*ROWS, *BAD))
        html = text_of(press(officer, the_upload(), "confirm"))
        assert "waits to be imported" in html
        assert "Cancel this import" in html
        work()
        html = text_of(officer.get(the_upload().get_absolute_url()))
        assert "Its payments are on the record" in html
        file = PaymentFile.objects.get()
        html = text_of(officer.get(address("payment_file", file.pk)))
        assert "2 payments, £1,250.50 in all; 2 rows could not be read" in html

    def test_says_how_far_it_is(self, officer):
        upload(officer)
        row = the_upload()
        PaymentUpload.objects.update(state=State.IMPORTING, rows_read=12_000)
        asked = officer.get(address("payment_upload_state", row.pk)).json()
        assert asked == {
            "waiting": True,
            "words": "The file is being imported. 12,000 rows so far.",
        }
        assert "12,000 rows so far" in text_of(officer.get(row.get_absolute_url()))

    def test_pressed_twice_is_said(self, officer):
        upload(officer)
        press(officer, the_upload(), "confirm")
        assert "decided about this file already" in text_of(press(officer, the_upload(), "confirm"))

    def test_of_what_is_held_already_is_not_offered_until_that_is_gone(self, officer, barnet):
        files = [bring(month(number), name=f"{number}.csv").file for number in (4, 5)]
        html = text_of(upload(officer, month(4) + month(5).split("\n", 1)[1]))
        assert "would count twice" in html
        assert ">Import</button>" not in html
        for file in files:
            importing.withdraw(file, reason="Rolled up.", by=factories.the_officer())
        html = text_of(press(officer, the_upload(), "again"))
        assert ">Import</button>" in html

    def test_of_a_correction_says_what_it_replaces(self, officer, barnet):
        bring(month(4), name="first.csv")
        html = text_of(upload(officer, month(4, "R,D,T,9,A Ltd,1.00,25/04/2018")))
        assert "It would replace that file" in html
        assert "first.csv" in html

    def test_of_a_nil_return_says_so(self, officer):
        html = text_of(upload(officer, table("Nil return,,,,,,")))
        assert "The file says that nothing was paid" in html

    def test_that_was_refused_says_why(self, officer):
        upload(officer)
        uploads.finish(the_upload(), State.REFUSED, why_not="It counts twice.")
        assert "It counts twice." in text_of(officer.get(the_upload().get_absolute_url()))


class TestCancelling:
    def test_asks_once_more_and_leaves_nothing(self, officer):
        upload(officer)
        page = address("payment_upload_cancel", the_upload().pk)
        assert "Nothing of the file is kept" in text_of(officer.get(page))
        assert PaymentUpload.objects.get().state == State.READY
        html = text_of(officer.post(page, follow=True))
        assert "Thrown away by The finance officer." in html
        assert not UploadChunk.objects.exists()

    def test_an_import_that_runs_is_told_to_stop(self, officer):
        upload(officer)
        PaymentUpload.objects.update(state=State.IMPORTING, confirmed_at=timezone.now())
        page = address("payment_upload_cancel", the_upload().pk)
        assert "stops within seconds" in text_of(officer.get(page))
        html = text_of(officer.post(page, follow=True))
        assert "The import is being stopped" in html

    def test_comes_too_late(self, officer):
        upload(officer)
        uploads.finish(the_upload(), State.CANCELLED)
        page = address("payment_upload_cancel", the_upload().pk)
        for answer in (officer.get(page, follow=True), officer.post(page, follow=True)):
            assert "decided about this file already" in text_of(answer)


class TestCorrecting:
    def test_wrong_columns_are_corrected_once_for_the_publisher(self, officer):
        html = text_of(upload(officer, FOREIGN))
        assert "It cannot be imported like this." in html
        assert "No header was found" in html
        assert "Wieviel" in html

        page = address("payment_upload_correct", the_upload().pk)
        assert "How the file begins" in text_of(officer.get(page))
        columns = {"paid_on": "Wann", "supplier": "Wer", "amount": "Wieviel"}
        sent = {f"column_{meaning}": f"header:{name}" for meaning, name in columns.items()}
        html = text_of(officer.post(page, sent, follow=True))
        assert "From now on its files are read like this" in html
        assert "1 payment, £1.00 in all, on 3 April 2018" in html

        html = text_of(upload(officer, FOREIGN.replace("1.00", "2.00"), "may.csv"))
        assert "1 payment, £2.00 in all" in html
        form = officer.get(address("payment_upload_correct", the_upload().pk)).context["form"]
        assert form["column_amount"].value() == "header:Wieviel"

    def test_the_order_of_dates(self, officer):
        upload(officer, table("R,D,T,1,X Ltd,1.00,03/04/2018"))
        page = address("payment_upload_correct", the_upload().pk)
        html = text_of(officer.post(page, {"order": "month first"}, follow=True))
        assert "on 4 March 2018" in html
        assert "It was last corrected by The finance officer" in text_of(officer.get(page))

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"column_amount": "none"}, "there is nothing to import"),
            (
                {
                    "column_amount": "header:Vendor Name",
                    "column_supplier": "header:Vendor Name",
                },
                "One column cannot be both",
            ),
            ({"encoding": "klingon"}, "That is not on the list"),
            ({"column_amount": "header:Not there"}, "That is not on the list"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, officer, sent, said):
        upload(officer)
        page = address("payment_upload_correct", the_upload().pk)
        assert said in text_of(officer.post(page, sent))
        assert Publisher.objects.get().profile == {}

    def test_a_column_that_nothing_holds(self, officer):
        upload(officer)
        page = address("payment_upload_correct", the_upload().pk)
        officer.post(page, {"column_directorate": "none"})
        assert "directorate" not in the_upload().report["columns"]

    def test_comes_too_late_once_it_is_confirmed(self, officer):
        upload(officer)
        press(officer, the_upload(), "confirm")
        page = address("payment_upload_correct", the_upload().pk)
        assert "decided about" in text_of(officer.get(page, follow=True))


class TestUnreadableRows:
    def test_are_downloaded_with_line_column_value_and_reason(self, officer):
        upload(officer, table(*ROWS, *BAD))
        answer = officer.get(address("payment_upload_unreadable", the_upload().pk))
        csv = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert csv.splitlines()[0] == "Line,Column,Value,Reason"
        assert "4,Expenditure Amount (exc VAT),lots,This is not an amount." in csv
        assert answer["Content-Disposition"].startswith("attachment")

    def test_start_no_formula(self, officer):
        upload(officer, table(*ROWS, '"R",D,T,1,X Ltd,"=cmd|x",20/04/2018'))
        answer = officer.get(address("payment_upload_unreadable", the_upload().pk))
        assert "'=cmd" in b"".join(answer.streaming_content).decode()

    def test_beyond_a_screenful_are_counted(self, officer):
        upload(officer, table(*ROWS, *[BAD[0]] * 30))
        html = text_of(officer.get(the_upload().get_absolute_url()))
        assert "The first 20 of 30 are shown." in html


class TestWhoMay:
    PAGES = ("", "_state", "_correct", "_cancel", "_unreadable")

    @pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.AUDITOR, Role.CONTRACT_OFFICER])
    def test_others_do_not(self, role, officer):
        upload(officer)
        browser = as_role(role)
        assert browser.get(address("payment_import")).status_code == 403
        for page in self.PAGES:
            there = address(f"payment_upload{page}", the_upload().pk)
            assert browser.get(there).status_code == 403
            assert browser.post(there, {"confirm": "1"}).status_code == 403
        assert the_upload().state == State.READY

    def test_an_upload_that_is_not_there_answers_404(self, officer):
        for page in self.PAGES:
            assert officer.get(address(f"payment_upload{page}", 999)).status_code == 404

    def test_another_finance_officer_may_confirm(self, officer):
        upload(officer)
        another = factories.a_person("Another Officer", Role.FINANCE_OFFICER)
        press(signed_in(another), the_upload(), "confirm")
        work()
        assert PaymentFile.objects.get().recorded_by == another


def test_a_signed_out_officer_finds_the_publisher_kept(officer):
    officer.logout()
    file = io.BytesIO(TABLE.encode())
    answer = officer.post(address("payment_import"), {"new": "Barnet", "file": file})
    assert answer.status_code == 403
    assert not PaymentUpload.objects.exists()


@pytest.mark.parametrize("rows", [1, 50])
def test_the_page_of_an_upload_asks_little(officer, rows):
    upload(officer, table(*[ROWS[0]] * rows, *[BAD[0]] * rows))
    page = the_upload().get_absolute_url()
    with CaptureQueriesContext(connection) as asked:
        officer.get(page)
    assert len(asked) <= 12


def test_no_page_talks_to_the_broker(officer):
    with the_broker_is_down():
        upload(officer)
        press(officer, the_upload(), "confirm")
    assert the_upload().state == State.CONFIRMED
