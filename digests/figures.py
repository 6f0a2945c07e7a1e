"""The figures of a digest: what stands beside each contract, by status."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from barnetwatch.lib.money import NOTHING, in_prose, in_sentence, in_table
from contracts.awards import standing_awards
from costs.models import CostLine
from costs.positions import SUPPLEMENTARY, measured
from costs.sentences import percentage
from costs.stages import SPLIT_ORDER, Stage, split_by_stage
from costs.totals import nets_on

#: Contracts a digest shows figures of, the largest sums at risk first.
SHOWN = 6


@dataclass(frozen=True)
class Figure:
    """What stands beside one contract at one status, in pounds, and in per cent of its award.

    `lines` are the cost lines behind it.
    """

    contract: str
    stage: Stage
    amount: Decimal
    percentage: Decimal | None
    lines: tuple[int, ...]

    @property
    def in_sentence(self) -> str:
        """The sum as sentences print it."""
        return in_sentence(self.amount)

    @property
    def in_table(self) -> str:
        """The sum as tables print it."""
        return in_table(self.amount)


def figures_of(contracts: tuple[int, ...] | None, on: dt.date) -> list[Figure]:
    """The split by status of what is at risk beside contracts, on a day, from open rows."""
    lines = CostLine.objects.supplementary().filter(contract__isnull=False)
    if contracts is not None:
        lines = lines.filter(contract__in=contracts)
    owner = {line.pk: line.contract for line in lines.select_related("contract")}
    sums: dict[int, dict[Stage, Decimal]] = defaultdict(lambda: defaultdict(lambda: NOTHING))
    behind: dict[tuple[int, Stage], list[int]] = defaultdict(list)
    names = {}
    for line, nets in nets_on(list(owner), on).items():
        contract = owner[line]
        names[contract.pk] = contract.reference
        for stage, amount in split_by_stage(nets).items():
            sums[contract.pk][stage] += amount
            behind[contract.pk, stage].append(line)
    awards = standing_awards(sums)
    largest = sorted(sums, key=lambda pk: (-sum(sums[pk].values()), names[pk]))[:SHOWN]
    return [
        Figure(
            names[pk],
            stage,
            sums[pk][stage],
            percentage(sums[pk][stage], awards[pk].amount) if pk in awards else None,
            tuple(behind[pk, stage]),
        )
        for pk in largest
        for stage in SPLIT_ORDER
        if sums[pk][stage]
    ]


def sums_of(contracts: Collection[int], on: dt.date) -> dict[tuple[int, str], str]:
    """Each measure of contracts with its sum in words, on a day, from open rows."""
    if not contracts:
        return {}
    lines = CostLine.objects.supplementary().filter(contract__in=contracts)
    owner = dict(lines.values_list("pk", "contract"))
    nets: dict[int, list[dict[str, Decimal]]] = defaultdict(list)
    for line, found in nets_on(list(owner), on).items():
        nets[owner[line]].append(found)
    awards = standing_awards(contracts)
    return {
        (contract, measure): measured(
            measure, nets[contract], awards[contract].amount if contract in awards else None, ()
        ).in_words
        for contract in contracts
        for measure in SUPPLEMENTARY
    }


def alt_sentence(figures: list[Figure] | tuple[Figure, ...]) -> str:
    """The picture in a sentence, for those who do not see it."""
    parts = [f"{each.contract}, {in_prose(each.amount)} {each.stage.label}" for each in figures]
    return f"Bars of the costs beside each contract, by status: {'; '.join(parts)}."
