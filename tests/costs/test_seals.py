"""The seals beside the ledger: chained with each entry, and broken by whatever changes one."""

import datetime as dt
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from barnetwatch.lib import appendonly
from costs import ledger, seals
from costs.models import CostEntry, CostLine, LedgerSeal
from tests.factories import (
    a_contract,
    a_line,
    a_person,
    a_source,
    a_supplier,
    exempt,
    moment,
    post,
    reverse,
    the_officer,
    undone,
)
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

SOON = dt.timedelta(hours=1)


@pytest.fixture
def line() -> CostLine:
    """A line with three entries, one of them reversed."""
    line = a_line(a_contract("CSG"))
    post(line, "pledged", "4200000", "2018-07-01", precision="month", year_inferred=True)
    reverse(post(line, "approved", "0.01", "2018-07-12", note="Says “so”\nand not\u00a0otherwise"))
    return line


def chain(line: CostLine) -> list[LedgerSeal]:
    return list(LedgerSeal.all_rows.filter(line=line).order_by("number"))


def changed(sql: str, *values: object) -> None:
    """A row changed by somebody who can take the guards away."""
    with appendonly.lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)


# Sealing --------------------------------------------------------------------------------------


def test_each_entry_is_sealed_after_the_one_before_it_on_its_line(line):
    other = post(a_line(a_contract()), "paid", 5, "2018-01-01")
    found = chain(line)
    assert [seal.number for seal in found] == [1, 2, 3]
    assert [seal.entry_id for seal in found] == sorted(line.entries.values_list("pk", flat=True))
    assert len({seal.seal for seal in found}) == 3
    assert other.seal.number == 1
    assert list(seals.faults()) == []


def test_what_was_refused_is_not_sealed(line):
    with pytest.raises(ValidationError):
        post(line, "paid", 0, "2018-01-01")
    with undone():
        post(line, "paid", 5, "2018-01-01")
    assert len(chain(line)) == 3
    post(line, "paid", 5, "2018-01-01")
    assert list(seals.faults()) == []


def test_a_seal_read_back_is_the_one_that_was_written_whatever_moment_was_given():
    line = a_line(supplier=a_supplier())
    at = moment("2018-07-01 09:30").astimezone(dt.timezone(dt.timedelta(hours=5)))
    post(line, "estimated", Decimal("99999999999.99"), "2018-07-01", at=at)
    ledger.revise(
        line,
        stage="estimated",
        to=Decimal("1.10"),
        by=the_officer(),
        effective_on=dt.date(2018, 8, 1),
        source=a_source(),
        stated_by="Ünï 🏛",
    )
    assert list(seals.faults()) == []


def test_a_posting_asks_as_much_of_a_long_line_as_of_a_short_one(line):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            post(line, "paid", 5, "2018-01-01")
        return len(queries)

    asked()  # The month's stored total is made.
    first = asked()
    for _ in range(8):
        asked()
    assert asked() == first


@pytest.mark.django_db(transaction=True)
def test_entries_posted_at_one_moment_are_chained_one_after_the_other():
    line, source, person = a_line(a_contract()), a_source(), a_person()

    def one(n: int) -> None:
        post(line, "paid", n + 1, "2018-01-01", source=source, by=person)

    in_threads(8, one)
    assert [seal.number for seal in chain(line)] == list(range(1, 9))
    assert list(seals.faults()) == []


# Guarded --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE costs_ledgerseal SET seal = 'another'",
        "DELETE FROM costs_ledgerseal",
        "INSERT INTO costs_ledgerseal SELECT * FROM costs_ledgerseal",
    ],
)
def test_a_seal_is_never_changed_or_taken_away(line, sql):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(appendonly.AppendOnlyError):
        chain(line)[0].save()


def test_two_entries_do_not_follow_the_same_one(line):
    [*_, last] = chain(line)
    entry = post(line, "paid", 5, "2018-01-01")
    twin = LedgerSeal(entry=entry, line=line, number=last.number, seal="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_the_seals_of_hidden_lines_are_hidden(line):
    hidden = post(a_line(line.contract, **exempt(3)), "paid", 5, "2018-01-01")
    assert not LedgerSeal.objects.filter(entry=hidden).exists()
    assert LedgerSeal.objects.filter(line=line).count() == 3


# Broken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "stage = 'paid'",
        "effective_on = '2018-06-30'",
        "precision = 'year'",
        "year_inferred = NOT year_inferred",
        "stated_by = 'Somebody else'",
        "note = 'Another'",
        "recorded_at = '2018-01-01 00:00:00'",
    ],
)
def test_whatever_is_changed_in_an_entry_it_is_named(line, change):
    seal = chain(line)[0]
    changed(f"UPDATE costs_costentry SET {change} WHERE id = %s", seal.entry_id)
    [sentence] = seals.faults()
    assert sentence.startswith(f"Entry {seal.entry_id} on line {line.pk} is not as it was sealed")


