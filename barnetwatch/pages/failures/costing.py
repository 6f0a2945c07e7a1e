"""What failures cost: the cost lines they caused, as one person may see them, and what is left."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from barnetwatch.lib.money import NOTHING
from costs.models import CostLine, Measure
from costs.positions import MeasurePosition, measured
from costs.sentences import split_in_words
from costs.stages import OFFSETS, LineTotals, Stage, line_totals
from costs.totals import nets_on
from incidents.models import IncidentCost

#: What changes a figure afterwards, rather than being one of its statuses.
AFTERWARDS = OFFSETS | {Stage.WRITTEN_OFF}


@dataclass(frozen=True)
class Caused:
    """One cost line that a failure caused, with its sum at each stage; `why` it did, and when
    that was recorded."""

    line: CostLine
    why: str
    nets: dict[str, Decimal]
    attributed_at: dt.datetime

    @property
    def extra(self) -> list[tuple[str, Decimal]]:
        """Its sum at each status it has reached; one sum at several statuses is one cost."""
        return [
            (stage.label, self.nets[stage])
            for stage in Stage
            if stage not in AFTERWARDS and self.nets.get(stage)
        ]

    @property
    def credited(self) -> Decimal:
        """What the supplier credited."""
        return self.nets.get(Stage.CREDITED, NOTHING)

    @property
    def recovered(self) -> Decimal:
        """What came back."""
        return self.nets.get(Stage.RECOVERED, NOTHING)

    @property
    def written_off(self) -> Decimal:
        """What is accepted as lost."""
        return self.nets.get(Stage.WRITTEN_OFF, NOTHING)

    @property
    def left(self) -> LineTotals[Decimal]:
        """What is left of it after credits and recoveries."""
        return line_totals(self.nets)


@dataclass(frozen=True)
class Ladder:
    """What one failure cost: line by line, and together."""

    rungs: Sequence[Caused]
    firm: MeasurePosition
    at_risk: MeasurePosition

    @property
    def in_words(self) -> str:
        """What is left, by status: “£4,200,000 pledged”; or why there is nothing."""
        if self.at_risk.amount:
            return split_in_words(self.at_risk.split)
        stages = {stage for rung in self.rungs for stage, net in rung.nets.items() if net}
        if not stages:
            return "nothing posted yet"
        return "alleged only, in no total" if stages == {Stage.ALLEGED} else "nothing left"

    @property
    def credited(self) -> Decimal:
        """What suppliers credited, together."""
        return sum((rung.credited for rung in self.rungs), NOTHING)

    @property
    def recovered(self) -> Decimal:
        """What came back, together."""
        return sum((rung.recovered for rung in self.rungs), NOTHING)

    @property
    def written_off(self) -> Decimal:
        """What is accepted as lost, together."""
        return sum((rung.written_off for rung in self.rungs), NOTHING)


def ladder(rungs: Iterable[Caused]) -> Ladder:
    """The ladder of some cost lines."""
    found = tuple(rungs)
    nets = [rung.nets for rung in found]
    return Ladder(
        found, measured(Measure.FIRM, nets, None, ()), measured(Measure.AT_RISK, nets, None, ())
    )


def ladders(failures: Iterable[Any], user: Any, on: dt.date) -> dict[int, Ladder]:
    """The ladder of each of some failures on a day, from the lines a person may see.

    Two queries, however many failures there are; one that cost nothing is absent.
    """
    claims = list(
        IncidentCost.objects.visible_to(user)
        .filter(incident__in=[failure.pk for failure in failures])
        .select_related("line")
        .order_by("line__title", "line")
    )
    nets = nets_on([claim.line_id for claim in claims], on) if claims else {}
    caused: dict[int, list[Caused]] = defaultdict(list)
    for claim in claims:
        found = dict(nets.get(claim.line_id, {}))
        caused[claim.incident_id].append(Caused(claim.line, claim.why, found, claim.recorded_at))
    return {failure: ladder(rungs) for failure, rungs in caused.items()}
