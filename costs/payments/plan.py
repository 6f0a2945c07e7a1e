"""Paid to date against contracted to date, both at the last day that the imported files cover.

At one day for both, so that nothing flaps between one month's file and the next.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import NOTHING, in_sentence
from contracts.agreed import laid_out
from contracts.awards import standing_award
from contracts.models import Contract, ContractedSum, Variation
from contracts.plan import contracted_to_date
from costs.models import AttributionRule, PaymentFile
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
    award = standing_award(contract, known_on)
    sums = ContractedSum.all_rows.standing(known_on).filter(contract=contract)
    variations = Variation.all_rows.standing(known_on).filter(contract=contract)
    laid = laid_out(contract, award, list(sums), list(variations))
    if not laid:
        return PlanPosition(at, paid, why_not=_("what was contracted is not known"))
    contracted = contracted_to_date(laid, at)
    ends_on = max(spread.ends_on for spread in laid)
    whole = award.amount if award else contracted_to_date(laid, ends_on)
    if contracted * PART_OF_AWARD < whole:
        why_not = _("not said before a twelfth of the award is contracted")
        return PlanPosition(at, paid, contracted, why_not)
    return PlanPosition(at, paid, contracted)
