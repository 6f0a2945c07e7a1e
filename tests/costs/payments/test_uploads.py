"""Payment files on their way in: nothing is kept that nobody wants, nothing imported twice."""

import datetime as dt
import io
import json
import zipfile
from contextlib import nullcontext
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from barnetwatch.lib import bounded
from barnetwatch.lib.filenames import safe_name
from costs.models import Payment, PaymentFile, PaymentUpload, Publisher, UploadChunk
from costs.payments import importing, looking, uploads, working
from costs.payments.importing import Cancelled
from costs.payments.looking import look_at
from costs.payments.shape import Profile
from tests import factories
from tests.costs.payments.files import ROWS, TABLE, read_text, table, workbook
from tests.costs.payments.test_importing import bring, month
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

NOW = factories.moment("2018-06-01 09:30")
State = PaymentUpload.State
MINUTE = dt.timedelta(minutes=1)


def publisher() -> Publisher:
    return importing.publisher_of("Barnet")


def received(data: str | bytes = TABLE, name: str = "april.csv", **fields) -> PaymentUpload:
    """An upload nobody has looked at."""
    data = data.encode() if isinstance(data, str) else data
    given = {"publisher": publisher(), "by": factories.the_officer(), "at": NOW, **fields}
    return uploads.receive([data], name=name, **given)


def work(at: dt.datetime = NOW) -> dict[str, int]:
    """What a worker does at a moment, its clock standing still."""
    return working.work(at, lambda: at)


def looked_at(data: str | bytes = TABLE, **fields) -> PaymentUpload:
    """An upload a worker has looked at."""
    upload = received(data, **fields)
    work()
    upload.refresh_from_db()
    return upload


def imported(data: str | bytes = TABLE, **fields) -> PaymentUpload:
    """An upload an officer confirmed and a worker imported."""
    upload = looked_at(data, **fields)
    uploads.confirm(upload, by=factories.the_officer(), at=NOW)
    work()
    upload.refresh_from_db()
    return upload


def corrected(upload: PaymentUpload, **profile) -> PaymentUpload:
    """An upload whose publisher's files are read otherwise from now on."""
    uploads.correct(upload, profile=profile, by=factories.the_officer(), at=NOW)
    work()
    upload.refresh_from_db()
    return upload


@st.composite
def mutations(draw) -> bytes:
    """A good file with something else in some place of it."""
    place = draw(st.integers(0, len(TABLE)))
    text = TABLE[:place] + draw(st.text(max_size=20)) + TABLE[place + draw(st.integers(0, 20)) :]
    return text.encode(draw(st.sampled_from(["utf-8", "cp1252", "utf-16"])), "replace")


class TestReceiving:
    def test_keeps_the_bytes_in_parts_and_gives_them_back_as_they_were(self, monkeypatch):
        monkeypatch.setattr(uploads, "CHUNK", 7)
        data = TABLE.encode()
        upload = uploads.receive(
            [data[:3], data[3:90], data[90:]],
            name="april.csv",
            publisher=publisher(),
            by=factories.the_officer(),
        )
        assert upload.chunks.count() == -(-len(data) // 7)
        with uploads.opened(upload) as source:
            assert source.read() == data
        assert (upload.size, upload.state) == (len(data), State.RECEIVED)
        assert (upload.sha256, upload.size) == importing.fingerprint(io.BytesIO(data))

    def test_refuses_nothing_at_all(self):
        with pytest.raises(ValidationError, match="This file is empty"):
            received(b"")
        assert not PaymentUpload.objects.exists()

    def test_refuses_what_is_too_large_and_keeps_none_of_it(self, monkeypatch):
        monkeypatch.setattr(uploads, "MOST_BYTES", 100)
        with pytest.raises(ValidationError, match="larger than 100 MB"):
            received(b"x" * 101)
        assert not UploadChunk.objects.exists()
        assert received(b"x" * 100).size == 100

    def test_is_bounded_as_requests_are(self):
        assert uploads.MOST_BYTES == bounded.MOST
        assert f"{bounded.MOST // 1024 // 1024} MB" in uploads.TOO_LARGE

    def test_the_same_bytes_again_say_when_and_by_whom_they_were_imported(self):
        file = bring(TABLE, by=factories.a_person("Ann Officer")).file
        with pytest.raises(uploads.AlreadyThere, match="on 1 June 2018 by Ann Officer") as there:
            received(name="copy.csv")
        assert there.value.file == file
        assert not PaymentUpload.objects.exists()

    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("april.csv", "april.csv"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\Pat\\april 2018.csv", "april 2018.csv"),
            ("a\x00b\x1b[31m.csv", "ab[31m.csv"),
            ("gpj\u202evsc.exe", "gpjvsc.exe"),
            ("a\r\nSet-Cookie: x.csv", "a Set-Cookie: x.csv"),
            ("<script>alert(1)</script>.csv", "script>.csv"),
            ("", "unnamed"),
            ("\u200b", "unnamed"),
            ("x" * 300 + ".csv", "x" * 247 + ".csv"),
            ("\ud800.csv", ".csv"),
        ],
    )
    def test_a_name_is_made_harmless(self, name, kept):
        assert safe_name(name) == kept
        assert received(name=name).name == kept


