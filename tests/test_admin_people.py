"""Who gives whom roles and clearances, and that nobody gives themself either."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group

from accounts.models import Clearance, Role, User
from accounts.visibility import sight_of
from tests import factories
from tests.actors import signed_in, the_superuser
from tests.forms import as_it_stands, errors, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(db):
    return factories.a_person("Ada Min", Role.ADMINISTRATOR)


@pytest.fixture
def browser(administrator):
    return signed_in(administrator)


@pytest.fixture
def councillor(db):
    return factories.a_councillor("Ann Member")


def change(person) -> str:
    return page(User, "change", person.pk)


def group(role: Role) -> str:
    return str(Group.objects.get(name=role).pk)


def a_clearance(person, **changed) -> dict:
    return {
        "clearances-TOTAL_FORMS": 1,
        "clearances-INITIAL_FORMS": 0,
        "clearances-0-user": person.pk,
        "clearances-0-paragraph": "1",
        "clearances-0-reason": "The fraud review.",
        **changed,
    }


def test_somebody_new_signs_in_by_email_and_may_do_nothing_yet(browser):
    new = {"email": "New.Person@Barnet.Example", "name": "New Person"}
    answer = browser.post(page(User, "add"), new)
    assert answer.status_code == 302, errors(answer)
    person = User.objects.get(email="new.person@barnet.example")
    assert not person.has_usable_password()
    assert not person.is_superuser
    assert not person.get_all_permissions()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "ada.min@barnet.example"}, ""),
        ({"email": "ADA.MIN@barnet.example"}, ""),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_with_somebody_new_is_said(browser, changed, field):
    data = {"email": "new@barnet.example", "name": "New"}
    answer = browser.post(page(User, "add"), data | changed)
    assert list(errors(answer)) == [field]
    assert User.objects.count() == 1


def test_an_administrator_gives_a_role(browser, councillor):
    data = as_it_stands(browser, change(councillor)) | {"groups": [group(Role.AUDITOR)]}
    assert browser.post(change(councillor), data).status_code == 302
    assert [each.name for each in councillor.groups.all()] == [Role.AUDITOR]


def test_a_clearance_keeps_who_granted_it_and_why(browser, administrator, councillor):
    data = as_it_stands(browser, change(councillor)) | a_clearance(councillor)
    assert browser.post(change(councillor), data).status_code == 302
    given = councillor.clearances.get()
    assert (given.paragraph, given.reason) == (1, "The fraud review.")
    assert given.granted_by == administrator
    assert sight_of(councillor).cleared == {1}


def test_a_clearance_needs_a_reason_and_is_not_changed_but_taken_away(browser, councillor):
    without = a_clearance(councillor, **{"clearances-0-reason": ""})
    data = as_it_stands(browser, change(councillor)) | without
    assert browser.post(change(councillor), data).status_code == 200
    assert not Clearance.objects.exists()

    browser.post(change(councillor), data | a_clearance(councillor))
    given = councillor.clearances.get()
    stands = as_it_stands(browser, change(councillor))
    more = {"clearances-0-id": given.pk, "clearances-0-paragraph": "7"}
    assert browser.post(change(councillor), stands | more).status_code == 302
    given.refresh_from_db()
    assert given.paragraph == 1

    gone = stands | {"clearances-0-id": given.pk, "clearances-0-DELETE": "on"}
    assert browser.post(change(councillor), gone).status_code == 302
    assert not Clearance.objects.exists()


@pytest.mark.parametrize("who", ["administrator", "superuser"])
def test_nobody_grants_themself_a_clearance(administrator, who):
    person = administrator if who == "administrator" else the_superuser()
    browser = signed_in(person)
    answer = browser.post(
        change(person), as_it_stands(browser, change(person)) | a_clearance(person)
    )
    assert answer.status_code == 200
    assert "Nobody grants a clearance to themself" in answer.content.decode()
    assert not Clearance.objects.exists()


@pytest.mark.parametrize("who", ["administrator", "superuser"])
def test_nobody_gives_themself_a_role(administrator, who):
    person = administrator if who == "administrator" else the_superuser()
    roles = set(person.groups.all())
    browser = signed_in(person)
    data = as_it_stands(browser, change(person))
    assert not {"groups", "is_superuser", "is_staff", "is_active"} & data.keys()
    data |= {"groups": [group(Role.COUNCILLOR)], "is_superuser": "on", "job_title": "New"}
    assert browser.post(change(person), data).status_code == 302
    person.refresh_from_db()
    assert set(person.groups.all()) == roles
    assert person.job_title == "New"
    assert person.is_superuser == (who == "superuser")


def test_only_a_superuser_makes_a_superuser(browser, councillor):
    data = as_it_stands(browser, change(councillor)) | {"is_superuser": "on"}
    assert browser.post(change(councillor), data).status_code == 302
    councillor.refresh_from_db()
    assert not councillor.is_superuser

    root = signed_in(the_superuser())
    data = as_it_stands(root, change(councillor)) | {"is_superuser": "on"}
    assert root.post(change(councillor), data).status_code == 302
    councillor.refresh_from_db()
    assert councillor.is_superuser


def test_an_administrator_does_not_change_a_superuser(browser):
    root = the_superuser()
    assert browser.get(change(root)).status_code == 200
    assert browser.post(change(root), {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("who", ["administrator", "superuser"])
def test_nobody_sets_another_persons_password(administrator, councillor, who):
    councillor.set_password("three words together")
    councillor.save()
    reader = signed_in(administrator if who == "administrator" else the_superuser())
    new = "correct horse battery staple"
    sent = {"password1": new, "password2": new, "usable_password": "true", "set-password": "1"}
    at = page(User, "change", councillor.pk).replace("change", "password")
    for address in (at, f"{at}change/"):
        assert reader.post(address, sent, follow=True).status_code in (200, 404)
    data = as_it_stands(reader, change(councillor))
    assert "password" not in data
    reader.post(change(councillor), data | {"password": new})
    councillor.refresh_from_db()
    assert councillor.check_password("three words together")


def test_auditors_read_who_is_cleared_and_no_password(councillor, administrator):
    Clearance.objects.create(
        user=councillor,
        paragraph=5,
        reason="Legal advice",
        granted_by=administrator,
        ends_on=dt.date(2030, 1, 31),
    )
    reader = signed_in(factories.a_person("Au Ditor", Role.AUDITOR))
    listed = reader.get(page(Clearance, "changelist")).content.decode()
    assert "Ann Member" in listed
    assert "31 January 2030" in listed
    shown = reader.get(change(councillor)).content.decode()
    assert "Legal advice" in shown
    assert "password" not in shown.lower().replace("change password", "").replace(
        "password_change", ""
    )


def test_the_roles_are_read_not_edited(browser):
    role = Group.objects.get(name=Role.FINANCE_OFFICER)
    shown = browser.get(page(Group, "change", role.pk)).content.decode()
    assert "Can add ledger entry" in shown
    assert browser.post(page(Group, "change", role.pk), {"name": "Mine"}).status_code == 403
