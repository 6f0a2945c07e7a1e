"""Payment files onto the record: nothing lost, nothing doubled, whole or not at all."""

import io
from contextlib import suppress
from decimal import Decimal
from multiprocessing import get_context

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from accounts.models import User
from costs.models import (
    FileReading,
    FileWithdrawal,
    Payee,
    Payment,
    PaymentFile,
    Publisher,
    UnreadableRow,
)
from costs.payments import filetotals, importing, records, sending, storing, verifying
from costs.payments.importing import Cancelled, Refused
from tests import factories
from tests.costs.payments.files import ROWS, SHARED, TABLE, needs_shared, table
from tests.threads import in_threads

NOW = factories.moment("2018-06-01 09:30")


def publisher(name: str = "Barnet"):
    return importing.publisher_of(name)


def bring(text: str, name: str = "april.csv", **fields):
    """Import a text as a file."""
    given = {"publisher": publisher(), "by": factories.the_officer(), "at": NOW, **fields}
    return importing.import_file(io.BytesIO(text.encode()), name=name, **given)


def counted() -> Decimal:
    """What the payments that count come to."""
    return sum(Payment.objects.counted().values_list("amount", flat=True), Decimal(0))


def month(number: int, *extra: str) -> str:
    """Twenty payments of a month."""
    days = range(1, 21)
    rows = [f"R,D,T,{number}{d:02},Supplier {d},{d}.00,{d:02}/{number:02}/2018" for d in days]
    return table(*rows, *extra)


@pytest.fixture
def in_small_pieces(monkeypatch):
    """Files are read, written and told of a few rows at a time."""
    monkeypatch.setattr(records, "_BLOCK", 200)
    monkeypatch.setattr(storing, "FIRST_IDS", 1)
    monkeypatch.setattr(filetotals, "MOST_HELD", 5)
    monkeypatch.setattr(sending, "_MOST_KEPT", 100)
    monkeypatch.setattr(importing, "TOLD_EVERY", 4)


def nothing_is_kept() -> bool:
    return not any(
        model.objects.exists()
        for model in (PaymentFile, FileReading, Payment, Payee, UnreadableRow)
    )


@pytest.mark.django_db
def test_each_payment_keeps_its_file_its_line_and_its_text():
    file = bring(TABLE).file
    [first, second] = Payment.objects.order_by("line")
    assert (first.file, first.line, first.raw.strip()) == (file, 2, ROWS[0])
    assert (first.payee.name, first.payee.key) == (
        "Capita Business Services Ltd",
        "capita business services",
    )
    assert (first.amount, str(first.paid)) == (Decimal("1000.50"), "5 April 2018")
    assert (second.directorate, second.reference) == ("Adults", "5100002")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["\\N", "a\\tb", "tab\there", "\\.", "two\nlines", "C:\\", "None", "£é’"]
)
def test_whatever_a_cell_says_is_kept_as_it_stands(text):
    bring(table(f'R,"{text}",T,1,X Ltd,1.00,20/04/2018', ROWS[0]))
    [payment, other] = Payment.objects.order_by("line")
    assert payment.department == text
    assert payment.raw == f'R,"{text}",T,1,X Ltd,1.00,20/04/2018'
    assert other.raw == ROWS[0]


@pytest.mark.django_db
def test_a_file_without_days_keeps_what_its_cells_say():
    bring("Supplier,Amount,Purpose\nX Ltd,1.00,C:\\new\nY Ltd,2.00,plain\n")
    found = Payment.objects.order_by("line").values_list("paid_on", "purpose")
    assert list(found) == [(None, "C:\\new"), (None, "plain")]


@pytest.mark.django_db
@pytest.mark.parametrize("most", [0, 3, 200_000])
@pytest.mark.usefixtures("in_small_pieces")
def test_a_name_has_one_row_however_many_names_are_held_in_memory(monkeypatch, most):
    monkeypatch.setattr(storing, "MOST_NAMES", most)
    bring(month(4))
    bring(month(5), name="may.csv")
    assert Payee.objects.count() == 20
    assert Payment.objects.count() == 40
    assert list(verifying.faults()) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("in_small_pieces")
def test_what_the_end_of_a_file_proves_holds_for_all_of_it_and_it_is_imported_once():
    rows = [f"R,D,T,{n},Supplier {n % 3},{n}.00,03/04/2018" for n in range(1, 41)]
    file = bring(table(*rows, "R,D,T,41,Supplier 1,41.00,05/16/2018")).file
    assert Payment.objects.count() == file.reading.rows == 41
    assert PaymentFile.objects.count() == 1
    assert str(Payment.objects.get(line=2).paid) == "4 March 2018"
    assert list(verifying.faults()) == []


