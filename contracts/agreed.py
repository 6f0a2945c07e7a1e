"""What was agreed by a day, laid out from the rows of a contract."""

from collections.abc import Sequence

from contracts.models import Award, Contract, ContractedSum, Variation
from contracts.plan import Change, Spread, spreads


def laid_out(
    contract: Contract,
    award: Award | None,
    sums: Sequence[ContractedSum],
    variations: Sequence[Variation],
) -> list[Spread]:
    """The contracted sums over their days, with every variation of value and term laid on.

    Where no sums are given, the award in a straight line over the term as let. Empty where neither
    is known.
    """
    base = [Spread(each.amount, each.starts_on, each.ends_on) for each in sums]
    if not base and award and contract.starts_on and contract.ends_on:
        base = [Spread(award.amount, contract.starts_on, contract.ends_on)]
    if not base:
        return []
    end = contract.ends_on or max(spread.ends_on for spread in base)
    return spreads(base, end, changes_of(variations))


def changes_of(variations: Sequence[Variation]) -> list[Change]:
    """The money and the days that variations move."""
    return [
        Change(
            each.takes_effect_on,
            each.value_after - each.value_before
            if each.value_before is not None and each.value_after is not None
            else None,
            each.end_after,
        )
        for each in variations
        if each.kind != Variation.Kind.SCOPE
    ]
