"""Commitments as pages print them."""

from django.utils.html import format_html

from barnetwatch.pages.contract.delivery import assessed, verdict_in_words
from contracts.breach import Verdict
from contracts.models import Commitment, Measurement, Standing

COLOURS: dict[str, str] = {
    Standing.BREACHED: "red",
    Standing.MET: "green",
    Standing.UNKNOWN: "yellow",
    Standing.NEVER: "grey",
}


def tag_of(standing: str) -> str:
    """How one stands, as a tag: always a word, with a colour beside it."""
    html = '<strong class="govuk-tag govuk-tag--{}">{}</strong>'
    return format_html(html, COLOURS[standing], Standing(standing).label)


def size_of(commitment: Commitment, row: Measurement | None) -> str:
    """By how much a measurement misses the target: +48 hours, ×2.0; not recoverable; empty."""
    if row is None:
        return ""
    if row.not_recoverable:
        return "Not recoverable"
    return verdict_in_words(commitment, assessed(commitment, row))


def breached_since(commitment: Commitment, measurements: list[Measurement]) -> str:
    """When the unbroken run of breaches up to the latest measurement began, as far as is known;
    empty where the latest is no breach. `measurements` come oldest first.
    """
    run: list[Measurement] = []
    for row in reversed(measurements):
        if assessed(commitment, row).verdict is not Verdict.BREACHED:
            break
        run.append(row)
    if not run:
        return ""
    first = run[-1].measured
    return str(first) if first.day else "Not known"


def in_order(measurements: list[Measurement]) -> list[Measurement]:
    """Oldest first, as the latest is found: one whose day is not known counts as the earliest."""
    return sorted(
        measurements,
        key=lambda row: (
            row.measured_on is not None,
            row.measured_on.toordinal() if row.measured_on else 0,
            row.recorded_at,
            row.pk,
        ),
    )
