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
    measure = in_a_sentence(str(commitment.get_measure_display()))
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
        who = in_a_sentence(str(row.get_measured_by_display()))
        words = f"{target_of(row)} Measured by: {who}."
        url = row.contract.get_absolute_url()
        found[row.pk] = [Piece("Commitment", words, source_of(row), url, tells=row)]
    rows = rows_shown(Measurement, user).filter(commitment__in=list(found))
    for row in rows.order_by("measured_on", "pk"):
        said = Piece("Measured", _measured(row), source_of(row), tells=row)
        found[row.commitment_id].append(said)
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
    found: Found = {}
    alike: dict[tuple[Any, ...], list[CapabilityGap]] = defaultdict(list)
    for row in rows_shown(CapabilityGap, user).filter(pk__in=keys).order_by("pk"):
        found[row.pk] = []
        days = (row.since_on, row.not_before, row.first_reported_on, row.restored_on)
        alike[row.capability.service_id, row.source_id, row.capability.live_on, *days].append(row)
    for rows in alike.values():
        service = rows[0].capability.service
        url = service.contract.get_absolute_url()
        words = f"{service.name}, for this: {_missing(rows, on)}"
        found[rows[0].pk] = [Piece("Not working", words, source_of(rows[0]), url, tells=rows)]
    return found


def _missing(rows: list[CapabilityGap], on: dt.date) -> str:
    """What of a service does not work, of gaps that are alike but for what is missing."""
    row = rows[0]
    what = ", ".join(in_a_sentence(each.capability.name) for each in rows)
    if row.since_on is not None:
        known = f"Since {row.since}, {since(row.since_on, on)} ago"
    else:
        first = in_words(row.first_reported_on)
        bound = f", {row.not_before}" if row.not_before else ""
        ago = since(row.first_reported_on, on)
        known = f"First reported on {first}, {ago} ago; start not known{bound}"
    live = f"; live since {row.capability.live}" if row.capability.live_on else ""
    if row.restored_on and row.restored_on <= on:
        known += f"; works again since {in_words(row.restored_on)}"
    notes = dict.fromkeys(each.note.strip() for each in rows if each.note)
    said = " ".join(note for note in notes if not any(note in n and note != n for n in notes))
    return " ".join(filter(None, (f"{what}. {known}{live}.", said)))


def in_a_sentence(name: str) -> str:
    """“Bill clients” within a sentence; an abbreviation keeps its capitals."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
