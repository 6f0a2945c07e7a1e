"""Paid to date against contracted to date, both at the last day that the imported files cover.

At one day for both, so that nothing flaps between one month's file and the next.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_sentence
from contracts.agreed import laid_out
from contracts.awards import standing_award
from contracts.models import Award, Contract, ContractedSum, Variation
from contracts.plan import Spread, contracted_to_date
from costs.models import AttributionRule, PaymentFile, Threshold
from costs.payments.paid import covered_until, paid_under
from costs.sentences import percentage

#: No percentage before this part of the award is contracted: one in twelve.
PART_OF_AWARD = 12


@dataclass(frozen=True)
class PlanPosition:
    """Where payments stand against the plan; `why_not` says why nothing can be said."""

    #: The day at which both sides are taken.
    at: dt.date | None = None
    paid: Decimal = NOTHING
    contracted: Decimal | None = None
    why_not: str = ""

    @property
    def over(self) -> Decimal | None:
        """What was paid beyond what was contracted; negative where it is less."""
        if self.why_not or self.contracted is None:
            return None
        return self.paid - self.contracted

    def exceeds(self, mark: Threshold) -> bool:
        """Whether it lies above a mark, which is of what was contracted by then."""
        limit = mark.limit(self.contracted)
        return self.over is not None and limit is not None and self.over > limit

    @property
    def in_words(self) -> str:
        """“Over plan: £110 paid against £100 contracted by 30 April 2018: £10 over, 10.00%”."""
        if self.over is None or not self.contracted or self.at is None:
            return self.why_not
        paid, contracted = in_sentence(self.paid), in_sentence(self.contracted)
        name, word = (_("Under plan"), _("under")) if self.over < 0 else (_("Over plan"), _("over"))
        return (
            f"{name}: {paid} paid against {contracted} contracted by {in_words(self.at)}: "
            f"{in_sentence(abs(self.over))} {word}, {percentage(abs(self.over), self.contracted)}%"
        )


@dataclass(frozen=True)
class Agreed:
    """What was contracted, laid over its days; `whole` is the award, or else all of it."""

    laid: tuple[Spread, ...]
    whole: Decimal

    def against(self, at: dt.date, paid: Decimal) -> PlanPosition:
        """What was paid by a day, held against what was contracted by it."""
        contracted = contracted_to_date(self.laid, at)
        if not contracted or contracted * PART_OF_AWARD < self.whole:
            why_not = _("not said before a twelfth of the award is contracted")
            return PlanPosition(at, paid, contracted, why_not)
        return PlanPosition(at, paid, contracted)


def agreed(
    contract: Contract,
    award: Award | None,
    sums: Sequence[ContractedSum],
    variations: Sequence[Variation],
) -> Agreed | None:
    """What these rows of a contract lay out; None where no sum is known."""
    laid = laid_out(contract, award, sums, variations)
    if not laid:
        return None
    ends_on = max(spread.ends_on for spread in laid)
    return Agreed(tuple(laid), award.amount if award else contracted_to_date(laid, ends_on))


def agreed_under(contract: Contract, known_on: dt.date | None = None) -> Agreed | None:
    """What was contracted under a contract that the caller was let through to."""
    award = standing_award(contract, known_on)
    sums = ContractedSum.all_rows.standing(known_on).filter(contract=contract)
    variations = Variation.all_rows.standing(known_on).filter(contract=contract)
    return agreed(contract, award, list(sums), list(variations))


def not_known() -> str:
    """Why nothing can be said where no sum of the contract is known."""
    return _("what was contracted is not known")


def plan_position(contract: Contract, on: dt.date, known_on: dt.date | None = None) -> PlanPosition:
    """Payments against the plan on a day, of a contract that the caller was let through to."""
    rules = AttributionRule.all_rows.standing(known_on).filter(contract=contract)
    keys = set(rules.values_list("key", flat=True))
    if not keys:
        imported = PaymentFile.objects.current(known_on).exists()
        return PlanPosition(
            why_not=_("no payments attributed to it yet") if imported else _("no payments imported")
        )
    covered = covered_until(known_on, keys)
    if covered is None:
        return PlanPosition(why_not=_("no payments imported"))
    at = min(on, covered)
    paid = paid_under(contract, until=at, known_on=known_on).total
    plan = agreed_under(contract, known_on)
    if plan is None:
        return PlanPosition(at, paid, why_not=not_known())
    return plan.against(at, paid)
