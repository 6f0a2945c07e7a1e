"""Tables whose rows are only ever added, and columns that never change once written.

A model says so with `append_only = True` or `frozen_columns = ("contract", …)`; the database
enforces it with triggers, so that bulk updates, raw SQL, upserts, INSERT OR REPLACE and TRUNCATE
are refused as firmly as save() and delete(). SQLite drops a table's triggers whenever a
migration remakes it, therefore `install` runs after every migrate and `missing` is a system check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

FUNCTION = "barnetwatch_refuse_change"


class AppendOnlyError(TypeError):
    """A row of an append-only table was about to be changed or deleted."""


class AppendOnly(models.Model):
    """Base of rows that are added and never changed: what was said stays said."""

    append_only = True

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.verbose_name} rows are never changed; add another.")
        options["force_insert"] = True
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise AppendOnlyError(f"{self._meta.verbose_name} rows are never deleted; add another.")


def guarded_models() -> list[type[models.Model]]:
    """Every model with a guard on its table, in a fixed order."""
    return [
        model
        for model in apps.get_models()
        if getattr(model, "append_only", False) or getattr(model, "frozen_columns", ())
    ]


def triggers(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Each trigger that should stand: its name, with its table and the SQL that makes it."""
    write = _sqlite if connection.vendor == "sqlite" else _postgresql
    wanted: dict[str, tuple[str, str]] = {}
    for model in guarded_models():
        table = model._meta.db_table
        for name, sql in write(model, table):
            wanted[name] = (table, sql)
    return wanted


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every guard anew; tables that do not exist yet are passed over."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION_SQL)
        for name, (table, sql) in triggers(connection).items():
            if table in tables:
                cursor.execute(_drop(connection, name, table))
                cursor.execute(sql)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take every guard away. Only the test suite does so, to empty the tables between tests."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, (table, _) in triggers(connection).items():
            if table in tables:
                cursor.execute(_drop(connection, name, table))


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The guards away for the length of a block, and back after it whatever happens."""
    lift(connection)
    try:
        yield
    finally:
        install(connection)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the guards that should stand and do not."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE pg_table_is_visible(tgrelid) AND tgenabled IN ('O', 'A')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        present = {row[0] for row in cursor.fetchall()}
    tables = set(connection.introspection.table_names())
    return [
        name
        for name, (table, _) in triggers(connection).items()
        if table in tables and name not in present
    ]


def _frozen(model: type[models.Model]) -> list[str]:
    names: tuple[str, ...] = getattr(model, "frozen_columns", ())
    return [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]


def _unique_columns(model: type[models.Model]) -> list[list[str]]:
    """The column sets on which INSERT OR REPLACE would throw an old row away."""
    keys = [[str(field.column)] for field in model._meta.local_concrete_fields if field.unique]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            keys.append([str(model._meta.get_field(f).column) for f in constraint.fields])  # type: ignore[union-attr]
    return keys


def _sqlite(model: type[models.Model], table: str) -> Iterator[tuple[str, str]]:
    def guard(name: str, event: str, when: str, why: str) -> tuple[str, str]:
        return name, (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" {when} '
            f"BEGIN SELECT RAISE(ABORT, '{table}: {why}'); END"
        )

    if getattr(model, "append_only", False):
        yield guard(f"{table}_no_update", "UPDATE", "", "rows are never changed")
        yield guard(f"{table}_no_delete", "DELETE", "", "rows are never deleted")
        taken = " OR ".join(
            f'EXISTS (SELECT 1 FROM "{table}" WHERE '
            + " AND ".join(f'"{column}" = NEW."{column}"' for column in key)
            + ")"
            for key in _unique_columns(model)
        )
        yield guard(f"{table}_no_replace", "INSERT", f"WHEN {taken}", "a row is never replaced")
    if columns := _frozen(model):
        changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns)
        yield guard(f"{table}_frozen", "UPDATE", f"WHEN {changed}", "a fixed column was changed")
        key = model._meta.pk.column
        replaces = (
            f'WHEN EXISTS (SELECT 1 FROM "{table}" OLD WHERE "{key}" = NEW."{key}" AND ({changed}))'
        )
        yield guard(f"{table}_kept", "INSERT", replaces, "a fixed column was changed")


_FUNCTION_SQL = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: % is refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _postgresql(model: type[models.Model], table: str) -> Iterator[tuple[str, str]]:
    if getattr(model, "append_only", False):
        for event, level in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = f"{table}_no_{event.split()[0].lower()}"
            yield (
                name,
                (
                    f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" '
                    f"FOR EACH {level} EXECUTE FUNCTION {FUNCTION}()"
                ),
            )
    if columns := _frozen(model):
        changed = " OR ".join(f'OLD."{c}" IS DISTINCT FROM NEW."{c}"' for c in columns)
        name = f"{table}_frozen"
        yield (
            name,
            (
                f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" '
                f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {FUNCTION}()"
            ),
        )


def _drop(connection: BaseDatabaseWrapper, name: str, table: str) -> str:
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    return f'DROP TRIGGER IF EXISTS "{name}"{on}'
