"""`manage.py loadrecord`: safe to run again, all or nothing, and who may sign in to look around."""

import datetime as dt
import re
import stat
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import secondfactor
from accounts.models import Role, User
from barnetwatch import env
from barnetwatch.lib.dates import Precision, SourceDate, counts_from, in_words
from barnetwatch.management.commands import runall
from barnetwatch.record import signins
from barnetwatch.record.loader import PUBLIC_RECORD, RECORDER, load
from barnetwatch.record.reading import Mistake, read_date
from contracts.models import Contract, Supplier
from costs import ledger, thresholds
from costs.models import CostLine, Threshold
from incidents.models import Incident
from scrutiny import record as scrutiny_record
from scrutiny.models import Statement
from tests.authenticator import code_of, enters, is_in, passes
from tests.factories import a_person, day

FILE = PUBLIC_RECORD.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Sign-ins of a test land in its own folder, and only where it asks for them."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.EMBEDDED = False


@pytest.fixture
def record(db):
    """The public record, loaded."""
    return load(at=timezone.now())


def run(**options) -> str:
    """What the command says."""
    out = StringIO()
    call_command("loadrecord", stdout=out, **options)
    return out.getvalue()


def everything() -> dict[str, list]:
    """Every row of every table."""
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models()
    }


# Loading it again -----------------------------------------------------------------------------


def test_a_second_run_changes_no_row_and_says_so(db):
    assert "     4  ledger entries\n" in run()
    before = everything()
    assert run() == "The public record is here already, all 170 rows: nothing added.\n"
    assert everything() == before


def test_a_second_run_leaves_what_officers_did_meanwhile(record):
    csg, officer = Contract.objects.get(reference="CSG"), a_person("Officer")
    line = CostLine.objects.get(title="Mosaic: new delivery partner")
    line.title = "Mosaic, second attempt"
    line.save()
    source = line.source
    source.title = "Its proper headline"
    source.save()
    ledger.reverse(line.entries.get(), reason="Another sum is right.", by=officer)
    ledger.post(
        line,
        stage="pledged",
        amount=Decimal("3000000.00"),
        effective_on=day("2018-07-19"),
        source=source,
        stated_by="The council",
        by=officer,
    )
    Statement.objects.get(speaker="Barnet Post").delete()
    thresholds.retire_threshold(Threshold.objects.filter(measure="firm").first())
    scrutiny_record.state(
        kind="claim", speaker="Anybody", words="So", source=source, by=officer, contract=csg
    )
    Incident.objects.update(restriction="confidential", restriction_reason="On terms.")
    before = everything()
    assert "nothing added" in run()
    assert everything() == before


def test_rows_that_somebody_entered_before_are_taken_over(db):
    capita = Supplier.objects.create(name="Capita", company_number="00000000")
    mark = thresholds.set_threshold(
        measure="firm", severity=Threshold.Severity.LOW, amount=Decimal(100_000)
    )
    loaded = load(at=timezone.now())
    assert (loaded.added[Supplier], loaded.added[Threshold], loaded.there) == (4, 15, 2)
    assert Supplier.objects.get(name="Capita") == capita
    assert Threshold.objects.get(measure="firm", amount=100_000) == mark
    assert "     2  here before, left as they are" in loaded.in_words


def test_a_row_added_to_the_file_is_loaded_beside_the_rest(record, tmp_path):
    longer = tmp_path / "longer.toml"
    row = '\n[[supplier]]\nkey = "new"\nname = "New Ltd"\ngroup = "capita"\n'
    longer.write_text(FILE + row, encoding="utf-8")
    assert run(file=longer) == (
        "The public record, loaded:\n     1  supplier\n   170  here before, left as they are\n"
    )
    assert str(Supplier.objects.get(name="New Ltd").group) == "Capita"


# A mistake in the file ------------------------------------------------------------------------

