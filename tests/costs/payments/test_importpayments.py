"""The command: files in, a report for people or for programs out."""

import hashlib
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from costs.models import Payment, PaymentFile, Publisher
from tests import factories
from tests.costs.payments.files import ROWS, TABLE, table, workbook


@pytest.fixture
def file(tmp_path):
    def write(text: str, name: str = "april.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def run(capsys, *arguments: str) -> str:
    call_command("importpayments", *arguments)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_files_are_imported_and_said(file, capsys):
    out = run(capsys, file(TABLE), "--publisher", "Barnet")
    assert "april.csv: 2 payments, £1,250.50" in out
    assert "april.csv was imported." in out
    assert Payment.objects.count() == 2
    assert PaymentFile.objects.get().publisher.name == "Barnet"


@pytest.mark.django_db
def test_where_nobody_is_named_it_is_the_council(file, capsys):
    run(capsys, file(TABLE))
    assert Publisher.objects.get().name == "London Borough of Barnet"
    assert not PaymentFile.objects.get().recorded_by.is_active


@pytest.mark.django_db
def test_whoever_imports_is_named(file, capsys):
    ann = factories.a_person("Ann Officer")
    run(capsys, file(TABLE), "--by", ann.email)
    assert PaymentFile.objects.get().recorded_by == ann


@pytest.mark.django_db
def test_a_dry_run_prints_an_object_a_file_and_writes_nothing(file, capsys):
    good = file(table(*ROWS, "R,D,T,1,X Ltd,lots,20/04/2018", ",,,,,,", "Total,,,,,1250.50,"))
    with pytest.raises(CommandError) as wrong:
        call_command("importpayments", "--dry-run", "--json", good, file("x", "bad.csv"))
    assert wrong.value.returncode == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["file"], first["encoding"], first["delimiter"]) == ("april.csv", "utf-8", ",")
    assert (first["rows"], first["total"], first["header_line"]) == (2, "1250.50", 1)
    assert (first["first_on"], first["last_on"]) == ("2018-04-05", "2018-04-16")
    assert first["rejected"] == [
        {
            "line": 4,
            "column": "Expenditure Amount (exc VAT)",
            "value": "lots",
            "reason": "This is not an amount.",
        }
    ]
    assert [(left["line"], left["kind"]) for left in first["left_out"]] == [
        (1, "header"),
        (5, "blank"),
        (6, "total"),
    ]
    assert (second["rows"], second["total"], len(second["rejected"])) == (0, "0.00", 1)
    assert not PaymentFile.objects.exists()


@pytest.mark.django_db
def test_a_nil_return_is_a_success(file, capsys):
    out = run(capsys, "--dry-run", "--json", file(table("FCO,,,,Nil,,")))
    assert (json.loads(out)["rows"], json.loads(out)["rejected"]) == (0, [])


@pytest.mark.django_db
def test_a_second_run_says_when_the_first_was(file, capsys):
    path = file(TABLE)
    run(capsys, path)
    assert "Nothing was changed." in run(capsys, path)
    assert PaymentFile.objects.count() == 1


@pytest.mark.django_db
def test_one_bad_file_does_not_keep_the_others_out(file, capsys):
    with pytest.raises(CommandError) as wrong:
        call_command("importpayments", file("x", "bad.csv"), file(TABLE))
    assert wrong.value.returncode == 1
    assert Payment.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["absent.csv"], [__file__, "--by", "nobody@barnet.example"]])
def test_wrong_use_ends_with_2(arguments):
    with pytest.raises(CommandError) as wrong:
        call_command("importpayments", *arguments)
    assert wrong.value.returncode == 2


KEYS = {
    "file",
    "sha256",
    "encoding",
    "delimiter",
    "header_line",
    "columns",
    "rows",
    "total",
    "first_on",
    "last_on",
    "rejected",
    "left_out",
    "notes",
}


def looked_at(capsys, *paths: str) -> tuple[int, list[dict]]:
    """The exit code of a dry run, and its objects, one a line."""
    code = 0
    try:
        call_command("importpayments", "--dry-run", "--json", *paths)
    except CommandError as error:
        code = error.returncode
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "\n\n", "hello", "%PDF-1.4", "a,b\n1,2\n", "PK\x03\x04"])
def test_of_a_file_that_cannot_be_read_there_is_an_object_too(file, capsys, text):
    code, [found] = looked_at(capsys, file(text))
    assert code == 1
    assert found.keys() == KEYS
    assert (found["rows"], found["total"], found["first_on"]) == (0, "0.00", None)
    [problem] = found["rejected"]
    assert problem.keys() == {"line", "column", "value", "reason"}
    assert problem["reason"]
    assert found["sha256"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.django_db
def test_a_file_whose_every_row_is_wrong_could_not_be_read(file, capsys):
    code, [found] = looked_at(capsys, file(table("R,D,T,1,X Ltd,lots,20/04/2018")))
    assert (code, found["rows"], found["total"]) == (1, 0, "0.00")
    assert [problem["line"] for problem in found["rejected"]] == [2]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [(), ("Nil return,,,,,,",), ("FCO,,,,Nil,,",)])
def test_a_nil_return_is_read(file, capsys, rows):
    code, [found] = looked_at(capsys, file(table(*rows)))
    assert (code, found["rows"], found["total"], found["rejected"]) == (0, 0, "0.00", [])


@pytest.mark.django_db
def test_an_object_stays_on_its_line_whatever_the_cells_say(file, capsys):
    code, [found] = looked_at(capsys, file(table(*ROWS, 'R,D,T,1,"X\u2028\x85",£££,20/04/2018')))
    assert (code, found["rows"], len(found["rejected"])) == (0, 2, 1)


@pytest.mark.django_db
def test_a_text_that_is_named_like_a_workbook_is_read_as_what_it_is(file, capsys):
    code, [found] = looked_at(capsys, file(TABLE, "april.xls"))
    assert (code, found["delimiter"], found["rows"]) == (0, ",", 2)


@pytest.mark.django_db
def test_of_a_workbook_there_is_no_delimiter(tmp_path, capsys):
    path = tmp_path / "april.xlsx"
    path.write_bytes(workbook([["Date", "Supplier", "Amount"], ["05/04/2018", "A Ltd", 5]]))
    code, [found] = looked_at(capsys, str(path))
    assert (code, found["encoding"], found["delimiter"], found["total"]) == (
        0,
        "xlsx",
        None,
        "5.00",
    )
    assert found["columns"] == {"paid_on": "Date", "supplier": "Supplier", "amount": "Amount"}


@pytest.mark.django_db
def test_a_dry_run_asks_for_no_publisher_where_there_are_several(file, capsys):
    Publisher.objects.create(name="Barnet")
    Publisher.objects.create(name="Harrow")
    assert looked_at(capsys, file(TABLE))[0] == 0
    with pytest.raises(CommandError) as wrong:
        call_command("importpayments", file(TABLE))
    assert wrong.value.returncode == 2


def test_a_dry_run_needs_no_record(file, capsys, monkeypatch):
    def fails(*args, **options):
        raise OperationalError("no such table")

    monkeypatch.setattr(Publisher.objects, "values_list", fails)
    assert looked_at(capsys, file(TABLE))[0] == 0


def test_without_a_file_it_is_wrong_use():
    with pytest.raises(CommandError, match="FILE"):
        call_command("importpayments", "--dry-run")
