"""From rows to mails waiting: each reader once a week, whatever the scheduler did, and compiled
once for those who follow the same."""

import datetime as dt
from collections import Counter

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from barnetwatch.lib.appendonly import AppendOnlyError
from contracts.models import Contract
from costs.models import OverrunAlert
from digests import preparing, subscribing
from digests.compiling import Following
from digests.models import AlertTold, Content, Edition, Subscription
from digests.preparing import FRESH, following_of, prepare_alerts, prepare_digests, resend
from digests.weeks import Week
from tests.digests.readers import (
    BEFORE,
    CUT,
    SECOND,
    WEDNESDAY,
    WEEK,
    a_failure,
    a_reader,
    an_overrun,
)
from tests.factories import a_contract, a_line, exempt, moment, post
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

NEXT = CUT + dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


@pytest.fixture
def csg() -> Contract:
    return a_contract("CSG", award=320_000_000)


@pytest.fixture
def gathered(monkeypatch) -> list[Following]:
    """What was compiled, and for whom, as often as it was."""
    calls = []

    def counted(following, *window):
        calls.append(following)
        return gather(following, *window)

    gather = preparing.gather
    monkeypatch.setattr(preparing, "gather", counted)
    return calls


def everything() -> dict[str, list]:
    """All rows of what preparing writes."""
    models = (Subscription, Content, Edition, AlertTold)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def weeks_told(subscription: Subscription) -> list[str]:
    return list(subscription.editions.order_by("pk").values_list("week", flat=True))


# Once a week ----------------------------------------------------------------------------------


def test_a_reader_gets_the_week_that_has_ended(csg):
    reader = a_reader()
    a_failure(csg)
    prepared = prepare_digests(CUT)
    assert vars(prepared) == {
        "week": "2018-W40",
        "editions": 1,
        "contents": 1,
        "skipped": 0,
        "already_told": 0,
        "subjects": ["BarnetWatch, 1 to 7 October 2018: 1 new failure"],
    }
    [edition] = Edition.objects.all()
    assert edition.to == reader.user.email
    assert (edition.week, edition.state, edition.due_at) == ("2018-W40", "due", CUT)
    content = edition.content
    assert (content.kind, content.week) == ("digest", "2018-W40")
    assert (content.since_at, content.until_at) == (BEFORE, CUT)
    reader.refresh_from_db()
    assert reader.cut_at == CUT


def test_a_second_round_tells_nobody_again(csg):
    a_reader()
    a_failure(csg)
    prepare_digests(CUT)
    before = everything()
    again = prepare_digests(CUT + SECOND)
    assert (again.editions, again.due, again.already_told) == (0, 0, 1)
    assert everything() == before


def test_before_the_cut_the_week_is_not_made_ready(csg):
    reader = a_reader()
    a_failure(csg)
    assert prepare_digests(CUT - SECOND).week == "2018-W39"
    assert weeks_told(reader) == []


def test_where_nothing_happened_only_the_cut_moves_on(csg):
    reader = a_reader()
    a_contract("SOON", ends_on=dt.date(2018, 12, 31))
    prepared = prepare_digests(CUT)
    assert (prepared.editions, prepared.skipped, prepared.due) == (0, 1, 1)
    assert not Content.objects.exists()
    assert not Edition.objects.exists()
    reader.refresh_from_db()
    assert reader.cut_at == CUT


def test_what_an_empty_week_kept_silent_is_not_told_later(csg):
    reader = a_reader()
    a_failure(csg, at=BEFORE - DAY)
    prepare_digests(CUT)
    a_failure(csg, at=CUT + DAY)
    prepare_digests(NEXT)
    assert weeks_told(reader) == ["2018-W41"]
    assert reader.editions.get().content.subject.endswith(": 1 new failure")