#: Enough of a record for a mistake to stand in.
SMALL = """
[[source]]
key = "dix"
kind = "blog"
publisher = "P"
title = "T"
[[supplier]]
key = "capita"
name = "Capita"
[[contract]]
key = "csg"
reference = "CSG"
title = "T"
supplier = "capita"
regime = "pcr2006"
[[incident]]
key = "mosaic"
title = "T"
contract = "csg"
category = "system"
severity = "major"
description = "D"
[[body]]
key = "audit"
name = "Audit Committee"
ends_on = "23 May 2023"
"""
NEW = '[[statement]]\nkey = "new"\nspeaker = "S"\nsource = "dix"\nsupplier = "capita"\n'
CLAIM = NEW + 'kind = "claim"\nwords = "W"\n'


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("[[statement]\n", "is not valid TOML"),
        ("[statements]\nkey = 1\n", "statements: write its rows under [[statements]]"),
        ('[[sauce]]\nkey = "x"\n', "[[sauce]]: there is no table of that name."),
        ('[[source]]\ntitle = "x"\n', "[[source]] row 2: it has no key."),
        (CLAIM + CLAIM, "[[statement]] new: two rows have this key."),
        (CLAIM + 'speeker = "x"\n', "[[statement]] new: “speeker” is not a word of this table."),
        (CLAIM + "recorded_by = 1\n", "[[statement]] new: “recorded_by” is not a word"),
        (NEW + 'words = "W"\n', "[[statement]] new: missing a required argument: 'kind'."),
        (NEW + 'kind = "claim"\nwords = 1\n', "[[statement]] new: words: Write it as text in quo"),
        (NEW + 'kind = "rumour"\nwords = "W"\n', "[[statement]] new: kind: Value 'rumour' is not"),
        (CLAIM + 'contract = "CSG"\n', "[[statement]] new: there is no [[contract]] CSG before it"),
        (CLAIM + 'answers = "new"\n', "[[statement]] new: there is no [[statement]] new before"),
        (CLAIM + "amount = 1.5\n", "[[statement]] new: amount: Write it as text in quotes."),
        (CLAIM + 'amount = "1e6"\n', "[[statement]] new: amount: “1e6” is not an amount"),
        (CLAIM + 'amount = "£1"\n', "[[statement]] new: A sum is given with its status"),
        (CLAIM + 'said_on = "1.5.2018"\n', "[[statement]] new: said_on: “1.5.2018” is not a date."),
        (CLAIM + "said_on = 2018-05-01\n", "[[statement]] new: said_on: Write it as text in quot"),
        (CLAIM + 'is_quotation = "yes"\n', "[[statement]] new: is_quotation: Write it as true or"),
        (
            (
                '[[contracted_sum]]\nkey = "new"\ncontract = "csg"\namount = "£1"\nsource = "dix"\n'
                'starts_on = "May 2018"\nends_on = "1 June 2018"\n'
            ),
            "[[contracted_sum]] new: starts_on: Give the day, the month and the year",
        ),
        (
            (
                '[[decision]]\nkey = "new"\nkind = "motion"\ntitle = "T"\ntext = "T"\n'
                'source = "dix"\noutcome = "agreed"\nbody = "audit"\ntaken_on = "24 May 2023"\n'
            ),
            "[[decision]] new: taken_on: Audit Committee did not exist on 24 May 2023.",
        ),
        (
            (
                '[[contract]]\nkey = "new"\nreference = "N"\ntitle = "T"\nsupplier = "capita"\n'
                'regime = "pcr2006"\nmanager = "somebody"\n'
            ),
            "[[contract]] new: “somebody”: the file names no person.",
        ),
        (
            (
                '[[incident_update]]\nkey = "new"\nincident = "mosaic"\ntext = "T"\n'
                'status_after = "lost"\n'
            ),
            "[[incident_update]] new: no act of casework leads to “lost”.",
        ),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(db, tmp_path, added, says):
    file = tmp_path / "record.toml"
    file.write_text(SMALL + added, encoding="utf-8")
    before = everything()
    with pytest.raises(CommandError) as raised:
        run(file=file)
    assert says in str(raised.value)
    assert raised.value.returncode == 2
    assert everything() == before


