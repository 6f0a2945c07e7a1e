"""Payment files as they really are: every dialect read, nothing lost, nothing doubled."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from costs.payments import records
from costs.payments.reading import open_payments, read
from costs.payments.shape import Profile
from tests.costs.payments.files import (
    HEADER,
    ROWS,
    SHARED,
    TABLE,
    amounts,
    as_csv,
    dated,
    needs_shared,
    read_text,
    summed,
    table,
    workbook,
)


def kinds(reading):
    return [(left.kind, left.line) for left in reading.left_out]


def test_a_row_keeps_its_line_its_text_and_every_column_by_meaning():
    [first, _] = read_text(TABLE).rows
    assert first.line == 2
    assert first.raw.strip() == ROWS[0]
    assert first.paid_on == dt.date(2018, 4, 5)
    assert first.supplier == "Capita Business Services Ltd"
    assert first.amount == Decimal("1000.50")
    assert (first.directorate, first.department) == ("Resources", "IT")
    assert (first.expenditure_type, first.reference) == ("Support", "5100001")
    assert not first.redacted


# Characters and columns -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TABLE.encode(), "utf-8"),
        (b"\xef\xbb\xbf" * 2 + TABLE.encode(), "utf-8"),
        ("ï»¿".encode() + TABLE.encode(), "utf-8"),
        (TABLE.replace("1000.50", "£1000.50").encode("cp1252"), "cp1252"),
        (TABLE.replace("1000.50", "£1000.50").encode("cp437"), "cp437"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_whatever_the_characters_are_written_in(data, encoding):
    reading = read(io.BytesIO(data))
    assert reading.detected.encoding == encoding
    assert reading.total == Decimal("1250.50")
    assert reading.detected.columns["directorate"] == "Directorate"


def test_a_few_bytes_of_windows_in_a_file_of_utf8_are_read_and_said():
    data = table(*ROWS).replace("Care & Co", "Café Élan ££").encode() + (
        "Adults,Care,Homes,5,Soci\xe9t\xe9,1.00,17/04/2018\n".encode("cp1252")
    )
    reading = read(io.BytesIO(data))
    assert [row.supplier for row in reading.rows][1:] == ["Café Élan ££", "Société"]
    assert any("Windows-1252" in note for note in reading.detected.notes)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_whatever_stands_between_the_columns(mark):
    reading = read_text(TABLE.replace(",", mark))
    assert (reading.detected.delimiter, reading.total) == (mark, Decimal("1250.50"))


def test_a_name_with_a_zero_character_is_kept_without_it():
    [row, _] = read_text(TABLE.replace("Capita", "Cap\0ita")).rows
    assert row.supplier == "Capita Business Services Ltd"
    assert "\0" not in row.raw


# The header --------------------------------------------------------------------------------


def test_the_header_stands_below_titles_and_blank_lines():
    reading = read_text("Payments over £500,,\nselect * from payments,,\n,,\n" + TABLE)
    assert reading.detected.header_line == 4
    assert len(reading.rows) == 2


def test_a_header_said_again_is_no_payment():
    reading = read_text(table(ROWS[0], HEADER, ROWS[1]))
    assert kinds(reading) == [("header", 1), ("header", 3)]
    assert len(reading.rows) == 2


def test_the_header_may_be_the_last_line():
    reading = read_text("\n".join((*ROWS, HEADER)))
    assert reading.detected.header_line == 3
    assert [row.line for row in reading.rows] == [1, 2]


def test_a_header_below_five_hundred_payments_is_found():
    reading = read_text("\n".join([ROWS[0]] * 500 + [HEADER]))
    assert (reading.detected.header_line, len(reading.rows)) == (501, 500)


def test_a_header_may_run_over_two_rows():
    text = "Payment,Supplier,Net,\nDate,Name,Amount,VAT\n20/04/2018,A Ltd,5.00,1.00\n"
    reading = read_text(text)
    assert reading.detected.columns == {
        "paid_on": "Payment Date",
        "supplier": "Supplier Name",
        "amount": "Net Amount",
    }
    assert amounts(reading) == [Decimal("5.00")]


def test_a_name_of_a_column_may_run_over_lines_and_tell_what_is_redacted():
    header = f'{HEADER},"Publish\nor\nnot"'
    text = table(f"{ROWS[0]},PUBLISH", f"{ROWS[1]},PUBLISH-REDACT", header=header)
    reading = read_text(text)
    assert [row.redacted for row in reading.rows] == [False, True]
    assert [row.line for row in reading.rows] == [4, 5]


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        ("Gross,VAT,Net", "Net"),
        ("Irrecoverable VAT Amount,Amount", "Amount"),
        ("Gross Amount,Amount excluding VAT", "Amount excluding VAT"),
        ("Total inc VAT,Value", "Value"),
        ("VAT,Expenditure over £500 (exc VAT)", "Expenditure over £500 (exc VAT)"),
    ],
)
def test_net_of_vat_goes_before_gross(headers, chosen):
    cells = ",".join("1.00" for _ in headers.split(","))
    reading = read_text(f"Date,Supplier,{headers}\n20/04/2018,A Ltd,{cells}\n")
    assert reading.detected.columns["amount"] == chosen


def test_of_two_columns_of_one_name_the_first_is_taken():
    reading = read_text("Date,Supplier,Amount,Amount,Supplier\n20/04/2018,A Ltd,1.00,9.00,B Ltd\n")
    assert [(row.supplier, row.amount) for row in reading.rows] == [("A Ltd", Decimal("1.00"))]


def test_of_two_supplier_columns_the_one_with_names_is_taken():
    rows = "".join(f"{day}/04/2018,20040{day},EMU Ltd,1.00\n" for day in range(1, 9))
    reading = read_text("Date,Supplier,Supplier(T),Amount\n" + rows)
    assert reading.rows[0].supplier == "EMU Ltd"


def test_an_officer_corrects_a_column_and_the_order_of_dates_for_a_publisher():
    text = "When,Who,Net Amount,Value\n03/04/2018,A Ltd,1.00,7.00\n"
    profile = Profile(
        columns={"paid_on": "When", "supplier": "Who", "amount": "Value"}, order="month first"
    )
    [row] = read_text(text, profile).rows
    assert (row.paid_on, row.supplier, row.amount) == (
        dt.date(2018, 3, 4),
        "A Ltd",
        Decimal("7.00"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("%PDF-1.4", "PDF"),
        ("<!DOCTYPE html><html><table>", "web page"),
        ("a,b\n1,2\n", "No header"),
        ("Supplier,Value,Start Date,End Date\nA,1.00,01/01/2020,01/01/2021\n", "contracts"),
    ],
)
def test_what_is_no_payment_file_is_refused_with_its_reason(text, said):
    [problem] = read_text(text).problems
    assert problem.line == 0
    assert said in problem.reason


# Days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "29/04/2022",
        "29/4/22",
        "29-04-2022",
        "29.04.2022",
        "29-Apr-22",
        "29-Apr-2022",
        "29 April 2022",
        "29th April 2022",
        "Friday, April 29, 2022",
        "Fri 29 Apr 2022",
        "2022-04-29",
        "2022-04-29T00:00:00",
        "2022-04-29 00:00:00",
        "29/04/2022 00:00",
        "20220429",
        "44680",
        "44680.0",
    ],
)
def test_a_day_is_read_however_it_is_written(text):
    [row] = dated(text).rows
    assert (row.paid_on, row.precision) == (dt.date(2022, 4, 29), "day")


@pytest.mark.parametrize(
    "text", ["Apr-22", "April 2022", "Sept 2021-Apr 2022", "05/04/2022 | 17/04/2022"]
)
def test_a_day_known_to_the_month_counts_from_its_last_day(text):
    reading = dated(text)
    [row] = reading.rows
    assert (row.paid_on, row.precision) == (dt.date(2022, 4, 30), "month")
    assert any("no day" in note for note in reading.detected.notes)


def test_days_are_first_unless_the_file_proves_months_first():
    assert dated("03/04/2018", "05/16/2018").rows[0].paid_on == dt.date(2018, 3, 4)
    reading = dated("03/04/2018", "05/06/2018")
    assert reading.rows[0].paid_on == dt.date(2018, 4, 3)
    assert any("could be read day first or month first" in n for n in reading.detected.notes)
    proven = dated("03/04/2018", "25/06/2018")
    assert proven.rows[0].paid_on == dt.date(2018, 4, 3)
    assert proven.detected.notes == []


def test_what_proves_the_order_of_dates_may_stand_at_the_end_of_a_long_file(monkeypatch):
    monkeypatch.setattr(records, "_BLOCK", 100)
    reading = dated(*["03/04/2018"] * 50, "05/16/2018")
    assert {row.paid_on for row in reading.rows[:50]} == {dt.date(2018, 3, 4)}
    assert len(reading.rows) == 51
    assert reading.detected.order == "month first"
    assert reading.detected.notes == ["Dates are month first, as in the United States."]


def test_what_proves_the_mark_before_the_pence_may_stand_at_the_end_of_a_long_file(monkeypatch):
    monkeypatch.setattr(records, "_BLOCK", 100)
    rows = [f"Resources,IT,Support,{n},Capita,{n}.00,05/04/2018" for n in range(100, 150)]
    reading = read_text(table(*rows, 'Resources,IT,Support,9,Capita,"1.234,56",05/04/2018'))
    assert reading.detected.marks == "comma"
    assert reading.rows[-1].amount == Decimal("1234.56")


def test_a_file_of_payments_alone_is_read_by_whole_columns(monkeypatch):
    monkeypatch.setattr(records, "_BLOCK", 100)
    opened = open_payments(io.BytesIO(table(*ROWS * 10).encode()))
    found = [opened._at_once(block) for block in opened.table.blocks(opened.width)]
    assert found[0] is None  # The header stands in it.
    assert len(found) > 5
    assert all(piece.size > 0 for piece in found[1:])


def test_a_date_that_the_rest_of_the_file_contradicts_is_refused_not_turned_round():
    reading = dated("25/04/2018", "26/04/2018", "04/27/2018")
    assert [(p.line, p.column, p.value) for p in reading.problems] == [(4, "Date", "04/27/2018")]


@pytest.mark.parametrize("text", ["TBC", "31/02/2018", "01/01/0001", "30/04/2018 | 01/05/2018"])
def test_a_date_that_is_none_loses_its_row_and_no_other(text):
    reading = dated("20/04/2018", text, "21/04/2018")
    assert [(p.line, p.value) for p in reading.problems] == [(3, text)]
    assert reading.problems[0].reason
    assert len(reading.rows) == 2


# Sums ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["999999999999.99", '"999,999,999,999.99"'])
def test_a_sum_beyond_what_the_register_holds_is_refused_by_its_line(text):
    reading = read_text(table(*ROWS, f"R,D,T,1,X Ltd,{text},20/04/2018"))
    [problem] = reading.problems
    assert (problem.line, "£100 billion" in problem.reason) == (4, True)
    assert len(reading.rows) == 2


@pytest.mark.parametrize(
    ("text", "pounds"),
    [
        ("1040.22", "1040.22"),
        ("£1,040.22", "1040.22"),
        (" 1,040.22 ", "1040.22"),
        ("(1,040.22)", "-1040.22"),
        ("£(1,040.22)", "-1040.22"),
        ("(£1,040.22)", "-1040.22"),
        ("-£1,040.22", "-1040.22"),
        ("£-1,040.22", "-1040.22"),
        ("1,040.22-", "-1040.22"),
        ("1,040.22 CR", "-1040.22"),
        ("\u22121040.22", "-1040.22"),
        ("\u00a01\u00a0040.22", "1040.22"),
        ("£-", "0"),
        ("-", "0"),
        ("250", "250"),
        ("250.5", "250.5"),
        (".50", "0.50"),
        ("1234.5600000000001", "1234.56"),
        ("Â£12.00", "12"),
    ],
)
def test_a_sum_is_read_however_it_is_written(text, pounds):
    [row] = summed(text).rows
    assert row.amount == Decimal(pounds)
    assert str(row.amount).split(".")[1:] == [str(Decimal(pounds).quantize(Decimal("0.01")))[-2:]]


@pytest.mark.parametrize(
    "text", ["34,551,00", "$30,000.00", "1.2E+05", "N/A", "--5", "(5)-", "1_000", "٣", "9" * 15]
)
def test_a_sum_that_is_none_loses_its_row_and_no_other(text):
    reading = summed("1.00", text, "2.00")
    assert [(p.line, p.column, p.value) for p in reading.problems] == [(3, "Amount", text)]
    assert reading.total == 3


def test_commas_before_the_pence_are_read_where_the_file_proves_them():
    assert amounts(summed("1.234,56", "12,50")) == [Decimal("1234.56"), Decimal("12.50")]
    assert amounts(summed("1,234", "12.50")) == [Decimal(1234), Decimal("12.50")]


def test_fractions_of_a_penny_are_rounded_and_said():
    reading = summed("1.005", "2.00")
    assert reading.total == Decimal("3.01")
    assert any(note.startswith("1 amount has fractions") for note in reading.detected.notes)


# Rows that are no payments --------------------------------------------------------------------


def test_forty_thousand_blank_rows_are_one_line_of_the_report():
    reading = read_text(table(ROWS[0], *([",,,,,,"] * 40_000), ROWS[1]))
    assert [left[:2] for left in reading.left_out if left.kind == "blank"] == [(3, "blank")]
    assert reading.left_out[-1].until == 40_002
    assert len(reading.rows) == 2


@pytest.mark.parametrize(
    "total",
    [
        "Total,,,,,1250.50,",
        "Grand Total,,,,,1250.50,",
        ",,,,Total:,1250.50,",
        ",,,,,1250.50,",
        ",,,,,1250.50,Total",
        "Totals for April,,,,,99,",
    ],
)
def test_a_total_is_left_out_and_said(total):
    reading = read_text(table(*ROWS, total))
    assert reading.total == Decimal("1250.50")
    assert reading.problems == []
    assert kinds(reading)[-1] == ("total", 4)


def test_a_company_called_total_is_paid():
    reading = read_text(table("R,D,T,1,Total Gas & Power Ltd,5.00,20/04/2018"))
    assert reading.total == 5
    reading = read_text(table("R,D,T,1,Total,5.00,20/04/2018"))
    assert reading.total == 5


def test_a_sum_without_supplier_or_day_that_is_no_total_is_a_problem():
    reading = read_text(table(*ROWS, ",,,,,77.00,"))
    assert [problem.line for problem in reading.problems] == [4]


@pytest.mark.parametrize("rows", [(), ("FCO,,,,Nil,,",), ("Nil return,,,,,,",)])
def test_a_nil_return_is_no_failure(rows):
    reading = read_text(table(*rows))
    assert reading.is_nil
    assert reading.detected.header_line == 1


def test_exact_duplicates_are_real_payments():
    assert len(read_text(table(ROWS[0], ROWS[0], ROWS[0])).rows) == 3


@pytest.mark.parametrize(
    "name", ["REDACTED PERSONAL DATA", "Redacted", "REDACTED COMMERCIAL CONFIDENTIALITY"]
)
def test_a_redacted_supplier_stays_redacted(name):
    [row] = read_text(table(f"R,D,T,1,{name},5.00,20/04/2018")).rows
    assert (row.supplier, row.redacted) == (name, True)


def test_a_file_without_days_is_read_and_said():
    reading = read_text(
        'Supplier Name,Sum of Nett Amount\nVeolia,"2,037.80"\nGrand Total,2037.80\n'
    )
    assert [(row.paid_on, row.amount) for row in reading.rows] == [(None, Decimal("2037.80"))]
    assert any("No column holds a payment date" in note for note in reading.detected.notes)


def test_a_stray_quotation_mark_swallows_no_other_row():
    reading = read_text(table('R,D,T,1,"Stray Ltd,5.00,20/04/2018', *ROWS, *ROWS))
    assert reading.total == Decimal("2506.00")
    assert [row.line for row in reading.rows] == [2, 3, 4, 5, 6]


def test_a_second_report_below_the_first_is_read_by_its_own_header():
    text = table(*ROWS) + ",,\nAnother report,,\nSupplier,Paid Date,Net\nB Ltd,20/04/2018,9.00\n"
    reading = read_text(text)
    assert reading.rows[-1].supplier == "B Ltd"
    assert reading.total == Decimal("1259.50")


# Workbooks ------------------------------------------------------------------------------------

SHEET = [
    ["Payments over £500"],
    [],
    ["Payment Date", "Supplier", "Net Amount"],
    [dt.date(2022, 4, 29), "A Ltd", 1040.22],
    ["30/04/2022", "B Ltd", "(1.00)"],
    [44681, "C Ltd", 5],
]


def test_a_workbook_is_read_from_the_sheet_with_the_payments():
    reading = read(io.BytesIO(workbook([["Notes"], ["Read this first"]], SHEET)))
    assert (reading.detected.encoding, reading.detected.delimiter) == ("xlsx", None)
    assert [row.line for row in reading.rows] == [4, 5, 6]
    assert amounts(reading) == [Decimal("1040.22"), Decimal("-1.00"), Decimal("5.00")]
    assert [row.paid_on.day for row in reading.rows] == [29, 30, 30]


def rewritten(part: str, change) -> io.BytesIO:
    """A good workbook with one part changed."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(SHEET))) as good,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, change(data) if name == part else data)
    return written


