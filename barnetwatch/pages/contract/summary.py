"""A contract in one paragraph, written from the record."""

from collections.abc import Iterator
from decimal import Decimal

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_prose, in_sentence
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.failures import days_of, status_of
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.paidside import PaidSide
from barnetwatch.pages.contract.words import listed, span, spelt, times
from contracts.models import Contract
from costs.models import Measure
from costs.positions import NO_PAYMENTS, Position
from costs.sentences import split_in_words
from incidents.models import Incident
from scrutiny.models import Promise, Statement


def summary(held: Held, agreed: Agreed, position: Position, paid: PaidSide) -> str:
    """Who does what, for how much and until when; what is spent beside it and what is open."""
    sentences = [
        _what(held.contract, agreed),
        _stands(held, agreed),
        _spent(position),
        *_open(held),
        _paid(paid),
    ]
    return " ".join(filter(None, sentences))


def _paid(paid: PaidSide) -> str:
    if paid.is_known:
        return paid.in_words
    if paid.position.why_not == NO_PAYMENTS:
        return "No payments are imported yet, so it is not known here how much of it was paid."
    return "None of the payments imported is attributed to it yet."


def _what(contract: Contract, agreed: Agreed) -> str:
    the = "the " if contract.buyer.startswith(("London Borough", "Royal Borough")) else ""
    return (
        f"Under this contract {contract.supplier} works for {the}{contract.buyer}. "
        f"It was let for {_let_for(agreed)}{_term(contract)}."
    )


def _let_for(agreed: Agreed) -> str:
    if agreed.award is None:
        return "a sum on which the sources disagree" if agreed.disagree else "a sum not known here"
    given = dict.fromkeys(row.award.amount for row in agreed.awards)
    others = [in_prose(amount) for amount in given if amount != agreed.award.amount]
    beside = f" (other sources say {listed(others)})" if others else ""
    return f"{in_prose(agreed.award.amount)}{beside}"


def _term(contract: Contract) -> str:
    if contract.starts_on and contract.ends_on:
        return f", from {in_words(contract.starts_on)} to {in_words(contract.ends_on)}"
    if contract.starts_on:
        return f", from {in_words(contract.starts_on)}"
    return f", until {in_words(contract.ends_on)}" if contract.ends_on else ""


def _stands(held: Held, agreed: Agreed) -> str:
    on, end, status = held.when.on, agreed.last_day, held.contract.status
    if held.when.known_on is not None:
        return ""
    if end is not None and held.contract.ends_on and end != held.contract.ends_on:
        return f"Variations moved its last day to {in_words(end)}."
    if status == Contract.Status.RUNNING and end is not None and end < on:
        return "Its last day as let has passed, and it is still marked as running."
    if status == Contract.Status.TERMINATED:
        return "It was brought to an end early."
    return ""


def _spent(position: Position) -> str:
    at_risk = position.measure(Measure.AT_RISK)
    if not at_risk.total:
        return "No money is recorded as spent or pledged beside it."
    split = split_in_words(at_risk.split)
    parts = sum(1 for amount in at_risk.split.values() if amount)
    total: Decimal = at_risk.total
    together = f": together {in_sentence(total)} at risk" if parts > 1 else " in all"
    share = f", {at_risk.percentage}% of that sum" if at_risk.percentage is not None else ""
    return f"Beside it, the record holds {split}{together}{share}."


def _open(held: Held) -> Iterator[str]:
    if held.alerts:
        count = len(held.alerts)
        of = "a mark" if count == 1 else f"{count} marks"
        yield f"That is above {of} which BarnetWatch watches for overruns."
    failures = [each for each in held.failures if status_of(each) not in Incident.FINISHED]
    if failures:
        since = span(max(days_of(each, held.when.on) for each in failures))
        be = "is" if len(failures) == 1 else "are"
        oldest = "the oldest " if len(failures) > 1 else ""
        yield f"{spelt(len(failures), 'failure')} {be} open, {oldest}for {since}."
    missing = [
        each for each in held.gaps if not each.restored_on or each.restored_on > held.when.on
    ]
    if missing:
        be = "is" if len(missing) == 1 else "are"
        yield f"{spelt(len(missing), 'thing')} that a service should do {be} not working."
    yield _unanswered(held)


def _unanswered(held: Held) -> str:
    answered = {each.answers_id for each in held.statements}
    waiting = [
        each
        for each in held.statements
        if each.kind == Statement.Kind.CLAIM and each.pk not in answered
    ]
    dateless = [
        each for each in held.promises if each.status == Promise.Status.OPEN and each.due_on is None
    ]
    said = []
    if dateless:
        said.append(f"{times(len(dateless), 'promise')} without a date")
    if waiting:
        said.append(f"{times(len(waiting), 'claim')} without an answer")
    be = "is" if len(dateless or waiting) == 1 else "are"
    return f"There {be} {' and '.join(said)}." if said else ""
