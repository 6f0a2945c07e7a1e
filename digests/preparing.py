"""From rows to mails waiting to be sent: the weekly digests, and alerts raised just now.

Everything here may be done twice, by two workers at once or after a week's silence: constraints
and conditional updates see to it that each reader is told once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Value

from accounts import audit
from accounts.audit import Act
from costs.models import OverrunAlert, Threshold
from digests.compiling import Following, gather, overrun_items
from digests.models import AlertTold, Content, Edition, Subscription
from digests.rendering import Rendered, key_of, render_alerts, render_digest
from digests.weeks import Week, latest_told

if TYPE_CHECKING:
    from accounts.models import User

#: What a subscription may follow, and the column of the link that holds it.
FOLLOWED = {"contracts": "contract", "bodies": "body", "failures": "incident"}
#: Alerts older than this are for the next digest, not for a mail at once.
FRESH = dt.timedelta(days=2)


@dataclass
class Prepared:
    """What was made ready: mails, distinct contents, readers for whom nothing happened."""

    week: str = ""
    editions: int = 0
    contents: int = 0
    skipped: int = 0
    already_told: int = 0
    subjects: list[str] = field(default_factory=list)

    @property
    def due(self) -> int:
        """Readers whose turn it was, whether or not there was anything to tell."""
        return self.editions + self.skipped


def following_of(subscriptions: Iterable[Subscription]) -> dict[int, Following]:
    """What each of some subscriptions follows, in one query for all."""
    chosen: dict[tuple[int, str], list[int]] = defaultdict(list)
    picked = [each.pk for each in subscriptions if not each.everything]
    first, *others = (
        Subscription._meta.get_field(name)
        .remote_field.through.objects.filter(subscription__in=picked)  # type: ignore[union-attr]
        .values_list("subscription", column, Value(name))
        for name, column in FOLLOWED.items()
    )
    for subscription, row, name in first.union(*others, all=True):
        chosen[subscription, name].append(row)
    return {
        each.pk: Following()
        if each.everything
        else Following(**{name: tuple(sorted(chosen[each.pk, name])) for name in FOLLOWED})
        for each in subscriptions
    }


def prepare_digests(
    at: dt.datetime, week: Week | None = None, *, dry_run: bool = False
) -> Prepared:
    """Make ready the digests of a week that has ended by `at`: the latest, unless named.

    Each subscription's window runs from its last cut to the week's; weeks it was not told of in
    between are told with it, as one digest. Where nothing happened only the cut moves on.
    `dry_run` compiles and counts, and writes nothing.
    """
    week = week or latest_told(at)
    prepared = Prepared(str(week))
    weekly = Subscription.objects.weekly()
    prepared.already_told = weekly.filter(cut_at__gte=week.cut).count()
    due = list(weekly.filter(cut_at__lt=week.cut).select_related("user").order_by("pk"))
    following = following_of(due)
    groups: dict[tuple[Following, dt.datetime], list[Subscription]] = defaultdict(list)
    for subscription in due:
        groups[following[subscription.pk], subscription.cut_at].append(subscription)
    for (follows, since), readers in groups.items():
        digest = gather(follows, since, week.cut, week)
        rendered = render_digest(digest) if digest.has_news else None
        if rendered is None:
            prepared.skipped += len(readers)
        else:
            prepared.contents += 1
            prepared.subjects.append(rendered.subject)
        if dry_run:
            prepared.editions += len(readers) if rendered else 0
        else:
            prepared.editions += _tell(readers, since, week, rendered, at)
    return prepared


@transaction.atomic
def _tell(
    readers: list[Subscription],
    since: dt.datetime,
    week: Week,
    rendered: Rendered | None,
    at: dt.datetime,
) -> int:
    """Move the readers' cut on and give each an edition; those another worker took are left."""
    ids = [reader.pk for reader in readers]
    mine = set(
        Subscription.objects.select_for_update()
        .filter(pk__in=ids, cut_at=since)
        .values_list("pk", flat=True)
    )
    Subscription.objects.filter(pk__in=mine).update(cut_at=week.cut)
    if rendered is None or not mine:
        return 0
    content = _keep(Content.Kind.DIGEST, rendered, since, week.cut, str(week))
    Edition.objects.bulk_create(
        [
            Edition(
                subscription=reader,
                content=content,
                week=str(week),
                to=reader.user.email,
                due_at=at,
            )
            for reader in readers
            if reader.pk in mine
        ],
        batch_size=500,
    )
    return len(mine)


