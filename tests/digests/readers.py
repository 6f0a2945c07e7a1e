"""Readers of digests for tests, and the week in which most of their news falls."""

import datetime as dt
from itertools import count
from typing import Any

from contracts.models import Contract
from costs.models import OverrunAlert
from digests import subscribing
from digests.models import Subscription
from digests.weeks import Week
from incidents.models import Incident
from tests.factories import a_councillor, a_line, a_threshold, an_incident, moment, post

#: Monday 1 to Sunday 7 October 2018.
WEEK = Week(2018, 40)
#: The cut before it, to which readers have been told; and its own.
BEFORE = moment("2018-10-01 07:00")
CUT = moment("2018-10-08 07:00")
#: A moment within the week.
WEDNESDAY = moment("2018-10-03 12:00")
_marks = count(500_000)
SECOND = dt.timedelta(seconds=1)


def a_reader(*contracts: Contract, since: dt.datetime = BEFORE, **fields: Any) -> Subscription:
    """A councillor who follows the contracts, or all where none is given, and was told until a
    moment."""
    return subscribing.follow(
        a_councillor(), everything=not contracts, contracts=contracts, at=since, **fields
    )


def a_failure(contract: Contract, at: dt.datetime = WEDNESDAY, **fields: Any) -> Incident:
    """A failure recorded at a moment."""
    return an_incident(contract, at=at, **fields)


def an_overrun(
    contract: Contract, at: dt.datetime = WEDNESDAY, severity: str = "high", **fields: Any
) -> OverrunAlert:
    """An alert raised at a moment: £600,000 approved, over a mark of its own."""
    mark = a_threshold("firm", next(_marks), severity=severity, contract=contract)
    entry = post(a_line(contract), "approved", 600_000, "2018-09-03", at=at)
    given = {
        "basis": OverrunAlert.Basis.OPEN,
        "exceeded_on": entry.effective_on,
        "total_then": entry.amount,
        "total_now": entry.amount,
        "sum_in_words": "Firm: £600,000 approved beside a contract whose award is not known",
        **fields,
    }
    return OverrunAlert.objects.create(
        contract=contract, threshold=mark, crossing_entry=entry, raised_at=at, **given
    )
