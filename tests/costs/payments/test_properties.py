"""Whatever the bytes and whatever the order of acts: a report, whole imports, sums that agree.

PAYMENT_EXAMPLES=2000 tries as many of each.
"""

import csv
import io
import os
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from costs.models import FileReading, FileTotal, Payment, PaymentFile, UnreadableRow
from costs.payments import filetotals, importing, records, verifying
from costs.payments.decoding import Encoding
from costs.payments.importing import Refused
from costs.payments.reading import Reader, read
from costs.payments.records import TextTable
from tests import factories
from tests.costs.payments.files import HEADER, ROWS, TABLE, table, workbook

GIVEN = int(os.environ.get("PAYMENT_EXAMPLES", "0"))
SOME = hypothesis_settings(max_examples=GIVEN or 100, deadline=None)
FEW = hypothesis_settings(max_examples=max(GIVEN // 20, 12), deadline=None)

GOOD = (
    TABLE.encode(),
    TABLE.replace(",", ";").encode("utf-16"),
    table(*ROWS, "Total,,,,,1250.50,").replace("1000.50", "£1000.50").encode("cp1252"),
    f'Payments\n\n{HEADER},"Publish\nor not"\n{ROWS[0]},PUBLISH\n"{ROWS[1]}'.encode(),
    workbook([["Date", "Supplier", "Amount"], ["05/04/2018", "A Ltd", 5]]),
)
#: What stands in files of payments and goes wrong there.
PIECES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"\xa3", b"\xff", b"''", b"Total", b",,,"]),
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 20), PIECES), min_size=1, max_size=8
)


def changed(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Bytes with pieces put in place of others."""
    made = bytearray(data)
    for place, length, piece in changes:
        place %= len(made) + 1
        made[place : place + length] = piece
    return bytes(made)


#: A file of some length, with dirt that whole blocks are read around.
LONG = "\n".join([HEADER, *[row for _ in range(12) for row in ROWS]]).encode()


@SOME
@given(st.one_of(st.sampled_from(GOOD), st.just(LONG)), CHANGES)
def test_by_whole_columns_and_row_by_row_a_file_says_the_same(data, changes):
    data = changed(data, changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_BLOCK", 60)
        at_once = read(io.BytesIO(data))
        patch.setattr(Reader, "_at_once", lambda reader, lines: None)
        row_by_row = read(io.BytesIO(data))
    assert at_once == row_by_row


@SOME
@given(st.sampled_from(GOOD), CHANGES)
def test_any_change_of_a_good_file_ends_in_a_report(data, changes):
    reading = read(io.BytesIO(changed(data, changes)))
    assert reading.problems or reading.detected.header_line
    assert reading.total == sum(row.amount for row in reading.rows)


@SOME
@given(st.text(st.sampled_from('",\n\rab '), max_size=60), st.integers(0, 3))
def test_rows_are_the_same_however_much_is_read_at_once(text, width):
    found = []
    for size in (1, 7, 128 * 1024):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "_BLOCK", size)
            opened = io.BytesIO(text.encode())
            found.append(list(TextTable(opened, Encoding("utf-8"), ",").records(width)))
    assert found[0] == found[1] == found[2]
    assert "".join(record.raw for record in found[0]) == text


@pytest.mark.django_db
@FEW
@given(st.sampled_from(GOOD), CHANGES)
def test_any_change_of_a_good_file_is_imported_whole_or_not_at_all(data, changes):
    with factories.undone():
        try:
            file = bring(changed(data, changes))
        except Refused:
            assert not PaymentFile.objects.exists()
            assert not Payment.objects.exists()
        else:
            reading = FileReading.objects.get()
            assert UnreadableRow.objects.filter(file=file).count() == reading.unreadable
            assert list(verifying.faults()) == []


def bring(data: bytes) -> PaymentFile:
    """Import some bytes."""
    given = {"publisher": importing.publisher_of("Barnet"), "by": factories.the_officer()}
    return importing.import_file(io.BytesIO(data), name="a.csv", **given).file


def publication(month: int, number: int) -> bytes:
    """What a month paid, as published the first time, corrected, and corrected once more."""
    rows = [f"R,D,T{d % 3},{d},Name {d % 4},{d}.00,{d:02}/{month:02}/2018" for d in range(1, 9)]
    return table(*rows, f"R,D,T,9,Late Ltd,{number}000.00,25/{month:02}/2018").encode()


ACTS = st.one_of(
    st.tuples(st.just("import"), st.integers(4, 5), st.integers(1, 3)),
    st.tuples(st.just("undo"), st.integers(0, 5), st.just(0)),
)


@pytest.mark.django_db
@FEW
@given(st.lists(ACTS, min_size=2, max_size=7))
def test_after_any_acts_one_publication_of_a_month_counts_and_the_sums_agree(acts):
    standing: list[tuple[PaymentFile, int, int]] = []
    with factories.undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(filetotals, "MOST_HELD", 3)
        for act, first, number in acts:
            if act == "import":
                file = bring(publication(first, number))
                if file not in [other for other, _, _ in standing]:
                    standing.append((file, first, number))
            elif first < len(standing):
                file = standing.pop(first)[0]
                importing.withdraw(file, reason="Wrong.", by=factories.the_officer())
        newest = {month: number for _, month, number in standing}
        wanted = sum((Decimal(36 + 1000 * number) for number in newest.values()), Decimal(0))
        for model in (Payment, FileTotal):
            assert sum(model.objects.counted().values_list("amount", flat=True)) == wanted
        assert set(Payment.objects.counted_in_a_list()) == set(Payment.objects.counted())
        assert list(verifying.faults()) == []


@pytest.mark.django_db
def test_a_sum_that_is_not_that_of_its_rows_is_found():
    file = bring(publication(4, 1))
    FileTotal(file=file, payee=Payment.objects.all()[0].payee, amount=Decimal(1), payments=0).save()
    assert list(verifying.faults()) == [
        f"File {file.pk}: the stored sums are not what its payments come to."
    ]


@given(st.text(alphabet='ab,"\n\r ;', min_size=1, max_size=30))
def test_lines_are_parted_as_csv_parts_them(text):
    """Whole blocks are read so only where each line is a row of its own."""
    raws = io.StringIO(text, newline="").readlines()
    found = records._a_line_each(raws, ",")
    if found is not None:
        assert found == list(csv.reader(raws))
