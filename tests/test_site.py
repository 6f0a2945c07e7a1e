"""The frame of the site: what answers to anybody, and what every answer carries."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests import factories


@pytest.fixture
def anybody() -> Client:
    return Client()


def test_the_probe_answers_anybody_without_asking_the_database(anybody):
    # No database is granted to this test: a query would fail it.
    answer = anybody.get("/livez")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "Set-Cookie" not in answer


@pytest.mark.django_db
def test_everything_else_asks_to_sign_in(anybody):
    answer = anybody.get(reverse("admin:index"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.django_db
def test_no_answer_allows_foreign_or_inline_scripts_or_frames(anybody):
    answer = anybody.get(reverse("admin:login"))

    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html)


@pytest.mark.django_db
def test_a_forgotten_password_is_mailed_a_link_to_this_site_whatever_host_was_asked(anybody):
    factories.a_person("Ann Clark", password="an old password")
    assert reverse("admin_password_reset") in anybody.get(reverse("admin:login")).content.decode()

    anybody.post(
        reverse("admin_password_reset"),
        {"email": "ann.clark@barnet.example"},
        headers={"host": "127.0.0.1:9999"},
    )

    (message,) = mail.outbox
    (link,) = re.findall(r"http://localhost:8000(/password-reset/\S+)", message.body)
    form = anybody.get(link, follow=True)
    new = "correct horse battery staple"
    done = anybody.post(
        form.request["PATH_INFO"], {"new_password1": new, "new_password2": new}, follow=True
    )
    assert done.redirect_chain[-1][0] == reverse("password_reset_complete")
    assert anybody.login(username="ann.clark@barnet.example", password=new)


@pytest.mark.django_db
def test_a_password_for_nobody_is_answered_alike_and_mails_nothing(anybody):
    answer = anybody.post(reverse("admin_password_reset"), {"email": "nobody@barnet.example"})

    assert answer["Location"] == reverse("password_reset_done")
    assert not mail.outbox
