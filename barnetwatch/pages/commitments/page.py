"""One commitment: what was promised, what was measured, and the service credits it gave."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from barnetwatch.lib.byrole import names_for
from barnetwatch.pages.commitments.register import MEASURES
from barnetwatch.pages.commitments.words import breached_since, in_order, size_of, tag_of
from barnetwatch.pages.contract.delivery import assessed, found_in_words, target_in_words
from barnetwatch.pages.crediting import received_for, summed
from barnetwatch.pages.page import Crumbs, needs, site_page
from contracts.breach import Verdict
from contracts.models import Commitment, Measurement, ServiceCredit, Source

CREDITS = "contracts.add_servicecredit"
RECEIVES = "costs.add_creditreceived"


@dataclass(frozen=True)
class Found:
    """One measurement held against the target."""

    row: Measurement
    found: str
    verdict: str
    size: str
    when: str
    source: Source | None

    @property
    def is_breach(self) -> bool:
        """Whether it misses the target."""
        return self.verdict == "Breached"


def the_commitment(user: Any, pk: int) -> Any:
    """A commitment that a person may see; else it answers as if it were not there."""
    rows = Commitment.objects.visible_to(user).select_related("contract", "service")
    return get_object_or_404(rows.with_standing(Measurement.objects.visible_to(user)), pk=pk)


def crumbs_of(commitment: Commitment) -> Crumbs:
    """The pages above those of one commitment."""
    return [
        ("Commitments", reverse("admin:commitments")),
        (commitment.name, commitment.get_absolute_url()),
    ]


@needs("contracts.view_commitment")
def commitment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One commitment."""
    user = request.user
    commitment = the_commitment(user, pk)
    measured = _measurements(commitment, user)
    given = list(
        ServiceCredit.objects.visible_to(user)
        .filter(commitment=commitment)
        .select_related("recorded_by", "replaced_by")
    )
    got = received_for(commitment, user)
    sources = Source.objects.visible_to(user).in_bulk(
        {commitment.source_id, *(row.source_id for row in (*measured, *given))}
        | {row.entry.source_id for row in got}
    )
    standing = [row for row in given if getattr(row, "replaced_by", None) is None]
    return site_page(
        request,
        "site/commitments/commitment.html",
        commitment.name,
        about=commitment,
        crumbs=crumbs_of(commitment)[:1],
        commitment=commitment,
        target=target_in_words(commitment),
        source=sources.get(commitment.source_id),
        tag=tag_of(commitment.standing),
        since=breached_since(commitment, measured),
        measured=[_found(commitment, row, sources) for row in measured],
        names=names_for(measured, user),
        credits=summed(standing, [row.entry for row in got]),
        given=[
            (row, sources.get(row.source_id), getattr(row, "replaced_by", None)) for row in given
        ],
        received=[(row.entry, sources.get(row.entry.source_id)) for row in got],
        may_measure=user.has_perm(MEASURES),
        may_credit=user.has_perm(CREDITS),
        may_receive=user.has_perm(RECEIVES),
        may_change=user.has_perm("contracts.change_commitment"),
    )


def _measurements(commitment: Commitment, user: Any) -> list[Measurement]:
    rows = Measurement.objects.visible_to(user).filter(commitment=commitment)
    return in_order(list(rows.select_related("recorded_by")))


def _found(commitment: Commitment, row: Measurement, sources: dict[int, Source]) -> Found:
    verdict = assessed(commitment, row).verdict
    names = {Verdict.BREACHED: "Breached", Verdict.MET: "Met", Verdict.UNKNOWN: "Not known"}
    return Found(
        row,
        found_in_words(commitment, row),
        names[verdict],
        size_of(commitment, row),
        str(row.measured) if row.measured_on else "date not known",
        sources.get(row.source_id),
    )


PAGES = [("commitments/<int:pk>/", "commitment", commitment_page)]
