"""Who measures the commitments: the share of each, as a sentence and a table."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from barnetwatch.pages.contract.words import listed
from contracts.models import Commitment, Measurement, Standing

Measurer = Commitment.Measurer
#: How a sentence names those who measure.
BY: dict[str, str] = {
    Measurer.SUPPLIER: "by the supplier itself",
    Measurer.COUNCIL: "by the council",
    Measurer.AUDIT: "by internal audit",
    Measurer.THIRD_PARTY: "by a third party",
    Measurer.NOBODY: "by nobody",
}


@dataclass(frozen=True)
class Share:
    """The commitments that one party measures."""

    label: str
    count: int
    breached: int
    never: int
    #: Of all commitments, such as 25%.
    share: str
    address: str


@dataclass(frozen=True)
class Summary:
    """All of them."""

    sentence: str
    shares: list[Share]


def summary(user: Any) -> Summary | None:
    """Who measures what a person may see; None where there is nothing. One query."""
    rows = Commitment.objects.visible_to(user).with_standing(Measurement.objects.visible_to(user))
    counts = {
        each["measured_by"]: each
        for each in rows.order_by()
        .values("measured_by")
        .annotate(
            count=Count("pk"),
            breached=Count("pk", filter=Q(standing=Standing.BREACHED)),
            never=Count("pk", filter=Q(standing=Standing.NEVER)),
        )
    }
    total = sum(each["count"] for each in counts.values())
    if not total:
        return None
    none = {"count": 0, "breached": 0, "never": 0}
    shares = [
        Share(
            str(measurer.label),
            found["count"],
            found["breached"],
            found["never"],
            percentage(found["count"], total),
            f"?measured_by={measurer.value}",
        )
        for measurer in Measurer
        for found in [counts.get(measurer.value, none)]
    ]
    return Summary(_sentence({each: counts.get(each, none)["count"] for each in Measurer}), shares)


def percentage(count: int, total: int) -> str:
    """A share in whole per cent; never 0% of something, nor 100% of less than all."""
    if not count or count == total:
        return "100%" if count else "0%"
    return f"{min(99, max(1, (200 * count + total) // (2 * total)))}%"


def _sentence(counts: dict[Any, int]) -> str:
    total, unknown = sum(counts.values()), counts[Measurer.UNKNOWN]
    measured = [
        f"{counts[measurer]} {words} ({percentage(counts[measurer], total)})"
        for measurer, words in BY.items()
        if counts[measurer]
    ]
    of = "1 commitment" if total == 1 else f"{total:,} commitments"
    if not measured:
        return f"Of {of}, the record says of none who measures it."
    said = f"Of {of}, {listed(measured)}"
    verb = "is measured" if total == 1 else "are measured"
    said = said.replace(f"Of {of}, ", f"Of {of}, these {verb}: ", 1) if total > 1 else said
    if unknown:
        return f"{said}. Of {unknown} the record does not say ({percentage(unknown, total)})."
    return f"{said}."
