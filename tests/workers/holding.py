"""Checks stopped where it matters: at the moment an alert is written.

Triggers of the tests' own, since production code has no place to stop at.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import connection

from contracts.models import RecheckLease
from costs.models import OverrunAlert

TABLE = OverrunAlert._meta.db_table
#: Any number that nobody else locks.
LOCK = 20_130_901


@contextmanager
def trigger(name: str, body: str) -> Iterator[None]:
    """A trigger on PostgreSQL that runs a body before an alert is written, for the length of a
    block."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;"
            f"CREATE TRIGGER {name} BEFORE INSERT ON {TABLE}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
        try:
            yield
        finally:
            cursor.execute(f"DROP TRIGGER {name} ON {TABLE}; DROP FUNCTION {name}()")


@contextmanager
def alerts_are_held() -> Iterator[None]:
    """Whoever writes an alert inside this block is held there: on PostgreSQL until it ends, on
    SQLite until killed."""
    if connection.vendor == "sqlite":
        with _counting_for_ever():
            yield
        return
    body = f"BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NEW; END"
    with trigger("tests_hold", body), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _counting_for_ever() -> Iterator[None]:
    """SQLite has no lock to wait for, so it counts. A trigger may not, a view may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIEW tests_for_ever AS WITH RECURSIVE ever(n) AS"
            " (SELECT 1 UNION ALL SELECT n + 1 FROM ever) SELECT count(*) AS n FROM ever"
        )
        cursor.execute(
            f"CREATE TRIGGER tests_hold BEFORE INSERT ON {TABLE}"
            " BEGIN SELECT n FROM tests_for_ever; END"
        )
        try:
            yield
        finally:
            cursor.execute("DROP TRIGGER tests_hold")
            cursor.execute("DROP VIEW tests_for_ever")


def somebody_is_held() -> bool:
    """Whether a check has claimed its contract and come as far as writing."""
    if not RecheckLease.objects.filter(held_until__isnull=False).exists():
        return False
    return _is_being_written() if connection.vendor == "sqlite" else waiting() > 0


def waiting() -> int:
    """How many on PostgreSQL wait for a lock of another's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def _is_being_written() -> bool:
    file = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as another:
        try:
            another.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        another.execute("ROLLBACK")
        return False


@contextmanager
def two_write_alerts_at_once() -> Iterator[None]:
    """On PostgreSQL, whoever is about to write an alert waits until another is too."""
    body = """
    DECLARE
      mine bigint := nextval('tests_meeting');
    BEGIN
      FOR moment IN 1..2000 LOOP
        EXIT WHEN (SELECT last_value FROM tests_meeting) >= mine + mine % 2;
        PERFORM pg_sleep(0.005);
      END LOOP;
      RETURN NEW;
    END
    """
    with connection.cursor() as cursor, trigger("tests_meet", body):
        cursor.execute("CREATE SEQUENCE tests_meeting")
        try:
            yield
        finally:
            cursor.execute("DROP SEQUENCE tests_meeting")


@contextmanager
def without_the_constraint(name: str) -> Iterator[None]:
    """The alerts' table without one of its constraints; what was written meanwhile goes with it."""
    (constraint,) = (each for each in OverrunAlert._meta.constraints if each.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(OverrunAlert, constraint)
    try:
        yield
    finally:
        OverrunAlert.all_rows.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(OverrunAlert, constraint)
