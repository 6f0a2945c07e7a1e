"""What the environment may say, what it may not, and that the site people reach is locked."""

import multiprocessing
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from barnetwatch import env

KEY = "k" * 20 + "0123456789-abcdefghijklmnopqrstuvwxyz"


def read(tmp_path: Path, **variables: str) -> env.Environment:
    return env.read({"VAR_DIR": str(tmp_path / "var"), **variables})


def test_nothing_set_gives_a_sqlite_file_files_of_mail_and_no_redis(tmp_path):
    found = read(tmp_path)

    assert found.database["NAME"] == tmp_path / "var" / "db.sqlite3"
    assert found.email["EMAIL_FILE_PATH"] == str(tmp_path / "var" / "mail")
    assert found.redis_url == ""
    assert found.site_url == "http://localhost:8000"
    assert not found.debug


def test_evidence_lies_under_var_unless_another_storage_is_named(tmp_path):
    found = read(tmp_path).evidence_storage
    assert found["BACKEND"] == "django.core.files.storage.FileSystemStorage"
    assert found["OPTIONS"]["location"] == tmp_path / "var" / "files" / "evidence"
    other = '{"BACKEND": "django.core.files.storage.InMemoryStorage"}'
    found = read(tmp_path, EVIDENCE_STORAGE=other).evidence_storage
    assert found == {"BACKEND": "django.core.files.storage.InMemoryStorage"}


def test_a_storage_that_cannot_be_used_is_said_at_the_start(settings):
    from barnetwatch.checks import evidence_has_a_place

    assert list(evidence_has_a_place(None)) == []
    for named in (
        {"BACKEND": "storages.nowhere.AzureStorage", "OPTIONS": {"secret": "s3cret"}},
        {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"bucket": "s3cret"}},
    ):
        settings.STORAGES = {**settings.STORAGES, "evidence": named}
        [said] = evidence_has_a_place(None)
        assert said.id == "barnetwatch.E006"
        assert "s3cret" not in str(said)


def test_a_kind_to_throw_away_that_there_is_not_is_said_at_the_start(settings):
    from barnetwatch.checks import what_is_thrown_away_has_a_name

    for named in ([], ["history"], ["question-lists", "history"]):
        settings.RETAIN_ALSO = named
        assert list(what_is_thrown_away_has_a_name(None)) == []
    settings.RETAIN_ALSO = ["history", "histroy"]
    [said] = what_is_thrown_away_has_a_name(None)
    assert said.id == "barnetwatch.E008"
    assert "“histroy”" in said.msg
    assert "question-lists, history" in said.msg


def test_an_empty_value_counts_as_unset(tmp_path):
    assert read(tmp_path, REDIS_URL="", DATABASE_URL=" ", EMAIL_URL="", PORT="") == read(tmp_path)


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({"DATABASE_URL": "mysql://u:s3cret@h/n"}, "postgres://USER:PASSWORD@HOST:5432/NAME"),
        ({"DATABASE_URL": "postgres://u:s3cret@h:5432/", "SECRET_KEY": KEY}, "names no database"),
        ({"DATABASE_URL": "postgres://u:s3/cret@h/n"}, "%2F"),
        ({"DATABASE_URL": "postgres://h/n"}, "secrets.token_urlsafe"),
        ({"DATABASE_URL": "sqlite://"}, "sqlite:///PATH"),
        ({"DATABASE_URL": "sqlite://:memory:"}, "sqlite:///PATH"),
        ({"REDIS_URL": "localhost:6379"}, "redis://HOST:6379/0"),
        ({"REDIS_URL": "http://:s3cret@h"}, "redis://HOST:6379/0"),
        ({"EVIDENCE_STORAGE": "s3://s3cret"}, '{"BACKEND": "storages.backends.azure_storage'),
        ({"EVIDENCE_STORAGE": '["s3cret"]'}, "leave it out to keep evidence in VAR_DIR"),
        ({"EVIDENCE_STORAGE": '{"BACKEND": 1}'}, "names no storage"),
        ({"EMAIL_URL": "imap://u:s3cret@h"}, "smtp+tls://USER:PASSWORD@HOST:587"),
        ({"EMAIL_URL": "smtp://"}, "smtp+tls://USER:PASSWORD@HOST:587"),
        ({"EMAIL_URL": "smtp://u:s3/cret@h"}, "%2F"),
        ({"SITE_URL": "barnet.example"}, "https://barnetwatch.example.gov.uk"),
        ({"SITE_URL": "https://barnet.example/watch"}, "without a path"),
        ({"DEBUG": "maybe"}, "1 or 0"),
        ({"PORT": "70000"}, "1 to 65535"),
    ],
)
def test_an_unusable_value_is_refused_with_its_name_and_the_remedy(tmp_path, variables, remedy):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(tmp_path, **variables)

    message = str(refusal.value)
    assert re.match(f"{next(iter(variables))}|SECRET_KEY", message)
    assert remedy in message
    assert "s3" not in message  # The password.


