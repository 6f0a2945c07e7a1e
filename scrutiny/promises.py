"""What becomes of a promise: give it a date, move it, reword, close, open it again.

The promise holds how it stands now, each change is a row beside it that is never edited. These are
the only writers of a promise's date, words and state once it is recorded.
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import Precision, counts_from, settle
from contracts.models import Source
from scrutiny.models import Promise, PromiseChange

if TYPE_CHECKING:
    from accounts.models import User

_Status, _Kind = Promise.Status, PromiseChange.Kind
#: The states in which a promise is over.
CLOSED = (_Status.KEPT, _Status.PARTLY, _Status.BROKEN, _Status.SUPERSEDED)
#: Of a promise, what its changes keep as it was and as it became.
KEPT = ("due_on", "due_precision", "due_year_inferred", "due_words", "status", "words")


@transaction.atomic
def give_date(
    promise: Promise,
    *,
    due_on: dt.date,
    reason: str,
    by: "User",
    said_by: str = "",
    precision: str = Precision.DAY,
    year_inferred: bool = False,
    **fields: Any,
) -> PromiseChange:
    """Give a promise without a date one; without `said_by`, the post of whoever records it.

    `fields` are those of `reschedule`. Raises ValidationError for one that has a date already.
    """
    held = _hold(promise)
    if held.due_on is not None:
        raise ValidationError(
            {"due_on": _("It is due %(due)s already. Move the date instead.") % {"due": held.due}}
        )
    return _change(
        held,
        promise,
        _Kind.DATE_GIVEN,
        {"due_on": due_on, "due_precision": precision, "due_year_inferred": year_inferred},
        reason=reason,
        by=by,
        said_by=said_by or by.post,
        **fields,
    )


@transaction.atomic
def reschedule(
    promise: Promise,
    *,
    reason: str,
    said_by: str,
    by: "User",
    due_on: dt.date | None = None,
    precision: str = Precision.DAY,
    year_inferred: bool = False,
    due_words: str = "",
    **fields: Any,
) -> PromiseChange:
    """Move the date of a promise, to another or to an event in `due_words`.

    `fields` are `source`, the day it was said (`changed_on`, `changed_precision`,
    `changed_year_inferred`) and `at`. Raises ValidationError where nothing changes, and for a
    promise that has neither a date nor an event: it is given a date instead.
    """
    held = _hold(promise)
    if held.due_kind == Promise.Due.COURSE:
        raise ValidationError(
            {"due_on": _("It has no date that could be moved. Give it one instead.")}
        )
    if due_on is None and not due_words.strip():
        raise ValidationError({"due_on": _("Say to which day, or until which event, it moved.")})
    new = {
        "due_on": due_on,
        "due_precision": precision if due_on else Precision.DAY,
        "due_year_inferred": year_inferred and due_on is not None,
        "due_words": due_words.strip(),
    }
    day = due_on and counts_from(due_on, precision)
    if (day, new["due_words"]) == (held.due_on, held.due_words):
        raise ValidationError({"due_on": _("It is due then already.")})
    return _change(
        held, promise, _Kind.RESCHEDULED, new, reason=reason, by=by, said_by=said_by, **fields
    )


@transaction.atomic
def reword(
    promise: Promise, *, words: str, reason: str, by: "User", **fields: Any
) -> PromiseChange:
    """Put right the words of a promise that were not exactly those that were said.

    `fields` are those of `reschedule`. Another promise is recorded anew and supersedes this one.
    """
    held = _hold(promise)
    if words.strip() == held.words:
        raise ValidationError({"words": _("These are its words already.")})
    fields["said_by"] = fields.get("said_by") or by.post
    return _change(
        held, promise, _Kind.REWORDED, {"words": words.strip()}, reason=reason, by=by, **fields
    )


@transaction.atomic
def close(
    promise: Promise,
    *,
    status: str,
    reason: str,
    source: Source | None,
    by: "User",
    superseded_by: Promise | None = None,
    closed_on: dt.date | None = None,
    **fields: Any,
) -> PromiseChange:
    """Record that a promise was kept, partly kept, broken or superseded, and what shows it.

    `reason` says what shows it and `source` where that was read; `closed_on` is the day, None
    where not known. Raises ValidationError without evidence, for one that is closed, and for one
    superseded by none or by itself.
    """
    held = _hold(promise)
    if held.status != _Status.OPEN:
        raise ValidationError(
            _("It is %(status)s already. Open it again first.")
            % {"status": held.get_status_display().lower()}
        )
    if status not in CLOSED:
        raise ValidationError({"status": _("Say whether it was kept, broken or superseded.")})
    if source is None:
        raise ValidationError({"source": _("Name the source that shows it.")})
    if (status == _Status.SUPERSEDED) != (superseded_by is not None):
        raise ValidationError(
            {"superseded_by": _("Name the promise that took its place, of those alone.")}
        )
    if superseded_by is not None and superseded_by.pk == held.pk:
        raise ValidationError({"superseded_by": _("A promise is not superseded by itself.")})
    return _change(
        held,
        promise,
        _Kind.CLOSED,
        {"status": status, "closed_on": closed_on},
        reason=reason,
        by=by,
        source=source,
        superseded_by=superseded_by,
        changed_on=closed_on,
        said_by=fields.pop("said_by", "") or by.post,
        **fields,
    )


@transaction.atomic
def reopen(promise: Promise, *, reason: str, by: "User", **fields: Any) -> PromiseChange:
    """Record that a promise counts as open after all; `fields` are those of `reschedule`."""
    held = _hold(promise)
    if held.status == _Status.OPEN:
        raise ValidationError(_("It is open already."))
    fields["said_by"] = fields.get("said_by") or by.post
    new = {"status": _Status.OPEN, "closed_on": None}
    return _change(held, promise, _Kind.REOPENED, new, reason=reason, by=by, **fields)


def _hold(promise: Promise) -> Promise:
    """The promise as it stands; nobody else changes it until this transaction ends."""
    held: Promise = Promise.all_rows.select_for_update().get(pk=promise.pk)
    return held


def _change(
    held: Promise,
    promise: Promise,
    kind: str,
    new: dict[str, Any],
    *,
    reason: str,
    by: "User",
    said_by: str,
    at: dt.datetime | None = None,
    **fields: Any,
) -> PromiseChange:
    """Write the change and the promise as it then stands, on the caller's object too."""
    row = PromiseChange(
        promise=held,
        kind=kind,
        reason=reason.strip(),
        said_by=said_by,
        recorded_by=by,
        **{f"was_{name}": getattr(held, name) for name in KEPT},
        **fields,
    )
    if at is not None:
        row.recorded_at = at
    before = audit.fields_of(held)
    for name, value in new.items():
        setattr(held, name, value)
    settle(held, "due")
    held.settle_due()
    held.full_clean()
    for name in KEPT:
        setattr(row, name, getattr(held, name))
    settle(row, "changed")
    row.full_clean()
    held.save()
    row.save()
    after = audit.fields_of(held)
    audit.record(Act.CHANGED, by=by, subject=held, before=before, after=after, reason=row.reason)
    for name in (*KEPT, "due_kind", "closed_on"):
        setattr(promise, name, getattr(held, name))
    return row
