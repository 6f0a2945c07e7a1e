"""Claims and responses side by side: who says what, who answered, and no verdict."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.claimed import Marks, Standing
from barnetwatch.pages.failures.finding import source_of
from scrutiny.models import Statement


@dataclass(frozen=True)
class Said:
    """One statement as a page prints it; `source` is None where the reader may not see it."""

    statement: Statement

    @property
    def by(self) -> str:
        """Whose words they are: speaker, role, organisation, political group."""
        return self.statement.by

    @property
    def words(self) -> str:
        """In quotation marks where they are exactly theirs."""
        return f"“{self.statement.words}”" if self.statement.is_quotation else self.statement.words

    @property
    def when(self) -> str:
        """When it was said."""
        said = self.statement.said
        return "Date not known" if said.day is None else str(said)

    @property
    def sum(self) -> str:
        """The sum it names, with what the speaker says of it; empty where it names none."""
        said = self.statement
        if said.amount is None:
            return ""
        return (
            f"{in_sentence(said.amount)}, {said.get_amount_status_display()} (as the speaker says)"
        )

    @property
    def source(self) -> Any:
        """Where it was read."""
        return source_of(self.statement)


@dataclass(frozen=True)
class Claim:
    """A claim with the responses that the reader may see, and where it stands."""

    claim: Said
    responses: tuple[Said, ...]
    standing: Standing


def statements_about(failure: Any, user: Any) -> list[Statement]:
    """What was said about a failure and what answers it, as a person may see it, in order."""
    about = Q(incident=failure) | Q(answers__incident=failure)
    found = rows_shown(Statement, user).filter(about)
    return sorted(found, key=lambda each: (each.said_on or dt.date.max, each.pk))


def claims_among(statements: list[Statement], marks: Marks, on: dt.date) -> list[Claim]:
    """The claims among some statements, each with its responses, in the order they were made."""
    answers: dict[int, list[Said]] = {}
    for each in statements:
        if each.answers_id is not None:
            answers.setdefault(each.answers_id, []).append(Said(each))
    return [
        Claim(Said(each), responses, marks.standing(each, bool(responses), on))
        for each in statements
        if each.kind == Statement.Kind.CLAIM
        for responses in [tuple(answers.get(each.pk, ()))]
    ]
