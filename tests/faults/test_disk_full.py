"""The disk fills up under SQLite, one page later each time: the page says that the record cannot
be reached, nothing is half-written, the file stays whole, and the same page sent again is done."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from barnetwatch.env import BASE_DIR
from tests.faults.counting import TIMES

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 300
#: What a page about a fault must not tell.
INTERNALS = ("Traceback", "OperationalError", "OSError", "disk I/O", "sqlite", "/tmp", ".py")  # noqa: S108


def says_it_plainly(text: str) -> bool:
    return "<h1" in text and not any(word in text for word in INTERNALS)


once_is_enough = pytest.mark.skipif(settings.SERVED, reason="the round on SQLite has a few of them")


@pytest.mark.parametrize(
    "times", [pytest.param(4, marks=once_is_enough), pytest.param(TIMES, marks=pytest.mark.faults)]
)
def test_a_full_disk_leaves_nothing_half_written(bare_environment, tmp_path, tally, times):
    database = tmp_path / "full.sqlite3"
    if connection.vendor == "sqlite":  # A copy of the suite's own needs no migration.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(database)])
    environment = bare_environment | {
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        # Half a compiled module would be kept beside its source, and be read by the next.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.fulldisk", str(times)],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])

    assert len(told) == times
    refused = [each for each in told if each["status"] != 302]
    for each in refused:
        assert each["status"] == 503
        assert "The site cannot reach its record" in each["text"]
        assert says_it_plainly(each["text"])
        assert each["is_absent"]
        assert each["again"] == 302
    for each in told:
        assert each["read"] == 200, "a page that only reads"
        assert each["integrity"] == [["ok"]]
        assert each["file_status"] in (500, 503)
        assert says_it_plainly(each["file_text"])
        assert each["file_kept"] == 0
    assert refused
    tally.count(
        *("disk full", times, "postings"),
        {each["line"] for each in told},
        [each["line"] for each in told for _ in range(each["entries"])],
        note=f"{len(refused)} pages answered 503, {times} uploads refused, integrity_check ok",
    )
