"""What goes on the scrutiny record: decide, authorise, promise, state, answer."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import settle
from contracts.models import Contract, Source
from costs.models import CostLine
from incidents.models import Incident
from scrutiny.models import Decision, DecisionCost, Promise, Statement

if TYPE_CHECKING:
    from accounts.models import User

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def decide(
    *,
    kind: str,
    title: str,
    text: str,
    outcome: str,
    source: Source,
    by: "User",
    incidents: Iterable[Incident] = (),
    other_contracts: Iterable[Contract] = (),
    at: dt.datetime | None = None,
    **fields: Any,
) -> Decision:
    """Record a decision or a motion; `fields` are any others of Decision.

    Votes that the record does not give stay empty. Raises ValidationError where the body did not
    exist on the day, and for a key decision in committee years.
    """
    row = Decision(kind=kind, title=title, text=text, outcome=outcome, source=source, **fields)
    _settle_day(row)
    _record(row, by, at)
    row.incidents.set(incidents)
    row.other_contracts.set(other_contracts)
    return row


@transaction.atomic
def amend(decision: Decision, *, by: "User", **fields: Any) -> Decision:
    """Put right what is known of a decision; `fields` are any of it but what it is linked to.

    Raises ValidationError as `decide` does.
    """
    before = audit.fields_of(decision)
    for name, value in fields.items():
        setattr(decision, name, value)
    _settle_day(decision)
    decision.full_clean()
    decision.save()
    after = audit.fields_of(decision)
    audit.record(Act.CHANGED, by=by, subject=decision, before=before, after=after)
    return decision


def _settle_day(row: Decision) -> None:
    """The day it counts from, on which its body has to exist."""
    settle(row, "taken")
    if row.body and row.taken_on and not row.body.sits_on(row.taken_on, row.taken_precision):
        raise ValidationError(
            {
                "taken_on": _("%(body)s did not exist on %(day)s. Check the date or the body.")
                % {"body": row.body, "day": row.taken}
            }
        )


@transaction.atomic
def authorise(
    decision: Decision,
    line: CostLine,
    *,
    by: "User",
    amount: Decimal | None = None,
    words: str = "",
    at: dt.datetime | None = None,
) -> DecisionCost:
    """Record that a decision authorised a cost, and how much of it, in pounds, if it says so."""
    row = DecisionCost(decision=decision, line=line, amount=amount, words=words)
    return _record(row, by, at)


@transaction.atomic
def promise(
    *,
    words: str,
    made_by: str,
    source: Source,
    by: "User",
    at: dt.datetime | None = None,
    **fields: Any,
) -> Promise:
    """Record a promise in its exact words; `fields` are any others of Promise.

    One without a date stays without one: `due_words` holds what was said, such as "in due course".
    What becomes of it later is written by scrutiny.promises.
    """
    row = Promise(words=words, made_by=made_by, source=source, **fields)
    settle(row, "made", "due")
    row.settle_due()
    return _record(row, by, at)


@transaction.atomic
def state(
    *,
    kind: str,
    speaker: str,
    words: str,
    source: Source,
    by: "User",
    at: dt.datetime | None = None,
    **fields: Any,
) -> Statement:
    """Record what somebody said; a sum in it, in pounds, carries a status and enters no total."""
    row = Statement(kind=kind, speaker=speaker, words=words, source=source, **fields)
    settle(row, "said", "amount")
    return _record(row, by, at)


def answer(
    claim: Statement, *, speaker: str, words: str, source: Source, by: "User", **fields: Any
) -> Statement:
    """Record a response to a claim; it concerns what the claim concerns."""
    about = {
        "contract": claim.contract,
        "supplier": claim.supplier,
        "incident": claim.incident,
    }
    return state(
        kind=Statement.Kind.RESPONSE,
        speaker=speaker,
        words=words,
        source=source,
        by=by,
        answers=claim,
        **{**about, **fields},
    )


def _record(row: Row, by: "User", at: dt.datetime | None) -> Row:
    row.recorded_by = by  # type: ignore[attr-defined]
    if at is not None:
        row.recorded_at = at  # type: ignore[attr-defined]
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row)
    return row