def test_a_file_that_cannot_be_read_is_a_sentence(db, tmp_path):
    with pytest.raises(Mistake, match=r"nowhere\.toml cannot be read: No such file"):
        load(tmp_path / "nowhere.toml", at=timezone.now())
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# £".encode("latin-1"))
    with pytest.raises(Mistake, match=r"latin\.toml is not UTF-8 text"):
        load(latin, at=timezone.now())


def test_a_row_that_names_a_deleted_one_is_a_sentence(record, tmp_path):
    Statement.objects.get(speaker="Barnet Post").delete()
    file = tmp_path / "record.toml"
    row = CLAIM.replace("claim", "response") + 'answers = "end-of-csg-2024"\n'
    file.write_text(FILE + row, encoding="utf-8")
    with pytest.raises(Mistake, match="was loaded once and has been deleted since"):
        load(file, at=timezone.now())


def test_the_program_ends_with_2(bare_environment, tmp_path):
    file = tmp_path / "record.toml"
    file.write_text("[[statement]\n")
    ended = subprocess.run(
        [sys.executable, "manage.py", "loadrecord", "--file", str(file)],
        cwd=project.BASE_DIR,
        env=bare_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "record.toml is not valid TOML" in ended.stderr
    assert "Traceback" not in ended.stderr


@given(
    st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)),
    st.sampled_from(Precision),
    st.booleans(),
)
def test_a_date_is_read_as_it_is_printed(on, precision, inferred):
    written = in_words(on, precision, inferred)
    assert read_date(written) == SourceDate(counts_from(on, precision), precision, inferred)


@pytest.mark.parametrize(
    "text", ["", "July", "25 2016", "31 June 2018", "july 2018", "Juli 2018", "[July] 2018", "0000"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValidationError, match="is not a date"):
        read_date(text)


# Somebody to sign in as -----------------------------------------------------------------------


@pytest.fixture
def embedded(db, settings) -> Path:
    """The embedded default, and where its sign-ins are kept."""
    settings.EMBEDDED = True
    return settings.VAR_DIR / signins.FILE


def password_in(file: Path) -> str:
    return re.search(r"^Password: (.+)$", file.read_text(), re.MULTILINE)[1]


def test_there_is_a_person_for_each_role(embedded, client):
    said = run()
    password = password_in(embedded)
    for role in Role:
        person = User.objects.get(email=signins.address(role))
        assert [group.name for group in person.groups.all()] == [role.value]
        assert not person.is_superuser
        assert client.login(username=person.email, password=password)
        assert f"{role.label} " in embedded.read_text()
        assert person.email in embedded.read_text()
    assert stat.S_IMODE(embedded.stat().st_mode) == 0o600
    assert list(embedded.parent.iterdir()) == [embedded]
    assert str(embedded) in said
    assert password not in said


def test_officers_among_them_sign_in_with_the_code_that_a_command_prints(embedded, capsys):
    run()
    for role in Role:
        person = User.objects.get(email=signins.address(role))
        browser = Client()
        answer = passes(browser, person, password_in(embedded))
        if role in secondfactor.REQUIRED:
            call_command("signincode")
            code, said = capsys.readouterr()
            assert "seconds more, once for each person" in said
            assert not is_in(browser)
            answer = enters(browser, code)
        assert answer.status_code == 302
        assert is_in(browser)
        assert browser.get("/").status_code == 200


def test_the_code_is_printed_on_the_embedded_default_alone(embedded, settings):
    with pytest.raises(CommandError, match="names no authenticator key"):
        call_command("signincode")
    run()
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="Only the embedded default"):
        call_command("signincode")


