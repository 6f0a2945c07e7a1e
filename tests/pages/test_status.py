"""The status page: for administrators alone, and red by words as soon as something is silent."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.lib import appendonly
from contracts.models import Recheck
from costs import rechecks
from costs.models import Heartbeat
from costs.tasks import sweep
from digests.models import Content, Edition
from tests import everything
from tests.actors import as_role, signed_in, the_superuser
from tests.digests.readers import a_reader
from tests.factories import a_contract, exempt

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def browser():
    return as_role(Role.ADMINISTRATOR)


def shown(browser) -> dict[str, str]:
    """Each line of the page by its label, without its marks."""
    html = browser.get(reverse("admin:status")).content.decode()
    lines = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {label: " ".join(re.sub(r"<[^>]+>", " ", found).split()) for label, found in lines}


def is_red(line: str) -> bool:
    return "Needs action" in line


def test_it_is_there_for_administrators_and_for_nobody_else(client):
    for browser in (as_role(Role.ADMINISTRATOR), signed_in(the_superuser())):
        answer = browser.get(reverse("admin:status"))
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert reverse("admin:status") in browser.get(reverse("admin:help")).content.decode()
    for role in Role:
        if role != Role.ADMINISTRATOR:
            other = as_role(role)
            assert other.get(reverse("admin:status")).status_code == 404, role
            assert reverse("admin:status") not in other.get(reverse("admin:help")).content.decode()
    assert client.get(reverse("admin:status")).status_code == 302


def test_an_installation_in_order_says_so(browser):
    sweep()
    answer = browser.get(reverse("admin:status"))
    html = answer.content.decode()
    assert "Everything is in order." in html
    assert "<title>Status – BarnetWatch</title>" in html
    assert "Needs action" not in html
    lines = shown(browser)
    assert list(lines) == [
        "Last sweep",
        "Checks that wait",
        "Last digest",
        "Mails",
        "Newest payments file",
        "Evidence files",
        "Guards of the record",
        "Migrations",
        "Database",
        "Disk left",
    ]
    assert lines["Guards of the record"] == f"All {len(appendonly.triggers(connection))} stand."
    assert connection.display_name in lines["Database"]


def test_a_scheduler_that_was_never_heard_of_needs_somebody(browser):
    line = shown(browser)["Last sweep"]
    assert is_red(line)
    assert "never been heard of" in line
    assert "Start the worker and the scheduler again" in line


@pytest.mark.parametrize(("minutes", "red"), [(0, False), (14, False), (16, True)])
def test_a_scheduler_silent_for_a_quarter_of_an_hour_needs_somebody(browser, minutes, red):
    rechecks.heard_of(timezone.now() - minutes * MINUTE)
    line = shown(browser)["Last sweep"]
    assert is_red(line) is red
    assert ("silent for 16 minutes" in line) is red
    title = browser.get(reverse("admin:status")).content.decode()
    assert ("<title>Status: 1 thing needs action – BarnetWatch</title>" in title) is red


def test_a_sweep_that_beat_asked_for_is_heard_of_again_and_again():
    rechecks.heard_of(timezone.now() - 60 * MINUTE)
    before = Heartbeat.objects.get().beat_at
    sweep()
    sweep()
    assert Heartbeat.objects.get().beat_at > before + 59 * MINUTE


def test_a_page_that_is_opened_is_no_sign_of_the_scheduler(browser):
    shown(browser)
    assert not Heartbeat.objects.exists()


def test_checks_that_wait_too_long_need_somebody_and_hidden_ones_are_not_counted(browser):
    at = timezone.now()
    Recheck.objects.all().delete()
    hidden = a_contract(**exempt(1))
    Recheck.objects.all().delete()
    Recheck.objects.create(contract=hidden, asked_at=at - 60 * MINUTE)
    assert shown(browser)["Checks that wait"] == "None."
    contract = a_contract()
    Recheck.objects.filter(contract=contract).delete()
    Recheck.objects.create(contract=contract, asked_at=at - 5 * MINUTE)
    assert not is_red(shown(browser)["Checks that wait"])
    Recheck.objects.create(contract=contract, asked_at=at - 16 * MINUTE)
    line = shown(browser)["Checks that wait"]
    assert is_red(line)
    assert "2, the first asked for on " in line


def test_readers_who_were_not_told_of_the_last_week_need_somebody(browser):
    a_reader(since=timezone.now() - dt.timedelta(days=21))
    line = shown(browser)["Last digest"]
    assert is_red(line)
    assert "Readers who were not told of the week since: 1." in line


def test_a_mail_that_failed_needs_somebody(browser):
    assert not is_red(shown(browser)["Mails"])
    content = everything.people()[Content]
    Edition.objects.create(
        subscription=a_reader(), content=content, to="a@b.example", state=Edition.State.FAILED
    )
    line = shown(browser)["Mails"]
    assert is_red(line)
    assert "Failed: 1." in line


def test_a_missing_guard_needs_somebody(browser):
    appendonly.lift(connection)
    try:
        line = shown(browser)["Guards of the record"]
    finally:
        appendonly.install(connection)
    assert is_red(line)
    assert "manage.py migrate" in line


def test_a_migration_that_waits_needs_somebody(browser):
    MigrationRecorder(connection).migration_qs.filter(app="costs").latest("pk").delete()
    assert is_red(shown(browser)["Migrations"])


@pytest.mark.parametrize(("free", "red"), [(2 * 1024**3, False), (1024**3 - 1, True)])
def test_a_disk_that_is_nearly_full_needs_somebody(browser, monkeypatch, free, red):
    usage = SimpleNamespace(total=10 * 1024**3, free=free)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    assert is_red(shown(browser)["Disk left"]) is red


def test_it_asks_as_much_of_a_busy_installation_as_of_a_quiet_one(browser):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(browser)
        return len(queries)

    quiet = asked()
    assert quiet <= 25
    for _ in range(5):
        a_reader(a_contract())
    assert asked() == quiet
