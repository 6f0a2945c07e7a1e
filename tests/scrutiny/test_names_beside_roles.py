"""Whoever promised, decided, measured or is concerned stands by role, as speakers do."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.trail import AuditEntry
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.byrole import BY_ROLE, KEPT_BACK, ByRole
from barnetwatch.lib.once import new_token
from barnetwatch.personaldata.export import as_json, export_named
from barnetwatch.personaldata.named import NAMES
from barnetwatch.record.loader import load
from contracts import register
from contracts.models import Measurement
from scrutiny import claiming, promises, record
from scrutiny.models import ClaimParty, Decision, Promise, PromiseChange
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import as_it_stands, page
from tests.pages.test_commitments import a_commitment
from tests.scrutiny.test_names import NAME, ROLE, said, texts

pytestmark = pytest.mark.django_db

WORDS = "It will be done by spring."


def made(contract, **fields):
    return record.promise(
        words=WORDS,
        contract=contract,
        source=factories.a_source(),
        by=factories.the_officer(),
        **{"made_by": NAME, "made_by_role": ROLE, "organisation": "Capita", **fields},
    )


def taken(contract, **fields):
    return record.decide(
        kind="delegated",
        title="A partner is paid",
        text=WORDS,
        outcome="agreed",
        contract=contract,
        source=factories.a_source(),
        by=factories.the_officer(),
        **{"taken_by": NAME, "taken_by_role": ROLE, **fields},
    )


def concerned(contract, **fields):
    claim = said(contract, speaker="Labour group", role="", words=WORDS)
    return claiming.concern(
        claim, by=factories.the_officer(), **{"party": NAME, "party_role": ROLE, **fields}
    )


def measured(contract, **fields):
    return register.measure(
        a_commitment(contract, f"Recovery {Measurement.objects.count()}"),
        how="declared",
        value=50,
        note=WORDS,
        source=factories.a_source(),
        by=factories.the_officer(),
        **{"said_by": NAME, "said_by_role": ROLE, **fields},
    )


KINDS = {Promise: made, Decision: taken, ClaimParty: concerned, Measurement: measured}
each_kind = pytest.mark.parametrize("model", KINDS, ids=lambda model: model.__name__)


def on_its_page(row) -> str:
    for name in ("claim", "commitment"):
        row = getattr(row, name, row)
    return row.get_absolute_url()


def stands(row) -> tuple[str, str]:
    row.refresh_from_db()
    return getattr(row, row.who.shown), getattr(row, row.who.name)


# What is kept ------------------------------------------------------------------------


@each_kind
def test_the_role_stands_where_readers_look_and_the_name_is_kept_back(csg, model):
    row = KINDS[model](csg)
    assert stands(row) == (ROLE, NAME)
    assert row.by.startswith(ROLE)
    assert NAME not in str(row)


@each_kind
def test_whoever_acts_in_public_is_shown_by_name_and_role(csg, model):
    row = KINDS[model](csg, **{model.who.public: True})
    assert stands(row) == (NAME, "")
    assert row.by.startswith(f"{NAME}, {ROLE}")


@each_kind
def test_a_public_office_is_shown_and_a_role_alone_stays_as_it_is(csg, model):
    councillor = KINDS[model](csg, **{model.who.shown: "Cllr Jane Canaryson"})
    assert stands(councillor) == ("Cllr Jane Canaryson", "")
    alone = KINDS[model](csg, **{model.who.shown: "Director of Resources", model.who.role: ""})
    assert stands(alone) == ("Director of Resources", "")


@each_kind
def test_the_tick_may_come_and_go_and_the_role_put_right_costs_no_name(csg, model):
    row = KINDS[model](csg)
    for ticked, role, shown in (
        (True, ROLE, NAME),
        (False, ROLE, ROLE),
        (False, "A head", "A head"),
    ):
        setattr(row, model.who.public, ticked)
        setattr(row, model.who.role, role)
        row.full_clean()
        assert getattr(row, model.who.shown) == shown
    assert getattr(row, model.who.name) == NAME
    setattr(row, model.who.role, "")
    with pytest.raises(ValidationError, match="Give the role"):
        row.full_clean()


def test_every_column_that_says_who_keeps_a_name_back_or_is_append_only():
    """A new one is noticed here: by the names that such columns have."""
    keeping = {model for model in apps.get_models() if issubclass(model, ByRole)}
    for model in keeping:
        assert {model.who.shown, model.who.role} <= BY_ROLE
        assert model.who.name in KEPT_BACK
        assert {model.who.shown, model.who.name} <= set(NAMES[model._meta.label_lower])
    by_role_alone = {
        model._meta.label_lower
        for model in set(apps.get_models()) - keeping
        for each in model._meta.concrete_fields
        if each.name in BY_ROLE and isinstance(each, models.CharField) and not each.choices
    }
    assert by_role_alone == {
        "contracts.servicecredit",
        "costs.costentry",
        "scrutiny.claimstate",
        "scrutiny.promisechange",
    }
    assert all(issubclass(apps.get_model(each), AppendOnly) for each in by_role_alone)


def test_a_date_that_nobody_is_said_to_have_given_is_given_by_a_post(csg):
    director = factories.a_person("Con Tract", Role.CONTRACT_OFFICER, job_title="Head of contracts")
    promises.give_date(
        made(csg), due_on=factories.day("2019-01-29"), reason="Asked for.", by=director
    )
    assert PromiseChange.objects.get().said_by == "Head of contracts"


# What readers see --------------------------------------------------------------------

PLACES = [
    *((name, query) for name in ("promises", "decisions", "claims", "commitments")
      for query in ("", "?export=csv", "?export=xlsx")),
    ("contract", ""),
    ("contract_timeline", ""),
    ("scrutiny", ""),
    ("index", ""),
    ("search", "?q=spring"),
]  # fmt: skip


@each_kind
@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.AUDITOR, Role.FINANCE_OFFICER])
def test_no_page_search_export_or_history_shows_the_name_to_a_reader(csg, model, role):
    row = KINDS[model](csg)
    browser = as_role(role)
    places = [
        reverse(f"admin:{name}", args=[csg.pk] if name.startswith("contract") else []) + query
        for name, query in PLACES
    ]
    filed = AuditEntry.objects.get(kind=model._meta.label_lower, row=row.pk)
    places.append(reverse("admin:history", args=[filed.filed_kind, filed.filed_row]))
    places.append(on_its_page(row))
    if model is not ClaimParty:
        places += [page(model, "changelist"), page(model, "change", row.pk)]
    shown = {place: texts(browser.get(place)) for place in places}
    assert not [place for place, text in shown.items() if "Canaryson" in text]
    assert ROLE in shown[on_its_page(row)]


@each_kind
def test_the_name_finds_nothing(csg, model):
    KINDS[model](csg)
    browser = as_role(Role.CONTRACT_OFFICER)
    for name in ("search", "promises", "decisions", "claims"):
        assert WORDS not in texts(browser.get(f"{reverse(f'admin:{name}')}?q=Canaryson"))
    if model is not ClaimParty:
        found = texts(browser.get(f"{page(model, 'changelist')}?q=Canaryson"))
        assert ROLE not in found


@each_kind
def test_whoever_may_change_it_reads_the_name_on_its_page(csg, officer, model):
    row = KINDS[model](csg)
    assert row.name_for(officer) == f"{NAME} ({ROLE})"
    assert row.name_for(factories.a_councillor()) == ROLE
    html = texts(signed_in(officer).get(on_its_page(row)))
    assert f"Names kept back, which only those who keep the record see: {NAME} ({ROLE})" in html


@each_kind
def test_a_name_that_is_public_stands_on_its_page_and_is_found(csg, model):
    row = KINDS[model](csg, **{model.who.public: True})
    browser = as_role(Role.COUNCILLOR)
    html = texts(browser.get(on_its_page(row)))
    assert NAME in html
    assert ROLE in html or model is ClaimParty
    assert "Names kept back" not in html
    if model is not ClaimParty:  # A claim is searched by what it says.
        browser = as_role(Role.CONTRACT_OFFICER)
        assert NAME in texts(browser.get(f"{page(model, 'changelist')}?q=Canaryson"))


@each_kind
def test_the_audit_trail_holds_no_name_and_the_person_finds_themself(csg, model):
    row = KINDS[model](csg)
    if model is Decision:
        record.amend(row, by=factories.the_officer(), taken_by="Jane Canaryson-Brown")
        assert row.taken_by_name == "Jane Canaryson-Brown"
    trail = AuditEntry.objects.filter(kind=model._meta.label_lower)
    assert trail.exists()
    assert "Canaryson" not in str(list(trail.values("before", "after", "reason")))
    assert NAME in as_json(export_named(NAME, reader=None, at=timezone.now()))


# On the forms ------------------------------------------------------------------------


def fields_of(form, **given):
    data = {name: form[name].value() for name in form.fields}
    return {"token": new_token(), **{name: data[name] for name in data if data[name]}, **given}


def forms(contract):
    """Each kind's form on the site: its address, and what it is sent besides who it was."""
    source = factories.a_source().pk
    claim = said(contract, speaker="Labour group", role="")
    what = {"contract": contract.pk, "source": source}
    told = {"title": "Paid", "kind": "delegated", "outcome": "agreed", "text": WORDS}
    found = {"found": "value", "value": "50", "how": "declared", "source": source}
    commitment = a_commitment(contract)
    return {
        Promise: (reverse("admin:promise_add"), what | {"words": WORDS}),
        Decision: (reverse("admin:decision_add"), what | told),
        ClaimParty: (reverse("admin:claim_concerns", args=[claim.pk]), {}),
        Measurement: (reverse("admin:commitment_measure", args=[commitment.pk]), found),
    }


