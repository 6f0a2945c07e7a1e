"""A failure in one paragraph, written from the record."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.pages.failures.claims import Claim
from barnetwatch.pages.failures.costing import Ladder
from barnetwatch.pages.failures.words import days, listed
from incidents.models import Incident
from scrutiny.models import Promise

_Status = Incident.Status
_STANDS = {
    _Status.REPORTED: "It has been reported and nobody has confirmed it yet.",
    _Status.CONFIRMED: "The council has confirmed it; nothing says yet that it is being put right.",
    _Status.REMEDIATION: "The council has confirmed it and it is being put right.",
    _Status.DISPUTED: "Somebody it concerns says that it is not so.",
}


def summary(
    failure: Any, *, services: Sequence[Any], costs: Ladder, claims: Sequence[Claim]
) -> str:
    """What it is, since when, where it stands, what it cost and what is unanswered.

    `failure` comes from `with_course`.
    """
    sentences = [
        _what(failure, services),
        _since(failure),
        _STANDS.get(failure.status, ""),
        _for_how_long(failure),
        _cost(costs),
        _unanswered(claims),
        _next(failure),
    ]
    return " ".join(filter(None, sentences))


def _what(failure: Incident, services: Sequence[Any]) -> str:
    severity = str(failure.get_severity_display())
    article = "An" if severity[0] in "AEIOU" else "A"
    under = f" under {failure.contract}" if failure.contract else ""
    supplier = failure.supplier or (failure.contract and failure.contract.supplier)
    by = f", the contract with {supplier}" if failure.contract and supplier else ""
    if not failure.contract:
        by = f" of {supplier}"
    touched = f", touching {listed(service.name for service in services)}" if services else ""
    return f"{article} {severity.lower()} failure{under}{by}{touched}."


def _since(failure: Incident) -> str:
    known = [
        f"{words} {_at(day)}"
        for words, day in (
            ("happened", failure.occurred),
            ("was noticed", failure.noticed),
            ("was first reported", failure.reported),
        )
        if day.day is not None
    ]
    if not known:
        return "When it happened is not known."
    return f"It {listed(known)}."


def _at(day: Any) -> str:
    return f"{'on' if day.precision == Precision.DAY else 'in'} {day}"


def _for_how_long(failure: Any) -> str:
    precise = (
        failure.occurred_precision == Precision.DAY
        if failure.occurred_on
        else not failure.noticed_on and not failure.reported_on
    )
    least = "" if precise else "at least "
    span = days(max(0, failure.course.days))
    if failure.ended_on is None:
        return f"It has been open for {least}{span}."
    over = "closed" if failure.status == _Status.CLOSED else "marked as resolved"
    return f"It was {over} here on {in_words(failure.ended_on)}, {least}{span} after it began."


def _cost(costs: Ladder) -> str:
    if not costs.rungs:
        return "No cost is attributed to it."
    return f"Its cost so far, less what was given back: {costs.in_words}."


def _unanswered(claims: Sequence[Claim]) -> str:
    count = sum(1 for claim in claims if claim.standing.silence)
    if not count:
        return ""
    return "1 claim about it is unanswered." if count == 1 else f"{count} claims are unanswered."


def _next(failure: Incident) -> str:
    if failure.status in Incident.FINISHED or not failure.next_action:
        return ""
    by = f", by {in_words(failure.next_action_on)}" if failure.next_action_on else ""
    return f"Next: {failure.next_action}{by}."


def absent(failure: Incident, **found: Sequence[Any]) -> str:
    """What the record has nothing of, in one sentence instead of empty headings."""
    words = {
        "claims": "no claim about it",
        "decisions": "no decision",
        "promises": "no promise",
        "obligation": "no obligation breached",
    }
    found = {**found, "obligation": failure.obligation}
    lacking = [said for name, said in words.items() if not found[name]]
    return f"The record names {listed(lacking)}." if lacking else ""


def age_of(promise: Promise, on: dt.date) -> str:
    """How old a promise is: at least 2,884 days; empty where that is not known."""
    age = promise.age_in_days(on)
    if age is None:
        return ""
    return ("" if promise.made_precision == Precision.DAY else "at least ") + days(age)


def is_late(failure: Incident, on: dt.date) -> bool:
    """Whether the next action was due before a day."""
    due = failure.next_action_on
    return failure.status not in Incident.FINISHED and due is not None and due < on
