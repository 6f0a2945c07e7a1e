"""What was decided, promised, claimed and answered about the contract."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from barnetwatch.lib.dates import Precision
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.claimed import Standing
from barnetwatch.pages.contract.citations import Citations, Cited
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.words import times
from scrutiny.models import Decision, Promise, Statement


@dataclass(frozen=True)
class Said:
    """One statement as the page prints it."""

    statement: Statement
    cited: Cited | None

    @property
    def by(self) -> str:
        """Whose words they are: speaker, role, organisation, political group."""
        return self.statement.by

    @property
    def as_what(self) -> str:
        """The same without the speaker, whose name stands above: in what role, and when."""
        said = self.statement
        named = (said.role, said.organisation, said.political_group)
        parts = [part for part in named if part != said.speaker]
        return ", ".join(filter(None, [*dict.fromkeys(parts), self.when]))

    @property
    def words(self) -> str:
        """In quotation marks where they are exactly theirs."""
        return f"“{self.statement.words}”" if self.statement.is_quotation else self.statement.words

    @property
    def when(self) -> str:
        """When it was said."""
        return str(self.statement.said) if self.statement.said_on else "date not known"

    @property
    def sum(self) -> str:
        """The sum it names; empty where it names none."""
        return "" if self.statement.amount is None else in_sentence(self.statement.amount)

    @property
    def as_of(self) -> str:
        """The day the sum holds for, else the day it was said."""
        return str(self.statement.amount_as_of) if self.statement.amount_on else self.when


@dataclass(frozen=True)
class Claim:
    """A claim with its responses, and where it stands."""

    claim: Said
    responses: tuple[Said, ...]
    standing: Standing


@dataclass(frozen=True)
class DecisionRow:
    """Something decided, or put to the vote."""

    decision: Decision
    by: str
    when: str
    votes: str
    cited: Cited | None


@dataclass(frozen=True)
class PromiseRow:
    """Something a body was told would be done, and how long ago."""

    promise: Promise
    by: str
    age: str
    cited: Cited | None


def claims(held: Held, cites: Citations) -> list[Claim]:
    """The claims in the order they were made, each with its responses beside it."""
    answers: dict[int, list[Said]] = defaultdict(list)
    for each in held.statements:
        if each.answers_id is not None:
            answers[each.answers_id].append(Said(each, cites.of(each)))
    return [
        Claim(
            Said(each, cites.of(each)),
            tuple(answers[each.pk]),
            held.marks.standing(each, bool(answers[each.pk]), held.when.on),
        )
        for each in held.statements
        if each.kind == Statement.Kind.CLAIM
    ]


def statements(held: Held, cites: Citations) -> list[Said]:
    """What was stated and is not in dispute, sums apart: they stand in a table of their own."""
    return [
        Said(each, cites.of(each))
        for each in held.statements
        if each.kind == Statement.Kind.STATEMENT and each.amount is None
    ]


def sums_stated(held: Held, cites: Citations) -> list[Said]:
    """The sums that others state, in the order of the days they hold for."""
    found = [Said(each, cites.of(each)) for each in held.statements if each.amount is not None]
    return sorted(
        found,
        key=lambda said: (
            said.statement.amount_on or said.statement.said_on or dt.date.max,
            said.statement.pk,
        ),
    )


def decisions(held: Held, cites: Citations) -> list[DecisionRow]:
    """The decisions, oldest first."""
    return [
        DecisionRow(
            each,
            by=str(each.body or each.taken_by),
            when=str(each.taken) if each.taken_on else "date not known",
            votes=each.votes_note or (each.votes if _has_votes(each) else ""),
            cited=cites.of(each),
        )
        for each in held.decisions
    ]


def promises(held: Held, cites: Citations) -> list[PromiseRow]:
    """The promises, oldest first."""
    return [
        PromiseRow(
            each,
            by=each.by,
            age=_age(each, held.when.on),
            cited=cites.of(each),
        )
        for each in held.promises
    ]


def _has_votes(decision: Decision) -> bool:
    return decision.votes_for is not None or decision.votes_against is not None


def _age(promise: Promise, on: dt.date) -> str:
    days = promise.age_in_days(on)
    if days is None or promise.status != Promise.Status.OPEN:
        return ""
    least = "" if promise.made_precision == Precision.DAY else "at least "
    return f"{least}{times(days, 'day')} ago"