@pytest.mark.parametrize(("silent", "week"), [(8, "2018-W41"), (21, "2018-W43")])
def test_a_scheduler_silent_for_days_makes_one_digest_of_all_of_them(csg, silent, week):
    reader = a_reader()
    for day in range(0, silent + 7, 7):
        a_failure(csg, at=BEFORE + DAY * day + SECOND)
    prepared = prepare_digests(CUT + DAY * silent)
    assert (prepared.week, prepared.editions) == (week, 1)
    assert weeks_told(reader) == [week]
    content = reader.editions.get().content
    assert content.since_at == BEFORE
    told = (content.until_at - BEFORE).days // 7
    assert content.subject.endswith(f": {told} new failures")
    prepare_digests(CUT + DAY * silent + SECOND)
    assert weeks_told(reader) == [week]


def test_weeks_are_told_across_the_turn_of_a_year_of_53_weeks(csg):
    reader = a_reader(since=Week(2026, 52).cut)
    for at in ("2026-12-30", "2027-01-05", "2027-01-12"):
        a_failure(csg, at=moment(at))
    for week in (Week(2026, 53), Week(2027, 1), Week(2027, 2)):
        prepare_digests(week.cut)
    assert weeks_told(reader) == ["2026-W53", "2027-W01", "2027-W02"]


@pytest.mark.parametrize(
    ("week", "recorded"),
    [
        # The Monday's 06:30 in London is 05:30 UTC in summer time, 06:30 UTC after it.
        (Week(2026, 13), "2026-03-30 06:30"),
        (Week(2026, 43), "2026-10-26 06:30"),
    ],
)
def test_the_hour_before_the_cut_is_told_whatever_the_clocks_did_that_night(csg, week, recorded):
    reader = a_reader(since=week.cut - DAY * 7)
    a_failure(csg, at=moment(recorded))
    a_failure(csg, at=moment(recorded) + dt.timedelta(hours=1))
    prepare_digests(week.cut)
    assert weeks_told(reader) == [str(week)]
    assert reader.editions.get().content.subject.endswith(": 1 new failure")


def test_a_week_before_the_last_cut_is_told_to_nobody(csg):
    reader = a_reader()
    a_failure(csg, at=BEFORE - DAY * 3)
    a_failure(csg)
    prepare_digests(CUT)
    before = everything()
    for week in (Week(2018, 40), Week(2018, 39), Week(2017, 1)):
        prepared = prepare_digests(NEXT, week)
        assert (prepared.editions, prepared.due, prepared.already_told) == (0, 0, 1)
    assert everything() == before
    assert weeks_told(reader) == ["2018-W40"]


def test_a_named_week_is_told_and_the_next_one_tells_the_rest(csg):
    reader = a_reader()
    a_failure(csg)
    a_failure(csg, at=CUT + DAY)
    assert prepare_digests(NEXT, WEEK).editions == 1
    assert prepare_digests(NEXT).editions == 1
    assert weeks_told(reader) == ["2018-W40", "2018-W41"]


def test_two_workers_at_once_tell_each_reader_once(transactional_db):
    contract = a_contract("CSG")
    readers = [a_reader() for _ in range(5)]
    a_failure(contract)
    prepared = in_threads(3, lambda n: prepare_digests(CUT + SECOND * n))
    assert sum(each.editions for each in prepared) == 5
    assert [weeks_told(reader) for reader in readers] == [["2018-W40"]] * 5
    assert Content.objects.count() == 1


# Who is told ----------------------------------------------------------------------------------


def test_somebody_who_wants_alerts_only_gets_no_digest(csg):
    reader = a_reader(cadence=Subscription.Cadence.ALERTS)
    a_failure(csg)
    assert prepare_digests(CUT).editions == 0
    reader.refresh_from_db()
    assert reader.cut_at == BEFORE


def test_somebody_who_has_stopped_or_left_gets_nothing(csg):
    subscribing.stop(a_reader(), Subscription.Stopped.LINK)
    left = a_reader().user
    left.is_active = False
    left.save()
    a_failure(csg)
    an_overrun(csg)
    assert prepare_digests(CUT).editions == 0
    assert prepare_alerts(WEDNESDAY + SECOND).editions == 0