FIRST = "xl/worksheets/sheet1.xml"


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unopened():
    bomb = rewritten(FIRST, lambda data: data.replace(b"</sheetData>", b" " * (450 << 20)))
    assert len(bomb.getvalue()) < 1_000_000
    [problem] = read(bomb).problems
    assert "too large" in problem.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', 1),
        lambda data: data[: len(data) // 2],
        lambda data: b"",
    ],
)
def test_a_workbook_with_entities_or_damage_is_one_problem(change):
    [problem] = read(rewritten(FIRST, change)).problems
    assert problem.line == 0


def test_a_workbook_that_claims_a_million_columns_is_read_for_what_it_holds():
    wide = rewritten(FIRST, lambda data: data.replace(b'ref="A1:C6"', b'ref="A1:XFD1048576"'))
    assert len(read(wide).rows) == 3


# Any bytes ------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=300)
@given(st.binary(max_size=600))
def test_any_bytes_end_in_a_report(data):
    reading = read(io.BytesIO(data))
    assert reading.problems or reading.detected.header_line


GOOD = (TABLE.encode(), TABLE.encode("utf-16"), workbook(SHEET))


@hypothesis_settings(max_examples=300)
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), min_size=1, max_size=8),
)
def test_a_good_file_changed_anywhere_ends_in_a_report(data, changes):
    changed = bytearray(data)
    for place, piece in changes:
        place %= len(changed) or 1
        changed[place : place + len(piece)] = piece
    reading = read(io.BytesIO(bytes(changed)))
    assert reading.problems or reading.detected.header_line
    assert all(row.amount.as_tuple().exponent == -2 for row in reading.rows)


