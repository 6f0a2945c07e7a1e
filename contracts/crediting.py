"""Service credits: what a breach gives under the contract, and what the council asked for."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import Precision, settle
from contracts.models import Commitment, Measurement, ServiceCredit, Source

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def credit(
    commitment: Commitment,
    *,
    step: str,
    amount: Decimal,
    stated_by: str,
    source: Source,
    by: "User",
    measurement: Measurement | None = None,
    period: str = "",
    stated_on: dt.date | None = None,
    stated_precision: str = Precision.DAY,
    stated_year_inferred: bool = False,
    note: str = "",
    replaces: ServiceCredit | None = None,
    at: dt.datetime | None = None,
) -> ServiceCredit:
    """Record a service credit, in pounds, as due or as claimed; it enters no total.

    `replaces` takes a wrong row out of use; nothing in its place is an amount of 0. Raises
    ValidationError where that row was replaced already.
    """
    if replaces and ServiceCredit.all_rows.filter(replaces=replaces).exists():
        raise ValidationError(_("Another row took its place already; correct that one."))
    row = ServiceCredit(
        commitment=commitment,
        measurement=measurement,
        step=step,
        amount=amount,
        period=period,
        stated_on=stated_on,
        stated_precision=stated_precision,
        stated_year_inferred=stated_year_inferred,
        stated_by=stated_by,
        source=source,
        note=note,
        replaces=replaces,
        recorded_by=by,
    )
    if at is not None:
        row.recorded_at = at
    settle(row, "stated")
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row)
    return row