@pytest.mark.django_db
def test_the_file_says_how_it_was_read_and_what_it_comes_to():
    reading = bring(
        table(*ROWS, "R,D,T,1,X Ltd,lots,20/04/2018", "Total,,,,,1250.50,")
    ).file.reading
    assert (reading.rows, reading.unreadable, reading.amount) == (2, 1, Decimal("1250.50"))
    assert (reading.first_on.day, reading.last_on.day) == (5, 16)
    assert reading.detected["columns"]["supplier"] == "Vendor Name"
    assert [reading.left_out[-1][1], reading.left_out[-1][0]] == ["total", 5]


@pytest.mark.django_db
def test_an_unreadable_row_is_kept_with_its_reason_and_the_rest_still_loads():
    bring(table("R,D,T,1,X Ltd,lots,20/04/2018", *ROWS))
    [row] = UnreadableRow.objects.all()
    assert (row.line, row.column, row.value) == (2, "Expenditure Amount (exc VAT)", "lots")
    assert row.reason == "This is not an amount."
    assert "X Ltd" in row.raw
    assert counted() == Decimal("1250.50")


@pytest.mark.django_db
def test_the_same_bytes_again_change_nothing_and_say_when_and_by_whom():
    officer = factories.a_person("Ann Officer")
    bring(TABLE, by=officer)
    again = bring(TABLE, name="copy.csv", at=factories.moment("2018-07-01"))
    assert not again.fresh
    assert "imported on 1 June 2018 by Ann Officer" in again.in_words
    assert (PaymentFile.objects.count(), counted()) == (1, Decimal("1250.50"))


@pytest.mark.django_db
def test_exact_duplicates_inside_a_file_are_all_kept():
    bring(table(ROWS[0], ROWS[0], ROWS[0]))
    assert counted() == Decimal("3001.50")


@pytest.mark.django_db
def test_a_corrected_publication_of_a_month_replaces_the_earlier_and_both_are_kept():
    first = bring(month(4)).file
    second = bring(month(4, "R,D,T,9,Forgotten Ltd,1000.00,25/04/2018"), name="april-2.csv").file
    assert second.reading.replaces == first
    assert list(PaymentFile.objects.current()) == [second]
    assert (PaymentFile.objects.count(), counted()) == (2, Decimal("1210.00"))


@pytest.mark.django_db
def test_a_second_correction_replaces_the_first():
    bring(month(4))
    bring(month(4, "R,D,T,9,A Ltd,1000.00,25/04/2018"), name="april-2.csv")
    third = bring(month(4, "R,D,T,9,A Ltd,2000.00,25/04/2018"), name="april-3.csv").file
    assert list(PaymentFile.objects.current()) == [third]


@pytest.mark.django_db
def test_undoing_a_correction_makes_the_earlier_publication_count_again():
    first = bring(month(4)).file
    second = bring(month(4, "R,D,T,9,A Ltd,1000.00,25/04/2018"), name="april-2.csv").file
    importing.withdraw(second, reason="The wrong file.", by=factories.the_officer())
    assert list(PaymentFile.objects.current()) == [first]


@pytest.mark.django_db
def test_of_three_publications_the_newest_counts_whichever_in_between_is_undone():
    first = bring(month(4)).file
    second = bring(month(4, "R,D,T,9,A Ltd,1000.00,25/04/2018"), name="april-2.csv").file
    third = bring(month(4, "R,D,T,9,A Ltd,2000.00,25/04/2018"), name="april-3.csv").file
    importing.withdraw(second, reason="Wrong.", by=factories.the_officer())
    assert list(PaymentFile.objects.current()) == [third]
    importing.withdraw(third, reason="Wrong.", by=factories.the_officer())
    assert list(PaymentFile.objects.current()) == [first]


@pytest.mark.django_db
def test_a_year_of_twelve_months_alike_is_of_each_of_them():
    rest = [month(number).split("\n", 1)[1] for number in range(2, 13)]
    reading = bring(month(1) + "".join(rest), name="2018.csv").file.reading
    assert (str(reading.covers_from), str(reading.covers_to)) == ("2018-01-01", "2018-12-31")
    with pytest.raises(Refused, match=r"2018\.csv"):
        bring(month(7), name="july.csv")


@pytest.mark.django_db
def test_a_replaced_publication_is_no_way_round_the_count():
    """What repeats an earlier publication would count twice once the later one is undone."""
    bring(month(4))
    few = "".join(f"R,D,T,{n},Other {n},{n}.00,25/04/2018\n" for n in range(1, 11))
    half = "\n".join(month(4).split("\n")[:12]) + "\n" + few
    assert bring(half, name="april-2.csv").file.reading.replaces is not None
    other_half = table(*month(4).split("\n")[11:21], header=month(4).split("\n")[0])
    with pytest.raises(Refused, match=r"april-2\.csv"):
        bring(other_half + month(5).split("\n", 1)[1], name="both.csv")


