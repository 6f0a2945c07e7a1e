"""Asking to see a record, and letting one person see one record up to a day.

A request names no record. Its answer is leave to see some, or a refusal with its reasons.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import AccessRequest, Grant
from accounts.audit import Act
from accounts.restricting import kind_of, known_to
from accounts.visibility import MEMBERS, Restrictable, sight_of

if TYPE_CHECKING:
    from accounts.models import User

#: The Local Authorities (Executive Arrangements) (Meetings and Access to Information) (England)
#: Regulations 2012 (SI 2012/2089), regulation 17: an answer within ten clear days.
CLEAR_DAYS = 10
#: Requests that one person has waiting at most.
MOST_WAITING = 20


def due_by(asked_on: dt.date) -> dt.date:
    """The last day for an answer: the day of asking does not count, then ten whole days do."""
    return asked_on + dt.timedelta(days=CLEAR_DAYS)


@transaction.atomic
def ask(
    *,
    what: str,
    why: str,
    by: "User",
    at: dt.datetime,
    for_scrutiny: bool = False,
    executive_since: dt.date | None = None,
) -> AccessRequest:
    """Ask to see what one cannot find. Nothing is looked up: the answer is always the same.

    The clock of ten clear days runs for members who ask for scrutiny, on and after the day since
    which the council has executive arrangements; None where it has none. Raises ValidationError
    where nothing is said, or too many of one's requests wait already.
    """
    on = timezone.localdate(at)
    wrong = {
        name: said
        for name, text, said in (
            ("what", what, _("Describe what you ask to see.")),
            ("why", why, _("Say why you need to see it.")),
        )
        if not text.strip()
    }
    if wrong:
        raise ValidationError(wrong)
    if by.access_requests.waiting().count() >= MOST_WAITING:
        raise ValidationError(
            _("%(number)d of your requests wait for an answer. Take one back, or wait for it.")
            % {"number": MOST_WAITING}
        )
    is_member = for_scrutiny and by.groups.filter(name=MEMBERS).exists()
    has_clock = is_member and executive_since is not None and on >= executive_since
    row = AccessRequest(
        asked_by=by,
        what=what.strip(),
        why=why.strip(),
        for_scrutiny=is_member,
        asked_at=at,
        due_on=due_by(on) if has_clock else None,
    )
    row.full_clean()
    row.save()
    audit.record(Act.ASKED, by=by, subject=row)
    return row


@transaction.atomic
def withdraw(request: AccessRequest, *, by: "User") -> AccessRequest:
    """Take one's own request back. Raises ValidationError where it is another's, or answered."""
    row = _waiting(request)
    if row.asked_by_id != by.pk:
        raise ValidationError(_("Only who asked takes a request back."))
    row.state = AccessRequest.State.WITHDRAWN
    row.save(update_fields=["state"])
    audit.record(Act.WITHDRAWN, by=by, subject=row)
    return row


@transaction.atomic
def refuse(request: AccessRequest, *, reasons: str, by: "User", at: dt.datetime) -> AccessRequest:
    """Refuse a request with written reasons. Raises ValidationError without any."""
    row = _answer(request, AccessRequest.State.REFUSED, reasons, by, at)
    audit.record(Act.REFUSED, by=by, subject=row, reason=row.answer)
    return row


@transaction.atomic
def allow(
    request: AccessRequest,
    *,
    records: Iterable[Restrictable],
    ends_on: dt.date,
    answer: str,
    by: "User",
    at: dt.datetime,
) -> AccessRequest:
    """Answer a request with leave to see one or more records, up to a day and on it.

    Raises ValidationError as `grant` does, and where no record is given.
    """
    row = _answer(request, AccessRequest.State.GRANTED, answer, by, at)
    wanted = list(records)
    if not wanted:
        raise ValidationError({"records": _("Choose the records, or refuse with your reasons.")})
    given = [
        _give(row.asked_by, each, reason=row.why, ends_on=ends_on, by=by, at=at, request=row)
        for each in wanted
    ]
    _check_seen(row.asked_by, given, on=timezone.localdate(at))
    return row


@transaction.atomic
def grant(
    person: "User",
    record: Restrictable,
    *,
    reason: str,
    ends_on: dt.date,
    by: "User",
    at: dt.datetime,
) -> Grant:
    """Let one person see one record up to a day and on it.

    Raises ValidationError where `by` is the person, or neither sees the record nor restricted it;
    where the record is open; where the day is past; and where the person would not see it
    even so, since what it belongs to is kept back from them as well.
    """
    given = _give(person, record, reason=reason, ends_on=ends_on, by=by, at=at)
    _check_seen(person, [given], on=timezone.localdate(at))
    return given


@transaction.atomic
def end(given: Grant, *, reason: str, by: "User", at: dt.datetime) -> Grant:
    """End a grant before its day. Raises ValidationError without a reason, or where it is over."""
    row = Grant.objects.select_for_update().get(pk=given.pk)
    if not row.holds(timezone.localdate(at)):
        raise ValidationError(_("It is over already."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it ends early.")})
    row.ended_by, row.ended_at, row.ended_reason = by, at, reason.strip()
    row.save(update_fields=["ended_by", "ended_at", "ended_reason"])
    audit.record(Act.TAKEN_AWAY, by=by, subject=row, reason=row.ended_reason)
    return row


def _give(
    person: "User",
    record: Restrictable,
    *,
    reason: str,
    ends_on: dt.date,
    by: "User",
    at: dt.datetime,
    request: AccessRequest | None = None,
) -> Grant:
    if person.pk == by.pk:
        raise ValidationError(_("Nobody grants leave to themself. Ask somebody else."))
    if not person.is_active:
        raise ValidationError(_("This person does not sign in any more."))
    if ends_on < timezone.localdate(at):
        raise ValidationError({"ends_on": _("Give a day that is not past.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this person needs to see it.")})
    row: Any = known_to(type(record), by).filter(pk=record.pk).first()
    if row is None:
        raise ValidationError({"records": _("No such record is yours to give.")})
    if row.is_open:
        raise ValidationError({"records": _("That record is open: nobody needs leave to see it.")})
    given = Grant.objects.create(
        user=person,
        kind=row._meta.label_lower,
        key=row.pk,
        request=request,
        reason=reason.strip(),
        ends_on=ends_on,
        given_by=by,
        given_at=at,
    )
    audit.record(Act.GRANTED, by=by, subject=given, after=audit.fields_of(given))
    return given


def _check_seen(person: "User", given: list[Grant], *, on: dt.date) -> None:
    """Leave that shows nothing would be a promise not kept."""
    sight = sight_of(person, on)
    for each in given:
        model: Any = kind_of(each.kind)
        if not model.objects.seen_by(sight).filter(pk=each.key).exists():
            said = _(
                "They would still not see %(record)s: what it belongs to is kept back from them "
                "as well. Choose that too."
            )
            raise ValidationError({"records": said % {"record": each.record}})


def _answer(
    request: AccessRequest, state: str, said: str, by: "User", at: dt.datetime
) -> AccessRequest:
    row = _waiting(request)
    if row.asked_by_id == by.pk:
        raise ValidationError(_("Nobody answers their own request. Ask somebody else."))
    if not said.strip():
        raise ValidationError({"answer": _("Write the answer, with its reasons.")})
    row.state, row.answer = state, said.strip()
    row.answered_by, row.answered_at = by, at
    row.tell_at = at
    row.full_clean(exclude=["what", "why"])
    row.save()
    return row


def _waiting(request: AccessRequest) -> AccessRequest:
    """A request, locked; refused where it waits for nobody any more."""
    row = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if row.state != AccessRequest.State.WAITING:
        raise ValidationError(_("That request waits no more. This is how it stands now."))
    return row
