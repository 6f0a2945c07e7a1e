"""What is delivered: services, what of them does not work, and what was undertaken and measured."""

from collections import defaultdict
from dataclasses import dataclass

from barnetwatch.lib.dates import SourceDate
from barnetwatch.lib.money import NOTHING
from barnetwatch.pages.contract.citations import Citations, Cited
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.words import number, times
from barnetwatch.pages.crediting import Credits
from contracts.breach import Assessment, Verdict, assess
from contracts.models import CapabilityGap, Commitment, Measurement
from costs.models import CostLine
from costs.positions import Position
from costs.stages import Stage


@dataclass(frozen=True)
class GapRow:
    """Something a service cannot do, or could not, and for how long."""

    gap: CapabilityGap
    since: str
    lasted: str
    is_over: bool
    cited: Cited | None


@dataclass(frozen=True)
class MeasurementRow:
    """What was found when a commitment was held against the facts."""

    measurement: Measurement
    found: str
    verdict: str
    is_breach: bool
    when: str
    cited: Cited | None


@dataclass(frozen=True)
class CommitmentRow:
    """What the supplier undertook to reach, with every measurement of it."""

    commitment: Commitment
    target: str
    measurements: list[MeasurementRow]
    cited: Cited | None


def gaps(held: Held, cites: Citations) -> list[GapRow]:
    """What does not work by the day of the page, longest first; what works again comes last."""
    on = held.when.on
    rows = []
    for gap in held.gaps:
        over = gap.restored_on is not None and gap.restored_on <= on
        least = "" if gap.since_on else "at least "
        rows.append(
            (
                (over, -gap.days_missing(on)),
                GapRow(
                    gap,
                    since=str(gap.since) if gap.since_on else gap.not_before or "start not known",
                    lasted=f"{least}{times(gap.days_missing(on), 'day')}",
                    is_over=over,
                    cited=cites.of(gap),
                ),
            )
        )
    return [row for _order, row in sorted(rows, key=lambda pair: pair[0])]


def commitments(held: Held, cites: Citations) -> list[CommitmentRow]:
    """Each commitment with its measurements, oldest first."""
    of: dict[int, list[Measurement]] = defaultdict(list)
    for measurement in held.measurements:
        of[measurement.commitment_id].append(measurement)
    return [
        CommitmentRow(
            each,
            target=target_in_words(each),
            measurements=[_measured(each, found, cites) for found in of[each.pk]],
            cited=cites.of(each),
        )
        for each in held.commitments
    ]


def credits_of(held: Held, position: Position) -> Credits:
    """The service credits due, claimed and received under the contract by the day of the page."""
    lines = [each for each in position.apart if each.line.kind == CostLine.Kind.SERVICE_CREDIT]
    received = sum((each.nets.get(Stage.CREDITED, NOTHING) for each in lines), NOTHING)
    due = sum((each.credits_due or NOTHING for each in held.commitments), NOTHING)
    claimed = sum((each.credits_claimed or NOTHING for each in held.commitments), NOTHING)
    return Credits(due, claimed, received)


def _measured(commitment: Commitment, row: Measurement, cites: Citations) -> MeasurementRow:
    found = assessed(commitment, row)
    day: SourceDate = row.measured
    return MeasurementRow(
        row,
        found=found_in_words(commitment, row),
        verdict=verdict_in_words(commitment, found),
        is_breach=found.verdict is Verdict.BREACHED,
        when=str(day) if day.day else "date not known",
        cited=cites.of(row),
    )


def target_in_words(commitment: Commitment) -> str:
    """What was undertaken: at most 48 hours."""
    return f"{commitment.get_direction_display()} {quantity(commitment, commitment.target)}"


def assessed(commitment: Commitment, row: Measurement) -> Assessment:
    """A measurement held against its commitment."""
    at_most = commitment.direction == Commitment.Direction.AT_MOST
    return assess(commitment.target, at_most, row.value, row.not_recoverable)


def found_in_words(commitment: Commitment, row: Measurement) -> str:
    """What was measured: 96 hours; not recoverable; not known."""
    if row.not_recoverable:
        return "Not recoverable"
    return "Not known" if row.value is None else quantity(commitment, row.value)


def verdict_in_words(commitment: Commitment, found: Assessment) -> str:
    """By how much a breach misses the target; empty for what has no such size."""
    if found.verdict is Verdict.BREACHED and not found.not_recoverable:
        return found.in_words(str(commitment.get_unit_display()))
    return ""


def quantity(commitment: Commitment, value: object) -> str:
    """A value in the unit of a commitment: 48 hours, 99.5%, £1,200."""
    plain = number(value)
    match commitment.unit:
        case Commitment.Unit.POUNDS:
            return f"£{plain}"
        case Commitment.Unit.PERCENT:
            return f"{plain}%"
        case Commitment.Unit.NUMBER:
            return plain
    unit = str(commitment.get_unit_display())
    return f"{plain} {unit.removesuffix('s') if plain == '1' else unit}"
