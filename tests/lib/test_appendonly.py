"""Rows that are only ever added: refused by every way in, on both databases."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import TransactionTestCase
from django.test.utils import isolate_apps

from barnetwatch import checks
from barnetwatch.lib import appendonly
from barnetwatch.lib.appendonly import AppendOnlyError
from costs.models import CostEntry, CostLine, StageTotal, Threshold
from tests.factories import a_contract, a_line, a_threshold, post, reverse, the_officer

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own words")
on_postgresql = pytest.mark.skipif("connection.vendor == 'sqlite'", reason="PostgreSQL's own words")


@pytest.fixture
def entry(db) -> CostEntry:
    return post(a_line(a_contract()), "approved", 100, "2018-01-01")


def refused(sql: str, *values: object) -> None:
    """A statement that the database refuses, whatever sends it."""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


class TestAnEntryIsNeverChanged:
    def test_by_save(self, entry):
        entry.amount = Decimal("999.00")
        with pytest.raises(AppendOnlyError, match="never changed; add another"):
            entry.save()

    def test_by_save_of_an_object_that_claims_to_be_new(self, entry):
        twin = CostEntry(**{f.attname: getattr(entry, f.attname) for f in entry._meta.fields})
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()

    def test_by_update(self, entry):
        with pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.filter(pk=entry.pk).update(note="another")

    def test_by_bulk_update(self, entry):
        entry.note = "another"
        with pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.bulk_update([entry], ["note"])

    def test_by_an_upsert(self, entry):
        entry.note = "another"
        with pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.bulk_create(
                [entry], update_conflicts=True, update_fields=["note"], unique_fields=["id"]
            )

    def test_by_raw_sql(self, entry):
        refused("UPDATE costs_costentry SET amount = amount + 1 WHERE id = %s", entry.pk)

    def test_by_raw_sql_that_changes_nothing(self, entry):
        refused("UPDATE costs_costentry SET amount = amount")

    @on_sqlite
    def test_by_update_or_replace(self, entry):
        refused("UPDATE OR REPLACE costs_costentry SET note = 'another'")

    @on_sqlite
    @pytest.mark.parametrize("words", ["INSERT OR REPLACE", "REPLACE"])
    def test_by_replacing_the_row_of_its_id(self, entry, words):
        refused(f"{words} INTO costs_costentry SELECT * FROM costs_costentry")

    @on_sqlite
    def test_by_replacing_the_row_of_its_unique_column(self, entry):
        reverse(entry)
        columns = [field.column for field in CostEntry._meta.local_fields if field.column != "id"]
        names = ", ".join(columns)
        refused(
            f"INSERT OR REPLACE INTO costs_costentry ({names})"
            f" SELECT {names} FROM costs_costentry WHERE reverses_id IS NOT NULL"
        )

    def test_by_loading_a_fixture_over_it(self, entry, tmp_path):
        row = {"model": "costs.costentry", "pk": entry.pk}
        fields = {
            "line": entry.line_id,
            "stage": "approved",
            "amount": "999.00",
            "effective_on": "2018-01-01",
            "stated_by": "The council",
            "source": entry.source_id,
            "recorded_by": the_officer().pk,
            "recorded_at": "2018-01-01T00:00:00Z",
        }
        fixture = tmp_path / "over.json"
        fixture.write_text(json.dumps([{**row, "fields": fields}]))
        with pytest.raises(IntegrityError), transaction.atomic():
            call_command("loaddata", str(fixture), verbosity=0)

    def test_and_stands_as_it_was(self, entry):
        refused("UPDATE costs_costentry SET note = 'another'")
        assert CostEntry.objects.get().note == ""


class TestAnEntryIsNeverDeleted:
    def test_by_delete(self, entry):
        with pytest.raises(AppendOnlyError, match="never deleted"):
            entry.delete()

    def test_by_a_querysets_delete(self, entry):
        with pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.all().delete()

    def test_by_a_raw_delete(self, entry):
        with pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.filter(pk=entry.pk)._raw_delete("default")

    def test_by_raw_sql(self, entry):
        refused("DELETE FROM costs_costentry WHERE id = %s", entry.pk)

    def test_by_a_cascade(self, entry):
        with pytest.raises(models.ProtectedError):
            entry.line.delete()
        with pytest.raises(models.ProtectedError):
            entry.line.contract.delete()
        with pytest.raises(models.ProtectedError):
            the_officer().delete()

    @on_postgresql
    @pytest.mark.parametrize("how", ["costs_costentry CASCADE", "costs_costline CASCADE"])
    def test_by_truncate(self, entry, how):
        connection.check_constraints()  # PostgreSQL truncates nothing that has checks to come.
        refused(f"TRUNCATE {how}")

    @on_postgresql
    def test_by_merge_or_on_conflict(self, entry):
        refused(
            "INSERT INTO costs_costentry SELECT * FROM costs_costentry"
            " ON CONFLICT (id) DO UPDATE SET note = 'another'"
        )


@pytest.mark.django_db(transaction=True)
def test_no_delete_of_what_entries_rest_on_leaves_them_hanging():
    line = post(a_line(a_contract()), "approved", 100, "2018-01-01").line
    StageTotal.objects.all().delete()
    line.running_total.delete()
    refused("DELETE FROM costs_costline")


class TestFixedColumns:
    @pytest.mark.parametrize("change", [{"kind": "legal"}, {"contract": None}])
    def test_a_lines_contract_and_kind_never_change(self, db, change):
        line = a_line(a_contract(), supplier=a_contract().supplier)
        with pytest.raises(IntegrityError), transaction.atomic():
            CostLine.all_rows.filter(pk=line.pk).update(**change)

    def test_a_contract_is_not_set_later_either(self, db):
        line, contract = a_line(), a_contract()
        with pytest.raises(IntegrityError), transaction.atomic():
            CostLine.all_rows.filter(pk=line.pk).update(contract=contract)

    def test_a_lines_other_columns_may_change(self, db):
        line = a_line(a_contract())
        line.title = "Another title"
        line.save()
        assert CostLine.objects.get().title == "Another title"

    @on_sqlite
    def test_a_line_is_not_replaced_by_one_of_another_kind(self, db):
        line = a_line(a_contract())
        names = ", ".join(field.column for field in CostLine._meta.local_fields)
        values = names.replace("kind", "'legal'")
        refused(f"REPLACE INTO costs_costline ({names}) SELECT {values} FROM costs_costline")
        assert CostLine.objects.get().kind == line.kind

    @pytest.mark.parametrize(
        "change",
        [
            {"measure": "at_risk"},
            {"amount": Decimal(5)},
            {"severity": "high"},
            {"amount": None, "percentage": Decimal(5)},
        ],
    )
    def test_what_a_threshold_watches_never_changes(self, db, change):
        mark = a_threshold("firm", 100_000)
        with pytest.raises(IntegrityError), transaction.atomic():
            Threshold.all_rows.filter(pk=mark.pk).update(**change)

    def test_a_threshold_does_not_move_to_another_contract(self, db):
        mark, contract = a_threshold("firm", 100_000), a_contract()
        with pytest.raises(IntegrityError), transaction.atomic():
            Threshold.all_rows.filter(pk=mark.pk).update(contract=contract)


class TestGuards:
    def test_all_stand_after_migrate(self, db):
        assert appendonly.missing(connection) == []

    def test_every_append_only_model_has_them(self, db):
        guarded = {model.__name__ for model in appendonly.guarded_models()}
        assert guarded == {
            "AlertAcknowledgement",
            "AlertRevision",
            "AuditEntry",
            "DecisionFile",
            "FailureFile",
            "Grant",
            "RestrictionChange",
            "SourceFile",
            "AllocationReleased",
            "AttributionRule",
            "Award",
            "AwardPreference",
            "ClaimState",
            "Content",
            "ContractedSum",
            "CostEntry",
            "CostLine",
            "CreditReceived",
            "FileReading",
            "FileTotal",
            "FileWithdrawal",
            "IncidentUpdate",
            "LedgerSeal",
            "PartyAnswer",
            "Payee",
            "Payment",
            "PaymentAllocation",
            "PaymentFile",
            "PromiseChange",
            "ReadingPreference",
            "RuleTakenBack",
            "ServiceCredit",
            "Threshold",
            "UnreadableRow",
            "Variation",
            "Withdrawal",
        }

    def test_refuse_on_every_append_only_table(self, db):
        names = [name for name, _ in appendonly.triggers(connection).items()]
        for model in appendonly.guarded_models():
            if getattr(model, "append_only", False):
                table = model._meta.db_table
                assert f"{table}_no_update" in names
                assert {f"{table}_no_delete", f"{table}_no_truncate"} & set(names)

    def test_are_put_back_after_a_block_without_them(self, entry):
        with appendonly.lifted(connection):
            assert len(appendonly.missing(connection)) == len(appendonly.triggers(connection))
            CostEntry.all_rows.filter(pk=entry.pk).update(note="another")
        assert appendonly.missing(connection) == []
        refused("UPDATE costs_costentry SET note = 'a third'")

    def test_are_put_back_after_a_block_that_failed(self, db):
        with pytest.raises(ZeroDivisionError), appendonly.lifted(connection):
            _ = 1 / 0
        assert appendonly.missing(connection) == []

    def test_may_be_installed_twice(self, db):
        appendonly.install(connection)
        assert appendonly.missing(connection) == []

    @on_postgresql
    def test_that_are_switched_off_count_as_missing(self, db):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE costs_costentry DISABLE TRIGGER costs_costentry_no_update")
        assert appendonly.missing(connection) == ["costs_costentry_no_update"]

    @isolate_apps("costs")
    def test_pass_over_tables_that_do_not_exist_yet(self, db, monkeypatch):
        class Later(appendonly.AppendOnly):
            class Meta:
                app_label = "costs"

        monkeypatch.setattr(appendonly, "guarded_models", lambda: [CostEntry, Later])
        assert "costs_later_no_update" in appendonly.triggers(connection)
        appendonly.install(connection)
        assert appendonly.missing(connection) == []

    def test_are_asked_after_by_the_system_check(self, db):
        assert list(checks.guards_stand(None, databases=["default"])) == []
        with appendonly.lifted(connection):
            [warning] = checks.guards_stand(None, databases=["default"])
        assert warning.id == "barnetwatch.W005"
        assert "costs_costentry_no_update" in warning.msg
        assert "migrate" in warning.hint

    def test_are_not_asked_after_without_a_database(self, django_db_blocker):
        assert list(checks.guards_stand(None, databases=None)) == []


@pytest.mark.django_db(transaction=True)
def test_a_table_that_a_migration_remade_is_guarded_again_after_it():
    """SQLite drops a table's triggers with it; migrate ends by installing them."""
    now = CostEntry._meta.get_field("stated_by")
    wider = models.CharField(max_length=160)
    wider.set_attributes_from_name("stated_by")
    with connection.schema_editor() as editor:
        editor.alter_field(CostEntry, now, wider)
    if connection.vendor == "sqlite":
        assert "costs_costentry_no_update" in appendonly.missing(connection)
    with connection.schema_editor() as editor:
        editor.alter_field(CostEntry, wider, now)
    call_command("migrate", verbosity=0)
    assert appendonly.missing(connection) == []


@pytest.mark.django_db(transaction=True)
class TestBetweenTransactionalTests:
    """The flush that empties the tables lifts the guards; post_migrate puts them back."""

    def test_a_flush_empties_the_ledger_and_leaves_every_guard_in_place(self):
        post(a_line(a_contract()), "approved", 100, "2018-01-01")

        class Ending(TransactionTestCase):
            databases = {"default"}

        Ending("run")._fixture_teardown()
        assert CostEntry.all_rows.count() == 0
        assert appendonly.missing(connection) == []

    def test_a_test_that_leaves_an_entry_behind(self):
        post(a_line(a_contract()), "approved", 100, "2018-01-01")

    def test_is_followed_by_one_that_finds_none_and_every_guard_in_place(self):
        assert CostEntry.all_rows.count() == 0
        assert appendonly.missing(connection) == []
        post(a_line(a_contract()), "approved", 100, "2018-01-01")
        refused("UPDATE costs_costentry SET note = 'another'")
        refused("DELETE FROM costs_costentry")