@each_kind
def test_the_form_asks_back_and_takes_the_role_or_the_tick(csg, officer, model):
    browser, who = signed_in(officer), model.who
    address, given = forms(csg)[model]
    given |= {who.shown: NAME}

    def send(**more):
        form = browser.get(address).context["form"]
        return texts(browser.post(address, fields_of(form, **given, **more)))

    assert f"“{NAME}” looks like a person&#x27;s name. Write the role instead" in send()
    assert "looks like a person&#x27;s name" in send(**{who.role: "Mr John Canaryson"})
    assert not model.objects.exists()
    send(**{who.role: ROLE})
    assert stands(model.objects.get()) == (ROLE, NAME)
    model.objects.all().delete()
    send(**{who.role: ROLE, who.public: "on"})
    assert stands(model.objects.get()) == (NAME, "")


@pytest.mark.parametrize("model", [Promise, Decision, Measurement])
def test_the_back_office_keeps_a_name_back_and_takes_a_public_one_back(csg, officer, model):
    row, who = KINDS[model](csg, **{model.who.public: True}), model.who
    browser = signed_in(officer)
    address = page(model, "change", row.pk)
    sent = as_it_stands(browser, address)
    del sent[who.public]
    browser.post(address, sent)
    assert stands(row) == (ROLE, NAME)
    browser.post(address, as_it_stands(browser, address) | {who.shown: "Jane Othersby"})
    assert stands(row) == (ROLE, "Jane Othersby")


