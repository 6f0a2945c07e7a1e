"""All that is held about one person: found by asking the models, and no way round the door."""

import io
import json
import zipfile

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice import journal
from accounts.models import Clearance, Role, User
from accounts.trail import Act, AuditEntry
from barnetwatch.personaldata import export as module
from barnetwatch.personaldata.export import as_json, export, keys_to_people
from barnetwatch.personaldata.named import NAMES
from scrutiny import calendars, record
from scrutiny.models import QuestionList
from tests import everything, factories
from tests.actors import as_role, signed_in
from tests.forms import page

pytestmark = pytest.mark.django_db

CANARY = "CANARY-b7f1"


@pytest.fixture
def ann(db):
    return factories.a_person("Ann Officer", Role.CONTRACT_OFFICER)


@pytest.fixture
def ada(db):
    return factories.a_person("Ada Min", Role.ADMINISTRATOR)


def of(person, reader=None):
    return json.loads(as_json(export(person, reader=reader, at=timezone.now())))


# Nothing is forgotten ---------------------------------------------------------------


def test_every_key_to_a_person_is_walked_whatever_its_model():
    """A new model with a key to a person is in the export by itself."""
    asked = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is User
    }
    walked = {(model._meta.label, key.name) for model, key in keys_to_people()}
    assert walked == asked
    assert len(asked) > 30


def test_every_row_that_a_key_leads_to_is_told():
    """One row of every kind; each key of each finds its person."""
    rows = everything.a_contract_with_everything("Plain")
    people = User.objects.all()
    told = {person.pk: of(person, person) for person in people}
    checked = 0
    for model, key in keys_to_people():
        for row in model._default_manager.exclude(**{key.name: None}):
            person = told[getattr(row, key.attname)]
            if key.name in module.ABOUT:
                assert str(model._meta.verbose_name_plural) in person["About the person"]
            else:
                did = person["What the person did"][
                    f"{model._meta.verbose_name_plural}: {key.verbose_name}"
                ]
                assert f"{model._meta.verbose_name} {row.pk}" in [each["Row"] for each in did]
            checked += 1
    assert checked > 15, rows


def test_every_column_that_may_hold_a_name_is_looked_through():
    """Those whose help says “by role”, and those called as such columns are called here."""
    called = {
        "speaker",
        "mover",
        "seconder",
        "made_by",
        "taken_by",
        "stated_by",
        "said_by",
        "party",
    }
    found = {
        (model._meta.label_lower, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.CharField)
        and (field.name in called or "by role" in str(field.help_text).lower())
    }
    named = {(label, column) for label, columns in NAMES.items() for column in columns}
    assert found <= named
    for label, columns in NAMES.items():
        for column in columns:
            apps.get_model(label)._meta.get_field(column)


# What stands in it ------------------------------------------------------------------


def test_account_clearance_subscription_sessions_and_acts_stand_under_plain_headings(ann, ada):
    Clearance.objects.create(user=ann, paragraph=1, reason="The fraud review", granted_by=ada)
    calendars.make(by=ann, at=timezone.now())
    signed_in(ann)
    contract = factories.a_contract("CSG")
    record.state(
        kind="claim",
        speaker="Ann Officer",
        words="Their words",
        source=factories.a_source(),
        by=ann,
        contract=contract,
    )
    told = of(ann, ada)

    assert told["Account"]["email address"] == ann.email
    assert told["Roles"] == ["Contract officer"]
    assert len(told["Sessions"]) == 1
    [clearance] = told["About the person"]["clearances"]
    assert clearance["reason"] == "The fraud review"
    assert clearance["granted by"] == f"person {ada.pk}"
    assert "calendar links" in told["About the person"]
    [said] = told["What the person did"]["statements: recorded by"]
    assert said["Row"].startswith("statement ")
    assert told["Where the record names the person"]["statements"][0]["speaker"] == "Ann Officer"
    assert "Their words" not in as_json(told)


def test_the_mails_that_were_sent_to_somebody_are_in_it(ada):
    rows = everything.people()
    told = [of(person, ada) for person in User.objects.filter(subscription__isnull=False)]
    assert rows
    for each in told:
        assert each["About the person"]["subscriptions"][0]["key"] == "held, not given out"


def test_no_secret_is_in_it(ann, ada):
    token = calendars.make(by=ann, at=timezone.now())
    browser = signed_in(ann)
    text = as_json(export(ann, reader=ada, at=timezone.now()))
    assert ann.password not in text
    assert token not in text
    assert browser.session.session_key not in text
    assert '"password": "held, not given out"' in text


# The door ---------------------------------------------------------------------------


