"""The command: files in, a report for people or for programs out."""

import json

import pytest
from django.core.management import CommandError, call_command

from costs.models import Payment, PaymentFile, Publisher
from tests import factories
from tests.costs.payments.files import ROWS, TABLE, table


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