cells = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=20
).filter(lambda text: text == text.strip() and not text.startswith("'"))


@hypothesis_settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1)),
            cells,
            st.integers(-(10**10), 10**10),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_what_is_written_by_the_code_of_practice_is_read_back_whole(payments):
    rows = [["PaymentDate", "BeneficiaryName", "Amount"]]
    rows += [
        [f"{day:%d/%m/%Y}", name, str(Decimal(pence).scaleb(-2))] for day, name, pence in payments
    ]
    reading = read_text(as_csv(rows), Profile(order="day first"))
    assert [(row.paid_on, row.supplier, row.amount) for row in reading.rows] == [
        (day, name, Decimal(pence).scaleb(-2)) for day, name, pence in payments
    ]


# Real files --------------------------------------------------------------------------------------

#: Where the quick reader behind EXPECTED.csv is wrong: rows and sum as the file has them, and why.
OTHERWISE = {
    "central-spend-25k/moj-2010-02.csv": (546, "378215717.75"),  # Line 505 is in dollars.
    "council-spend/lambeth-2012-06.csv": (3155, "40292334.84"),  # It counted the total.
    "council-spend/network-rail-2017-05.csv": (2127, "565274746.20"),  # It counted the total.
}


def expected():
    if not SHARED.is_dir():
        return []
    with (SHARED / "EXPECTED.csv").open() as opened:
        return [row for row in csv.DictReader(opened) if "spend" in row["file"].split("/")[0]]


@needs_shared
def test_the_real_files_are_all_there():
    assert len(expected()) == 46


@needs_shared
@pytest.mark.parametrize("row", expected(), ids=lambda row: row["file"])
def test_a_real_file_agrees_with_an_independent_reader(row):
    with (SHARED / row["file"]).open("rb") as opened:
        reading = read(opened)
    wanted = OTHERWISE.get(row["file"], (int(row["amounts_read"]), row["amount_sum"]))
    assert (len(reading.rows), reading.total) == (wanted[0], Decimal(wanted[1]))