def test_what_the_reader_may_not_see_is_not_in_it_and_whoever_is_cleared_finds_it(ann, ada):
    hidden = factories.a_contract("HID", **factories.exempt(1))
    record.state(
        kind="claim",
        speaker="Ann Officer",
        words=CANARY,
        source=factories.a_source(),
        by=ann,
        contract=hidden,
    )
    journal.write(ann, hidden, CHANGE, "Changed.")
    assert AuditEntry.objects.filter(by=ann, kind="scrutiny.statement").count() == 1
    without = of(ann, ada)
    assert f"contract {hidden.pk}" not in as_json(without)
    assert "scrutiny.statement" not in as_json(without)
    assert "statements: recorded by" not in without["What the person did"]
    assert without["Where the record names the person"] == {}
    assert of(ann) | {"About this export": 0} == without | {"About this export": 0}

    cleared = factories.a_person("Cle Ared", Role.ADMINISTRATOR, cleared=(1,))
    seen = of(ann, cleared)
    assert "statements: recorded by" in seen["What the person did"]
    assert "scrutiny.statement" in as_json(seen)
    assert f"contract {hidden.pk}" in as_json(seen)
    assert CANARY not in as_json(seen)


def test_the_fixed_words_tell_nobody_whether_anything_is_hidden(ann, ada):
    before = of(ann, ada)["About this export"]["Not in it"]
    hidden = factories.a_contract("HID", **factories.exempt(1))
    record.state(
        kind="claim",
        speaker="Ann Officer",
        words=CANARY,
        source=factories.a_source(),
        by=ann,
        contract=hidden,
    )
    assert of(ann, ada)["About this export"]["Not in it"] == before == list(module.LEFT_OUT)


def test_an_administrator_does_not_read_a_councillors_own_lists(ada):
    member = factories.a_councillor("Cou Member")
    QuestionList.objects.create(owner=member, occasion=CANARY)

    others = of(member, ada)
    assert CANARY not in as_json(others)
    assert others["About the person"]["question lists"] == [{"Number, read by the person alone": 1}]
    assert CANARY in as_json(of(member, member))


# The button and the command ---------------------------------------------------------


def test_an_administrator_finds_the_button_and_gets_the_file_and_it_is_noted(ann, ada):
    browser = signed_in(ada)
    address = reverse("admin:person_export", args=[ann.pk])
    assert address in browser.get(page(User, "change", ann.pk)).content.decode()
    assert "What is not in it" in browser.get(address).content.decode()
    assert not LogEntry.objects.exists()

    answer = browser.post(address, {"json": "1"})
    assert answer["Content-Disposition"] == f'attachment; filename="person-{ann.pk}.json"'
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["Account"]["name"] == "Ann Officer"
    noted = LogEntry.objects.get(object_id=ann.pk)
    assert (noted.user, noted.change_message) == (ada, "Exported what is held about them.")

    archive = zipfile.ZipFile(io.BytesIO(browser.post(address, {"zip": "1"}).content))
    assert archive.namelist() == ["personal-data.json", "READ-ME.txt"]
    assert json.loads(archive.read("personal-data.json"))["Account"]["name"] == "Ann Officer"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_nobody_else_exports_a_person(role, ann):
    browser = as_role(role)
    address = reverse("admin:person_export", args=[ann.pk])
    assert browser.get(address).status_code == 403
    assert browser.post(address).status_code == 403
    assert address not in browser.get(page(User, "change", ann.pk)).content.decode()


def test_somebody_who_does_not_exist_is_not_found(ada):
    assert signed_in(ada).get(reverse("admin:person_export", args=[999_999])).status_code == 404


def test_the_command_prints_the_same_and_writes_no_file_over_another(ann, ada, capsys, tmp_path):
    call_command("exportperson", "ANN.Officer@barnet.example")
    assert json.loads(capsys.readouterr().out)["Account"]["name"] == "Ann Officer"

    target = tmp_path / "ann.zip"
    call_command("exportperson", ann.email, "--zip", str(target), "--as", ada.email)
    assert AuditEntry.objects.filter(act=Act.EXPORTED, by=ada, row=ann.pk).count() == 1
    told = json.loads(zipfile.ZipFile(target).read("personal-data.json"))
    assert told["About this export"]["Made by"] == ada.email
    with pytest.raises(CommandError, match="Name a new file"):
        call_command("exportperson", ann.email, "--zip", str(target))
    with pytest.raises(CommandError, match="Nobody signs in as bob@"):
        call_command("exportperson", "bob@barnet.example")


def test_the_command_exports_somebody_whom_the_record_names(capsys):
    source = factories.a_source()
    record.promise(
        words="We will",
        made_by="Cllr Richard Cornelius",
        source=source,
        by=factories.the_officer(),
        contract=factories.a_contract("CSG"),
    )
    call_command("exportperson", "richard cornelius", "--named")
    told = json.loads(capsys.readouterr().out)["Where the record names the person"]
    assert told["promises"][0]["made_by"] == "Cllr Richard Cornelius"

    call_command("exportperson", "cl", "--named")
    assert json.loads(capsys.readouterr().out)["Where the record names the person"] == {}
