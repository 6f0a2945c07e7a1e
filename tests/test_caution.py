"""The step at which a form asks back about personal data: on every form, losing nothing."""

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Role, User
from barnetwatch.lib import caution
from barnetwatch.lib.caution import Cautious, is_free_text
from barnetwatch.lib.forms import SiteForm
from contracts.models import Supplier
from incidents.models import Incident, IncidentDraft
from scrutiny.models import Statement
from tests import factories
from tests.actors import signed_in
from tests.forms import as_it_stands, errors, page

pytestmark = pytest.mark.django_db

#: The Data Dictionary's own example.
NHS = "943 476 5919"
WORDS = f"The bill of {NHS} was wrong."
SAID = f"“What was said”: “{NHS}” looks like an NHS number."

#: Forms whose texts are kept nowhere, or are a person's own account, with the reason.
NOT_ASKED = {
    "barnetwatch.lib.registers.FilterForm": "what is looked for is kept nowhere",
}


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


@pytest.fixture
def officer(db):
    return factories.a_person("Con Tract", Role.CONTRACT_OFFICER)


@pytest.fixture
def browser(officer):
    return signed_in(officer)


@pytest.fixture
def mosaic(db):
    return factories.a_contract("CSG")


class Told(SiteForm):
    words = forms.CharField(label="Words", widget=forms.Textarea)
    mail = forms.EmailField(required=False)


# Every form -------------------------------------------------------------------------


def every_form() -> list[type[forms.BaseForm]]:
    """Each form class of the project, imported by the site's own addresses."""
    reverse("admin:index")

    def below(cls):
        for each in cls.__subclasses__():
            yield each
            yield from below(each)

    ours = ("barnetwatch.", *(f"{config.label}." for config in apps.get_app_configs()))
    found = {each for each in below(forms.BaseForm) if f"{each.__module__}.".startswith(ours)}
    return sorted(
        (each for each in found if not each.__module__.startswith(("django.", "tests."))),
        key=lambda each: f"{each.__module__}.{each.__qualname__}",
    )


def test_every_form_with_free_text_asks_back():
    """A new form is covered by its base, or is named here with a reason."""
    without = {
        f"{form.__module__}.{form.__qualname__}"
        for form in every_form()
        if any(is_free_text(field) for field in form.base_fields.values())
        and not (issubclass(form, Cautious) and form.asks_back)
        # A part that is mixed into forms which ask.
        and form.__qualname__ not in {"Sourced", "Restricting"}
    }
    assert without - NOT_ASKED.keys() == set()
    assert len(every_form()) > 50


def test_the_parts_of_forms_are_mixed_into_forms_that_ask():
    for part in every_form():
        if part.__qualname__ in {"Sourced", "Restricting"} and "pages" in part.__module__:
            users = [each for each in every_form() if issubclass(each, part) and each is not part]
            assert users
            assert all(issubclass(each, Cautious) for each in users)


def test_every_form_of_the_back_office_asks_back():
    """What an administrator sees is made by Django from these classes, inlines included."""
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root@barnet.example", name="Root")
    asked = 0
    for model, made in admin.site._registry.items():
        if made.has_add_permission(request) or made.has_change_permission(request):
            assert issubclass(made.get_form(request), Cautious), model
            asked += 1
        for inline in made.get_inline_instances(request):
            assert issubclass(inline.get_formset(request).form, Cautious), (model, inline)
    assert asked > 20


def test_whether_a_form_asks_is_decided_in_two_places_alone():
    saying_no = {
        f"{form.__module__}.{form.__qualname__}"
        for form in every_form()
        if "asks_back" in vars(form) and not form.asks_back
    }
    assert saying_no == set(NOT_ASKED)


# One form ---------------------------------------------------------------------------


def test_each_of_several_is_named_since_a_tick_keeps_them_all():
    form = Told({"words": f"Call 020 7946 0123 about {NHS}."})

    [said] = form.errors["words"]
    assert said == (
        f"“Words”: “{NHS}” looks like an NHS number and “020 7946 0123” looks like a phone number."
        " Take them out, or tick to keep them and say why."
    )


def test_what_was_typed_stays_and_the_error_names_the_field_and_the_remedy():
    form = Told({"words": WORDS})

    assert not form.is_valid()
    assert form.errors["words"] == [
        f"“Words”: “{NHS}” looks like an NHS number. Take it out, or tick to keep it and say why."
    ]
    html = str(form["words"].as_field_group())
    assert WORDS in html
    assert 'name="words_kept"' in html
    assert 'name="words_keptwhy"' in html
    assert "govuk-textarea" in html


def test_taken_out_nothing_more_is_asked():
    form = Told({"words": "The bill of a client was wrong."})
    assert form.is_valid()
    assert "words_kept" not in str(form["words"])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"words_kept": "on"}, "Say why it must be kept in “Words”, or take it out."),
        ({"words_keptwhy": "The court's own words"}, "Take it out, or tick"),
        ({"words_kept": "on", "words_keptwhy": " "}, "Say why it must be kept"),
        ({"words_kept": "on", "words_keptwhy": NHS}, "Say why without the number"),
    ],
)
def test_kept_it_is_only_with_a_tick_and_a_reason_that_does_not_repeat_it(sent, said):
    form = Told({"words": WORDS, **sent})
    assert not form.is_valid()
    assert said in form.errors["words"][0]


