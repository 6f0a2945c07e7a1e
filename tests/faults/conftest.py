"""Programs, mail servers and the table of what was counted."""

from collections.abc import Callable, Iterator

import pytest

from tests.digests.conftest import a_mail_server, a_post_room, impatient, mail_server
from tests.faults.counting import Tally
from tests.faults.crew import Crew
from tests.workers.conftest import (
    a_beat,
    a_worker,
    empty_broker,
    finished,
    start,
    the_suites_own_servers,
)

__all__ = [
    "a_beat",
    "a_mail_server",
    "a_post_room",
    "a_worker",
    "finished",
    "impatient",
    "mail_server",
    "start",
]

TALLY = pytest.StashKey[Tally]()


@pytest.fixture
def tally(pytestconfig) -> Tally:
    """What is counted, to be read at the end of the run."""
    return pytestconfig.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(terminalreporter, config) -> None:
    if tally := config.stash.get(TALLY, None):
        terminalreporter.section("faults")
        for line in tally.table:
            terminalreporter.write_line(line)


@pytest.fixture
def crew(mail_server, bare_environment, tmp_path) -> Iterator[Callable[..., Crew]]:
    """A worker and a scheduler on the suite's servers, whose mail goes to the mail server."""
    empty_broker()
    environment = bare_environment | the_suites_own_servers()
    environment["VAR_DIR"] = bare_environment["VAR_DIR"]  # Beat's memory is its own.
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_server.port}"
    with Crew(environment, tmp_path) as crew:
        yield crew
    empty_broker()