def test_an_entry_that_changed_its_source_its_author_or_its_line_is_named(line):
    seal, other = chain(line)[1], a_line(a_contract())
    for column, value in (
        ("source_id", a_source().pk),
        ("recorded_by_id", a_person().pk),
        ("line_id", other.pk),
    ):
        before = getattr(CostEntry.all_rows.get(pk=seal.entry_id), column)
        for stands in (value, before):
            sql = f"UPDATE costs_costentry SET {column} = %s WHERE id = %s"
            changed(sql, stands, seal.entry_id)
            assert len(list(seals.faults())) == (stands == value), column


def test_a_line_that_went_to_another_contract_is_named(line):
    changed("UPDATE costs_costline SET contract_id = %s", a_contract().pk)
    assert len(list(seals.faults())) == 3


def test_an_entry_that_was_sealed_anew_is_found_by_the_seal_after_it(line):
    first, second, _ = chain(line)
    changed("UPDATE costs_costentry SET amount = 1 WHERE id = %s", first.entry_id)
    row = CostEntry.all_rows.filter(pk=first.entry_id).values_list(*seals.SEALED).get()
    forged = seals.seal_of("", first.sealed_at, row)
    changed("UPDATE costs_ledgerseal SET seal = %s WHERE entry_id = %s", forged, first.entry_id)
    [sentence] = seals.faults()
    assert sentence.startswith(f"Entry {second.entry_id} ")
    assert sentence.endswith("or the seal before it was.")


def test_an_entry_that_was_taken_away_leaves_a_gap(line):
    second = chain(line)[1]
    changed("DELETE FROM costs_ledgerseal WHERE entry_id = %s", second.entry_id)
    found = list(seals.faults())
    assert found[0] == f"Line {line.pk}: seal 2 is missing, so an entry was taken away."
    assert found[-1].startswith(f"Entry {second.entry_id} on line {line.pk} has no seal")


def test_an_entry_that_the_ledger_did_not_write_is_named(line):
    raw = CostEntry(
        line=line,
        stage="paid",
        amount=Decimal(5),
        effective_on=dt.date(2018, 1, 1),
        source=line.source,
        stated_by="Nobody",
        recorded_by=the_officer(),
    )
    raw.save()
    [sentence] = seals.faults()
    assert sentence == (
        f"Entry {raw.pk} on line {line.pk} has no seal: it was not written by the ledger."
    )


# The head over all lines ----------------------------------------------------------------------


def test_the_head_is_the_same_for_the_same_moment_and_another_once_anything_was_sealed(line):
    now = timezone.now()
    before, ahead = seals.head(now), seals.head(now + SOON)
    assert seals.head(now.astimezone(dt.timezone(dt.timedelta(hours=5)))) == before
    post(a_line(line.contract, **exempt(3)), "paid", 5, "2018-01-01")
    assert seals.head(now) == before, "a later posting changes no earlier head"
    assert seals.head(now + SOON) != ahead


def test_a_back_dated_posting_changes_no_earlier_head(line):
    now = timezone.now()
    before = seals.head(now)
    post(line, "paid", 5, "2018-01-01", at=moment("2018-01-02"))
    assert seals.head(now) == before


def test_the_head_tells_nobody_whether_anything_was_posted(line):
    now = timezone.now()
    assert seals.head(now + SOON) != seals.head(now + SOON * 2)


def test_the_head_takes_one_query_whatever_the_lines(line, django_assert_num_queries):
    for _ in range(5):
        post(a_line(line.contract), "paid", 5, "2018-01-01")
    with django_assert_num_queries(1):
        seals.head(timezone.now())


def test_a_seal_is_shown_in_eights():
    assert seals.grouped("0123456789abcdef" * 4).split() == ["01234567", "89abcdef"] * 4


# A ledger from before there were seals --------------------------------------------------------


def test_a_ledger_that_had_no_seals_is_sealed_by_the_migration(line, monkeypatch):
    post(a_line(a_contract()), "paid", 5, "2018-01-01")
    changed("DELETE FROM costs_ledgerseal")
    assert len(list(seals.faults())) == 4
    monkeypatch.setattr(seals, "BATCH", 2)
    migration = import_module("costs.migrations.0006_ledger_seals")
    migration.seal_the_ledger(apps, SimpleNamespace(connection=connection))
    assert list(seals.faults()) == []
    assert [seal.number for seal in chain(line)] == [1, 2, 3]
    post(line, "paid", 5, "2018-01-01")
    assert list(seals.faults()) == []