class TestLooking:
    def test_says_how_a_file_is_read_and_what_it_comes_to(self):
        bad = "R,D,T,1,X Ltd,lots,20/04/2018"
        upload = looked_at(table(*ROWS, bad, "Total,,,,,1250.50,"))
        report = upload.report
        assert upload.state == State.READY
        assert (report["encoding"], report["delimiter"], report["header_line"]) == ("utf-8", ",", 1)
        assert report["columns"]["supplier"] == "Vendor Name"
        assert (report["rows"], report["total"]) == (2, "1250.50")
        assert (report["first_on"], report["last_on"]) == ("2018-04-05", "2018-04-16")
        assert report["months"] == [{"month": "2018-04-01", "rows": 2, "total": "1250.50"}]
        assert [(bad["line"], bad["value"]) for bad in report["rejected"]] == [(4, "lots")]
        assert [(left["line"], left["kind"]) for left in report["left_out"]][-1] == (5, "total")
        assert report["first"][0]["supplier"] == "Capita Business Services Ltd"
        assert not report["why_not"]

    def test_agrees_with_what_is_imported(self):
        text = month(4, "R,D,T,9,X Ltd,lots,20/04/2018")
        report, reading = looked_at(text).report, read_text(text)
        assert report["rows"] == len(reading.rows)
        assert report["total"] == f"{reading.total:.2f}"
        assert report["unreadable"] == len(reading.problems)
        assert report["notes"] == reading.detected.notes

    def test_shows_ten_payments_and_writes_none(self):
        assert len(looked_at(month(4)).report["first"]) == looking.SHOWN
        assert not Payment.objects.exists()
        assert not PaymentFile.objects.exists()

    def test_says_which_earlier_publication_it_would_replace_and_replaces_none_yet(self):
        first = bring(month(4)).file
        upload = looked_at(month(4, "R,D,T,9,Forgotten Ltd,1000.00,25/04/2018"))
        assert upload.report["replaces"] == {"pk": first.pk, "name": first.name}
        assert list(PaymentFile.objects.current()) == [first]

    def test_says_which_files_hold_its_payments_and_is_looked_at_again_when_they_are_gone(self):
        files = [bring(month(number), name=f"{number}.csv").file for number in (4, 5)]
        upload = looked_at(month(4) + month(5).split("\n", 1)[1])
        assert "would count twice" in upload.report["why_not"]
        with pytest.raises(ValidationError, match="would count twice"):
            uploads.confirm(upload, by=factories.the_officer())

        for file in files:
            importing.withdraw(file, reason="Rolled up.", by=factories.the_officer())
        uploads.look_again(upload, by=factories.the_officer())
        work()
        upload.refresh_from_db()
        assert (upload.state, upload.report["why_not"]) == (State.READY, "")

    def test_other_payments_of_the_same_month_replace_nothing(self):
        bring(month(4))
        report = looked_at(table("Cards,D,T,1,Amazon,5.00,20/04/2018")).report
        assert (report["why_not"], report.get("replaces")) == ("", None)

    def test_a_large_file_is_not_tried_out(self, monkeypatch):
        monkeypatch.setattr(working, "MOST_TRIED", 10)
        bring(month(4))
        report = looked_at(month(4) + "\n").report
        assert working.FOUND_LATER in report["notes"]

    def test_a_nil_return_can_be_imported(self):
        upload = imported(table("Nil return,,,,,,"))
        assert (upload.state, upload.file.reading.rows) == (State.IMPORTED, 0)

    def test_a_workbook_is_looked_at_as_well(self):
        rows = [row.split(",") for row in TABLE.strip().splitlines()]
        report = looked_at(workbook(rows)).report
        assert (report["encoding"], report["total"]) == ("xlsx", "1250.50")

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"hello", "No header was found"),
            (b"%PDF-1.7 and more", "a PDF"),
            (b"\x89PNG\r\n\x1a\n", "a picture"),
            (b"\xff\xd8\xff\xe0", "a picture"),
            (b"PK\x03\x04 and no more", "damaged"),
            (b"<!doctype html><p>Sign, in, please", "a web page"),
            (b"\n\n\n", "The file is empty"),
            (b"\xd0\xcf\x11\xe0 and more", "before 2007"),
        ],
    )
    def test_what_is_no_table_is_refused_and_its_bytes_are_gone(self, data, said):
        upload = looked_at(data)
        assert upload.state == State.REFUSED
        assert said in upload.why_not
        assert not UploadChunk.objects.exists()

    def test_a_bomb_is_refused_before_it_is_unpacked(self):
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/workbook.xml", b"<workbook/>")
            for number in range(5):
                packed.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 100_000_000)
        upload = looked_at(kept.getvalue())
        assert upload.state == State.REFUSED
        assert "too large once unpacked" in upload.why_not

    def test_a_table_whose_header_says_nothing_waits_for_a_correction(self):
        upload = looked_at("Wann,Wer,Wieviel\n03/04/2018,X Ltd,1.00\n")
        assert upload.state == State.READY
        assert "No header was found" in upload.report["why_not"]
        assert upload.report["sample"][0] == ["Wann", "Wer", "Wieviel"]

    def test_tells_how_far_it_is(self, monkeypatch):
        monkeypatch.setattr(looking, "OFTEN", 1_000)
        told: list[int] = []
        look_at(io.BytesIO(table(*ROWS * 2_000).encode()), Profile(), told.append)
        assert told == sorted(set(told))
        assert len(told) >= 2
        assert told[-1] <= 4_001

    @given(st.binary(max_size=400) | mutations())
    @hypothesis_settings(max_examples=200)
    def test_whatever_the_bytes_it_ends_in_a_report_that_a_database_keeps(self, data):
        report = look_at(io.BytesIO(data), Profile())
        kept = json.dumps(report, ensure_ascii=False)
        kept.encode()  # Half of a surrogate pair could not be written.
        assert "\\u0000" not in kept
        assert report["why_not"] or report["header_line"]


