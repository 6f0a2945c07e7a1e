"""People who sign in: nobody twice, nobody allowed anything at first."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.visibility import MEMBERS
from tests.factories import a_person

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_lower_case_so_that_nobody_exists_twice():
    person = User.objects.create_user(" Ann@Barnet.Example ", name="Ann")
    assert person.email == "ann@barnet.example"
    assert User.objects.get_by_natural_key("ANN@barnet.example ") == person
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ann@BARNET.example", name="Another")


def test_the_database_itself_takes_no_capitals():
    person = a_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=person.pk).update(email="Ann@barnet.example")


def test_a_person_needs_an_address():
    with pytest.raises(ValueError, match="needs an email address"):
        User.objects.create_user("", name="Nobody")


def test_a_new_person_may_do_nothing():
    person = User.objects.create_user("ann@barnet.example", name="Ann")
    assert not person.is_superuser
    assert not person.has_usable_password()
    assert person.get_all_permissions() == set()
    assert not person.groups.exists()


def test_a_superuser_is_one_whatever_is_asked():
    person = User.objects.create_superuser("root@barnet.example", name="Root", is_superuser=False)
    assert person.is_superuser


def test_a_form_puts_the_address_in_lower_case():
    person = User(email="ANN@barnet.example", name="Ann")
    person.set_unusable_password()
    person.full_clean()
    assert person.email == "ann@barnet.example"


def test_a_form_says_that_an_address_is_taken():
    a_person("Ann")
    with pytest.raises(ValidationError, match="Somebody already signs in with this address"):
        User(email="ann@barnet.example", name="Ann", password="x").full_clean()


def test_a_person_goes_by_their_name_or_else_their_address():
    assert str(a_person("Ann")) == "Ann"
    assert str(User(email="ann@barnet.example")) == "ann@barnet.example"
    assert User(name="Ann").get_full_name() == User(name="Ann").get_short_name() == "Ann"


def test_members_are_the_councillors():
    assert Role.COUNCILLOR.value == MEMBERS
    assert len(Role) == 6