def test_ticked_with_a_reason_it_is_kept_as_typed():
    form = Told({"words": WORDS, "words_kept": "on", "words_keptwhy": "The court's own words"})
    assert form.is_valid()
    assert form.cleaned_data == {"words": WORDS, "mail": ""}


def test_the_tick_and_the_reason_stay_while_another_field_is_mended():
    form = Told(
        {"words": WORDS, "words_kept": "on", "words_keptwhy": "The court said so", "mail": "x"}
    )
    assert not form.is_valid()
    html = str(form["words"])
    assert "checked" in html
    assert 'value="The court said so"' in html


def test_what_is_quoted_back_is_escaped():
    form = Told({"words": 'Mr <b>"Example"</b> Mr Example N12 8QT', "words_keptwhy": '"><script>'})
    html = str(form["words"].as_field_group())
    assert "<script>" not in html
    assert "<b>" not in html


def test_outside_a_request_nothing_is_noted_and_nothing_fails():
    assert Told({"words": WORDS, "words_kept": "on", "words_keptwhy": "Said"}).is_valid()
    assert caution.noted() == []


# On the site ------------------------------------------------------------------------


def a_claim(contract, **changed):
    return {
        "speaker": "Labour group",
        "words": WORDS,
        "is_quotation": "",
        "contract": contract.pk,
        "source": factories.a_source().pk,
        **changed,
    }


def test_a_claim_is_not_recorded_before_somebody_answers_the_warning(browser, mosaic):
    address = reverse("admin:claim_add") + f"?contract={mosaic.pk}"
    warned = browser.post(address, a_claim(mosaic))

    assert SAID in warned.content.decode()
    assert WORDS in warned.content.decode()
    assert not Statement.objects.exists()

    kept = {"words_kept": "on", "words_keptwhy": "The tribunal published it"}
    answer = browser.post(address, a_claim(mosaic, **kept), follow=True)

    assert "The claim is on the record." in answer.content.decode()
    claim = Statement.objects.get()
    assert claim.words == WORDS
    note = LogEntry.objects.get(object_id=claim.pk, change_message__startswith="Kept in")
    assert note.get_change_message() == (
        "Kept in “What was said”: an NHS number. Why: The tribunal published it"
    )
    assert NHS not in note.change_message


def test_a_reason_given_for_one_form_is_not_noted_with_the_next(browser, mosaic):
    address = reverse("admin:claim_add") + f"?contract={mosaic.pk}"
    kept = {"words_kept": "on", "words_keptwhy": "The tribunal published it"}
    browser.post(address, a_claim(mosaic, speaker="", **kept))
    browser.post(address, a_claim(mosaic, words="It is not working."))

    assert Statement.objects.count() == 1
    assert not LogEntry.objects.filter(change_message__startswith="Kept in").exists()


def test_a_failure_asked_page_by_page_keeps_the_tick_until_it_is_reported(mosaic):
    browser = signed_in(factories.a_person("In Cident", Role.INCIDENT_OFFICER))

    def step(slug):
        return reverse("admin:failure_report_step", args=[slug])

    browser.post(step("contract"), {"where": mosaic.pk})
    what = {
        "title": "Mosaic cannot bill",
        "category": "system",
        "description": WORDS,
        "severity": "major",
        "affected": "",
    }
    warned = browser.post(step("what"), what)
    assert f"“{NHS}” looks like an NHS number" in warned.content.decode()

    kept = {"description_kept": "on", "description_keptwhy": "Published by the tribunal"}
    answer = browser.post(step("what"), what | kept)
    assert answer.status_code == 302
    again = browser.get(step("what")).content.decode()
    assert "Published by the tribunal" in again
    held = IncidentDraft.objects.get().answers["what"]
    assert held["description_keptwhy"] == ["Published by the tribunal"]
    assert not Incident.objects.exists()


# In the back office -----------------------------------------------------------------


def test_the_back_office_asks_back_too_and_leaves_alone_what_stood_there(browser):
    supplier = Supplier.objects.create(name="Capita plc", note="Ring 020 8359 2000.")
    address = page(Supplier, "change", supplier.pk)
    sent = as_it_stands(browser, address)

    untouched = browser.post(address, sent | {"name": "Capita Business Services Ltd"})
    assert untouched.status_code == 302

    sent = as_it_stands(browser, address)
    warned = browser.post(address, sent | {"note": "Ring Mr Example on 07700 900123."})
    assert "looks like a phone number" in errors(warned)["note"][0]
    html = warned.content.decode()
    assert 'name="note_kept"' in html
    assert "07700 900123." in html

    kept = {"note_kept": "on", "note_keptwhy": "The supplier published it"}
    browser.post(address, sent | {"note": "Ring 07700 900123."} | kept)
    supplier.refresh_from_db()
    assert supplier.note == "Ring 07700 900123."
    assert LogEntry.objects.filter(
        object_id=supplier.pk, change_message__contains="The supplier published it"
    ).exists()


def test_only_texts_of_people_are_asked_about():
    """No choice, number, address, secret or disabled field."""
    fields = [
        forms.EmailField(),
        forms.URLField(assume_scheme="https"),
        forms.IntegerField(),
        forms.ChoiceField(),
        forms.CharField(widget=forms.PasswordInput),
        forms.CharField(disabled=True),
        forms.CharField(widget=forms.HiddenInput),
    ]
    assert not any(map(is_free_text, fields))
    assert is_free_text(forms.CharField())
