"""A form that is sent twice, or by fifty at once, makes one row; the second is led to it."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.backoffice import ReadOnlyAdmin, RecordAdmin
from accounts.models import Role, User
from barnetwatch.env import BASE_DIR
from barnetwatch.lib.once import new_token
from contracts.models import Award
from incidents.models import IncidentUpdate
from scrutiny.models import Body, Meeting, Promise
from tests import factories
from tests.actors import signed_in
from tests.forms import opened, page
from tests.test_admin_writes import ADDED, officers, rows, typed  # noqa: F401
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

LISTS = {
    f"{name}-{count}_FORMS": 0
    for name in ("costs", "responses", "changes")
    for count in ("TOTAL", "INITIAL")
}
TEMPLATES = [*BASE_DIR.glob("*/templates/**/*.html")]
#: Pages that post without a token, and why sending one twice does no harm.
HARMLESS = {
    "admin/versions.html": "it sends along the token of the form before it",
    "registration/password_change_form.html": "the same password again",
    "registration/password_reset_confirm.html": "the same password; its link holds once",
    "registration/password_reset_form.html": "a mail that asked for is sent again",
    "site/access/request.html": "takes back one's own request, under its lock",
    "site/calendar.html": "a person has one link",
    "site/costs/form.html": "asks only; the page that confirms carries it",
    "site/failures/question.html": "a person has one draft",
    "site/failures/start.html": "a person has one draft",
    "site/header.html": "signs out",
    "site/login.html": "signs in",
    "site/payments/allocate.html": "asks only; the page that confirms carries it",
    "site/payments/cancel.html": "an import is cancelled once, under its lock",
    "site/payments/correct.html": "the same reading of the file again",
    "site/payments/preview.html": "an import is confirmed once, under its lock",
    "site/payments/release.html": "asks only; the page that confirms carries it",
    "site/payments/unallocated.html": "asks only; the page that confirms carries it",
    "site/person_export.html": "hands over a file; each handing over is an act of its own",
    "site/questions/answer.html": "a note is settled once, under its lock",
    "site/questions/asked.html": "a question has one note",
    "site/questions/change.html": "the same body and day again",
    "site/questions/edit.html": "the same words again",
    "site/questions/list.html": "moves and removes; both say where it stands",
    "site/questions/proposed.html": "a question is picked once",
    "site/signing/again.html": "asks for the password once more",
    "site/signing/code.html": "a code is right once",
    "site/signing/invited.html": "the same password; its link holds once",
    "site/signing/recovery.html": "ten other codes; those before stop working",
    "site/signing/sessions.html": "ended is ended",
    "site/signing/set_up.html": "a code is right once",
    "site/signing/turn_off.html": "off is off",
    "site/writing/versions.html": "it sends along the token of the form before it",
    "digests/following.html": "a person has one subscription",
    "digests/unsubscribe.html": "stopped is stopped",
}


def test_every_form_that_writes_carries_a_token_or_says_why_it_needs_none():
    without = {
        str(file).rsplit("/templates/", 1)[1]
        for file in TEMPLATES
        if re.search(r'<form[^>]*method="post"', text := file.read_text())
        and 'name="token"' not in text
    }
    assert without == HARMLESS.keys()


def test_every_add_form_of_the_back_office_carries_a_token_of_its_own():
    browser = signed_in(factories.a_person("Root", is_staff=True, is_superuser=True))
    seen = set()
    for model, own in admin.site._registry.items():
        assert isinstance(own, RecordAdmin), f"{model} has no admin of this house"
        answer = browser.get(page(model, "add"))
        if answer.status_code == 403:
            continue
        seen.add(answer.context["token"])
        assert f'name="token" value="{answer.context["token"]}"' in answer.content.decode()
    adders = [each for each in admin.site._registry.values() if not isinstance(each, ReadOnlyAdmin)]
    assert 0 < len(adders) <= len(seen) + 2


@pytest.mark.parametrize(("role", "model", "fields", "expected"), ADDED)
def test_an_add_form_sent_twice_adds_one_row(rows, officers, role, model, fields, expected):  # noqa: F811
    browser = signed_in(officers[role])
    where = page(model, "add")
    sent = typed(rows, fields) | LISTS | opened(browser, where)
    before = set(model.all_rows.values_list("pk", flat=True))

    assert browser.post(where, sent).status_code == 302
    second = browser.post(where, sent)

    row = model.all_rows.exclude(pk__in=before).get()
    assert second["Location"] == page(model, "change", row.pk)
    assert (
        "sent before, so nothing was added again"
        in browser.get(second["Location"]).content.decode()
    )


def test_a_form_that_was_not_in_order_is_sent_again_under_its_token(rows, officers):  # noqa: F811
    browser = signed_in(officers[Role.CONTRACT_OFFICER])
    where, before = page(Award, "add"), Award.objects.count()
    (fields,) = (fields for _, model, fields, _ in ADDED if model is Award)
    sent = typed(rows, fields) | opened(browser, where)
    wrong = browser.post(where, sent | {"amount": "much"})
    assert wrong.context["token"] == sent["token"]
    assert browser.post(where, sent).status_code == 302
    assert Award.objects.count() == before + 1


def test_an_act_sent_twice_is_done_once(officers):  # noqa: F811
    failure = factories.an_incident()
    browser = signed_in(officers[Role.INCIDENT_OFFICER])
    where = f"/back-office/incidents/incident/{failure.pk}/act/update/"
    sent = opened(browser, where) | {"text": "News"}
    for _ in range(2):
        last = browser.post(where, sent, follow=True)
    assert IncidentUpdate.objects.filter(text="News").count() == 1
    assert "sent before" in last.content.decode()


def meeting(contract) -> dict[str, object]:
    return {
        "body": Body.objects.get_or_create(name="Audit")[0].pk,
        "held_on_day": "22",
        "held_on_month": "11",
        "held_on_year": "2018",
        "restriction": "open",
    }


def promise(contract) -> dict[str, object]:
    return {
        "words": "It will be reported",
        "made_by": "A spokesman",
        "due_words": "in due course",
        "contract": contract.pk,
        "source": factories.a_source().pk,
        "restriction": "open",
    }


@pytest.mark.parametrize(
    ("name", "typed_in", "model"),
    [("meeting_add", meeting, Meeting), ("promise_add", promise, Promise)],
)
def test_a_page_of_the_site_sent_twice_makes_one_row(name, typed_in, model):
    browser = signed_in(factories.a_person("Cy", Role.CONTRACT_OFFICER))
    where = reverse(f"admin:{name}")
    sent = opened(browser, where) | typed_in(factories.a_contract())
    first, second = browser.post(where, sent), browser.post(where, sent)
    row = model.objects.get()
    assert first["Location"] == second["Location"] == row.get_absolute_url()
    assert "This is what it made" in browser.get(second["Location"]).content.decode()


@pytest.mark.django_db(transaction=True)
class TestFiftyAtOnce:
    def send(self, where, sent, officer: User) -> set[int]:
        browsers = [signed_in(officer) for _ in range(50)]
        return set(in_threads(50, lambda n: browsers[n].post(where, sent).status_code))

    def test_of_one_page_of_the_site_make_one_row(self):
        officer = factories.a_person("Cy", Role.CONTRACT_OFFICER)
        sent = promise(factories.a_contract()) | {"token": new_token()}
        assert self.send(reverse("admin:promise_add"), sent, officer) == {302}
        assert Promise.objects.count() == 1

    def test_of_one_add_form_of_the_back_office_make_one_row(self):
        officer = factories.a_person("Cy", Role.CONTRACT_OFFICER)
        contract, source = factories.a_contract(award=None), factories.a_source()
        before = Award.objects.count()
        sent = {"contract": contract.pk, "amount": "£5", "source": source.pk, "token": new_token()}
        assert self.send(page(Award, "add"), sent, officer) == {302}
        assert Award.objects.count() == before + 1
