"""What becomes of a promise: every change is kept beside it, and nothing is edited."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Role
from barnetwatch.lib.appendonly import AppendOnlyError
from scrutiny import promises, record
from scrutiny.models import Promise, PromiseChange
from tests.factories import a_contract, a_person, a_source, day, exempt, moment, the_officer

pytestmark = pytest.mark.django_db


def a_promise(**fields) -> Promise:
    given = {
        "words": "the findings will be reported to audit committee in due course",
        "made_by": "A council spokesman",
        "contract": fields.pop("contract", None) or a_contract(),
        "source": a_source(),
        "by": the_officer(),
        **fields,
    }
    return record.promise(**given)


def give(promise: Promise, on: str = "2019-01-29", **fields) -> PromiseChange:
    given = {"reason": "The committee asked for one.", "by": the_officer(), **fields}
    return promises.give_date(promise, due_on=day(on), **given)


def move(promise: Promise, on: str | None = "2019-04-30", **fields) -> PromiseChange:
    given = {
        "reason": "The report is late.",
        "said_by": "Director of Resources",
        "by": the_officer(),
        **fields,
    }
    return promises.reschedule(promise, due_on=on and day(on), **given)


def close(promise: Promise, status: str = "kept", **fields) -> PromiseChange:
    given = {
        "reason": "The report was on the agenda.",
        "source": a_source(),
        "by": the_officer(),
        **fields,
    }
    return promises.close(promise, status=status, **given)


class TestDue:
    @pytest.mark.parametrize(
        ("fields", "kind"),
        [
            ({"due_on": day("2019-01-29")}, "date"),
            ({"due_on": day("2019-01-29"), "due_words": "in due course"}, "date"),
            ({"due_words": "once the review is published"}, "event"),
            ({"due_words": "In due course"}, "course"),
            ({"due_words": ""}, "course"),
        ],
    )
    def test_is_a_date_an_event_or_in_due_course(self, fields, kind):
        assert a_promise(**fields).due_kind == kind

    def test_is_never_said_to_be_what_it_is_not(self):
        promise = a_promise(due_words="in due course")
        for wrong in ({"due_kind": "date"}, {"due_kind": "event", "due_words": ""}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Promise.objects.filter(pk=promise.pk).update(**wrong)


class TestADateGiven:
    def test_stands_with_who_gave_it_and_the_words_as_they_were(self):
        promise = a_promise(due_words="in due course")
        officer = a_person("Con Tract", Role.CONTRACT_OFFICER)
        change = give(promise, by=officer, at=moment("2018-10-01 09:30"))
        promise.refresh_from_db()
        assert (promise.due_on, promise.due_kind) == (day("2019-01-29"), "date")
        assert promise.words == "the findings will be reported to audit committee in due course"
        assert (change.kind, change.said_by) == ("given", "Con Tract")
        assert (change.was_due, change.due) == ("in due course", "29 January 2019")
        assert (change.recorded_by, change.recorded_at) == (officer, moment("2018-10-01 09:30"))
        assert Promise.objects.dateless().count() == 0

    def test_counts_from_the_last_day_of_a_month(self):
        promise = a_promise()
        assert give(promise, "2019-01-01", precision="month").due == "January 2019"
        assert promise.due_on == day("2019-01-31")

    def test_is_given_once_and_then_moved(self):
        promise = a_promise()
        give(promise)
        with pytest.raises(ValidationError, match="due 29 January 2019 already"):
            give(promise, "2019-02-01")
        assert PromiseChange.objects.count() == 1

    def test_needs_a_reason(self):
        promise = a_promise()
        with pytest.raises(ValidationError) as refusal:
            give(promise, reason="  ")
        assert "reason" in refusal.value.message_dict
        promise.refresh_from_db()
        assert promise.due_on is None


class TestASlip:
    def test_is_a_row_each_time_and_the_first_stays_as_it_was(self):
        promise = a_promise(due_on=day("2018-11-30"))
        move(promise, "2019-01-29", changed_on=day("2018-11-20"))
        move(promise, "2019-04-30", reason="Again.")
        first, second = promise.changes.all()
        assert (first.was_due, first.due, first.days_slipped) == (
            "30 November 2018",
            "29 January 2019",
            60,
        )
        assert (second.was_due, second.due, second.reason) == (
            "29 January 2019",
            "30 April 2019",
            "Again.",
        )
        assert str(first.changed) == "20 November 2018"
        assert Promise.objects.get().due_on == day("2019-04-30")

    def test_to_an_event_leaves_no_date(self):
        promise = a_promise(due_on=day("2018-11-30"))
        change = move(promise, None, due_words="once the review is published")
        assert (promise.due_on, promise.due_kind) == (None, "event")
        assert (change.due, change.days_slipped) == ("once the review is published", None)

    def test_of_a_promise_without_a_date_is_none(self):
        with pytest.raises(ValidationError, match="Give it one instead"):
            move(a_promise(due_words="in due course"))

    def test_to_where_it_stands_is_none(self):
        promise = a_promise(due_on=day("2018-11-30"))
        with pytest.raises(ValidationError, match="due then already"):
            move(promise, "2018-11-30")

    def test_says_where_to(self):
        with pytest.raises(ValidationError, match="which day, or until which event"):
            move(a_promise(due_on=day("2018-11-30")), None)


class TestClosing:
    @pytest.mark.parametrize("status", ["kept", "partly", "broken"])
    def test_keeps_what_shows_it(self, status):
        promise, minutes = a_promise(), a_source("Minutes")
        change = close(promise, status, source=minutes, closed_on=day("2019-01-29"))
        promise.refresh_from_db()
        assert (promise.status, promise.closed_on) == (status, day("2019-01-29"))
        assert (change.was_status, change.status, change.source) == ("open", status, minutes)
        assert Promise.objects.unkept().count() == 0

    def test_needs_a_source(self):
        with pytest.raises(ValidationError, match="Name the source that shows it"):
            close(a_promise(), source=None)

    def test_by_another_promise_names_it(self):
        contract = a_contract()
        old, new = a_promise(contract=contract), a_promise(contract=contract, words="By May")
        with pytest.raises(ValidationError, match="took its place, of those alone"):
            close(old, "superseded")
        with pytest.raises(ValidationError, match="took its place, of those alone"):
            close(old, "kept", superseded_by=new)
        with pytest.raises(ValidationError, match="not superseded by itself"):
            close(old, "superseded", superseded_by=old)
        assert close(old, "superseded", superseded_by=new).superseded_by == new

    def test_is_done_once_until_it_is_opened_again(self):
        promise = a_promise()
        close(promise)
        with pytest.raises(ValidationError, match="It is kept already"):
            close(promise, "broken")
        promises.reopen(promise, reason="The report was another one.", by=the_officer())
        assert (promise.status, promise.closed_on) == ("open", None)
        close(promise, "broken")
        kinds = [change.kind for change in promise.changes.all()]
        assert kinds == ["closed", "reopened", "closed"]

    def test_is_to_a_state_in_which_it_is_over(self):
        with pytest.raises(ValidationError, match="kept, broken or superseded"):
            close(a_promise(), "open")


def test_words_put_right_are_kept_as_they_were():
    promise = a_promise(words="the findigs will be reported")
    change = promises.reword(
        promise, words="the findings will be reported", reason="A letter.", by=the_officer()
    )
    assert (change.was_words, change.words) == (
        "the findigs will be reported",
        "the findings will be reported",
    )
    assert Promise.objects.get().words == "the findings will be reported"


def test_a_change_is_never_edited_and_never_deleted():
    change = give(a_promise())
    change.reason = "Another."
    with pytest.raises(AppendOnlyError):
        change.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        PromiseChange.objects.filter(pk=change.pk).update(reason="Another.")
    with pytest.raises(IntegrityError), transaction.atomic():
        PromiseChange.objects.all().delete()


def test_changes_of_a_hidden_promise_are_hidden_and_it_can_be_changed():
    give(a_promise(**exempt(1)))
    assert PromiseChange.objects.count() == 0
    assert PromiseChange.all_rows.count() == 1


class TestAge:
    @pytest.mark.parametrize(
        ("on", "days"), [("2019-01-28", 0), ("2019-01-29", 0), ("2019-01-30", 1)]
    )
    def test_of_lateness_is_a_day_from_the_day_after(self, on, days):
        promise = a_promise(due_on=day("2019-01-29"))
        assert promise.days_overdue(day(on)) == days
        assert Promise.objects.late(day(on)).count() == bool(days)

    def test_of_lateness_is_none_once_it_is_over_and_without_a_date(self):
        promise = a_promise(due_on=day("2019-01-29"))
        close(promise, "broken")
        assert promise.days_overdue(day("2020-01-01")) == 0
        assert a_promise(contract=promise.contract).days_overdue(day("2020-01-01")) == 0
