"""What the machines that watch over the site are told."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from barnetwatch import probes


@pytest.fixture
def nobody() -> Client:
    return Client()


@pytest.fixture
def no_database(monkeypatch):
    """Whoever asks the database is told that there is none, with its address and password."""

    def refused(*args: object, **options: object) -> None:
        raise OperationalError("connection to server at 10.0.0.7, password CANARY")

    def lost() -> None:
        closed.append(True)

    closed: list[bool] = []
    monkeypatch.setattr(connection, "cursor", refused)
    monkeypatch.setattr(connection, "close", lost)
    return closed


@pytest.mark.django_db
def test_a_site_with_its_database_and_its_migrations_is_ready(nobody):
    answer = nobody.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"Ready.\n")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "text/plain"
    assert "Set-Cookie" not in answer


@pytest.mark.django_db
def test_a_site_without_its_database_is_not_ready_and_says_nothing_of_where_it_is(
    nobody, no_database
):
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.decode() == f"{probes.NO_DATABASE}\n"
    assert no_database, "a broken connection is not left for the next request"


@pytest.mark.django_db
def test_a_site_that_lives_without_its_database_is_alive_all_the_same(nobody, no_database):
    assert nobody.get("/livez").status_code == 200
    assert not no_database


@pytest.mark.django_db
def test_a_database_that_lacks_a_migration_is_not_ready_and_which_one_is_not_said(nobody):
    newest = MigrationRecorder(connection).migration_qs.filter(app="costs").latest("pk")
    newest.delete()
    assert probes.unapplied() == [("costs", newest.name)]
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.decode() == f"{probes.NOT_MIGRATED}\n"


@pytest.mark.django_db
def test_an_empty_database_is_not_ready(nobody, monkeypatch):
    monkeypatch.setattr(MigrationRecorder, "has_table", lambda recorder: False)
    assert nobody.get("/readyz").status_code == 503
