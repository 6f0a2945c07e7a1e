"""The money beside a contract: a row for each cost, a column for each status it has reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from barnetwatch.lib.money import NOTHING, in_sentence, in_table
from barnetwatch.pages.contract.citations import Citations, Cited
from barnetwatch.pages.contract.held import Held
from costs.models import CostEntry, CostLine, Measure
from costs.positions import LinePosition, Position
from costs.stages import Stage

NOT_CONFIRMED = "not confirmed"


@dataclass(frozen=True)
class MoneyRow:
    """One cost; `sums` in the order of the table's columns, empty where there is none."""

    line: CostLine
    supplier: str
    sums: tuple[str, ...]
    firm: str
    at_risk: str
    cited: Cited | None


@dataclass(frozen=True)
class MoneyTable:
    """Costs with the statuses that any of them has reached."""

    stages: tuple[Stage, ...]
    rows: tuple[MoneyRow, ...]
    firm: str
    at_risk: str

    @property
    def before_totals(self) -> int:
        """Columns that the total's label spans."""
        return len(self.stages) + 2


@dataclass(frozen=True)
class Alleged:
    """A sum that somebody says was or will be spent; in no total."""

    entry: CostEntry
    amount: str
    cited: Cited | None


def money_table(lines: Sequence[LinePosition], cites: Citations) -> MoneyTable:
    """The costs of a contract as a table; their firm and at-risk sums added up."""
    stages = tuple(stage for stage in Stage if any(place.nets.get(stage) for place in lines))
    rows = tuple(
        MoneyRow(
            line=place.line,
            supplier=place.line.supplier.name if place.line.supplier else NOT_CONFIRMED,
            sums=tuple(_sum(place.nets.get(stage, NOTHING)) for stage in stages),
            firm=in_table(place.totals.firm),
            at_risk=in_table(place.totals.at_risk),
            cited=cites.of(place.line),
        )
        for place in lines
    )
    return MoneyTable(
        stages,
        rows,
        in_table(_total(place.totals.firm for place in lines)),
        in_table(_total(place.totals.at_risk for place in lines)),
    )


def alleged(held: Held, cites: Citations) -> list[Alleged]:
    """What is alleged of the contract's costs, each with who says so."""
    return [Alleged(each, in_sentence(each.amount), cites.of(each)) for each in held.alleged]


def sums_in_words(position: Position) -> list[str]:
    """Firm and at risk, each with its split by status; one of them where they are the same."""
    firm, at_risk = (position.measure(each) for each in (Measure.FIRM, Measure.AT_RISK))
    if firm.total == at_risk.total:
        return [f"{at_risk.in_words}. All of it is firm."] if at_risk.total else []
    return [f"{measure.in_words}." for measure in (at_risk, firm) if measure.total]


def _sum(amount: Decimal) -> str:
    return in_table(amount) if amount else ""


def _total(sums: Iterable[Decimal]) -> Decimal:
    return sum(sums, NOTHING)