@pytest.mark.django_db
def test_other_payments_of_the_same_month_stand_beside_the_first():
    bring(month(4))
    cards = bring(table("Cards,D,T,1,Amazon,5.00,20/04/2018"), name="cards.csv").file
    assert cards.reading.replaces is None
    assert (PaymentFile.objects.current().count(), counted()) == (2, Decimal("215.00"))


@pytest.mark.django_db
def test_the_same_payments_of_another_publisher_are_its_own():
    bring(month(4))
    bring(month(4) + "\n", name="april.csv", publisher=publisher("Harrow"))
    assert counted() == Decimal("420.00")


@pytest.mark.django_db
def test_a_roll_up_of_months_already_there_is_refused_with_their_names():
    bring(month(4), name="april.csv")
    bring(month(5), name="may.csv")
    before = Payment.objects.count()
    year = month(4) + month(5).split("\n", 1)[1] + month(6).split("\n", 1)[1]
    with pytest.raises(Refused, match=r"april\.csv.*may\.csv.*would count twice"):
        bring(year, name="2018.csv")
    assert (PaymentFile.objects.count(), Payment.objects.count()) == (2, before)


@pytest.mark.django_db
def test_a_month_of_a_roll_up_already_there_is_refused():
    bring(month(4) + month(5).split("\n", 1)[1], name="2018.csv")
    with pytest.raises(Refused, match=r"2018\.csv"):
        bring(month(5), name="may.csv")


@pytest.mark.django_db
def test_a_new_month_with_a_few_late_payments_is_a_month_of_its_own():
    bring(month(4))
    assert bring(month(5, "R,D,T,9,Late Ltd,7.00,30/04/2018"), name="may.csv").fresh
    assert PaymentFile.objects.current().count() == 2


@pytest.mark.django_db
def test_undo_withdraws_a_file_as_one_act_and_leaves_its_trace():
    file = bring(TABLE).file
    importing.withdraw(file, reason="The wrong month.", by=factories.the_officer(), at=NOW)
    assert counted() == 0
    assert Payment.objects.count() == 2
    assert FileWithdrawal.objects.get().reason == "The wrong month."
    assert PaymentFile.objects.current(known_on=factories.day("2018-05-31")).count() == 0


@pytest.mark.django_db
def test_as_known_before_the_undo_the_file_still_counts():
    file = bring(TABLE).file
    importing.withdraw(
        file, reason="Wrong.", by=factories.the_officer(), at=factories.moment("2018-07-01")
    )
    assert Payment.objects.counted(factories.day("2018-06-30")).count() == 2
    assert Payment.objects.counted(factories.day("2018-07-01")).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  "])
def test_an_undo_says_why(reason):
    file = bring(TABLE).file
    with pytest.raises(ValidationError):
        importing.withdraw(file, reason=reason, by=factories.the_officer())


@pytest.mark.django_db
def test_a_file_is_undone_once():
    file = bring(TABLE).file
    importing.withdraw(file, reason="Wrong.", by=factories.the_officer())
    with pytest.raises(ValidationError):
        importing.withdraw(file, reason="Wrong.", by=factories.the_officer())


@pytest.mark.django_db
def test_a_withdrawn_file_may_be_imported_again():
    importing.withdraw(bring(TABLE).file, reason="Too early.", by=factories.the_officer())
    again = bring(TABLE)
    assert (again.fresh, again.file.attempt) == (True, 2)
    assert counted() == Decimal("1250.50")


@pytest.mark.django_db
def test_what_an_officer_corrected_for_a_publisher_holds_for_its_files():
    barnet = publisher()
    barnet.profile = {"order": "month first"}
    barnet.save()
    bring(table("R,D,T,1,X Ltd,1.00,03/04/2018"))
    assert Payment.objects.get().paid_on == factories.day("2018-03-04")


@pytest.mark.django_db
def test_a_nil_return_is_on_the_record():
    file = bring(table("Nil return,,,,,,")).file
    assert (file.reading.rows, file.reading.first_on) == (0, None)


@pytest.mark.django_db
def test_a_redacted_supplier_is_kept_as_redacted():
    bring(table("R,D,T,1,REDACTED PERSONAL DATA,1.00,03/04/2018"))
    payment = Payment.objects.get()
    assert (payment.redacted, payment.payee.name) == (True, "REDACTED PERSONAL DATA")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "hello", table("R,D,T,1,X Ltd,lots,20/04/2018"), "%PDF-1.4"])
def test_a_file_with_nothing_to_read_leaves_nothing(text):
    with pytest.raises(Refused):
        bring(text)
    assert nothing_is_kept()


BAD = "R,D,T,1,X Ltd,lots,20/04/2018"


