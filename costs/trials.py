"""What an act on the ledger would do, seen before it is done."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from contracts.models import Contract
from costs.models import CostLine
from costs.overruns import Outcome, check
from costs.positions import Position, position


class _Undo(Exception):
    """Ends a trial without a trace."""


@dataclass(frozen=True)
class Trial:
    """What an act would do: the position before and after, and the alerts it would move."""

    before: Position
    after: Position
    outcome: Outcome


def try_out(
    contract: Contract,
    act: Callable[[], Any],
    *,
    on: dt.date,
    at: dt.datetime,
    lines: Callable[[], Any] | None = None,
) -> Trial:
    """Do an act on a contract's ledger, see what it moves, and undo it.

    Raises what the act raises. `lines` gives the cost lines the reader may see, asked for anew
    before and after.
    """
    seen = lines or CostLine.objects.all
    trial: list[Trial] = []
    try:
        with transaction.atomic():
            check(contract, on=on, at=at)
            before = position(contract, on, lines=seen())
            act()
            outcome = check(contract, on=on, at=at)
            trial.append(Trial(before, position(contract, on, lines=seen()), outcome))
            raise _Undo
    except _Undo:
        return trial[0]
