"""Show me the sum: every entry behind a figure, and how they come to it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from barnetwatch.lib.money import NOTHING, in_sentence
from barnetwatch.pages.alerts.page import crumbs_of, the_alert
from barnetwatch.pages.alerts.plansum import plan_sum_page
from barnetwatch.pages.alerts.words import told
from barnetwatch.pages.page import needs, site_page
from contracts.models import Source
from costs.models import CostEntry, CostLine, Measure, OverrunAlert
from costs.positions import SUPPLEMENTARY, MeasurePosition, position
from costs.sentences import split_in_words
from costs.stages import OFFSETS, Stage, split_by_stage


@dataclass(frozen=True)
class Entry:
    """One posting, with its source where the reader may see it."""

    entry: CostEntry
    source: Source | None


@dataclass(frozen=True)
class Part:
    """One cost line: its entries, its sum at each status, and what it adds to the total."""

    line: CostLine
    entries: Sequence[Entry]
    nets: dict[str, Decimal]
    split: dict[Stage, Decimal]
    counted: frozenset[Stage]

    @property
    def adds(self) -> Decimal:
        """What it adds to the total, in pounds."""
        return sum(self.split.values(), NOTHING)

    @property
    def stands_at(self) -> list[tuple[str, Decimal]]:
        """Its sum at each status it has reached."""
        return [(stage.label, self.nets[stage]) for stage in Stage if self.nets.get(stage)]

    @property
    def in_words(self) -> str:
        """How its sums become the one that counts."""
        reached = [stage for stage in Stage if stage in self.counted and self.nets.get(stage)]
        if not reached:
            return "Nothing of it counts towards this total."
        words = f"It adds {in_sentence(self.adds)}: {split_in_words(self.split)}."
        if len(reached) > 1:
            words += " One cost at several statuses counts once, at the largest of its sums."
        taken = sum((self.nets.get(stage, NOTHING) for stage in OFFSETS), NOTHING)
        if taken:
            words += f" {in_sentence(taken)} that was credited or recovered is taken off."
        return words


@needs("costs.view_overrunalert")
def sum_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The sum of an overrun as it stands today."""
    alert = the_alert(request.user, pk)
    if alert.threshold.measure == Measure.OVER_PLAN:
        return plan_sum_page(request, alert, crumbs_of(alert))
    on = timezone.localdate()
    found, parts = the_sum(alert, request.user, on)
    return site_page(
        request,
        "site/alerts/sum.html",
        "How the sum is made",
        crumbs=crumbs_of(alert),
        alert=alert,
        told=told(alert),
        on=on,
        measure=found,
        parts=[part for part in parts if part.entries],
        moved=alert.tells_sum and alert.cleared_at is None and found.amount != alert.total_now,
    )


def the_sum(alert: OverrunAlert, user: Any, on: dt.date) -> tuple[MeasurePosition, list[Part]]:
    """What an overrun's measure comes to on a day, and the lines it is made of.

    Of an overrun on open rows, the open lines; else all that the person sees.
    """
    seen = CostLine.objects.visible_to(user)
    if alert.basis == OverrunAlert.Basis.OPEN:
        seen = seen.filter(pk__in=CostLine.objects.filter(contract=alert.contract_id).values("pk"))
    stands = position(alert.contract, on, lines=seen)
    entries = _entries([place.line for place in stands.lines], user, on)
    counted = SUPPLEMENTARY[alert.threshold.measure]
    parts = [
        Part(
            place.line,
            entries.get(place.line.pk, []),
            place.nets,
            split_by_stage(place.nets, counted),
            counted,
        )
        for place in stands.lines
    ]
    return stands.measure(alert.threshold.measure), sorted(
        parts, key=lambda part: (-part.adds, part.line.title, part.line.pk)
    )


def _entries(lines: list[CostLine], user: Any, on: dt.date) -> dict[int, list[Entry]]:
    rows = list(
        CostEntry.objects.visible_to(user)
        .filter(line__in=lines, effective_on__lte=on)
        .select_related("recorded_by")
        .order_by("effective_on", "pk")
    )
    sources = Source.objects.visible_to(user).in_bulk({row.source_id for row in rows})
    found: dict[int, list[Entry]] = defaultdict(list)
    for row in rows:
        found[row.line_id].append(Entry(row, sources.get(row.source_id)))
    return found


PAGES = [("alerts/<int:pk>/sum/", "alert_sum", sum_page)]