class TestCorrecting:
    def test_holds_for_this_file_and_the_publishers_next(self):
        columns = {"paid_on": "Wann", "supplier": "Wer", "amount": "Wieviel"}
        upload = looked_at("Wann,Wer,Wieviel\n03/04/2018,X Ltd,1.00\n")
        upload = corrected(upload, columns=columns)
        assert (upload.state, upload.report["why_not"]) == (State.READY, "")
        assert (upload.report["rows"], upload.report["total"]) == (1, "1.00")

        following = looked_at("Wann,Wer,Wieviel\n03/05/2018,X Ltd,2.00\n")
        assert following.report["total"] == "2.00"

    def test_says_who_corrected_it_and_when(self):
        by = factories.a_person("Ann Officer")
        uploads.correct(looked_at(), profile={"order": "month first"}, by=by, at=NOW)
        assert publisher().profile["corrected"] == "by Ann Officer on 1 June 2018"

    def test_the_order_of_dates(self):
        upload = looked_at(table("R,D,T,1,X Ltd,1.00,03/04/2018"))
        assert upload.report["first_on"] == "2018-04-03"
        assert corrected(upload, order="month first").report["first_on"] == "2018-03-04"

    def test_nothing_corrected_is_everything_detected(self):
        upload = corrected(looked_at(), order="month first")
        assert corrected(upload, order="").report["first_on"] == "2018-04-05"
        assert publisher().profile == {}

    def test_other_uploads_of_the_publisher_are_looked_at_anew(self):
        other = looked_at(month(5))
        upload = looked_at()
        uploads.correct(upload, profile={"order": "month first"}, by=factories.the_officer())
        other.refresh_from_db()
        assert other.state == State.RECEIVED

    def test_comes_too_late_once_it_is_confirmed(self):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer())
        with pytest.raises(ValidationError, match="decided"):
            uploads.correct(upload, profile={"order": "month first"}, by=factories.the_officer())
        assert publisher().profile == {}


