"""Claims and the answers to them: name whom one concerns, record an answer, say where it stands.

Each is atomic, names who did it, and checks every field first. Nothing here judges who is right.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import Precision, settle
from contracts.models import Source
from scrutiny import record
from scrutiny.models import ClaimParty, ClaimState, PartyAnswer, Statement

if TYPE_CHECKING:
    from accounts.models import User

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def claim(
    *,
    speaker: str,
    words: str,
    source: Source,
    by: "User",
    concerns: Iterable[tuple[str, str]] = (),
    at: dt.datetime | None = None,
    **fields: Any,
) -> Statement:
    """Record that somebody claims something, and whom it concerns: (party, organisation) each.

    `fields` are any others of Statement; a sum in it, in pounds, enters no total.
    """
    row = record.state(
        kind=Statement.Kind.CLAIM,
        speaker=speaker,
        words=words,
        source=source,
        by=by,
        at=at,
        **fields,
    )
    for party, organisation in concerns:
        concern(row, party=party, organisation=organisation, by=by, at=at)
    return row


@transaction.atomic
def concern(
    claim: Statement,
    *,
    party: str,
    by: "User",
    at: dt.datetime | None = None,
    **fields: Any,
) -> ClaimParty:
    """Name a party that a claim concerns, who has not answered it until an answer is recorded.

    `fields` are any others of ClaimParty: the organisation, the role, whether they act in public.
    """
    return _record(ClaimParty(claim=claim, party=party, **fields), by, at)


@transaction.atomic
def respond(
    claim: Statement,
    *,
    speaker: str,
    words: str,
    source: Source,
    by: "User",
    parties: Iterable[ClaimParty] = (),
    **fields: Any,
) -> Statement:
    """Record an answer to a claim, and for which of the parties whom it concerns.

    Raises ValidationError where a party belongs to another claim.
    """
    if claim.kind == Statement.Kind.RESPONSE:
        raise ValidationError({"answers": _("An answer is given to a claim, not to an answer.")})
    row = record.answer(claim, speaker=speaker, words=words, source=source, by=by, **fields)
    for party in parties:
        answers_for(row, party, by=by, at=fields.get("at"))
    return row


@transaction.atomic
def answers_for(
    response: Statement, party: ClaimParty, *, by: "User", at: dt.datetime | None = None
) -> PartyAnswer:
    """Mark that a response already recorded answers for a party."""
    return _record(PartyAnswer(party=party, response=response), by, at)


@transaction.atomic
def settle_state(
    claim: Statement,
    *,
    state: str,
    stated_by: str,
    reason: str,
    source: Source,
    by: "User",
    stated_on: dt.date | None = None,
    stated_precision: str = Precision.DAY,
    stated_year_inferred: bool = False,
    at: dt.datetime | None = None,
) -> ClaimState:
    """Record that somebody says a claim is disputed, accepted or withdrawn, and why.

    "by_answers" takes what was recorded before out of use.
    """
    row = ClaimState(
        claim=claim,
        state=state,
        stated_by=stated_by,
        stated_on=stated_on,
        stated_precision=stated_precision,
        stated_year_inferred=stated_year_inferred,
        reason=reason.strip(),
        source=source,
    )
    settle(row, "stated")
    return _record(row, by, at)


def _record(row: Row, by: "User", at: dt.datetime | None) -> Row:
    row.recorded_by = by  # type: ignore[attr-defined]
    if at is not None:
        row.recorded_at = at  # type: ignore[attr-defined]
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row, reason=audit.reason_of(row))
    return row
