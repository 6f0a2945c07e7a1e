"""What was agreed: the awards that sources give, how the sum is spread, and how it was varied."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_sentence, in_table
from barnetwatch.pages.contract.citations import Citations, Cited
from barnetwatch.pages.contract.held import Held
from contracts.agreed import changes_of, laid_out
from contracts.attention import end_of
from contracts.awards import award_among
from contracts.models import Award, Variation
from contracts.plan import Spread, contracted_to_date


@dataclass(frozen=True)
class AwardRow:
    """A sum that a source says the contract was let for."""

    award: Award
    amount: str
    is_used: bool
    why: str
    cited: Cited | None


@dataclass(frozen=True)
class VariationRow:
    """A change of the contract: what moved, from what to what."""

    variation: Variation
    changes: tuple[str, ...]
    cited: Cited | None


@dataclass(frozen=True)
class Agreed:
    """What was agreed on the whole; `laid` is empty where no sum is known."""

    award: Award | None
    laid: list[Spread]
    last_day: dt.date | None
    awards: list[AwardRow]
    variations: list[VariationRow]

    @property
    def disagree(self) -> bool:
        """Whether sources give different awards."""
        return len({row.award.amount for row in self.awards}) > 1

    def by(self, on: dt.date) -> Decimal | None:
        """How much was contracted by a day."""
        return contracted_to_date(self.laid, on) if self.laid else None


def agreed(held: Held, cites: Citations) -> Agreed:
    """What was agreed, from the rows of the page."""
    used = award_among(held.awards)
    return Agreed(
        award=used,
        laid=laid_out(held.contract, used, held.sums, held.variations),
        last_day=end_of(held.contract, changes_of(held.variations)),
        awards=[
            AwardRow(
                each,
                in_table(each.amount),
                is_used=used is not None and each.pk == used.pk,
                why=each.preferred_why or "",
                cited=cites.of(each),
            )
            for each in held.awards
        ],
        variations=[
            VariationRow(each, tuple(_changes(each)), cites.of(each)) for each in held.variations
        ],
    )


def _changes(varied: Variation) -> Iterable[str]:
    if varied.value_before is not None and varied.value_after is not None:
        yield f"{in_sentence(varied.value_before)} to {in_sentence(varied.value_after)}"
    if varied.end_before and varied.end_after:
        yield f"Last day {in_words(varied.end_before)} to {in_words(varied.end_after)}"
    if varied.scope_after:
        before = f"{varied.scope_before} to " if varied.scope_before else ""
        yield f"{before}{varied.scope_after}"


@dataclass(frozen=True)
class Question:
    """A fact on which sources disagree, with what each says."""

    question: str
    note: str
    readings: list[tuple[Any, Cited | None]]
    is_settled: bool


def questions(held: Held, cites: Citations) -> list[Question]:
    """The facts in dispute; the reading whose mark is the latest is the one to use."""
    found = []
    for dispute, group in groupby(held.readings, key=lambda each: each.discrepancy):
        readings = list(group)
        marked = [each for each in readings if each.preferred_at is not None]
        used = max(marked, key=lambda each: (each.preferred_at, each.preferred_by), default=None)
        for each in readings:
            each.is_used = each is used
        found.append(
            Question(
                dispute.question,
                dispute.note,
                [(each, cites.of(each)) for each in readings],
                is_settled=used is not None,
            )
        )
    return found
