"""Officers record what was measured, and the service credits due, claimed and received."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from barnetwatch.pages.commitments.forms import CreditForm, MeasureForm, ReceivedForm
from barnetwatch.pages.commitments.page import CREDITS, RECEIVES, crumbs_of, the_commitment
from barnetwatch.pages.commitments.register import MEASURES
from barnetwatch.pages.contract.delivery import target_in_words
from barnetwatch.pages.page import needs
from barnetwatch.pages.recording import Asking, ask
from contracts import crediting, register
from costs import crediting as receiving


def _asking(commitment: Any, title: str, explains: str, button: str, done: str) -> Asking:
    return Asking(
        title,
        explains,
        button,
        commitment.get_absolute_url(),
        done,
        caption=f"{commitment.contract}: {commitment.name}, {target_in_words(commitment)}",
        crumbs=crumbs_of(commitment),
        tells=commitment,
    )


@needs(MEASURES)
def measure_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what was found when a commitment was held against the facts."""
    user: Any = request.user
    commitment = the_commitment(user, pk)
    return ask(
        request,
        _asking(
            commitment,
            "Record a measurement",
            "What was found when the commitment was held against the facts, according to one "
            "source. Not known is neither nought nor met.",
            "Record the measurement",
            "The measurement is on the record.",
        ),
        lambda sent: MeasureForm(sent, user=user, commitment=commitment),
        lambda fields: register.measure(commitment, **fields, by=user),
    )


@needs(CREDITS)
def credit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a service credit as due or claimed."""
    user: Any = request.user
    commitment = the_commitment(user, pk)
    return ask(
        request,
        _asking(
            commitment,
            "Record a service credit",
            "What the contract gives the council for a breach, or what the council asked for. It "
            "enters no total.",
            "Record the service credit",
            "The service credit is on the record.",
        ),
        lambda sent: CreditForm(sent, user=user, commitment=commitment),
        lambda fields: crediting.credit(commitment, **fields, by=user),
    )


@needs(RECEIVES)
def received_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a credited entry of the ledger as this commitment's service credit."""
    user: Any = request.user
    commitment = the_commitment(user, pk)
    return ask(
        request,
        _asking(
            commitment,
            "Name a service credit received",
            "Post what the supplier gave to the ledger first, as credited, on a cost of kind "
            "service credit. Then say here that it was given for this commitment.",
            "It was received for this",
            "The entry stands beside the commitment.",
        ),
        lambda sent: ReceivedForm(sent, user=user, commitment=commitment),
        lambda fields: receiving.receive(commitment, **fields, by=user),
    )


PAGES = [
    ("commitments/<int:pk>/measure/", "commitment_measure", measure_page),
    ("commitments/<int:pk>/credit/", "commitment_credit", credit_page),
    ("commitments/<int:pk>/received/", "commitment_received", received_page),
]
