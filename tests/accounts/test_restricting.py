"""How a restriction changes: who decided, when, why, until when; and what it takes with it."""

import json

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import restricting
from accounts.models import RestrictionChange, Role
from barnetwatch.lib.appendonly import AppendOnlyError
from contracts.models import Source
from tests.accounts.test_granting import sees
from tests.accounts.test_visibility import RESTRICTABLE, label
from tests.everything import a_contract_with_everything
from tests.factories import (
    CONFIDENTIAL,
    a_grant,
    a_person,
    a_source,
    day,
    exempt,
    moment,
)

pytestmark = pytest.mark.django_db

AT = moment("2026-11-25 10:00")
REVIEW = day("2027-11-25")
EXEMPT = {"restriction": "exempt", "exempt_paragraph": 5, "reason": "Advice.", "review_on": REVIEW}
SECRET = {"restriction": "confidential", "reason": "On terms.", "review_on": REVIEW}


@pytest.fixture
def officer():
    return a_person("", Role.CONTRACT_OFFICER, cleared=(5,))


def decide(row, by, **fields):
    return restricting.reclassify(row, by=by, at=AT, **fields)


@pytest.mark.parametrize("model", RESTRICTABLE, ids=label)
def test_every_kind_of_record_keeps_who_decided_when_why_and_until_when(model, officer):
    row = decide(a_contract_with_everything("Canary")[model], officer, **EXEMPT)
    kept = model.all_rows.get(pk=row.pk)
    assert (kept.restriction, kept.exempt_paragraph) == ("exempt", 5)
    assert kept.restriction_reason == "Advice."
    assert (kept.restriction_decided_by, kept.restriction_decided_at) == (officer, AT)
    assert kept.restriction_review_on == REVIEW
    assert not sees(a_person(), row)
    change = restricting.changes(row).get()
    assert (change.before, change.restriction, change.decided_by) == ("open", "exempt", officer)


def test_each_change_is_added_and_none_is_changed(officer):
    row = a_source()
    decide(row, officer, **EXEMPT)
    decide(row, officer, restriction="open", reason="It was published.")
    said = [(each.before, each.restriction, each.reason) for each in restricting.changes(row)]
    assert said == [("exempt", "open", "It was published."), ("open", "exempt", "Advice.")]
    row.refresh_from_db()
    assert row.is_open
    assert (row.restriction_reason, row.restriction_review_on) == ("", None)
    assert row.restriction_decided_by == officer
    with pytest.raises(AppendOnlyError):
        restricting.changes(row).first().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        RestrictionChange.objects.update(reason="Another")


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({**EXEMPT, "exempt_paragraph": None}, "exempt_paragraph"),
        ({**EXEMPT, "reason": " "}, "reason"),
        ({**EXEMPT, "review_on": None}, "review_on"),
        ({**EXEMPT, "review_on": day("2026-11-25")}, "review_on"),
        ({**SECRET, "review_on": None}, "review_on"),
        ({"restriction": "hidden", "reason": "Why", "review_on": REVIEW}, "restriction"),
    ],
)
def test_what_is_missing_is_said_by_field_and_nothing_is_written(officer, fields, at_fault):
    row = a_source()
    with pytest.raises(ValidationError) as refused:
        decide(row, officer, **fields)
    assert list(refused.value.message_dict) == [at_fault]
    row.refresh_from_db()
    assert row.is_open
    assert not RestrictionChange.objects.exists()


def test_a_record_that_opens_says_why(officer):
    row = decide(a_source(), officer, **EXEMPT)
    with pytest.raises(ValidationError):
        decide(row, officer, restriction="open", reason="")


def test_what_stands_already_is_no_change(officer):
    row = decide(a_source(), officer, **EXEMPT)
    with pytest.raises(ValidationError, match="how it stands already"):
        decide(row, officer, **EXEMPT)
    decide(row, officer, **{**EXEMPT, "review_on": day("2028-01-01")})
    assert restricting.changes(row).count() == 2


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_decides_on_what_they_neither_see_nor_restricted(superuser):
    by = a_person("", Role.CONTRACT_OFFICER, is_superuser=superuser)
    hidden = a_source(**exempt(5))
    with pytest.raises(ValidationError) as refused:
        decide(hidden, by, restriction="open", reason="Let me see.")
    absent = Source(pk=hidden.pk + 1)
    with pytest.raises(ValidationError) as missing:
        decide(absent, by, restriction="open", reason="Let me see.")
    assert refused.value.messages == missing.value.messages
    assert not sees(by, hidden)


