"""The draft of a report: kept page by page, claimed when the failure is reported."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction

from incidents.models import IncidentDraft

if TYPE_CHECKING:
    from accounts.models import User

#: What was sent for each field of a page.
Sent = dict[str, list[str]]


def draft_of(user: "User") -> IncidentDraft | None:
    """What somebody has answered so far; None where they have begun nothing."""
    return IncidentDraft.objects.filter(user=user).first()


@transaction.atomic
def keep(
    user: "User", page: str, sent: Sent, *, at: dt.datetime, forget: Iterable[str] = ()
) -> IncidentDraft:
    """Keep what was sent for one page; `forget` names pages whose answers no longer fit."""
    IncidentDraft.objects.bulk_create(
        [IncidentDraft(user=user, updated_at=at)], ignore_conflicts=True
    )
    draft = IncidentDraft.objects.select_for_update().get(user=user)
    others = {name: held for name, held in draft.answers.items() if name not in set(forget)}
    draft.answers = {**others, page: sent}
    draft.updated_at = at
    draft.save()
    return draft


def claim(user: "User") -> bool:
    """Take the draft away; True for the one who did, so that it is reported once."""
    deleted, _rows = IncidentDraft.objects.filter(user=user).delete()
    return bool(deleted)
