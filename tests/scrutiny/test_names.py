"""Supplier staff and officers stand by their role; whoever acts in public by their name."""

import ast
import io
import zipfile

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.trail import AuditEntry
from barnetwatch.lib.byrole import KEPT_BACK
from barnetwatch.lib.personal import holds_office, names_in
from barnetwatch.personaldata.export import as_json, export_named
from barnetwatch.record.loader import load
from scrutiny import claiming
from scrutiny.models import Promise, Statement
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import as_it_stands, page
from tests.test_architecture import sources

pytestmark = pytest.mark.django_db

NAME = "Jane Canaryson"
ROLE = "A Capita manager"


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


def said(contract, **fields):
    return claiming.claim(
        **{
            "speaker": NAME,
            "role": ROLE,
            "organisation": "Capita",
            "words": "The bills will be right.",
            "source": factories.a_source(),
            "by": factories.the_officer(),
            "contract": contract,
            **fields,
        }
    )


# What is kept ------------------------------------------------------------------------


def test_a_name_that_is_not_public_is_kept_back_and_the_role_stands_for_it(csg):
    row = said(csg)
    row.refresh_from_db()
    assert (row.speaker, row.speaker_name) == (ROLE, NAME)
    assert row.by == f"{ROLE}, Capita"
    assert NAME not in str(row)


@pytest.mark.parametrize(
    "fields",
    [
        {"speaker_public": True},
        {"speaker": "Cllr Jane Canaryson"},
        {"role": ""},
        {"speaker": "Capita", "role": "Supplier"},
    ],
)
def test_whoever_acts_in_public_and_every_organisation_is_shown_as_written(csg, fields):
    given = {"speaker": NAME, **fields}
    row = said(csg, **given)
    assert (row.speaker, row.speaker_name) == (given["speaker"], "")


def test_a_name_may_be_marked_public_later_and_is_then_shown(csg):
    row = said(csg)
    row.speaker_public = True
    row.full_clean()
    row.save()
    row.refresh_from_db()
    assert (row.speaker, row.speaker_name) == (NAME, "")


def test_a_role_that_is_put_right_does_not_cost_the_name(csg):
    row = said(csg)
    row.role = "The Capita manager"
    row.full_clean()
    assert (row.speaker, row.speaker_name) == ("The Capita manager", NAME)
    row.role = ""
    with pytest.raises(ValidationError, match="Give the role"):
        row.full_clean()


def test_the_public_record_stands_as_it_was(db):
    load(at=timezone.now())
    names = set(Statement.objects.values_list("speaker", flat=True))
    assert {"Cllr Richard Cornelius", "John Dix", "Times Series", "Barnet Post"} <= names
    assert not Statement.objects.exclude(speaker_name="").exists()


# What readers see --------------------------------------------------------------------


