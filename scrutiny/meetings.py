"""Meetings of bodies: call one, and change what is known of it."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import settle
from contracts.models import Contract
from scrutiny.models import Body, Meeting, Promise

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def call(
    *,
    body: Body,
    held_on: dt.date,
    by: "User",
    contracts: Iterable[Contract] = (),
    promises: Iterable[Promise] = (),
    at: dt.datetime | None = None,
    **fields: Any,
) -> Meeting:
    """Record a meeting with what is due there; `fields` are any others of Meeting.

    Raises ValidationError where the body does not exist on the day.
    """
    row = Meeting(body=body, held_on=held_on, recorded_by=by, **fields)
    if at is not None:
        row.recorded_at = at
    _write(row)
    row.contracts.set(contracts)
    row.promises.set(promises)
    audit.record(Act.ADDED, by=by, subject=row)
    return row


@transaction.atomic
def amend(meeting: Meeting, *, by: "User", **fields: Any) -> Meeting:
    """Change what is known of a meeting; `fields` are any of Meeting but those it is linked to.

    Raises ValidationError as `call` does.
    """
    before = audit.fields_of(meeting)
    for name, value in fields.items():
        setattr(meeting, name, value)
    _write(meeting)
    after = audit.fields_of(meeting)
    audit.record(Act.CHANGED, by=by, subject=meeting, before=before, after=after)
    return meeting


def _write(row: Meeting) -> None:
    settle(row, "held")
    if row.held_on and row.body_id and not row.body.sits_on(row.held_on, row.held_precision):
        raise ValidationError(
            {
                "held_on": _("%(body)s does not exist on %(day)s. Check the date or the body.")
                % {"body": row.body, "day": row.held}
            }
        )
    row.full_clean()
    row.save()