def test_who_restricted_a_record_may_still_let_go_of_it(officer):
    row = decide(a_source(), officer, **SECRET)
    assert not sees(officer, row)
    decide(row, officer, restriction="open", reason="Published.")
    assert sees(officer, row)


def test_leave_given_for_an_exempt_record_ends_when_it_becomes_confidential(officer):
    row, person = a_source(), a_person()
    decide(row, officer, **EXEMPT)
    given = a_grant(person, row)
    decide(row, officer, **{**EXEMPT, "exempt_paragraph": 3})
    assert sees(person, row)
    decide(row, officer, **SECRET)
    assert not sees(person, row)
    given.refresh_from_db()
    assert (given.ended_by, given.ended_reason) == (officer, "The record became confidential.")
    a_grant(person, row)
    decide(row, officer, **{**SECRET, "reason": "On other terms."})
    assert sees(person, row)


def test_the_log_of_the_back_office_says_nothing_of_it_any_more(officer):
    row, other = a_source("Secret words"), a_source("Open words")
    for each in (row, other):
        LogEntry.objects.create(
            user=officer,
            content_type=ContentType.objects.get_for_model(each),
            object_id=each.pk,
            object_repr=str(each),
            action_flag=CHANGE,
            change_message=json.dumps([{"added": {"name": "source", "object": str(each)}}]),
        )
    decide(row, officer, **EXEMPT)
    said = {
        each.object_id: f"{each.object_repr} {each.change_message}"
        for each in LogEntry.objects.all()
    }
    assert "Secret" not in said[str(row.pk)]
    assert "source" in said[str(row.pk)]
    assert "Open words" in said[str(other.pk)]


class TestSettle:
    """What a form writes with the rest of a record."""

    def test_keeps_who_decided_once(self, officer):
        row = a_source(**exempt(5), restriction_review_on=REVIEW)
        assert restricting.settle(row, by=officer, at=AT).decided_by == officer
        row = Source.all_rows.get(pk=row.pk)
        assert row.restriction_decided_by == officer
        assert restricting.settle(row, by=a_person(), at=AT) is None
        row.exempt_paragraph = 1
        row.save()
        assert restricting.settle(row, by=a_person(), at=AT).before == "exempt"

    def test_keeps_that_it_was_opened(self, officer):
        row = decide(a_source(), officer, **EXEMPT)
        Source.all_rows.filter(pk=row.pk).update(
            restriction="open",
            exempt_paragraph=None,
            restriction_review_on=None,
            restriction_reason="",
        )
        row = Source.objects.get(pk=row.pk)
        assert restricting.settle(row, by=officer, at=AT).restriction == "open"
        assert restricting.settle(row, by=officer, at=AT) is None

    def test_asks_nothing_of_an_open_record_or_one_that_cannot_be_restricted(
        self, officer, django_assert_num_queries
    ):
        open_row = a_source()
        with django_assert_num_queries(0):
            assert restricting.settle(open_row, by=officer, at=AT) is None
            assert restricting.settle(officer, by=officer, at=AT) is None


def test_reviews_are_due_of_what_one_may_decide_on(officer):
    on = day("2027-11-25")
    due = decide(a_source("Due"), officer, **EXEMPT)
    no_day = a_source("Restricted long ago", **exempt(5))
    decide(a_source("Later"), officer, **{**EXEMPT, "review_on": day("2027-11-26")})
    secret = decide(a_source("Restricted by them"), officer, **SECRET)
    a_source("Another's", **CONFIDENTIAL)
    a_source("Open")
    assert set(restricting.due_for_review(Source, officer, on)) == {due, no_day, secret}
    titles = [
        each.title
        for each in restricting.named(
            restricting.due_for_review(Source, officer, on).order_by("pk"), officer
        )
    ]
    assert titles[2] == f"source {secret.pk}"
    assert "Due" in titles[0]
    assert not restricting.due_for_review(Source, a_person(), on).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"restriction_review_on": REVIEW},
        {"restriction_decided_at": AT},
    ],
)
def test_the_database_keeps_what_belongs_together(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        a_source(**wrong)
