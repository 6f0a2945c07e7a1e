"""Figures as sentences: every total with its split by status, in pounds."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from barnetwatch.lib.money import in_sentence
from costs.models import Measure
from costs.stages import SPLIT_ORDER, Stage

_HUNDREDTH = Decimal("0.01")
_NAMES = {Measure.FIRM: "Firm", Measure.AT_RISK: "At risk", Measure.OVER_PLAN: "Over plan"}


def percentage(total: Decimal, baseline: Decimal) -> Decimal:
    """The total in per cent of the baseline, rounded half-up to two decimals."""
    return (total * 100 / baseline).quantize(_HUNDREDTH, ROUND_HALF_UP)


def split_in_words(split: Mapping[Stage, Decimal]) -> str:
    """“£164,176 approved and £4,200,000 pledged”, firmest first; “nothing” for an empty split."""
    parts = [
        f"{in_sentence(split[stage])} {stage.label}" for stage in SPLIT_ORDER if split.get(stage)
    ]
    if len(parts) > 1:
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return parts[0] if parts else "nothing"


def sum_in_words(measure: str, split: Mapping[Stage, Decimal], baseline: Decimal | None) -> str:
    """A measure with its sum: “At risk: £164,176 approved and £4,200,000 pledged, together
    £4,364,176, beside a contract of £320,000,000: 1.36%”.
    """
    total = sum(split.values(), Decimal(0))
    parts = sum(1 for amount in split.values() if amount)
    words = f"{_NAMES[Measure(measure)]}: {split_in_words(split)}"
    if parts > 1:
        words += f", together {in_sentence(total)},"
    if baseline:
        share = percentage(total, baseline)
        words += f" beside a contract of {in_sentence(baseline)}: {share}%"
    else:
        words += " beside a contract whose award is not known"
    return words