def prepare_alerts(at: dt.datetime) -> Prepared:
    """Make ready one mail a follower about the high alerts on open rows not yet told of."""
    prepared = Prepared()
    alerts = {
        alert.pk: alert
        for alert in OverrunAlert.objects.standing()
        .filter(threshold__severity=Threshold.Severity.HIGH, raised_at__gt=at - FRESH)
        .select_related("contract", "threshold")
    }
    if not alerts:
        return prepared
    readers = list(Subscription.objects.current().select_related("user"))
    following = following_of(readers)
    told = set(AlertTold.objects.filter(alert__in=alerts).values_list("subscription", "alert"))
    groups: dict[tuple[int, ...], list[Subscription]] = defaultdict(list)
    for reader in readers:
        follows = following[reader.pk].contracts
        untold = tuple(
            pk
            for pk, alert in sorted(alerts.items())
            if alert.raised_at >= reader.started_at
            and (follows is None or alert.contract_id in follows)
            and (reader.pk, pk) not in told
        )
        if untold:
            groups[untold].append(reader)
    for untold, group in groups.items():
        prepared.contents += 1
        prepared.editions += _alert([alerts[pk] for pk in untold], group, at)
    return prepared


def _alert(alerts: list[OverrunAlert], readers: list[Subscription], at: dt.datetime) -> int:
    rendered = render_alerts(overrun_items(alerts))
    try:
        with transaction.atomic():
            content = _keep(Content.Kind.ALERT, rendered, None, at, "")
            editions = Edition.objects.bulk_create(
                Edition(subscription=reader, content=content, to=reader.user.email, due_at=at)
                for reader in readers
            )
            AlertTold.objects.bulk_create(
                AlertTold(subscription=edition.subscription, alert=alert, edition=edition)
                for edition in editions
                for alert in alerts
            )
    except IntegrityError:
        return 0  # Another worker has just told some of them; the next round finds the rest.
    return len(readers)


def _keep(
    kind: str, rendered: Rendered, since: dt.datetime | None, until: dt.datetime, week: str
) -> Content:
    """The mail's row: one for the same words about the same time, however many readers.

    Not for the same rows: what was restricted since must not go out from an earlier mail.
    """
    said = (rendered.subject, rendered.text, rendered.html, rendered.items)
    fields: dict[str, Any] = {
        "kind": kind,
        "week": week,
        "since_at": since,
        "until_at": until,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "picture": rendered.picture,
        "items": rendered.items,
    }
    key = key_of(kind, week, since, until, *said)
    return Content.objects.get_or_create(key=key, defaults=fields)[0]


@transaction.atomic
def resend(editions: Iterable[Edition], at: dt.datetime, *, by: "User | None" = None) -> int:
    """Put mails that were sent or have failed back in the queue, by hand; how many there were."""
    ended = (Edition.State.FAILED, Edition.State.SENT)
    again = Edition.objects.filter(pk__in=[row.pk for row in editions], state__in=ended)
    for edition in again:
        before = {"state": edition.state}
        after = {"state": Edition.State.DUE}
        audit.record(Act.CHANGED, by=by, subject=edition, before=before, after=after)
    return again.update(
        state=Edition.State.DUE, due_at=at, attempts=0, server_said="", sent_at=None
    )
