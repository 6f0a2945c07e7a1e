"""Accessibility, privacy, cookies: read by anybody, and true of this installation."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.statements import cookies
from tests.actors import as_role
from tests.factories import a_person

pytestmark = pytest.mark.django_db

STATEMENTS = ("admin:accessibility", "admin:privacy", "admin:cookies")


@pytest.mark.parametrize("name", STATEMENTS)
def test_anybody_reads_the_statements_without_signing_in(client, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1
    assert as_role(Role.COUNCILLOR).get(reverse(name)).status_code == 200


def test_every_page_links_to_them_also_for_those_who_cannot_sign_in(client):
    html = client.get(reverse("admin:login")).content.decode()
    for name in STATEMENTS:
        assert f'href="{reverse(name)}"' in html


def test_the_accessibility_statement_has_what_the_law_asks_for(client):
    html = client.get(reverse("admin:accessibility")).content.decode()
    for words in (
        "partially compliant",
        "Web Content Accessibility Guidelines version 2.2",
        "What is not accessible, and why",
        "Equality and Human Rights Commission",
        "Equality Advisory and Support Service",
        "It was prepared on 23 November 2026",
        "Nobody independent has audited it",
    ):
        assert words in html


def test_they_say_whom_to_write_to_where_the_council_has_said_so(client, settings):
    for name in STATEMENTS[:2]:
        assert "mailto:" not in client.get(reverse(name)).content.decode()
    settings.CONTACT_EMAIL = "democratic.services@example.gov.uk"
    for name in STATEMENTS[:2]:
        html = client.get(reverse(name)).content.decode()
        assert 'href="mailto:democratic.services@example.gov.uk"' in html


def test_every_cookie_that_the_site_sets_is_named():
    person = a_person("Ann Clark", Role.COUNCILLOR, password="an old password")
    browser = Client()
    browser.get(reverse("admin:login"))
    sent = {"username": person.email, "password": "an old password"}
    browser.post(reverse("admin:login"), sent)
    browser.post(reverse("admin:digest"), {"everything": "yes", "cadence": "weekly"})
    named = {cookie.name for cookie in cookies()}
    assert set(browser.cookies) == named
    html = browser.get(reverse("admin:cookies")).content.decode()
    assert set(re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', html)) == named


def test_over_tls_the_cookies_are_named_as_they_are_there(client, settings):
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    html = client.get(reverse("admin:cookies")).content.decode()
    assert "__Host-sessionid" in html
    assert "Until you close the browser, and 12 hours at most" in html
