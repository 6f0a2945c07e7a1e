"""What the supplier undertook, and who has held it against the facts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from barnetwatch.pages.questions.evidence.commitments import target_of
from barnetwatch.pages.questions.rules.rule import Rule
from contracts.breach import Assessment, Verdict, assess
from contracts.models import Commitment, Measurement

_How, _Measurer = Measurement.How, Commitment.Measurer


@dataclass(frozen=True)
class Measured:
    """A commitment with what was found of it, each with its verdict, earliest first."""

    commitment: Commitment
    found: tuple[tuple[Measurement, Assessment], ...]

    def by(self, *hows: str) -> list[tuple[Measurement, Assessment]]:
        """Those that came about in some way and have a figure."""
        return [
            (row, verdict)
            for row, verdict in self.found
            if row.how in hows and verdict.verdict is not Verdict.UNKNOWN
        ]


class _OfCommitments(Rule):
    permission = "contracts.view_commitment"

    def query(self, user: Any, on: dt.date) -> Iterator[Measured]:
        rows = Commitment.objects.visible_to(user).select_related("contract")
        commitments = list(rows.order_by("contract__reference", "title", "tier", "pk"))
        found: dict[int, list[Measurement]] = defaultdict(list)
        for row in Measurement.objects.visible_to(user).filter(
            commitment__in=rows.order_by().values("pk")
        ):
            if row.measured_on is None or row.measured_on <= on:
                found[row.commitment_id].append(row)
        for commitment in commitments:
            ordered = sorted(
                found[commitment.pk], key=lambda r: (r.measured_on or dt.date.min, r.pk)
            )
            measured = Measured(commitment, tuple((r, _verdict(commitment, r)) for r in ordered))
            if self.fires(measured):
                yield measured

    def fires(self, measured: Measured) -> bool:
        """Whether there is something to ask about it."""
        raise NotImplementedError

    def rows(self, found: Measured) -> Iterable[Commitment]:
        return (found.commitment,)

    def contract(self, found: Measured) -> int | None:
        return found.commitment.contract_id


class CommitmentNeverMeasured(_OfCommitments):
    """No figure for it is on the record."""

    slug = "commitment-never-measured"
    name = "Commitments never measured"
    reason = "A promise of the contract that nobody holds against the facts is worth little."

    def fires(self, measured: Measured) -> bool:
        return not measured.by(*_How.values)

    def sentence(self, found: Measured, on: dt.date) -> str:
        return (
            f"{target_of(found.commitment)} No figure that shows it is on the record. "
            "Has it ever been measured, when, and by whom?"
        )


class MeasuredBySupplierOnly(_OfCommitments):
    """The supplier measures it, and no auditor's or other figure stands beside its own."""

    slug = "measured-by-supplier-only"
    name = "Measured by the supplier alone"
    reason = "Whoever is to be held to a commitment is the only one who measures it."

    def fires(self, measured: Measured) -> bool:
        supplier = measured.commitment.measured_by == _Measurer.SUPPLIER
        return supplier and bool(measured.by(*_How.values)) and not measured.by(_How.AUDITED)

    def sentence(self, found: Measured, on: dt.date) -> str:
        return (
            f"{target_of(found.commitment)} It is measured by the supplier itself, and nobody "
            "else's figure is on the record. Who else has checked it, or will?"
        )


class DeclaredMetWhileBreached(_OfCommitments):
    """Declared to be met, while what was tested, audited or happened since breaches it."""

    slug = "declared-met-while-breached"
    name = "Declared met, found breached"
    reason = "One figure says that the commitment was met, and another that it was not."

    def fires(self, measured: Measured) -> bool:
        declared = measured.by(_How.DECLARED)[-1:]
        found = measured.by(_How.TESTED, _How.AUDITED, _How.OCCURRED)[-1:]
        if not declared or not found or declared[0][1].verdict is not Verdict.MET:
            return False
        said, shown = declared[0][0].measured_on, found[0][0].measured_on
        mended = said is not None and shown is not None and shown < said
        return found[0][1].verdict is Verdict.BREACHED and not mended

    def sentence(self, found: Measured, on: dt.date) -> str:
        declared = found.by(_How.DECLARED)[-1][0]
        row, verdict = found.by(_How.TESTED, _How.AUDITED, _How.OCCURRED)[-1]
        unit = found.commitment.get_unit_display()
        return (
            f"{target_of(found.commitment)} {declared.said_by} declared it met; {row.said_by} "
            f"found it breached ({verdict.in_words(unit)}). Which is right, and what follows?"
        )


def _verdict(commitment: Commitment, row: Measurement) -> Assessment:
    at_most = commitment.direction == Commitment.Direction.AT_MOST
    return assess(commitment.target, at_most, row.value, row.not_recoverable)
