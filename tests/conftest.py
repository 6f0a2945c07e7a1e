import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from barnetwatch.lib.appendonly import lifted

# A shared machine is slow at times; that is no failure of a property.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if settings.SERVED:
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL and Redis: the second round of `make test`")
    for item in items:
        if item.get_closest_marker("served"):
            item.add_marker(skip)


@pytest.fixture(autouse=True, scope="session")
def guards_let_the_suite_empty_its_tables():
    """A test that commits is undone by emptying every table, which the guards refuse."""
    with pytest.MonkeyPatch.context() as patch:
        empty = TransactionTestCase._fixture_teardown

        def empty_unguarded(self):
            with lifted(connection):
                empty(self)

        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_unguarded)
        yield


@pytest.fixture(autouse=True)
def letters_arrive_at_once(monkeypatch, request):
    """A letter that is sent beside the answer is in the outbox when the answer is there."""
    if "letters_take_their_time" not in request.fixturenames:
        monkeypatch.setattr("accounts.letters.later", lambda send: send())


@pytest.fixture
def letters_take_their_time() -> None:
    """Letters are sent as they are on the site."""


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(pytestconfig) -> Callable[[str], None]:
    """Something measured, to be read at the end of the run."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter, config) -> None:
    for number, sentence in enumerate(config.stash.get(FIGURES, [])):
        if number == 0:
            terminalreporter.section("measured")
        terminalreporter.write_line(sentence)


@pytest.fixture
def bare_environment(tmp_path) -> dict[str, str]:
    """For a program of its own: this process's environment without BarnetWatch's settings,
    and a VAR_DIR that nobody else has."""
    kept = ("HOME", "LANG", "PATH", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environment, "VAR_DIR": str(tmp_path / "var")}


@pytest.fixture
def evidence(settings, tmp_path) -> Path:
    """A storage of evidence of this test's own: the folder it is in."""
    kept, where = settings.STORAGES["evidence"], tmp_path / "evidence"
    options = {**kept["OPTIONS"], "location": where}
    settings.STORAGES = {**settings.STORAGES, "evidence": {**kept, "OPTIONS": options}}
    return where
