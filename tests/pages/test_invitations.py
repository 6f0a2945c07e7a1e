"""Invitations, and a second factor that an administrator resets."""

import re
from smtplib import SMTPException

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail, signing
from django.test import Client
from django.urls import reverse

from accounts import inviting, secondfactor
from accounts.models import Role, User
from accounts.trail import AuditEntry
from tests.actors import signed_in, the_superuser
from tests.authenticator import code_of, enters, is_in, passes, with_a_phone
from tests.factories import a_person
from tests.forms import page

pytestmark = pytest.mark.django_db

NEW = "correct horse battery staple"


@pytest.fixture
def administrator() -> User:
    return a_person("Ada Min", Role.ADMINISTRATOR)


@pytest.fixture
def invited(administrator, django_capture_on_commit_callbacks) -> User:
    """Somebody whom the administrator has made a moment ago."""
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(administrator).post(
            page(User, "add"), {"email": "new@barnet.example", "name": "New Person"}, follow=True
        )
    assert answer.status_code == 200
    return User.objects.get(email="new@barnet.example")


def link() -> str:
    """Where the newest mail leads."""
    found = re.search(r"http://localhost:8000(/invitation/\S+)", mail.outbox[-1].body)
    return found[1]


def act(person: User, slug: str) -> str:
    return reverse("admin:accounts_user_act", args=[person.pk, slug])


def sets(address: str, password: str = NEW):
    return Client().post(address, {"new_password1": password, "new_password2": password})


# Invitations -----------------------------------------------------------------------------------


def test_somebody_new_is_invited_by_mail_and_sets_their_own_password(invited, administrator):
    [letter] = mail.outbox
    assert letter.to == ["new@barnet.example"]
    assert letter.subject == "Your account on BarnetWatch"
    assert "within 3 days" in letter.body
    shown = Client().get(link())
    assert "Hello New Person." in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert sets(link())["Location"] == reverse("password_reset_complete")
    browser = Client()
    passes(browser, invited, NEW)
    assert is_in(browser)


@pytest.mark.django_db(transaction=True)
def test_the_administrator_is_told_on_the_page(administrator):
    browser = signed_in(administrator)
    answer = browser.post(
        page(User, "add"), {"email": "new@barnet.example", "name": "New", "_continue": "1"}
    )
    html = browser.get(answer["Location"]).content.decode()
    assert "An invitation is on its way to new@barnet.example." in html
    assert "Send the invitation again" in html


def test_a_link_works_once(invited):
    address = link()
    sets(address)
    again = Client().get(address)
    assert again.status_code == 410
    assert "This invitation no longer works" in again.content.decode()
    assert sets(address, "another three words").status_code == 410
    invited.refresh_from_db()
    assert invited.check_password(NEW)


def test_a_link_works_for_three_days(invited, monkeypatch):
    address = link()
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3 * 24 * 3600 - 5)
    assert Client().get(address).status_code == 200
    monkeypatch.setattr(signing.time, "time", lambda: now + 3 * 24 * 3600 + 5)
    assert sets(address).status_code == 410


@pytest.mark.parametrize("token", ["x", "x:y:z", "1" * 300])
def test_a_forged_link_leads_nowhere(token):
    assert Client().get(reverse("invitation", args=[token])).status_code == 410


def test_a_link_of_one_person_does_not_fit_another(invited):
    other = User.objects.create_user("other@barnet.example", name="Other")
    forged = signing.dumps([other.pk, inviting._state(invited)], salt="accounts.inviting")
    assert inviting.invited(forged) is None


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_a_closed_account_is_not_opened_by_its_link(invited, field):
    address = link()
    User.objects.filter(pk=invited.pk).update(**{field: False})
    assert sets(address).status_code == 410


@pytest.mark.parametrize("password", ["short", "1234567890123", "password1234", ""])
def test_the_rules_of_passwords_hold_here_too(invited, password):
    html = sets(link(), password).content.decode()
    assert "There is a problem" in html
    invited.refresh_from_db()
    assert not invited.has_usable_password()


