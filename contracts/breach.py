"""Whether a measurement keeps its commitment, and by how much it misses."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class Verdict(Enum):
    """What a measurement says of its commitment."""

    MET = "met"
    BREACHED = "breached"
    #: No figure: not known, which is neither zero nor met.
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Assessment:
    """A measurement held against its target.

    `excess` is how far it lies on the wrong side, in the commitment's unit; `ratio` measured over
    target (target over measured for "at least"), None where it has none.
    """

    verdict: Verdict
    excess: Decimal | None = None
    ratio: Decimal | None = None
    not_recoverable: bool = False
    #: Too much was measured, rather than too little.
    above: bool = True

    @property
    def rank(self) -> tuple[int, Decimal, Decimal]:
        """Sorts assessments, worst last: unknown, met, breaches by ratio, not recoverable."""
        if self.not_recoverable:
            return (4, Decimal(0), Decimal(0))
        if self.verdict is Verdict.BREACHED:
            # A target of nothing that was missed has no ratio, and is worse than any that has.
            size = (Decimal(0) if self.ratio is None else self.ratio, self.excess or Decimal(0))
            return (3 if self.ratio is None else 2, *size)
        return (1 if self.verdict is Verdict.MET else 0, Decimal(0), Decimal(0))

    def in_words(self, unit: str) -> str:
        """As a table prints it: “+48 hours, ×2.0”, “not recoverable”, “not known”, “met”."""
        if self.not_recoverable:
            return "not recoverable"
        if self.verdict is not Verdict.BREACHED or self.excess is None:
            return self.verdict.value
        sign = "+" if self.above else "-"
        by = f"{sign}{_plain(self.excess)} {unit}"
        return by if self.ratio is None else f"{by}, ×{_ratio(self.ratio)}"


def assess(
    target: Decimal, at_most: bool, value: Decimal | None, not_recoverable: bool = False
) -> Assessment:
    """Hold a measured value against its target; reaching the target keeps it.

    `at_most`: the commitment is kept by values up to the target, else by values from it upward.
    """
    if not_recoverable:
        return Assessment(Verdict.BREACHED, not_recoverable=True)
    if value is None:
        return Assessment(Verdict.UNKNOWN)
    excess = value - target if at_most else target - value
    if excess <= 0:
        return Assessment(Verdict.MET)
    over, under = (value, target) if at_most else (target, value)
    ratio = over / under if under else None
    return Assessment(Verdict.BREACHED, excess, ratio, above=at_most)


def _plain(number: Decimal) -> str:
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".")


def _ratio(ratio: Decimal) -> str:
    places = Decimal("0.1") if ratio < 10 else Decimal(1)
    return str(ratio.quantize(places, ROUND_HALF_UP))
