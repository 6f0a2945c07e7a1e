"""Whether payments are imported, for pages that set them against the plan."""

import datetime as dt

from django.db.models import Exists

from costs.models import PaymentFile


def are_imported(known_on: dt.date | None = None) -> Exists:
    """A column for a query that is made anyway."""
    return Exists(PaymentFile.objects.current(known_on))
