"""What was paid under the contract, by the council's own files, beside what was contracted."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from barnetwatch.lib.money import NOTHING, in_sentence, in_table
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.payments.extras import NO_EXTRAS, extras_of
from barnetwatch.pages.payments.planrows import Figures, figures
from costs.models import AttributionRule
from costs.payments import plan
from costs.payments.months import Month, Year, months_of, years_of
from costs.payments.plan import PlanPosition
from costs.payments.plans import of_one, stands


@dataclass(frozen=True)
class PaidSide:
    """Both sides at the last day covered; without months where nothing can be said of payments."""

    position: PlanPosition
    figures: Figures
    months: list[Month]
    not_attributed: Decimal = NOTHING

    @property
    def is_known(self) -> bool:
        """Whether payments are attributed to the contract and their files count."""
        return self.position.at is not None

    @property
    def years(self) -> list[Year]:
        """The months by financial year."""
        return years_of(self.months)

    @property
    def in_words(self) -> str:
        """“By 30 April 2018 £132 was paid against £120 contracted: £12 over, 10.00%.”; why not."""
        known = self.figures
        if not self.is_known:
            return f"{self.position.why_not[:1].upper()}{self.position.why_not[1:]}."
        paid = f"By {known.day} {in_sentence(known.paid)} was paid"
        if known.contracted is None:
            return f"{paid}; {self.position.why_not}."
        paid += f" against {in_sentence(known.contracted)} contracted"
        if known.over is None:
            return f"{paid}; by how much that is over plan is {self.position.why_not}."
        word = "under" if known.over < 0 else "over"
        share = "" if known.share is None else f", {abs(known.share)}%"
        return f"{paid}: {in_sentence(abs(known.over))} {word}{share}."

    @property
    def unexplained(self) -> str:
        """What no decision stands behind, as a sentence; nothing where it is not said."""
        left, over = self.figures.unexplained, self.figures.over
        if left is None or over is None or left <= 0:
            return ""
        decided = self.figures.decided
        if not decided:
            return f"{in_table(left)}. No decision on this record stands behind any of it"
        return (
            f"{in_table(left)}: {in_table(over)} over plan, less {in_table(decided)} of extras "
            "with a decision"
        )


def paid_side(held: Held, agreed: Agreed, user: Any) -> PaidSide:
    """The same as known on the page's day; three queries."""
    when, contract = held.when, held.contract
    seen = AttributionRule.objects.visible_to(user)
    found, waiting = of_one(contract, seen, when.on, when.known_on)
    laid = plan.agreed(contract, agreed.award, held.sums, held.variations)
    imported = bool(getattr(contract, "has_payments", False))
    position = stands(found, laid, imported=imported)
    if found is None or found.at is None:
        return PaidSide(position, figures(position), [], waiting)
    extras = extras_of({contract.pk: found}, user, when.known_on).get(contract.pk, NO_EXTRAS)
    months = months_of(agreed.laid, found.paid.months, found.at)
    return PaidSide(position, figures(position, extras), months, waiting)
