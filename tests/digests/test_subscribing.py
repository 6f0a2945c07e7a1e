"""What a reader chooses: to follow, to change it, to stop."""

import pytest
from django.core.exceptions import ValidationError

from digests.compiling import Following
from digests.models import Subscription
from digests.models.subscription import new_key
from digests.preparing import following_of
from digests.subscribing import follow, stop
from incidents.models import Incident
from scrutiny.models import Body
from tests.digests.readers import BEFORE, CUT, WEDNESDAY, a_reader
from tests.factories import a_contract, a_councillor, an_incident, exempt

pytestmark = pytest.mark.django_db


def again(subscription: Subscription) -> Subscription:
    return Subscription.objects.get(pk=subscription.pk)


def test_following_everything_starts_at_that_moment():
    found = again(follow(a_councillor(), everything=True, at=WEDNESDAY))
    assert (found.started_at, found.cut_at) == (WEDNESDAY, WEDNESDAY)
    assert (found.everything, found.cadence, found.is_current) == (True, "weekly", True)
    assert not found.contracts.exists()


def test_chosen_contracts_are_kept_and_changed():
    user, first, second = a_councillor(), a_contract(), a_contract()
    found = follow(user, everything=False, contracts=[first], at=BEFORE)
    assert list(found.contracts.all()) == [first]
    changed = follow(user, everything=False, contracts=[second], cadence="alerts", at=WEDNESDAY)
    assert changed.pk == found.pk
    assert list(changed.contracts.all()) == [second]
    assert again(found).cadence == "alerts"


def test_who_follows_everything_has_no_chosen_contracts():
    user = a_councillor()
    follow(user, everything=False, contracts=[a_contract()])
    found = follow(user, everything=True, contracts=[a_contract()])
    assert found.everything
    assert not found.contracts.exists()


def test_following_nothing_is_refused_and_changes_nothing():
    found = a_reader(contract := a_contract())
    with pytest.raises(ValidationError) as refused:
        follow(found.user, everything=False)
    assert refused.value.message_dict == {
        "contracts": ["Choose at least one contract, body or failure, or follow all."]
    }
    assert list(again(found).contracts.all()) == [contract]


def test_an_unknown_cadence_is_refused_and_nothing_is_written():
    with pytest.raises(ValidationError, match="cadence"):
        follow(a_councillor(), everything=True, cadence="hourly")
    assert not Subscription.objects.exists()


def test_changing_what_is_followed_loses_nothing_that_was_not_told():
    found = a_reader(since=BEFORE)
    follow(found.user, everything=False, contracts=[a_contract()], at=WEDNESDAY)
    assert (again(found).started_at, again(found).cut_at) == (BEFORE, BEFORE)


def test_stopping_is_done_once_and_says_how():
    found = a_reader()
    assert stop(found, Subscription.Stopped.LINK, at=WEDNESDAY)
    assert not stop(found, Subscription.Stopped.PAGE, at=CUT)
    assert (again(found).stopped, again(found).stopped_at) == ("link", WEDNESDAY)
    assert not again(found).is_current
    assert not Subscription.objects.current().exists()


def test_who_comes_back_is_told_from_then_on():
    found = a_reader(since=BEFORE)
    stop(found, Subscription.Stopped.BOUNCE, at=WEDNESDAY)
    follow(found.user, everything=True, at=CUT)
    assert again(found).is_current
    assert again(found).stopped == ""
    assert (again(found).started_at, again(found).cut_at) == (CUT, CUT)
    assert again(found).key == found.key


def test_a_person_has_one_subscription():
    user = a_councillor()
    follow(user, everything=True)
    follow(user, everything=True)
    assert Subscription.objects.count() == 1


def test_the_key_of_a_link_cannot_be_guessed():
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {43}


def test_bodies_and_failures_are_followed_beside_contracts_or_alone():
    body, failure = Body.objects.create(name="Audit Committee"), an_incident()
    user = a_councillor()
    found = follow(user, everything=False, bodies=[body], failures=[failure])
    assert (list(found.bodies.all()), list(found.failures.all())) == ([body], [failure])
    follow(user, everything=False, contracts=[a_contract()])
    assert not found.bodies.exists()
    assert not found.failures.exists()
    follow(user, everything=False, bodies=[body])
    follow(user, everything=True, bodies=[body])
    assert not found.bodies.exists()


def test_a_failure_that_was_restricted_since_stays_followed():
    failure, user = an_incident(), a_councillor()
    found = follow(user, everything=False, failures=[failure])
    Incident.all_rows.filter(pk=failure.pk).update(**exempt(1))
    follow(user, everything=False, contracts=[a_contract()])
    links = found.failures.through.objects.filter(subscription=found)
    assert list(links.values_list("incident", flat=True)) == [failure.pk]


def test_four_readers_of_bodies_and_failures_are_looked_up_in_one_query(django_assert_num_queries):
    body, failure, contract = Body.objects.create(name="Audit"), an_incident(), a_contract()
    readers = [
        follow(a_councillor(), everything=False, bodies=[body]),
        follow(a_councillor(), everything=False, failures=[failure], contracts=[contract]),
        follow(a_councillor(), everything=False, bodies=[body]),
        follow(a_councillor(), everything=True),
    ]
    with django_assert_num_queries(1):
        found = following_of(readers)
    assert found[readers[0].pk] == found[readers[2].pk] == Following((), bodies=(body.pk,))
    assert found[readers[1].pk] == Following((contract.pk,), failures=(failure.pk,))
    assert found[readers[3].pk] == Following()