def test_somebody_who_subscribed_this_week_is_told_from_then_on(csg):
    a_failure(csg, at=WEDNESDAY - SECOND)
    reader = a_reader(since=WEDNESDAY)
    a_failure(csg, at=WEDNESDAY)
    prepare_digests(CUT)
    assert reader.editions.get().content.subject.endswith(": 1 new failure")


def test_somebody_who_subscribed_after_the_cut_waits_for_the_next(csg):
    reader = a_reader(since=CUT + SECOND)
    a_failure(csg, at=CUT + SECOND)
    assert prepare_digests(CUT + SECOND * 2).editions == 0
    assert prepare_digests(NEXT).editions == 1
    assert weeks_told(reader) == ["2018-W41"]


# Compiled once --------------------------------------------------------------------------------


def queries_of(at: dt.datetime = CUT) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert prepare_digests(at).editions
    return len(queries)


def test_four_readers_of_the_same_cost_the_queries_of_one(csg, gathered):
    a_failure(csg)
    a_reader()
    one = queries_of()
    assert len(gathered) == 1
    for _ in range(4):
        a_reader(since=CUT)
    Subscription.objects.filter(cut_at=CUT).exclude(editions=None).delete()
    a_failure(csg, at=CUT + DAY)
    four = queries_of(NEXT)
    assert len(gathered) == 2
    assert four == one == 26
    assert Edition.objects.count() == 4
    assert Content.objects.count() == 2


def test_four_readers_of_two_sets_are_compiled_for_twice(csg, gathered):
    other = a_contract("OTHER")
    a_failure(csg)
    a_failure(other)
    for contracts in ((csg, other), (other, csg), (other,), (other,)):
        a_reader(*contracts)
    assert queries_of() == 51
    assert Counter(gathered) == {
        Following(tuple(sorted((csg.pk, other.pk)))): 1,
        Following((other.pk,)): 1,
    }
    assert Content.objects.count() == 2
    assert Edition.objects.count() == 4


def test_readers_who_were_told_up_to_different_days_get_different_digests(csg, gathered):
    early, late = a_reader(), a_reader(since=WEDNESDAY + SECOND)
    a_failure(csg)
    a_failure(csg, at=WEDNESDAY + DAY)
    prepare_digests(CUT)
    assert len(gathered) == 2
    assert early.editions.get().content.subject.endswith(": 2 new failures")
    assert late.editions.get().content.subject.endswith(": 1 new failure")


def test_what_each_of_many_follows_is_one_query(csg, django_assert_num_queries):
    other = a_contract("OTHER")
    readers = [a_reader(), a_reader(csg), a_reader(other, csg), a_reader(other)]
    for reader in readers[3:]:
        reader.contracts.clear()
    with django_assert_num_queries(1):
        following = following_of(readers)
    assert [following[reader.pk].contracts for reader in readers] == [
        None,
        (csg.pk,),
        (csg.pk, other.pk),
        (),
    ]


# Kept as sent ---------------------------------------------------------------------------------


