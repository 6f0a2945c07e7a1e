"""What the framework does for the site, shown on the site itself: sessions, passwords, headers."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from contracts.models import Supplier
from scrutiny.models import Statement
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import page
from tests.test_architecture import sources

PASSWORD = "correct horse battery staple"


@pytest.fixture
def ann(db):
    return factories.a_person("Ann Clark", Role.COUNCILLOR, password=PASSWORD)


# Sessions ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_signing_in_gives_a_new_session_and_signing_out_ends_it_on_the_server(ann):
    browser = Client()
    browser.get(reverse("admin:login"))
    before = browser.session.session_key
    browser.force_login(ann)
    key = browser.session.session_key
    assert key != before
    assert len(key) == 32  # Of 36 letters and digits: 165 bits.
    assert Session.objects.filter(session_key=key).exists()

    browser.post(reverse("admin:logout"))
    assert not Session.objects.filter(session_key=key).exists()
    browser.cookies[settings.SESSION_COOKIE_NAME] = key
    assert browser.get(reverse("admin:digest")).status_code == 302


@pytest.mark.django_db
def test_a_closed_account_and_a_new_password_end_what_is_open_at_the_next_request(ann):
    browser, other = signed_in(ann), signed_in(ann)
    ann.set_password("another long password")
    ann.save()
    assert browser.get(reverse("admin:digest")).status_code == 302
    again = signed_in(ann)
    ann.is_active = False
    ann.save()
    assert again.get(reverse("admin:digest")).status_code == 302
    assert other.get(reverse("admin:digest")).status_code == 302


@pytest.mark.django_db
def test_a_role_that_is_taken_away_is_gone_at_the_next_request():
    person = factories.a_person("Con Tract", Role.CONTRACT_OFFICER)
    browser = signed_in(person)
    assert browser.get(reverse("admin:claim_add")).status_code == 200
    person.groups.clear()
    assert browser.get(reverse("admin:claim_add")).status_code == 403


@pytest.mark.django_db
def test_every_page_of_whoever_is_signed_in_has_the_way_out():
    html = as_role(Role.COUNCILLOR).get(reverse("admin:digest")).content.decode()
    assert f'action="{reverse("admin:logout")}"' in html


# Passwords --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["short", "elevenchars", "password1234", "123456789012345", "ann.clark@barnet"]
)
def test_a_password_that_is_short_common_or_ones_own_address_is_refused(password, ann):
    with pytest.raises(ValidationError):
        validate_password(password, ann)


@pytest.mark.parametrize(
    "password",
    ["x" * 64 + " y" * 32, "correct horse battery staple", "þæt wæs gód cyning", "    a b c d e f"],
)
def test_any_characters_and_any_length_make_a_password_and_count_as_typed(password, ann):
    validate_password(password, ann)
    ann.set_password(password)
    ann.save()
    assert authenticate(username=ann.email, password=password) == ann
    assert authenticate(username=ann.email, password=password.upper()) is None


def test_passwords_are_kept_by_argon2():
    """The tests' own settings hash faster; these are the site's."""
    first = "django.contrib.auth.hashers.Argon2PasswordHasher"
    source = Path(settings.BASE_DIR, "barnetwatch", "settings.py").read_text()
    hashers = re.search(r"PASSWORD_HASHERS = \[(.*?)\]", source, re.DOTALL)[1]
    assert hashers.strip().startswith(f'"{first}"')
    assert Argon2PasswordHasher().encode("x", "somesalt").startswith("argon2$argon2id$")


@pytest.mark.django_db
def test_a_field_for_a_password_hides_it_and_lets_it_be_pasted(client):
    html = client.get(reverse("admin:login")).content.decode()
    field = re.search(r'<input[^>]*name="password"[^>]*>', html)[0]
    assert 'type="password"' in field
    assert "onpaste" not in field
    assert 'autocomplete="current-password"' in field


# Requests ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_form_of_another_site_is_refused_on_every_page_that_writes(ann):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ann)
    for name in ("admin:digest", "admin:calendar", "admin:logout"):
        assert browser.post(reverse(name), {"make": "1"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_methods_that_nobody_asked_for_are_not_answered(method, ann):
    answer = signed_in(ann).generic(method, reverse("admin:calendar"))
    assert answer.status_code == 405


@pytest.mark.django_db
def test_answers_are_not_kept_by_browsers_or_proxies_and_not_sniffed(ann):
    answer = signed_in(ann).get(reverse("admin:claims"))
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in answer
    policy = answer["Content-Security-Policy"]
    for rule in ("object-src 'none'", "base-uri 'none'", "form-action 'self'"):
        assert rule in policy


@pytest.mark.django_db
def test_what_was_typed_is_shown_as_text(ann):
    attack = "<script>alert(1)</script>"
    officer = signed_in(factories.a_person("Con Tract", Role.CONTRACT_OFFICER))
    supplier = Supplier.objects.create(name=attack)
    for place in (
        page(Supplier, "change", supplier.pk),
        reverse("admin:supplier", args=[supplier.pk]),
        reverse("admin:suppliers"),
        f"{reverse('admin:search')}?q={attack}",
    ):
        html = officer.get(place).content.decode()
        assert attack not in html
        assert "&lt;script&gt;" in html


@pytest.mark.django_db
def test_a_field_that_a_form_does_not_have_is_not_written(ann):
    officer = factories.a_person("Con Tract", Role.CONTRACT_OFFICER)
    sent = {
        "speaker": "Labour group",
        "words": "It is not working.",
        "contract": factories.a_contract("CSG").pk,
        "source": factories.a_source().pk,
        "recorded_by": ann.pk,
        "restriction": "confidential",
    }
    signed_in(officer).post(reverse("admin:claim_add"), sent)
    claim = Statement.objects.get()
    assert claim.recorded_by == officer
    assert claim.restriction == "open"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["admin:login", "admin:logout"])
def test_after_signing_in_one_is_led_to_no_other_site(name, ann, client):
    sent = {"username": ann.email, "password": PASSWORD, "next": "https://evil.example/"}
    answer = client.post(f"{reverse(name)}?next=https://evil.example/", sent)
    where = answer.get("Location", "/")
    assert where.startswith("/")
    assert not where.startswith("//")


# The code ---------------------------------------------------------------------------

#: Where a text is called safe or bytes are made into values, and why that may be.
TRUSTED = {
    "barnetwatch/pages/search/excerpts.py": "each piece is escaped before",
    "barnetwatch/pages/contract/drawing.py": "a drawing of our own, written by an XML library",
    "barnetwatch/pages/signing/setup.py": "a drawing of a key, written by a library",
    "costs/payments/spooling.py": "a file of this process's own, without a name on the disk",
}


def test_no_code_runs_what_was_typed_or_reads_what_could():
    """No eval, no shell, no pickle, no YAML or XML of the standard library's, no mark_safe."""
    forbidden = {"eval", "exec", "mark_safe", "pickle", "marshal", "shelve", "system", "popen"}
    found = [
        f"{file}:{node.lineno}"
        for file, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and getattr(node.func, "id", "") in forbidden)
        or (isinstance(node, ast.Attribute) and node.attr in {"system", "popen", "mark_safe"})
        or (
            isinstance(node, ast.Import | ast.ImportFrom)
            and {alias.name.split(".")[0] for alias in node.names} & {"pickle", "marshal", "shelve"}
        )
        or (isinstance(node, ast.keyword) and node.arg == "shell")
    ]
    assert {place.rpartition(":")[0] for place in found} == set(TRUSTED)


def test_every_package_is_pinned_to_one_version():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = Path(settings.BASE_DIR, name).read_text().splitlines()
        for line in filter(None, (each.split("#")[0].strip() for each in lines)):
            assert line.startswith("-r") or "==" in line, line
    assert tomllib.loads(Path(settings.BASE_DIR, "pyproject.toml").read_text())


def test_what_goes_into_the_image_leaves_out_history_keys_and_records():
    ignored = Path(settings.BASE_DIR, ".dockerignore").read_text().split()
    assert {".git", "var", ".env"} <= {line.strip("/") for line in ignored}


def test_no_secret_is_in_the_source():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    ).stdout.split()
    secret = (".env", ".key", ".pem", ".sqlite3")
    found = [name for name in listed if name.endswith(secret)]
    assert [name for name in found if not name.startswith("tests/")] == []


@pytest.mark.django_db
def test_cookies_are_for_this_site_alone(ann, client):
    client.get(reverse("admin:login"))
    client.post(reverse("admin:login"), {"username": ann.email, "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"]
        assert not cookie["domain"]