def test_an_invitation_is_sent_again_and_the_first_one_stops(invited, administrator):
    first = link()
    browser = signed_in(administrator)
    assert "Send the invitation again" in browser.get(act(invited, "invite")).content.decode()
    assert browser.post(act(invited, "invite")).status_code == 302
    assert link() != first
    assert Client().get(first).status_code == 410
    assert Client().get(link()).status_code == 200
    sets(link())
    answer = browser.post(act(invited, "invite"), follow=True)
    assert "cannot be done with it any more" in answer.content.decode()
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_down_is_said_and_the_first_link_still_works(
    invited, administrator, monkeypatch
):
    first = link()

    def refuse(self, *args, **kwargs):
        raise SMTPException("450 busy")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    html = signed_in(administrator).post(act(invited, "invite")).content.decode()
    assert "The mail server did not take the mail." in html
    assert "450" not in html
    assert Client().get(first).status_code == 200


def test_only_administrators_invite(invited):
    for role in (Role.AUDITOR, Role.FINANCE_OFFICER):
        answer = signed_in(a_person(f"Pat {role}", role)).post(act(invited, "invite"))
        assert answer.status_code == 403
    assert len(mail.outbox) == 1


def test_the_link_is_of_the_sites_own_address(invited, administrator):
    browser = signed_in(administrator)
    browser.post(act(invited, "invite"), headers={"host": "127.0.0.1"})
    assert "http://localhost:8000/invitation/" in mail.outbox[-1].body


# A phone that is lost --------------------------------------------------------------------------


@pytest.fixture
def officer() -> User:
    return a_person("Fin Officer", Role.FINANCE_OFFICER, password=NEW)


def test_an_administrator_resets_a_lost_factor_with_a_reason(
    officer, administrator, django_capture_on_commit_callbacks
):
    key = with_a_phone(officer)
    theirs = Client()
    passes(theirs, officer, NEW)
    enters(theirs, code_of(key))
    assert is_in(theirs)
    browser = signed_in(administrator)
    address = act(officer, "reset-second-factor")
    assert "Reason" in browser.get(address).content.decode()
    assert browser.post(address, {"reason": ""}).status_code == 200
    assert secondfactor.has(officer)

    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(address, {"reason": "Rang back."}).status_code == 302
    assert not secondfactor.has(officer)
    assert not is_in(theirs)
    assert "Rang back." in " ".join(LogEntry.objects.values_list("change_message", flat=True))
    told = AuditEntry.objects.get(act="factor_reset")
    assert (told.by, told.row, told.reason) == (administrator, officer.pk, "Rang back.")
    assert mail.outbox[-1].to == [officer.email]
    assert "Rang back." in mail.outbox[-1].body
    assert "Ada Min" in mail.outbox[-1].body
    again = Client()
    passes(again, officer, NEW)
    assert again.get("/")["Location"] == reverse("mfa_activate_totp")


def test_nobody_resets_their_own(administrator):
    with_a_phone(administrator)
    browser = signed_in(administrator)
    address = act(administrator, "reset-second-factor")
    for answer in (browser.get(address), browser.post(address, {"reason": "Mine."})):
        assert answer.status_code == 403
    html = browser.get(page(User, "change", administrator.pk)).content.decode()
    assert "Reset the second factor" not in html
    assert secondfactor.has(administrator)


def test_an_administrator_does_not_reset_a_superusers(administrator):
    root = the_superuser()
    with_a_phone(root)
    address = act(root, "reset-second-factor")
    assert signed_in(administrator).post(address, {"reason": "Mine."}).status_code == 403
    assert secondfactor.has(root)


def test_others_reset_nobodys(officer):
    with_a_phone(officer)
    for role in (Role.AUDITOR, Role.CONTRACT_OFFICER, Role.COUNCILLOR):
        browser = signed_in(a_person(f"Pat {role}", role))
        answer = browser.post(act(officer, "reset-second-factor"), {"reason": "Mine."})
        assert answer.status_code in (403, 404)
    assert secondfactor.has(officer)
