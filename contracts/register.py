"""Writes that mean something on the contracts register: award, contract for, vary, measure.

Each is atomic, names who did it, checks every field first, and asks for the contract's overruns
to be worked out again where it may have moved a total.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import Precision, settle, start_of_day
from contracts.models import (
    Award,
    AwardPreference,
    Commitment,
    Contract,
    ContractedSum,
    Measurement,
    Reading,
    ReadingPreference,
    Recheck,
    Source,
    Variation,
    Withdrawal,
)

if TYPE_CHECKING:
    from accounts.models import User

Row = TypeVar("Row", bound=models.Model)


def ask_recheck(
    contract: Contract,
    *,
    moved_on: dt.date | None = None,
    only_rose: bool = False,
    at: dt.datetime | None = None,
) -> Recheck:
    """Ask for a contract's overruns to be worked out again.

    `moved_on` is the earliest day on which a total moved, if only later days can have; a day
    still to come asks for its own first moment. `only_rose`: none of them can have fallen.
    """
    moment = at or timezone.now()
    if moved_on is not None:
        moment = max(moment, start_of_day(moved_on))
    return Recheck.objects.create(
        contract=contract, asked_at=moment, moved_on=moved_on, only_rose=only_rose
    )


@transaction.atomic
def cite(
    *, kind: str, title: str, publisher: str, by: "User | None" = None, **fields: Any
) -> Source:
    """Put a paper on the record in which something was read; `fields` are any others of Source."""
    source = Source(kind=kind, title=title, publisher=publisher, **fields)
    settle(source, "published")
    source.full_clean()
    source.save()
    audit.record(Act.ADDED, by=by, subject=source)
    return source


@transaction.atomic
def award(
    contract: Contract,
    *,
    amount: Decimal,
    source: Source,
    by: "User",
    note: str = "",
    at: dt.datetime | None = None,
) -> Award:
    """Record a sum the contract was let for, in pounds, as one source has it."""
    row = Award(contract=contract, amount=amount, source=source, note=note)
    return _record(row, contract, by, at)


@transaction.atomic
def prefer(
    award: Award, *, reason: str, by: "User", at: dt.datetime | None = None
) -> AwardPreference:
    """Mark one of several awards as the figure to use; an earlier mark gives way."""
    row = AwardPreference(award=award, reason=reason)
    return _record(row, award.contract, by, at)


@transaction.atomic
def prefer_reading(
    reading: Reading, *, reason: str, by: "User", at: dt.datetime | None = None
) -> ReadingPreference:
    """Mark one source's reading of a disputed fact as the one to use."""
    return _record(ReadingPreference(reading=reading, reason=reason), None, by, at)


@transaction.atomic
def contract_for(
    contract: Contract,
    *,
    amount: Decimal,
    starts_on: dt.date,
    ends_on: dt.date,
    by: "User",
    source: Source | None = None,
    note: str = "",
    at: dt.datetime | None = None,
) -> ContractedSum:
    """Record that a sum, in pounds, was agreed for a run of days, both ends inclusive."""
    _not_before_start(contract, "starts_on", starts_on)
    row = ContractedSum(
        contract=contract,
        amount=amount,
        starts_on=starts_on,
        ends_on=ends_on,
        source=source,
        note=note,
    )
    return _record(row, contract, by, at)


@transaction.atomic
def vary(
    contract: Contract,
    *,
    kind: str,
    title: str,
    takes_effect_on: dt.date,
    rationale: str,
    source: Source,
    by: "User",
    at: dt.datetime | None = None,
    **old_and_new: Any,
) -> Variation:
    """Record a legal change of a contract's value, term or scope, with the old and the new.

    `old_and_new` takes value_before and value_after (pounds), end_before and end_after (last
    days, inclusive), scope_before and scope_after (words), as its kind needs them.
    """
    _not_before_start(contract, "takes_effect_on", takes_effect_on)
    row = Variation(
        contract=contract,
        kind=kind,
        title=title,
        takes_effect_on=takes_effect_on,
        rationale=rationale.strip(),
        source=source,
        **old_and_new,
    )
    return _record(row, contract, by, at)


@transaction.atomic
def withdraw(
    row: Award | AwardPreference | ContractedSum | Variation,
    *,
    reason: str,
    by: "User",
    at: dt.datetime | None = None,
) -> Withdrawal:
    """Take a wrong row out of use, with the reason; record the right one beside it.

    Raises ValidationError where it has been withdrawn already.
    """
    name = {Award: "award", AwardPreference: "preference", ContractedSum: "contracted_sum"}
    field = name.get(type(row), "variation")
    if Withdrawal.all_rows.filter(**{field: row}).exists():
        raise ValidationError(_("This was withdrawn already; it can be withdrawn only once."))
    contract = row.award.contract if isinstance(row, AwardPreference) else row.contract
    done = Withdrawal(**{field: row}, reason=reason.strip())
    return _record(done, contract, by, at, act=Act.WITHDRAWN)


@transaction.atomic
def measure(
    commitment: Commitment,
    *,
    how: str,
    said_by: str,
    source: Source,
    by: "User",
    said_by_public: bool = False,
    said_by_role: str = "",
    value: Decimal | None = None,
    not_recoverable: bool = False,
    measured_on: dt.date | None = None,
    precision: str = Precision.DAY,
    year_inferred: bool = False,
    note: str = "",
    at: dt.datetime | None = None,
) -> Measurement:
    """Record what was found when a commitment was held against the facts.

    Neither a value nor `not_recoverable` means: not known. The name of whoever said so is kept
    back where there is a role, unless they act in public.
    """
    row = Measurement(
        commitment=commitment,
        how=how,
        value=value,
        not_recoverable=not_recoverable,
        measured_on=measured_on,
        measured_precision=precision,
        measured_year_inferred=year_inferred,
        said_by=said_by,
        said_by_public=said_by_public,
        said_by_role=said_by_role,
        source=source,
        note=note,
    )
    settle(row, "measured")
    return _record(row, None, by, at)


def _not_before_start(contract: Contract, field: str, day: dt.date) -> None:
    if contract.starts_on and day < contract.starts_on:
        raise ValidationError(
            {
                field: _("%(day)s is before %(contract)s began, on %(start)s. Give a later day.")
                % {
                    "day": f"{day.day} {day:%B %Y}",
                    "contract": contract,
                    "start": f"{contract.starts_on.day} {contract.starts_on:%B %Y}",
                }
            }
        )


def _record(
    row: Row,
    contract: Contract | None,
    by: "User",
    at: dt.datetime | None,
    act: Act = Act.ADDED,
) -> Row:
    row.recorded_by = by  # type: ignore[attr-defined]
    if at is not None:
        row.recorded_at = at  # type: ignore[attr-defined]
    row.full_clean()
    row.save()
    audit.record(act, by=by, subject=row, after=audit.fields_of(row), reason=audit.reason_of(row))
    if contract is not None:
        ask_recheck(contract, at=at)
    return row
