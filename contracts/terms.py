"""The last day of a contract as it stands after the variations of its term."""

from functools import cache
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from contracts.models import Variation


@cache
def last_day_figure() -> Any:
    """What contracts.plan.last_day gives, as a column of a queryset of contracts."""
    latest = (
        Variation.all_rows.standing()
        .filter(contract=OuterRef("pk"), kind=Variation.Kind.TERM)
        .order_by("-takes_effect_on", "-pk")
    )
    return Coalesce(Subquery(latest.values("end_after")[:1]), F("ends_on"))