@pytest.mark.parametrize("name", [NAME, "Zoltan Quux"])
def test_a_name_whose_tick_is_taken_away_without_a_role_is_asked_about(csg, officer, name):
    row = taken(csg, taken_by=name, taken_by_public=True, taken_by_role="")
    browser = signed_in(officer)
    address = page(Decision, "change", row.pk)
    sent = as_it_stands(browser, address)
    del sent["taken_by_public"]
    assert "looks like a person&#x27;s name" in texts(browser.post(address, sent))
    assert stands(row) == (name, "")
    browser.post(address, sent | {"taken_by": "Director of Resources"})
    assert stands(row) == ("Director of Resources", "")


def test_where_only_a_role_can_stand_the_form_asks_back(csg, officer):
    claim = said(csg, speaker="Labour group", role="")
    address = reverse("admin:claim_state", args=[claim.pk])
    browser = signed_in(officer)
    given = {"state": "disputed", "stated_by": NAME, "reason": "No.", "source": claim.source.pk}
    form = browser.get(address).context["form"]
    asked = texts(browser.post(address, fields_of(form, **given)))
    assert "looks like a person&#x27;s name" in asked
    assert not claim.states.exists()


# In a file of the record -------------------------------------------------------------

FILE = """
[[source]]
key = "a"
kind = "council"
title = "Report"
publisher = "London Borough of Barnet"

[[supplier]]
key = "capita"
name = "Capita"

[[contract]]
key = "csg"
reference = "CSG"
title = "Customer and Support Group"
regime = "pcr2006"
supplier = "capita"
source = "a"

[[promise]]
key = "p"
words = "It will be done by spring."
made_by = "Jane Canaryson"
made_by_public = true
made_by_role = "A Capita manager"
contract = "csg"
source = "a"
"""


@pytest.mark.parametrize(("public", "shown"), [("true", (NAME, "")), ("false", (ROLE, NAME))])
def test_a_file_says_whether_somebody_acts_in_public(tmp_path, db, public, shown):
    file = tmp_path / "record.toml"
    file.write_text(FILE.replace("= true", f"= {public}"), encoding="utf-8")
    load(file, at=timezone.now())
    assert stands(Promise.objects.get()) == shown


def test_the_public_record_keeps_no_name_back(db):
    load(at=timezone.now())
    for model in KINDS:
        assert not model.objects.exclude(**{model.who.name: ""}).exists()
