"""Leave to see one record: what it shows, what it does not, and who may give it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import granting, restricting
from accounts.models import Grant, Role, User
from accounts.visibility import Restrictable, sight_of
from contracts.models import Source
from costs.totals import of_contracts
from tests.accounts.test_visibility import PARENTS, RESTRICTABLE, ROWS, a_child, hide, label
from tests.everything import a_contract_with_everything
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_grant,
    a_line,
    a_person,
    a_source,
    day,
    exempt,
    moment,
    post,
    the_officer,
)

pytestmark = pytest.mark.django_db

ON = day("2026-11-25")
AT = moment("2026-11-25 10:00")


def again(person: User) -> User:
    """The person as another request has them."""
    return User.objects.get(pk=person.pk)


def sees(person: User, row: Restrictable) -> bool:
    return type(row).objects.visible_to(again(person)).filter(pk=row.pk).exists()


# What it shows ----------------------------------------------------------------------


@pytest.mark.parametrize("restriction", [name for name in ROWS if name != "open"])
def test_a_grant_shows_one_record_to_one_person_however_it_is_restricted(restriction):
    row, other = a_source(**ROWS[restriction]), a_source(**ROWS[restriction])
    person, another, root = a_person(), a_person(), a_person(is_superuser=True)
    a_grant(person, row)
    assert sees(person, row)
    assert not sees(person, other)
    assert not sees(another, row)
    assert not sees(root, row)
    assert Source.objects.count() == 0


@pytest.mark.parametrize("model", RESTRICTABLE, ids=label)
def test_of_every_kind_of_record_a_grant_shows_the_one(model):
    row = a_contract_with_everything("Canary")[model]
    model.all_rows.filter(pk=row.pk).update(**exempt(5))
    person = a_person()
    assert not sees(person, row)
    a_grant(person, row)
    assert sees(person, row)


@pytest.mark.parametrize("model", RESTRICTABLE, ids=label)
def test_a_grant_of_the_same_number_of_another_kind_shows_nothing(model):
    row = a_contract_with_everything("Canary")[model]
    model.all_rows.filter(pk=row.pk).update(**exempt(5))
    person = a_person()
    for kind in RESTRICTABLE:
        if kind is not model:
            Grant.objects.create(
                user=person,
                kind=kind._meta.label_lower,
                key=row.pk,
                reason="Why",
                ends_on=day("2099-01-01"),
                given_by=the_officer(),
            )
    assert not sees(person, row)


@pytest.mark.parametrize(("model", "name"), PARENTS, ids=label)
def test_what_belongs_to_a_granted_record_is_seen_and_nothing_else(model, name):
    child = a_child(model, name)
    above = hide(getattr(child, name))
    person = a_person()
    assert not model.objects.visible_to(again(person)).filter(pk=child.pk).exists()
    a_grant(person, above)
    assert model.objects.visible_to(again(person)).filter(pk=child.pk).exists()
    assert not model.objects.visible_to(a_person()).filter(pk=child.pk).exists()


def test_a_grant_of_a_child_does_not_open_its_parent_nor_the_child_under_it():
    contract = a_contract(**exempt(5))
    line = a_line(contract, **exempt(3))
    person = a_person()
    a_grant(person, line)
    assert not sees(person, line)
    assert not sees(person, contract)
    a_grant(person, contract)
    assert sees(person, line)


def test_a_granted_line_is_in_totals_and_lists_of_its_person_alone():
    contract = a_contract()
    post(a_line(contract), "paid", 5, "2018-01-01")
    secret = a_line(contract, **exempt(5))
    post(secret, "paid", 7, "2018-01-01")
    person, other = a_person(), a_person()
    a_grant(person, secret)
    for _time in range(2):  # What was put together for one is not used for the other.
        mine = of_contracts([contract.pk], sight_of(again(person)), ON)
        theirs = of_contracts([contract.pk], sight_of(again(other)), ON)
        assert (mine[contract.pk].firm, theirs[contract.pk].firm) == (12, 5)
    assert contract.cost_lines.visible_to(again(person)).count() == 2
    assert contract.cost_lines.visible_to(again(other)).count() == 1


# How long ---------------------------------------------------------------------------


def test_the_last_day_counts_and_the_next_does_not():
    row, person = a_source(**exempt(5)), a_person()
    a_grant(person, row, "2026-11-25")
    assert sight_of(person, ON).granted == {("contracts.source", row.pk)}
    assert sight_of(person, ON + dt.timedelta(days=1)).granted == frozenset()


def test_a_grant_that_is_over_shows_nothing():
    row, person = a_source(**CONFIDENTIAL), a_person()
    a_grant(person, row, timezone.localdate() - dt.timedelta(days=1))
    assert not sees(person, row)


def test_a_grant_ended_early_is_gone_at_the_next_request_and_keeps_why():
    row, person = a_source(**CONFIDENTIAL), a_person()
    given, by = a_grant(person, row), a_person()
    assert sees(person, row)
    with pytest.raises(ValidationError, match="Say why it ends early"):
        granting.end(given, reason=" ", by=by, at=AT)
    granting.end(given, reason="The review is over.", by=by, at=AT)
    assert not sees(person, row)
    given.refresh_from_db()
    assert (given.ended_by, given.ended_reason) == (by, "The review is over.")
    with pytest.raises(ValidationError, match="over already"):
        granting.end(given, reason="Again", by=by, at=AT)


def test_somebody_inactive_sees_nothing_by_a_grant():
    row, person = a_source(**exempt(5)), a_person()
    a_grant(person, row)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not sees(person, row)


def test_what_decides_what_a_person_sees_is_still_one_question():
    person = a_person()
    a_grant(person, a_source(**exempt(5)))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        sight_of(again(person))
    assert len(asked) == 2  # The person, and all that decides.


def test_a_grant_is_of_its_day_and_never_changed():
    given = a_grant(a_person(), a_source(**exempt(5)))
    for changed in ({"ends_on": day("2199-01-01")}, {"key": given.key + 1}, {"reason": "Another"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.filter(pk=given.pk).update(**changed)


# Who gives it -----------------------------------------------------------------------


@pytest.fixture
def officer():
    return a_person("", Role.CONTRACT_OFFICER, cleared=(5,))


def give(person, row, by, **fields) -> Grant:
    said = {"reason": "The review.", "ends_on": day("2099-01-01"), **fields}
    return granting.grant(person, row, by=by, at=AT, **said)


def test_an_officer_gives_leave_for_what_they_see(officer):
    row, person = a_source(**exempt(5)), a_person()
    given = give(person, row, officer)
    assert (given.given_by, given.given_at, given.reason) == (officer, AT, "The review.")
    assert sees(person, row)


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_gives_leave_for_what_they_do_not_see(superuser):
    by = a_person("", Role.CONTRACT_OFFICER, is_superuser=superuser)
    person, row = a_person(), a_source(**exempt(5))
    with pytest.raises(ValidationError) as hidden:
        give(person, row, by)
    Source.all_rows.filter(pk=row.pk).delete()
    with pytest.raises(ValidationError) as absent:
        give(person, row, by)
    assert hidden.value.messages == absent.value.messages
    assert not Grant.objects.exists()


def test_nobody_gives_leave_to_themself(officer):
    row = a_source(**exempt(5))
    with pytest.raises(ValidationError, match="to themself"):
        give(officer, row, officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_grant(officer, row, given_by=officer)


def test_who_restricted_a_record_gives_leave_for_it_though_they_see_it_no_more(
    officer,
):
    row = a_source(restriction_decided_by=officer, restriction_decided_at=AT, **CONFIDENTIAL)
    person = a_person()
    assert not sees(officer, row)
    give(person, row, officer)
    assert sees(person, row)
    assert not sees(officer, row)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": " "}, "Say why this person"),
        ({"ends_on": day("2026-11-24")}, "not past"),
    ],
)
def test_leave_needs_a_reason_and_a_day_to_come(officer, changed, said):
    with pytest.raises(ValidationError, match=said):
        give(a_person(), a_source(**exempt(5)), officer, **changed)
    assert not Grant.objects.exists()


def test_leave_for_what_is_open_or_for_who_has_left_is_refused(officer):
    with pytest.raises(ValidationError, match="is open"):
        give(a_person(), a_source(), officer)
    with pytest.raises(ValidationError, match="sign in any more"):
        give(a_person(is_active=False), a_source(**exempt(5)), officer)


def test_leave_that_would_show_nothing_is_refused_and_not_kept(officer):
    line = a_line(a_contract(**exempt(5)), **exempt(5))
    with pytest.raises(ValidationError, match="Choose that too"):
        give(a_person(), line, officer)
    assert not Grant.objects.exists()


def test_leave_to_see_a_record_is_not_leave_to_pass_it_on_or_decide_on_it():
    row, officer = a_source(**CONFIDENTIAL), a_person("", Role.CONTRACT_OFFICER)
    a_grant(officer, row)
    officer = again(officer)
    assert sees(officer, row)
    with pytest.raises(ValidationError, match="No such record"):
        give(a_person(), row, officer)
    with pytest.raises(ValidationError, match="not yours to decide on"):
        restricting.reclassify(row, by=officer, restriction="open", reason="Mine.", at=AT)
