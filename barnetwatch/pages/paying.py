"""Whether payments are imported, for pages that do not set them against the plan yet."""

import datetime as dt

from django.db.models import Exists

from costs.models import PaymentFile
from costs.positions import NO_PAYMENTS

IMPORTED = "payments are imported, but not shown here yet"


def are_imported(known_on: dt.date | None = None) -> Exists:
    """A column for a query that is made anyway."""
    return Exists(PaymentFile.objects.current(known_on))


def in_words(imported: bool) -> str:
    """What stands where a page would say what was paid."""
    return IMPORTED if imported else str(NO_PAYMENTS)