def test_a_file_of_an_earlier_version_is_given_a_key(embedded):
    embedded.write_text("Password: abcd-efgh-jkmn-pqrs\n")
    run()
    assert password_in(embedded) == "abcd-efgh-jkmn-pqrs"
    assert signins.key_in(embedded.parent)


def test_people_of_an_earlier_version_are_given_the_authenticator_once(embedded):
    run()
    officer = User.objects.get(email=signins.address(Role.FINANCE_OFFICER))
    auditor = User.objects.get(email=signins.address(Role.AUDITOR))
    secondfactor.take_away(officer)
    run()  # Somebody took it away meanwhile: it stays away.
    assert not secondfactor.has(officer)
    embedded.write_text(f"Password: {password_in(embedded)}\n")
    run()
    assert secondfactor.matching(officer, code_of(signins.key_in(embedded.parent)))
    assert not secondfactor.has(auditor)


def test_a_second_run_neither_changes_the_password_nor_prints_it(embedded):
    run()
    before, kept = everything(), embedded.read_text()
    assert kept not in run()
    assert embedded.read_text() == kept
    assert everything() == before


def test_somebody_taken_away_stays_away(embedded):
    run()
    User.objects.get(email=signins.address(Role.FINANCE_OFFICER)).delete()
    embedded.unlink()
    run()
    assert not User.objects.filter(email=signins.address(Role.FINANCE_OFFICER)).exists()
    assert not embedded.exists()


def test_a_new_database_takes_the_password_that_the_file_has(embedded):
    run()
    password = password_in(embedded)
    User.objects.filter(email__in=[signins.address(role) for role in Role]).delete()
    run()
    assert password_in(embedded) == password
    assert User.objects.get(email=signins.address(Role.AUDITOR)).check_password(password)


def test_a_file_without_a_password_is_a_sentence(embedded):
    embedded.write_text("Nothing\n")
    with pytest.raises(CommandError, match=r"sign-in\.txt names no password") as raised:
        run()
    assert raised.value.returncode == 2
    assert embedded.read_text() == "Nothing\n"


def test_two_first_runs_make_two_passwords(embedded):
    signins.make(embedded.parent)
    first = password_in(embedded)
    embedded.unlink()
    User.objects.filter(email__in=[signins.address(role) for role in Role]).delete()
    signins.make(embedded.parent)
    assert password_in(embedded) != first


def test_a_served_site_gets_no_sign_ins(db, settings):
    settings.EMBEDDED = False
    run()
    assert list(User.objects.values_list("email", flat=True)) == [RECORDER]
    assert list(settings.VAR_DIR.iterdir()) == []


@pytest.mark.parametrize("embedded", [True, False])
def test_the_password_is_printed_on_the_embedded_default_only(settings, embedded):
    settings.EMBEDDED = embedded
    (settings.VAR_DIR / signins.FILE).write_text("Password: abcd\n")
    out = StringIO()
    runall.Command(stdout=out).say_where()
    assert ("abcd" in out.getvalue()) is embedded


@pytest.mark.parametrize(
    ("environ", "embedded"),
    [
        ({}, True),
        ({"PORT": "8001"}, True),
        ({"DATABASE_URL": ""}, True),
        ({"EMAIL_URL": "smtp://mail.example"}, True),
        ({"DATABASE_URL": "postgres://u@h/n", "SECRET_KEY": "k"}, False),
        ({"DATABASE_URL": "sqlite:///var/other.sqlite3", "SECRET_KEY": "k"}, False),
        ({"REDIS_URL": "redis://localhost:6379/0"}, False),
        ({"SITE_URL": "https://barnetwatch.example.gov.uk"}, False),
        ({"ALLOWED_HOSTS": "barnetwatch.example.gov.uk"}, False),
    ],
)
def test_what_counts_as_the_embedded_default(tmp_path, environ, embedded):
    assert env.read({"VAR_DIR": str(tmp_path), **environ}).embedded is embedded
