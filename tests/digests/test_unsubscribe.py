"""The link in every mail: one click stops them, and a look alone stops nothing."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from digests import preparing, sending
from digests.models import Edition, Subscription
from digests.subscribing import follow
from tests.actors import as_role
from tests.digests.readers import CUT, WEEK, a_failure, a_reader
from tests.factories import a_contract

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def reader() -> Subscription:
    found = a_reader()
    found.user.email = "margaret.cole@barnet.example"
    found.user.save()
    return found


def link(reader: Subscription) -> str:
    return reverse("unsubscribe", args=[reader.key])


def again(reader: Subscription) -> Subscription:
    return Subscription.objects.get(pk=reader.pk)


def test_a_look_stops_nothing_because_mail_programs_fetch_links(client, reader):
    for look in (client.get, client.head):
        assert look(link(reader)).status_code == 200
        assert again(reader).is_current
    html = client.get(link(reader)).content.decode()
    assert '<form method="post">' in html
    assert re.search(r"<button[^>]*>Stop these mails</button>", html)
    assert re.findall(r"<script[^>]*>", html) == [
        '<script type="module" src="/static/barnetwatch/built/site.js">'
    ]


def test_a_mail_program_stops_them_with_one_post_without_cookie_or_token(reader):
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(link(reader), ONE_CLICK)
    assert answer.status_code == 200
    assert "Location" not in answer
    assert again(reader).stopped == Subscription.Stopped.LINK
    assert not stranger.cookies


def test_a_person_stops_them_with_the_button_on_the_page(reader):
    browser = Client(enforce_csrf_checks=True)
    browser.get(link(reader))
    html = browser.post(link(reader)).content.decode()
    assert "Mails stopped" in html
    assert "BarnetWatch sends no more digests or alerts to m…@barnet.example." in html
    assert not again(reader).is_current


def test_a_second_click_says_the_same_and_changes_nothing(client, reader):
    first = client.post(link(reader), ONE_CLICK).content
    stopped_at = again(reader).stopped_at
    assert client.post(link(reader), ONE_CLICK).content == first
    assert client.get(link(reader)).content == first
    assert again(reader).stopped_at == stopped_at


def test_the_page_tells_a_stranger_with_the_link_no_address_and_no_name(client, reader):
    for answer in (client.get(link(reader)), client.post(link(reader))):
        html = answer.content.decode()
        for secret in ("margaret", "cole", reader.user.name, reader.key):
            assert secret not in html
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"


def test_whoever_is_signed_in_the_link_stops_its_own_mails(reader):
    other = a_reader()
    browser = Client()
    browser.force_login(other.user)
    browser.post(link(reader), ONE_CLICK)
    assert not again(reader).is_current
    assert again(other).is_current


def test_the_link_of_somebody_who_may_no_longer_sign_in_works_too(client, reader):
    reader.user.is_active = False
    reader.user.save()
    assert client.post(link(reader), ONE_CLICK).status_code == 200
    assert not again(reader).is_current


@pytest.mark.parametrize(
    "key", ["x" * 43, "x", "y" * 3000, "%00", "%E2%82%AC", "a/b", "..", "%2e%2e", "a%20b", "'--"]
)
def test_a_link_that_nobody_was_given_is_not_found_and_all_such_answers_are_alike(
    client, reader, key
):
    unknown = client.get(reverse("unsubscribe", args=["0" * 43]))
    for ask in (client.get, client.post):
        answer = ask(f"/unsubscribe/{key}/")
        assert answer.status_code in (404, 302)
        if answer.status_code == 404:
            assert answer.content == unknown.content
    assert again(reader).is_current


def test_other_methods_are_refused(client, reader):
    for ask in (client.put, client.delete, client.patch):
        assert ask(link(reader)).status_code == 405
    assert again(reader).is_current


def test_the_page_asks_one_question(client, reader):
    with CaptureQueriesContext(connection) as asked:
        client.get(link(reader))
    assert len(asked) == 1


def test_the_link_in_the_mail_leads_here_and_stops_what_waits(client, reader):
    a_failure(a_contract())
    preparing.prepare_digests(CUT, WEEK)
    sending.deliver(lambda: CUT)
    [message] = mail.outbox
    address = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert address == sending.unsubscribe_url(reader.key)
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.body
    Edition.objects.update(state=Edition.State.DUE)

    client.post(address.removeprefix("http://localhost:8000"), ONE_CLICK)

    assert sending.deliver(lambda: CUT + dt.timedelta(minutes=1)).failed == 1
    assert len(mail.outbox) == 1


def test_who_starts_again_keeps_the_link(client, reader):
    client.post(link(reader), ONE_CLICK)
    follow(reader.user, everything=True)
    assert again(reader).key == reader.key
    client.post(link(reader), ONE_CLICK)
    assert not again(reader).is_current


def test_no_role_finds_the_links_of_others_in_the_back_office(reader):
    a_failure(a_contract())
    preparing.prepare_digests(CUT, WEEK)
    edition = Edition.objects.get()
    browser = as_role(Role.ADMINISTRATOR)
    for address in (
        reverse("admin:digests_subscription_changelist"),
        reverse("admin:digests_subscription_change", args=[reader.pk]),
        reverse("admin:digests_edition_change", args=[edition.pk]),
        reverse("admin:digests_content_change", args=[edition.content_id]),
    ):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert reader.key not in answer.content.decode()