def texts(answer) -> str:
    """What an answer holds, a workbook's or a document's sheets unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        archive = zipfile.ZipFile(io.BytesIO(body))
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    return body.decode(errors="replace")


PLACES = (
    ("claims", [], ""),
    ("claims", [], "?sort=by"),
    ("claims", [], "?export=csv"),
    ("claims", [], "?export=xlsx"),
    ("contract", ["CSG"], ""),
    ("contract_timeline", ["CSG"], ""),
    ("scrutiny", [], ""),
    ("index", [], ""),
    ("search", [], "?q=bills"),
)


@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.AUDITOR, Role.FINANCE_OFFICER])
def test_no_page_search_or_export_shows_the_name_to_a_reader(csg, role):
    claim = said(csg)
    answer = claiming.respond(
        claim,
        speaker=NAME,
        role="The council's director of resources",
        words="They are.",
        source=claim.source,
        by=factories.the_officer(),
    )
    browser = as_role(role)
    places = [address(name, args, csg) + query for name, args, query in PLACES]
    seen = [texts(browser.get(place)) for place in [*places, claim.get_absolute_url()]]
    assert not [place for place, text in zip(places, seen, strict=False) if "Canaryson" in text]
    assert "Canaryson" not in seen[-1]
    assert ROLE in seen[-1]
    assert "director of resources" in seen[-1]
    back = browser.get(page(Statement, "change", answer.pk))
    assert "Canaryson" not in texts(back)


def address(name, args, contract):
    return reverse(f"admin:{name}", args=[contract.pk] if args else [])


def test_nothing_else_reads_the_name_that_is_kept_back():
    """So no page, export, brief, digest or calendar of today or tomorrow can show it."""
    readers = {
        file
        for file, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in KEPT_BACK)
        or (isinstance(node, ast.Constant) and node.value in KEPT_BACK)
    }
    assert readers == {
        "barnetwatch/personaldata/named.py",  # for the person themself
    }


def test_the_name_cannot_be_searched_for(csg):
    said(csg)
    browser = as_role(Role.COUNCILLOR)
    hits = [
        texts(browser.get(f"{reverse('admin:search')}?q={word}")).replace(f'value="{word}"', "")
        for word in ("Canaryson", "Nobodyson")
    ]
    assert [hit.count("The bills will be right") for hit in hits] == [0, 0]
    for place in (page(Statement, "changelist"), reverse("admin:claims")):
        found = texts(browser.get(f"{place}?q=Canaryson"))
        assert "The bills will be right" not in found


def test_those_who_keep_the_record_see_the_name_and_no_one_else_does(csg, officer):
    claim = said(csg)
    assert claim.name_for(officer) == f"{NAME} ({ROLE})"
    assert claim.name_for(factories.a_councillor()) == ROLE
    html = texts(signed_in(officer).get(claim.get_absolute_url()))
    assert f"Names kept back, which only those who keep the record see: {NAME} ({ROLE})" in html


def test_the_person_finds_themself_in_an_export_of_what_is_held(csg):
    said(csg)
    told = as_json(export_named(NAME, reader=None, at=timezone.now()))
    assert NAME in told


# On the forms ------------------------------------------------------------------------


def sent(contract, **fields):
    return {
        "speaker": NAME,
        "organisation": "Capita",
        "words": "The bills will be right.",
        "contract": contract.pk,
        "source": factories.a_source().pk,
        **fields,
    }


def test_a_name_without_a_role_is_asked_about_and_nothing_typed_is_lost(csg, officer):
    browser = signed_in(officer)
    asked = texts(browser.post(reverse("admin:claim_add"), sent(csg)))
    assert f"“{NAME}” looks like a person&#x27;s name. Write the role instead" in asked
    assert not Statement.objects.exists()

    browser.post(reverse("admin:claim_add"), sent(csg, role=ROLE))
    assert Statement.objects.get().speaker == ROLE


def test_a_name_marked_public_on_the_form_is_shown(csg, officer):
    signed_in(officer).post(reverse("admin:claim_add"), sent(csg, speaker_public="on"))
    assert Statement.objects.get().speaker == NAME


def test_the_back_office_keeps_a_name_back_too(csg, officer):
    row = said(csg, speaker=ROLE)
    browser = signed_in(officer)
    address = page(Statement, "change", row.pk)
    answer = browser.post(address, as_it_stands(browser, address) | {"speaker": NAME})
    if answer.status_code != 302:  # It asks first, as of every column that holds roles.
        kept = {"speaker_kept": "on", "speaker_keptwhy": "The role stands beside it"}
        browser.post(address, as_it_stands(browser, address) | {"speaker": NAME} | kept)
    row.refresh_from_db()
    assert (row.speaker, row.speaker_name) == (ROLE, NAME)
    # Nor is the name in the trail, whose acts stand on the claim's own page.
    assert AuditEntry.objects.exists()
    told = str(list(AuditEntry.objects.values("before", "after", "reason")))
    assert "Canaryson" not in told


def test_a_promise_asks_for_the_role_of_whoever_made_it(csg, officer):
    browser = signed_in(officer)
    form = browser.get(reverse("admin:promise_add")).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"words": "We will", "made_by": NAME, "contract": csg.pk}
    asked = texts(browser.post(reverse("admin:promise_add"), data))
    assert f"“{NAME}” looks like a person&#x27;s name" in asked
    assert not Promise.objects.exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jane Canaryson", 1),
        ("Mr A. Example, of Capita", 1),
        ("Cllr Barry Rawlings", 0),
        ("Theresa Villiers MP", 0),
        ("Director of resources", 0),
        ("Council report, as quoted by Barnet UNISON", 0),
        ("Grant Thornton", 0),
        ("Capita representative, before the audit committee", 0),
    ],
)
def test_which_texts_name_a_person(text, names):
    assert len(names_in(text)) == names


def test_a_public_office_is_known_by_its_title():
    assert holds_office("Cllr Barry Rawlings")
    assert not holds_office("Barry Rawlings")
