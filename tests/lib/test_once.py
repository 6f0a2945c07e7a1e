"""A page that is sent twice does its work once."""

import pytest
from django.core.cache import cache
from django.db import OperationalError

from barnetwatch.lib.once import SentBefore, new_token, once
from contracts.models import Supplier
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


def test_the_second_sending_writes_nothing_and_hears_what_came_of_the_first():
    token, written = new_token(), []

    assert (
        once(token, lambda: written.append("a row") or "INC-1", lambda row: f"/{row}/") == "INC-1"
    )
    with pytest.raises(SentBefore) as second:
        once(token, lambda: written.append("another"))

    assert written == ["a row"]
    assert second.value.became == "/INC-1/"


def test_a_page_sent_while_the_first_is_under_way_writes_nothing():
    token = new_token()

    def write() -> str:
        with pytest.raises(SentBefore) as meanwhile:
            once(token, lambda: "twice")
        assert meanwhile.value.became == ""
        return "once"

    assert once(token, write) == "once"


def test_what_failed_may_be_tried_again_and_left_nothing_behind():
    token = new_token()

    def fail() -> None:
        Supplier.objects.create(name="Half a supplier")
        raise ValueError("No.")

    with pytest.raises(ValueError, match="No"):
        once(token, fail)

    assert not Supplier.objects.exists()
    assert once(token, lambda: "done") == "done"


def test_two_pages_do_not_know_each_other():
    assert once(new_token(), lambda: 1) == 1
    assert once(new_token(), lambda: 2) == 2


def test_a_database_that_refuses_to_remember_it_is_no_sending_before(monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *args: False)  # As the cache answers then.
    with pytest.raises(OperationalError):
        once(new_token(), lambda: "done")


@pytest.mark.django_db(transaction=True)
def test_of_eight_sendings_at_one_moment_one_writes_and_the_others_hear_what_came_of_it():
    token = new_token()

    def send(number: int) -> str:
        try:
            return once(token, lambda: Supplier.objects.create(name="Once").name, str)
        except SentBefore as before:
            return f"before: {before.became}"

    said = in_threads(8, send)

    assert sorted(said) == ["Once", *["before: Once"] * 7]
    assert Supplier.objects.filter(name="Once").count() == 1