class TestConfirming:
    def test_brings_it_onto_the_record_in_the_name_of_who_confirmed_it(self):
        upload = looked_at()
        uploads.confirm(upload, by=factories.a_person("Con Firm"), at=NOW)
        assert not PaymentFile.objects.exists()
        assert work()["imported"] == 1
        upload.refresh_from_db()
        assert upload.state == State.IMPORTED
        assert (str(upload.file.recorded_by), upload.file.name) == ("Con Firm", "april.csv")
        assert not UploadChunk.objects.exists()

    def test_twice_is_once(self):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer())
        with pytest.raises(ValidationError, match="decided"):
            uploads.confirm(upload, by=factories.the_officer())

    def test_is_not_for_what_nobody_has_looked_at(self):
        with pytest.raises(ValidationError, match="decided"):
            uploads.confirm(received(), by=factories.the_officer())

    def test_of_two_uploads_of_the_same_bytes_the_second_is_refused(self):
        first, second = looked_at(), looked_at(name="copy.csv")
        for upload in (first, second):
            uploads.confirm(upload, by=factories.the_officer(), at=NOW)
        work()
        second.refresh_from_db()
        assert PaymentFile.objects.count() == 1
        assert second.state == State.REFUSED
        assert "These very bytes were imported" in second.why_not

    def test_what_came_onto_the_record_meanwhile_is_refused(self):
        upload = looked_at(month(4) + month(5).split("\n", 1)[1])
        bring(month(4))
        bring(month(5))
        uploads.confirm(upload, by=factories.the_officer())
        work()
        upload.refresh_from_db()
        assert upload.state == State.REFUSED
        assert "would count twice" in upload.why_not


class TestCancelling:
    def test_leaves_no_bytes(self):
        upload = looked_at()
        uploads.cancel(upload, by=factories.a_person("Ann Officer"))
        upload.refresh_from_db()
        assert (upload.state, upload.why_not) == (State.CANCELLED, "Thrown away by Ann Officer.")
        assert not UploadChunk.objects.exists()
        assert work() == {"looked": 0, "imported": 0, "left": 0, "failed": 0}

    def test_comes_too_late_for_what_is_imported(self):
        with pytest.raises(ValidationError, match="decided"):
            uploads.cancel(imported(), by=factories.the_officer())

    def test_a_confirmed_one_that_waits_is_not_imported(self):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer())
        uploads.cancel(upload, by=factories.the_officer())
        assert work()["imported"] == 0
        assert not PaymentFile.objects.exists()

    def test_one_that_is_being_imported_stops_when_it_next_tells(self, monkeypatch):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer(), at=NOW)

        def cancelled_meanwhile(source, *, tell, **fields):
            uploads.cancel(upload, by=factories.the_officer())
            tell(5_000)

        monkeypatch.setattr(working, "beside_the_import", beside_itself)
        monkeypatch.setattr(working, "import_file", cancelled_meanwhile)
        work()
        upload.refresh_from_db()
        assert (upload.state, upload.chunks.count()) == (State.CANCELLED, 0)

    def test_what_nobody_decided_about_is_swept_away_after_a_fortnight(self):
        old, new = looked_at(), looked_at(month(5), at=NOW + MINUTE)
        assert uploads.sweep_away(NOW + uploads.KEPT) == {"swept": 1}
        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.state, new.state) == (State.CANCELLED, State.READY)
        assert "within 14 days" in old.why_not

    def test_a_confirmed_one_is_not_swept_away(self):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer())
        assert uploads.sweep_away(NOW + 2 * uploads.KEPT) == {"swept": 0}


