"""Officers record claims and answers, whom a claim concerns, and where it stands."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from accounts.backoffice.rows import rows_seen
from barnetwatch.pages.claims.forms import AnswerForm, ClaimForm, PartyForm, StateForm
from barnetwatch.pages.claims.page import crumbs_of, the_claim
from barnetwatch.pages.claims.register import WRITES
from barnetwatch.pages.page import needs
from barnetwatch.pages.recording import Asking, ask
from contracts.models import Contract
from incidents.models import Incident
from scrutiny import claiming
from scrutiny.models import ClaimParty, Statement

#: What an address may say a new claim is about.
ABOUT = {"contract": Contract, "failure": Incident}


@needs(WRITES)
def add_page(request: HttpRequest) -> HttpResponse:
    """Record a claim."""
    user: Any = request.user
    initial, back = _about(request)
    return ask(
        request,
        Asking(
            "Record a claim",
            "What somebody says, as they say it. Recording a claim does not say that it is true.",
            "Record the claim",
            back,
            "The claim is on the record.",
            crumbs=[("Claims and responses", reverse("admin:claims"))],
        ),
        lambda sent: ClaimForm(sent, user=user, initial=initial),
        lambda fields: claiming.claim(**fields, by=user),
        after=lambda row: row.get_absolute_url(),
    )


@needs(WRITES)
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what answers a claim."""
    user: Any = request.user
    claim = _answerable(user, pk)
    return ask(
        request,
        Asking(
            "Record an answer",
            f"{claim.by} said: {claim.words}",
            "Record the answer",
            claim.get_absolute_url(),
            "The answer stands beside the claim.",
            crumbs=crumbs_of(claim),
            tells=claim,
        ),
        lambda sent: AnswerForm(sent, user=user, claim=claim),
        lambda fields: claiming.respond(claim, **fields, by=user),
    )


@needs("scrutiny.add_claimstate")
def state_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that somebody says a claim is disputed, accepted or withdrawn."""
    user: Any = request.user
    claim = _a_claim(user, pk)
    return ask(
        request,
        Asking(
            "Say where the claim stands",
            f"{claim.by} said: {claim.words}",
            "Record it",
            claim.get_absolute_url(),
            "It stands beside the claim, with who says so.",
            crumbs=crumbs_of(claim),
            tells=claim,
        ),
        lambda sent: StateForm(sent, user=user),
        lambda fields: claiming.settle_state(claim, **fields, by=user),
    )


@needs("scrutiny.add_claimparty")
def concerns_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Name another party whom a claim concerns."""
    user: Any = request.user
    claim = _a_claim(user, pk)

    @transaction.atomic
    def write(fields: dict[str, Any]) -> ClaimParty:
        given = fields.pop("answered_by", ())
        party = claiming.concern(claim, **fields, by=user)
        for response in given:
            claiming.answers_for(response, party, by=user)
        return party

    return ask(
        request,
        Asking(
            "Name whom the claim concerns",
            f"{claim.by} said: {claim.words}",
            "Name the party",
            claim.get_absolute_url(),
            "The party is named beside the claim.",
            crumbs=crumbs_of(claim),
            tells=claim,
        ),
        lambda sent: PartyForm(sent, user=user, claim=claim),
        write,
    )


def _answerable(user: Any, pk: int) -> Any:
    claim = the_claim(user, pk)
    if claim.kind == Statement.Kind.RESPONSE:
        raise Http404
    return claim


def _a_claim(user: Any, pk: int) -> Any:
    claim = the_claim(user, pk)
    if claim.kind != Statement.Kind.CLAIM:
        raise Http404
    return claim


def _about(request: HttpRequest) -> tuple[dict[str, int], str]:
    """What the address says the claim is about, as far as the person may see it; the way back."""
    initial: dict[str, int] = {}
    back = reverse("admin:claims")
    for name, model in ABOUT.items():
        asked = request.GET.get(name, "")
        if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
            continue
        row = rows_seen(model, request.user).filter(pk=asked).first()
        if row is not None:
            initial["incident" if name == "failure" else name] = row.pk
            back = row.get_absolute_url()
            if name == "failure" and row.contract_id:
                initial["contract"] = row.contract_id
    return initial, back


PAGES = [
    ("claims/add/", "claim_add", add_page),
    ("claims/<int:pk>/answer/", "claim_answer", answer_page),
    ("claims/<int:pk>/state/", "claim_state", state_page),
    ("claims/<int:pk>/concerns/", "claim_concerns", concerns_page),
]