def test_a_var_dir_that_cannot_be_made_is_refused_by_name(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ImproperlyConfigured, match=r"^VAR_DIR .* cannot be made"):
        env.read({"VAR_DIR": str(tmp_path / "file" / "var")})


def test_a_sqlite_address_needs_no_other_setting(tmp_path):
    database = tmp_path / "record.db"
    found = read(tmp_path, DATABASE_URL=f"sqlite:///{database}")

    assert found.database["NAME"] == database
    key_file = tmp_path / "record.db.secret-key"
    assert key_file.read_text() == found.secret_key
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert read(tmp_path, DATABASE_URL=f"sqlite:///{database}").secret_key == found.secret_key


def test_a_relative_sqlite_address_is_counted_from_the_project(tmp_path):
    found = read(tmp_path, DATABASE_URL="sqlite:///var/x.db", SECRET_KEY=KEY)

    assert found.database["NAME"] == env.BASE_DIR / "var" / "x.db"


def test_processes_that_start_together_share_one_key(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(key_beside, [str(tmp_path / "db")] * 16)

    assert len(set(keys)) == 1
    assert len(keys[0]) > 50
    assert [path.name for path in tmp_path.iterdir()] == ["db.secret-key"]


def key_beside(database: str) -> str:
    return env.secret_key({"ENGINE": "django.db.backends.sqlite3", "NAME": database})


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp://mail.example:1025", 1025, False, False),
        ("smtp+tls://mail.example", 587, True, False),
        ("smtps://mail.example", 465, False, True),
    ],
)
def test_a_mail_address_says_how_to_encrypt(tmp_path, url, port, tls, ssl):
    email = read(tmp_path, EMAIL_URL=url).email

    assert (email["EMAIL_HOST"], email["EMAIL_PORT"]) == ("mail.example", port)
    assert (email["EMAIL_USE_TLS"], email["EMAIL_USE_SSL"]) == (tls, ssl)


def test_a_mail_password_may_hold_any_character(tmp_path):
    email = read(tmp_path, EMAIL_URL="smtps://a%40b.example:p%2Fw%3A%40@mail.example").email

    assert email["EMAIL_HOST_USER"] == "a@b.example"
    assert email["EMAIL_HOST_PASSWORD"] == "p/w:@"


def test_a_site_that_others_reach_answers_to_its_own_name_only(tmp_path):
    found = read(tmp_path, SITE_URL="https://barnet.example", SECRET_KEY=KEY)

    assert found.allowed_hosts == ["barnet.example"]
    assert found.csrf_trusted_origins == ["https://barnet.example"]
    assert "127.0.0.1" in read(tmp_path).allowed_hosts


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=env.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def compose_environment() -> dict[str, str]:
    """What docker-compose.yml gives the site, with a filled-in .env."""
    filled_in = {
        "SITE_URL": "https://barnetwatch.example.gov.uk",
        "SECRET_KEY": KEY,
        "POSTGRES_PASSWORD": "some-long-random-password",
    }

    def replacement(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        return filled_in[name] if kind == ":?" else filled_in.get(name, default)

    services = yaml.safe_load((env.BASE_DIR / "docker-compose.yml").read_text())["services"]
    return {
        name: re.sub(r"\$\{(\w+)(:[?-])([^}]*)\}", replacement, value)
        for name, value in services["web"]["environment"].items()
    }


def test_the_composed_site_passes_djangos_deployment_check(bare_environment):
    checked = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        environment=bare_environment | compose_environment(),
    )

    assert checked.returncode == 0, checked.stderr
    assert "no issues (0 silenced)" in checked.stdout


@pytest.mark.parametrize(
    ("variables", "identity"),
    [
        ({"SECRET_KEY": "short"}, "barnetwatch.E004"),
        ({"DEBUG": "1"}, "barnetwatch.E003"),
        ({"SITE_URL": "http://barnet.example"}, "barnetwatch.W002"),
    ],
)
def test_a_site_that_others_reach_is_not_started_unlocked(bare_environment, variables, identity):
    checked = manage(
        *("check", "--fail-level", "WARNING"),
        environment=bare_environment | compose_environment() | variables,
    )

    assert checked.returncode == 1
    assert identity in checked.stderr


def test_a_sqlite_address_alone_is_enough_to_migrate_and_check(bare_environment, tmp_path):
    alone = bare_environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}

    migrated = manage("migrate", "--verbosity", "0", environment=alone)
    assert migrated.returncode == 0, migrated.stderr
    checked = manage("check", "--database", "default", "--fail-level", "INFO", environment=alone)
    assert checked.returncode == 0, checked.stderr
    assert (tmp_path / "record.db").stat().st_size
