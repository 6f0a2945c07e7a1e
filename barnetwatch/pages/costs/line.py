"""One cost line: what it is, what it comes to and why, and its entries."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.money import NOTHING, in_sentence
from barnetwatch.pages.costs.checking import waits
from barnetwatch.pages.page import Crumbs, needs, site_page
from contracts.models import Source, Supplier
from costs.entries import can_be_reversed, counterpart_of, reverse_page, state_of
from costs.models import CostEntry, CostLine
from costs.sentences import split_in_words
from costs.stages import FIRM, OFFSETS, Stage, beyond_approval, line_totals, split_by_stage
from costs.totals import nets_on
from incidents.models import IncidentCost
from scrutiny.models import DecisionCost

POSTING = "costs.add_costentry"
#: Entries shown; the ledger has the rest.
SHOWN = 50


def the_line(user: Any, pk: int) -> CostLine:
    """A cost line that a person may see; else it answers as if it were not there."""
    found: CostLine = get_object_or_404(
        CostLine.objects.visible_to(user).select_related("contract", "supplier"), pk=pk
    )
    return found


def crumbs_of(line: CostLine) -> Crumbs:
    """The pages above those of one line."""
    return [("Costs", reverse("admin:costs")), (line.title, line.get_absolute_url())]


@needs("costs.view_costline")
def line_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One cost line, with what it caused and who decided it as far as a person may see."""
    line = the_line(request.user, pk)
    now = timezone.now()
    nets = dict(nets_on([line.pk], timezone.localdate(now)).get(line.pk, {}))
    return site_page(
        request,
        "site/costs/line.html",
        line.title,
        about=line,
        crumbs=[("Costs", reverse("admin:costs"))],
        line=line,
        source=_source(line, request.user),
        sums=[(stage.label, nets[stage]) for stage in Stage if nets.get(stage)],
        totals=line_totals(nets),
        sentences=sentences(line, nets),
        may_post=request.user.has_perm(POSTING),
        checking=line.contract if line.contract and waits(line.contract, now) else None,
        **_entries(line, request.user),
        **_claims(line, request.user),
    )


def sentences(line: CostLine, nets: dict[str, Any]) -> list[str]:
    """How the sums of a line become firm and at risk, in words."""
    totals = line_totals(nets)
    if not any(stage != Stage.ALLEGED for stage in nets):
        return ["Nothing of it enters a total: no sum beyond what is alleged is on the record."]
    words = [
        f"Firm: {_together(split_by_stage(nets, FIRM), totals.firm)}.",
        f"At risk: {_together(split_by_stage(nets), totals.at_risk)}.",
    ]
    taken = sum((nets.get(stage, NOTHING) for stage in OFFSETS), NOTHING)
    if taken:
        words.append(f"{in_sentence(taken)} that was credited or recovered is taken off.")
    if Stage.APPROVED in nets and (beyond := beyond_approval(nets)):
        words.append(f"{in_sentence(beyond)} was paid beyond what was approved.")
    if not line.is_supplementary:
        words.append(f"A {line.get_kind_display().lower()} enters no contract’s total.")
    elif line.contract is None:
        words.append("The record names no contract, so no contract’s total counts it.")
    return words


def _together(split: dict[Stage, Any], total: Any) -> str:
    words = split_in_words(split)
    return f"{words}, together {in_sentence(total)}" if len(split) > 1 else words


def _source(line: CostLine, user: Any) -> Source | None:
    found: Source | None = Source.objects.visible_to(user).filter(pk=line.source_id).first()
    return found


def _entries(line: CostLine, user: Any) -> dict[str, Any]:
    rows = list(
        CostEntry.objects.visible_to(user)
        .filter(line=line)
        .select_related("recorded_by")
        .prefetch_related("reversal")
        .order_by("-effective_on", "-pk")[: SHOWN + 1]
    )
    sources = Source.objects.visible_to(user).in_bulk({row.source_id for row in rows})
    may_reverse = user.has_perm(POSTING)
    shown = {row.pk for row in rows[:SHOWN]}
    return {
        "entries": [
            {
                "entry": row,
                "source": sources.get(row.source_id),
                "state": state_of(row),
                "counterpart": found if (found := counterpart_of(row)) in shown else None,
                "reverse": reverse_page(row) if may_reverse and can_be_reversed(row) else "",
            }
            for row in rows[:SHOWN]
        ],
        "has_more": len(rows) > SHOWN,
    }


def _claims(line: CostLine, user: Any) -> dict[str, Any]:
    supplier = Supplier.objects.visible_to(user).filter(pk=line.supplier_id).first()
    return {
        "supplier": supplier,
        "failures": IncidentCost.objects.visible_to(user)
        .filter(line=line)
        .select_related("incident"),
        "decisions": DecisionCost.objects.visible_to(user)
        .filter(line=line)
        .select_related("decision"),
    }


PAGES = [("costs/<int:pk>/", "cost_line", line_page)]
