"""What was undertaken and measured, and what does not work."""

import datetime as dt
from collections import defaultdict
from typing import Any

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.dates import in_words
from barnetwatch.pages.contract.words import number
from barnetwatch.pages.questions.evidence.piece import Piece, source_of
from barnetwatch.pages.questions.words import since, when
from contracts.breach import assess
from contracts.models import CapabilityGap, Commitment, Measurement

Found = dict[int, list[Piece]]


def target_of(commitment: Commitment) -> str:
    """“CSG: IT disaster recovery, silver tier: recovery time (RTO) at most 48 hours.”"""
    tier = f", {commitment.tier} tier" if commitment.tier else ""
    measure = str(commitment.get_measure_display())
    # “Recovery time (RTO)” in the middle of a sentence; an abbreviation keeps its capitals.
    measure = measure if measure[:2].isupper() else measure[:1].lower() + measure[1:]
    return (
        f"{commitment.contract} commits the supplier to this: {commitment.title}{tier}, {measure} "
        f"{commitment.get_direction_display()} {quantity(commitment, commitment.target)}."
    )


def quantity(commitment: Commitment, value: Any) -> str:
    """A figure in the commitment's unit: 48 hours, £170,881."""
    if commitment.unit == Commitment.Unit.POUNDS:
        return f"£{number(value)}"
    if commitment.unit == Commitment.Unit.NUMBER:
        return number(value)
    return f"{number(value)} {commitment.get_unit_display()}"


def commitments(keys: list[int], user: Any, on: dt.date) -> Found:
    """Each commitment with its target and who measures it, then every figure with its verdict."""
    found: Found = {}
    for row in rows_shown(Commitment, user).filter(pk__in=keys):
        who = row.get_measured_by_display()
        words = f"{target_of(row)} Measured by: {who[:1].lower()}{who[1:]}."
        url = row.contract.get_absolute_url()
        found[row.pk] = [Piece("Commitment", words, source_of(row), url)]
    rows = rows_shown(Measurement, user).filter(commitment__in=list(found))
    for row in rows.order_by("measured_on", "pk"):
        found[row.commitment_id].append(Piece("Measured", _measured(row), source_of(row)))
    return found


def _measured(row: Measurement) -> str:
    commitment = row.commitment
    at_most = commitment.direction == Commitment.Direction.AT_MOST
    verdict = assess(commitment.target, at_most, row.value, row.not_recoverable)
    figure = "" if row.value is None else f"{quantity(commitment, row.value)}: "
    said = verdict.in_words(commitment.get_unit_display())
    how = row.get_how_display().lower()
    return f"{figure}{said}. {row.said_by}, {how} {when(row.measured)}."


def gaps(keys: list[int], user: Any, on: dt.date) -> Found:
    """What does not work, since when as far as that is known, and for how long."""
    found: Found = defaultdict(list)
    for row in rows_shown(CapabilityGap, user).filter(pk__in=keys):
        capability = row.capability
        if row.since_on is not None:
            began = f"not working since {row.since}"
        else:
            first = in_words(row.first_reported_on)
            bound = f", {row.not_before}" if row.not_before else ""
            began = f"first reported not to work on {first}; start not known{bound}"
        counted = row.since_on or row.first_reported_on
        state = f"{since(counted, on, exact=row.since_on is not None)} by now"
        if row.restored_on and row.restored_on <= on:
            state = f"works again since {in_words(row.restored_on)}"
        live = f" Live since {capability.live}." if capability.live_on else ""
        note = f" {row.note.strip()}" if row.note else ""
        words = f"{capability.service.name}, {capability.name}: {began}; {state}.{live}{note}"
        url = capability.service.contract.get_absolute_url()
        found[row.pk].append(Piece("Capability", words, source_of(row), url))
    return dict(found)