def beside_itself():
    """The test's own connection, which sees what the test has not committed."""
    return nullcontext(connection)


class TestWorking:
    def test_a_dead_workers_upload_is_left_until_its_lease_runs_out(self):
        upload = received()
        assert working.claim(upload, NOW)
        assert work(NOW + working.LEASE - MINUTE)["looked"] == 0
        assert work(NOW + working.LEASE)["looked"] == 1
        upload.refresh_from_db()
        assert upload.state == State.READY

    def test_of_two_who_want_it_one_gets_it(self):
        upload = received()
        other = PaymentUpload.objects.get(pk=upload.pk)
        assert working.claim(upload, NOW)
        assert not working.claim(other, NOW)

    def test_telling_keeps_it_and_shows_how_far_it_is(self):
        upload = received()
        working.claim(upload, NOW)
        later = NOW + MINUTE
        hold = working.Hold(upload, connection, lambda: later)
        hold.tell(5_000)
        hold.tell(10_000)
        upload.refresh_from_db()
        assert (upload.rows_read, upload.held_until) == (10_000, later + working.LEASE)

    def test_who_lost_it_to_another_stops(self):
        upload = received()
        working.claim(upload, NOW)
        hold = working.Hold(upload, connection, lambda: NOW)
        other = PaymentUpload.objects.get(pk=upload.pk)
        assert working.claim(other, NOW + working.LEASE)
        with pytest.raises(Cancelled):
            hold.tell(5_000)

    def test_what_a_killed_worker_had_imported_already_is_imported_once(self, monkeypatch):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer(), at=NOW)
        monkeypatch.setattr(uploads, "finish", lambda *args, **fields: killed())
        with pytest.raises(SystemExit):
            work()
        monkeypatch.undo()
        assert PaymentFile.objects.count() == 1

        work(NOW + working.LEASE)
        upload.refresh_from_db()
        assert (upload.state, upload.file) == (State.IMPORTED, PaymentFile.objects.get())

    def test_a_cancellation_after_that_comes_too_late(self, monkeypatch):
        upload = looked_at()
        uploads.confirm(upload, by=factories.the_officer(), at=NOW)
        monkeypatch.setattr(uploads, "finish", lambda *args, **fields: killed())
        with pytest.raises(SystemExit):
            work()
        monkeypatch.undo()
        uploads.cancel(upload, by=factories.the_officer())
        work(NOW + working.LEASE)
        upload.refresh_from_db()
        assert (upload.state, upload.why_not) == (State.IMPORTED, "")

    def test_what_goes_wrong_three_times_is_given_up(self, monkeypatch):
        upload, other = received(), received(month(5))

        def breaks(given, hold):
            if given.pk == upload.pk:
                raise RuntimeError
            return look(given, hold)

        look = working.look
        monkeypatch.setattr(working, "look", breaks)
        assert work() == {"looked": 1, "imported": 0, "left": 0, "failed": 1}
        assert [work()["failed"] for _ in range(3)] == [1, 1, 1]
        upload.refresh_from_db()
        other.refresh_from_db()
        assert (upload.state, upload.why_not) == (State.REFUSED, working.GIVEN_UP)
        assert other.state == State.READY


def killed() -> None:
    raise SystemExit


@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_are_one_import():
    upload = looked_at(month(4))
    uploads.confirm(upload, by=factories.the_officer(), at=NOW)
    in_threads(5, lambda number: working.work(NOW))
    upload.refresh_from_db()
    assert upload.state == State.IMPORTED
    assert (PaymentFile.objects.count(), Payment.objects.count()) == (1, 20)


@pytest.mark.django_db(transaction=True)
def test_a_file_shows_how_far_it_is_while_nothing_of_it_is_committed(monkeypatch):
    monkeypatch.setattr(looking, "OFTEN", 1_000)
    seen: list[int] = []
    upload = received(table(*ROWS * 2_000))
    tell = working.Hold.tell

    def told(hold, rows):
        tell(hold, rows)
        seen.append(PaymentUpload.objects.get(pk=upload.pk).rows_read)

    monkeypatch.setattr(working.Hold, "tell", told)
    work()
    assert len(seen) >= 2
    assert all(before < after for before, after in pairwise(seen))