@pytest.mark.django_db
def test_a_file_that_breaks_off_in_the_middle_leaves_nothing(monkeypatch, in_small_pieces):
    monkeypatch.setattr(importing, "MOST_PROBLEMS", 3)
    with pytest.raises(Refused, match="More than 3 rows"):
        bring(table(*ROWS, *ROWS, *[BAD] * 9))
    assert nothing_is_kept()


@pytest.mark.django_db
def test_many_unreadable_rows_among_more_payments_are_kept_and_the_rest_still_loads(monkeypatch):
    monkeypatch.setattr(importing, "MOST_PROBLEMS", 3)
    bring(table(*ROWS, *ROWS, *ROWS, *[BAD] * 5))
    assert (Payment.objects.count(), UnreadableRow.objects.count()) == (6, 5)


@pytest.mark.django_db
def test_an_import_tells_how_many_rows_it_has_read(in_small_pieces):
    told: list[int] = []
    bring(month(4), tell=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] <= 22


@pytest.mark.django_db
def test_an_import_that_is_cancelled_half_way_leaves_nothing(in_small_pieces):
    def cancel(rows: int) -> None:
        if rows > 8:
            raise Cancelled

    with pytest.raises(Cancelled):
        bring(month(4), tell=cancel)
    assert nothing_is_kept()


@pytest.mark.django_db
def test_a_name_too_long_to_be_one_loses_its_row_alone():
    bring(table(*ROWS, f"R,D,T,1,{'x' * 3000},1.00,20/04/2018"))
    assert UnreadableRow.objects.get().reason == "This is too long to be a name."


@pytest.mark.django_db
def test_payments_are_never_changed():
    bring(TABLE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(amount=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentFile.objects.update(name="other.csv")


@pytest.mark.django_db
def test_an_import_asks_the_database_no_more_for_more_rows(django_assert_max_num_queries):
    publisher()
    factories.the_officer()
    rows = [f"R,D,T,{n},Supplier {n % 9},1.00,20/04/2018" for n in range(2_000)]
    with django_assert_max_num_queries(40):
        bring(table(*rows))


@pytest.mark.django_db(transaction=True)
@pytest.mark.served
def test_ten_who_import_the_same_file_at_once_make_one_import():
    barnet, officer = publisher(), factories.the_officer()
    text = month(4)
    done = in_threads(10, lambda n: bring(text, publisher=barnet, by=officer, name=f"{n}.csv"))
    assert [each.fresh for each in done].count(True) == 1
    assert (PaymentFile.objects.count(), counted()) == (1, Decimal("210.00"))


def _bring(number: int) -> bool:
    """In a process of its own."""
    barnet, officer = Publisher.objects.get(), User.objects.get()
    return bring(month(4), publisher=barnet, by=officer, name=f"{number}.csv").fresh


@pytest.mark.django_db(transaction=True)
def test_ten_processes_that_import_the_same_file_make_one_import():
    publisher(), factories.the_officer()
    # A connection belongs to one process: each makes its own.
    connections.close_all()
    with get_context("fork").Pool(10) as pool:
        fresh = pool.map(_bring, range(10), chunksize=1)
    assert fresh.count(True) == 1
    assert (PaymentFile.objects.count(), counted()) == (1, Decimal("210.00"))


@pytest.mark.django_db(transaction=True)
def test_an_import_and_its_undoing_at_once_leave_what_is_whole():
    barnet, officer = publisher(), factories.the_officer()
    april = bring(month(4), publisher=barnet, by=officer, name="april.csv").file

    def act(number: int) -> None:
        # The database refuses a second undoing where the verb saw none yet; its page says so.
        with suppress(Refused, ValidationError, IntegrityError):
            if number % 2:
                importing.withdraw(april, reason="Wrong.", by=officer)
            else:
                name = f"{number}.csv"
                bring(month(5 + number // 2), publisher=barnet, by=officer, name=name)

    in_threads(8, act)
    assert FileWithdrawal.objects.count() == 1
    assert PaymentFile.objects.count() == 5
    assert counted() == 4 * Decimal("210.00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.served
def test_a_month_and_its_roll_up_at_once_do_not_both_count():
    barnet, officer = publisher(), factories.the_officer()
    texts = [month(4), month(4) + month(5).split("\n", 1)[1]]

    def one(n):
        try:
            return bring(texts[n], publisher=barnet, by=officer, name=f"{n}.csv").fresh
        except Refused:
            return False

    assert in_threads(2, one).count(True) == 1
    assert PaymentFile.objects.count() == 1


@needs_shared
@pytest.mark.django_db
def test_real_files_are_imported_one_after_another():
    for number, path in enumerate(sorted(SHARED.glob("c*-spend*/h*"))):
        with path.open("rb") as opened:
            importing.import_file(
                opened,
                name=path.name,
                publisher=publisher(f"Publisher {number}"),
                by=factories.the_officer(),
            )
    assert Payment.objects.counted().count() == sum(
        FileReading.objects.values_list("rows", flat=True)
    )
