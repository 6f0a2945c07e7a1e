"""The real files, where they are: each imports, and agrees with an independent reader or says why.

EXPECTED.csv is what a quick reader made of them. Where it is wrong, docs/data.md names the file,
both figures and the reason; this reads that table.
"""

import csv
import re
from decimal import Decimal

import pytest
from django.conf import settings

from costs.models import Payment
from costs.payments import importing, verifying
from tests import factories
from tests.costs.payments.files import SHARED, needs_shared

pytestmark = needs_shared

_DIFFERS = re.compile(
    r"\| `(?P<file>[^`]+)` \| (?P<quick>[\d,]+)( rows)?, £(?P<its_sum>[\d,.]+) "
    r"\| (?P<rows>[\d,]+), £(?P<sum>[\d,.]+) \| (?P<why>.+) \|"
)


def figures(rows: str, total: str) -> tuple[int, Decimal]:
    return int(rows.replace(",", "")), Decimal(total.replace(",", ""))


def expected() -> dict[str, tuple[int, Decimal]]:
    """Rows and sum of each real file, by the quick reader."""
    if not SHARED.is_dir():
        return {}
    with (SHARED / "EXPECTED.csv").open() as opened:
        return {
            row["file"]: figures(row["amounts_read"], row["amount_sum"])
            for row in csv.DictReader(opened)
            if row["file"].split("/")[0] in ("council-spend", "central-spend-25k")
        }


def explained() -> dict[str, re.Match[str]]:
    """Files of which docs/data.md says why the figures differ."""
    text = (settings.BASE_DIR / "docs" / "data.md").read_text()
    return {found["file"]: found for found in _DIFFERS.finditer(text)}


def test_every_real_file_is_one_that_the_quick_reader_read():
    there = {
        str(path.relative_to(SHARED))
        for folder in ("council-spend", "central-spend-25k")
        for path in (SHARED / folder).iterdir()
    }
    assert there == expected().keys()


def test_the_table_of_differences_tells_no_more_than_there_are():
    for file, found in explained().items():
        quick = figures(found["quick"], found["its_sum"])
        assert expected()[file] == quick
        assert figures(found["rows"], found["sum"]) != quick


@pytest.mark.django_db
@pytest.mark.parametrize("file", expected())
def test_a_real_file_is_imported_and_agrees_or_it_is_said_why_not(file):
    why = explained().get(file)
    wanted = figures(why["rows"], why["sum"]) if why else expected()[file]
    with (SHARED / file).open("rb") as opened:
        imported = importing.import_file(
            opened,
            name=file,
            publisher=importing.publisher_of("Anybody"),
            by=factories.the_officer(),
        ).file
    reading = imported.reading
    assert (reading.rows, reading.amount) == wanted
    assert Payment.objects.filter(file=imported).count() == reading.rows
    assert list(verifying.faults()) == []
