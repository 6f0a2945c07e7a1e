"""What is written beside the pages: log lines, sessions, the cache, tasks' arguments and mails."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from digests.compiling import Following, gather
from digests.models import Edition
from digests.rendering import render_digest
from digests.sending import deliver
from tests.matrix.world import LONG_AGO

pytestmark = pytest.mark.django_db


@pytest.fixture
def met(world):
    """The canaries in a text whose rows are hidden from somebody."""
    book = world.record.book
    return lambda text: {each for each in book.found_in(text) if book.why(each)}


def test_no_log_line_names_anything_of_the_record(world, sweep):
    lines = sweep.lines.getvalue()
    assert lines.count('"page":') > 100
    assert not world.record.book.found_in(lines)


def test_no_session_and_no_cache_holds_what_is_hidden(sweep, met):
    held = [session.get_decoded() for session in Session.objects.all()]
    assert held
    assert not met(str(held))
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM barnetwatch_cache")
        keys = [row[0].split(":", 2)[2] for row in cursor.fetchall()]
    assert not met(str(cache.get_many(keys)))


def test_no_request_gives_a_task_anything(sweep):
    assert sweep.tasks == []


def test_a_digest_of_all_the_record_says_nothing_that_is_hidden(world, met):
    digest = gather(Following(), LONG_AGO, timezone.now() + dt.timedelta(days=1))
    rendered = render_digest(digest)
    said = "\n".join((rendered.subject, rendered.text, rendered.html, str(rendered.items)))
    assert world.record.book.found_in(said)
    assert not met(said)


def test_a_mail_made_ready_before_a_restriction_is_not_sent_after_it(world, met):
    Edition.objects.update(due_at=timezone.now())
    deliver()
    assert Edition.objects.filter(server_said__contains="restricted since").exists()
    said = "\n".join(f"{m.subject} {m.body} {m.alternatives}" for m in mail.outbox)
    assert not met(said)