def test_what_was_sent_is_never_changed(csg):
    a_reader()
    a_failure(csg)
    prepare_digests(CUT)
    content = Content.objects.get()
    with pytest.raises(AppendOnlyError):
        content.save()
    with pytest.raises(AppendOnlyError):
        content.delete()
    for change in (
        lambda: Content.objects.update(text="Another"),
        lambda: Content.objects.filter(pk=content.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Content.objects.get().text == content.text


def test_what_was_sent_stays_as_it_was_when_the_record_moves_on(csg):
    a_reader()
    failure = a_failure(csg, title="As it was")
    prepare_digests(CUT)
    type(failure).objects.update(title="As it is", **exempt(1))
    assert "As it was" in Content.objects.get().text


def test_what_was_restricted_meanwhile_does_not_go_out_from_an_earlier_mail(csg):
    """Somebody who was away on Monday is told on Tuesday, of what is open on Tuesday."""
    here, away = a_reader(), a_reader()
    away.user.is_active = False
    away.user.save()
    secret = a_failure(csg, title="CANARY")
    a_failure(csg)
    prepare_digests(CUT)
    type(secret).objects.filter(pk=secret.pk).update(**exempt(1))
    away.user.is_active = True
    away.user.save()
    prepare_digests(CUT + DAY)
    assert "CANARY" in here.editions.get().content.text
    assert "CANARY" not in away.editions.get().content.text


def test_a_reader_who_comes_late_shares_the_mail_of_the_others(csg):
    a_reader()
    late = a_reader()
    late.user.is_active = False
    late.user.save()
    a_failure(csg)
    prepare_digests(CUT)
    late.user.is_active = True
    late.user.save()
    prepare_digests(CUT + DAY)
    assert Content.objects.count() == 1
    assert Edition.objects.count() == 2


# A dry run ------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_writes_nothing(csg):
    a_reader()
    a_reader(csg)
    a_reader(a_contract("QUIET"))
    a_failure(csg)
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        dry = prepare_digests(CUT, dry_run=True)
    assert {query["sql"].lstrip("(").split()[0] for query in queries} == {"SELECT"}
    assert everything() == before
    assert (dry.editions, dry.contents, dry.skipped) == (2, 2, 1)
    assert vars(prepare_digests(CUT)) == vars(dry)


# Alerts at once -------------------------------------------------------------------------------


def alert_mails() -> list[str]:
    found = Edition.objects.filter(week="").order_by("pk")
    return [edition.content.subject for edition in found.select_related("content")]


def test_a_high_alert_is_told_at_once_to_those_who_follow_its_contract(csg):
    readers = [a_reader(), a_reader(csg, cadence=Subscription.Cadence.ALERTS)]
    stranger = a_reader(a_contract("OTHER"))
    an_overrun(csg)
    prepared = prepare_alerts(WEDNESDAY + SECOND)
    assert (prepared.editions, prepared.contents) == (2, 1)
    assert alert_mails() == ["BarnetWatch, high alert: 1 overrun raised, CSG"] * 2
    for reader in readers:
        edition = reader.editions.get()
        assert (edition.week, edition.to) == ("", reader.user.email)
        assert edition.due_at == WEDNESDAY + SECOND
        assert "HOW THIS WAS CALCULATED" in edition.content.text
        assert "Firm: £600,000 approved" in edition.content.text
    assert not stranger.editions.exists()


def test_an_alert_is_told_once(csg):
    a_reader()
    an_overrun(csg)
    for n in range(1, 4):
        prepare_alerts(WEDNESDAY + SECOND * 15 * n)
    assert len(alert_mails()) == 1


def test_alerts_of_one_sweep_come_in_one_mail_and_later_ones_in_another(csg):
    a_reader()
    an_overrun(csg)
    an_overrun(a_contract("DRS"))
    prepare_alerts(WEDNESDAY + SECOND)
    an_overrun(a_contract("NEW"), at=WEDNESDAY + SECOND * 10)
    prepare_alerts(WEDNESDAY + SECOND * 16)
    assert alert_mails() == [
        "BarnetWatch, high alert: 2 overruns raised, CSG, DRS",
        "BarnetWatch, high alert: 1 overrun raised, NEW",
    ]


@pytest.mark.parametrize("severity", ["low", "medium"])
def test_lesser_alerts_wait_for_monday(csg, severity):
    a_reader()
    an_overrun(csg, severity=severity)
    assert prepare_alerts(WEDNESDAY + SECOND).editions == 0
    assert prepare_digests(CUT).editions == 1


def test_an_alert_that_is_over_is_not_told(csg):
    a_reader()
    alert = an_overrun(csg)
    OverrunAlert.objects.filter(pk=alert.pk).update(
        cleared_at=WEDNESDAY, ending=OverrunAlert.Ending.BACK
    )
    assert prepare_alerts(WEDNESDAY + SECOND).editions == 0


def test_an_alert_from_before_somebody_subscribed_is_not_told_to_them(csg):
    an_overrun(csg, at=WEDNESDAY)
    a_reader(since=WEDNESDAY + SECOND)
    first = a_reader(since=WEDNESDAY)
    prepare_alerts(WEDNESDAY + SECOND * 2)
    assert [edition.subscription for edition in Edition.objects.all()] == [first]


@pytest.mark.parametrize(("age", "is_told"), [(FRESH - SECOND, True), (FRESH, False)])
def test_an_old_alert_is_left_to_the_digest(csg, age, is_told):
    a_reader()
    an_overrun(csg)
    assert prepare_alerts(WEDNESDAY + age).editions == is_told


def test_an_alert_is_told_at_once_and_again_on_monday(csg):
    reader = a_reader()
    an_overrun(csg)
    prepare_alerts(WEDNESDAY + SECOND)
    prepare_digests(CUT)
    assert weeks_told(reader) == ["", "2018-W40"]


def test_an_alert_that_rests_on_restricted_rows_is_told_to_nobody(csg):
    a_reader()
    hidden = a_contract("CANARY", **exempt(3))
    an_overrun(hidden)
    post(a_line(csg, "CANARY", **exempt(3)), "paid", 7_654_321, "2018-09-03", at=WEDNESDAY)
    an_overrun(csg, basis=OverrunAlert.Basis.ALL, sum_in_words="CANARY")
    assert prepare_alerts(WEDNESDAY + SECOND).editions == 0
    assert not Content.objects.exists()


def test_two_workers_at_once_tell_of_an_alert_once(transactional_db):
    contract = a_contract("CSG")
    for _ in range(3):
        a_reader()
    an_overrun(contract)
    in_threads(3, lambda n: prepare_alerts(WEDNESDAY + SECOND * (n + 1)))
    prepare_alerts(WEDNESDAY + SECOND * 10)
    assert Edition.objects.count() == 3
    assert AlertTold.objects.count() == 3


def test_many_readers_of_one_alert_cost_the_queries_of_one(csg):
    counts = []
    for n, readers in enumerate((1, 9)):
        for _ in range(readers):
            a_reader()
        an_overrun(csg, at=WEDNESDAY + DAY * 3 * n)
        with CaptureQueriesContext(connection) as queries:
            assert prepare_alerts(WEDNESDAY + DAY * 3 * n + SECOND).editions
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_while_no_alert_is_fresh_a_round_is_one_query(csg, django_assert_num_queries):
    a_reader()
    with django_assert_num_queries(1):
        prepare_alerts(WEDNESDAY)


# Sent again by hand ---------------------------------------------------------------------------


def test_mails_that_ended_are_sent_again_and_others_left(csg):
    for _ in range(4):
        a_reader()
    a_failure(csg)
    prepare_digests(CUT)
    states = Edition.State
    editions = list(Edition.objects.order_by("pk"))
    for edition, state in zip(
        editions, (states.SENT, states.FAILED, states.DUE, states.CLAIMED), strict=True
    ):
        Edition.objects.filter(pk=edition.pk).update(
            state=state, attempts=3, server_said="So", sent_at=CUT
        )
    assert resend(editions, NEXT) == 2
    found = Edition.objects.order_by("pk").values_list("state", "attempts", "due_at")
    assert list(found) == [
        ("due", 0, NEXT),
        ("due", 0, NEXT),
        ("due", 3, CUT),
        ("claimed", 3, CUT),
    ]
    before = [edition.message_id for edition in editions]
    assert [edition.message_id for edition in Edition.objects.order_by("pk")] == before
