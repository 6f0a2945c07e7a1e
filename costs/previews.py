"""What a posting would do, shown before it is done, as far as the person may see it."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from barnetwatch.lib.money import NOTHING, in_table
from costs.models import CostEntry, CostLine, OverrunAlert
from costs.positions import Position
from costs.stages import Stage, line_totals
from costs.totals import nets_on
from costs.trials import Trial, try_out

Nets = Mapping[str, Decimal]


@dataclass(frozen=True)
class Change:
    """One figure before and after."""

    label: str
    before: str
    after: str

    @property
    def moves(self) -> bool:
        """Whether the posting changes it."""
        return self.before != self.after


@dataclass(frozen=True)
class Preview:
    """The entry as it would stand, the figures it moves and the alerts that would follow."""

    entry: CostEntry
    on: dt.date
    line: list[Change]
    contract: list[Change] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    @property
    def is_to_come(self) -> bool:
        """Whether it counts only from a later day, so that nothing moves yet."""
        return self.entry.effective_on > self.on


def preview(
    line: CostLine, act: Callable[[], CostEntry], *, user: Any, on: dt.date, at: dt.datetime
) -> Preview:
    """Do an act on a line's ledger, see what it moves, and undo it. Raises what the act raises."""
    posted: list[CostEntry] = []
    if line.contract is None:
        before, after = _try_on_line(line, lambda: posted.append(act()), on)
        return Preview(posted[0], on, _line_changes(before, after))
    watch = _Watch(line, user)
    trial = try_out(line.contract, lambda: posted.append(act()), on=on, at=at, lines=watch.lines)
    return Preview(
        posted[0],
        on,
        _line_changes(_nets_in(trial.before, line), _nets_in(trial.after, line)),
        _contract_changes(trial),
        *watch.sentences(trial),
    )


class _Watch:
    """What the person may see of a trial; asked within it, since afterwards its alerts are gone."""

    def __init__(self, line: CostLine, user: Any) -> None:
        self.line, self.user = line, user
        self.alerts: set[int] = set()

    def lines(self) -> Any:
        """The cost lines the person sees, asked for before the act and after it."""
        alerts = OverrunAlert.objects.visible_to(self.user).filter(contract=self.line.contract)
        self.alerts |= set(alerts.values_list("pk", flat=True))
        return CostLine.objects.visible_to(self.user)

    def sentences(self, trial: Trial) -> tuple[list[str], list[str], list[str]]:
        """Each alert that would be raised, cleared or moved, in its own words."""
        outcome = trial.outcome
        return (
            [alert.in_words for alert in self.seen(outcome.raised)],
            [f"{alert.threshold}." for alert in self.seen(outcome.cleared)],
            [f"{alert.threshold}: since {alert.exceeded}." for alert in self.seen(outcome.revised)],
        )

    def seen(self, alerts: Iterable[OverrunAlert]) -> list[OverrunAlert]:
        return [alert for alert in alerts if alert.pk in self.alerts]


class _Undo(Exception):
    """Ends a trial without a trace."""


def _try_on_line(line: CostLine, act: Callable[[], Any], on: dt.date) -> tuple[Nets, Nets]:
    """The same for a line in no contract, over which nothing watches."""
    stood: list[Nets] = []
    try:
        with transaction.atomic():
            stood.append(nets_on([line.pk], on).get(line.pk, {}))
            act()
            stood.append(nets_on([line.pk], on).get(line.pk, {}))
            raise _Undo
    except _Undo:
        before, after = stood
        return before, after


def _nets_in(position: Position, line: CostLine) -> Nets:
    placed = (*position.lines, *position.apart)
    return next((place.nets for place in placed if place.line.pk == line.pk), {})


def _line_changes(before: Nets, after: Nets) -> list[Change]:
    changes = [
        _sums(str(stage.label).capitalize(), before.get(stage), after.get(stage))
        for stage in Stage
        if before.get(stage) or after.get(stage)
    ]
    was, becomes = line_totals(before), line_totals(after)
    return [
        *changes,
        _sums("Firm", was.firm, becomes.firm),
        _sums("At risk", was.at_risk, becomes.at_risk),
    ]


def _contract_changes(trial: Trial) -> list[Change]:
    return [
        Change(str(was.measure.label).capitalize(), was.in_words, becomes.in_words)
        for was, becomes in zip(trial.before.measures, trial.after.measures, strict=True)
        if was.total is not None and becomes.total is not None
    ]


def _sums(label: str, before: Decimal | None, after: Decimal | None) -> Change:
    return Change(label, in_table(before or NOTHING), in_table(after or NOTHING))
