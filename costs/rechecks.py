"""How the main job is kept up: sweeps over the contracts that asked for it, and a nightly check.

Correctness comes from the rows, not from the messages: whatever a killed worker drops, a task
delivered twice does again, or a silent scheduler leaves undone, the next sweep finds.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, Sum

from accounts.visibility import OPEN_ONLY
from barnetwatch.lib.dates import LONDON
from barnetwatch.lib.money import to_pence
from contracts.awards import standing_awards
from contracts.models import Contract, Recheck, RecheckLease
from costs.crossings import Moved
from costs.models import CostLine, Heartbeat, Measure, OverrunAlert, RunningTotal, Threshold
from costs.overruns import Outcome, check
from costs.payments.course import positions_on

log = logging.getLogger(__name__)

#: How long a worker may take over one contract before another takes it for dead.
LEASE = dt.timedelta(seconds=30)


@dataclass
class Swept:
    """What one sweep did: contracts checked, those left to another worker, and the alerts moved."""

    checked: int = 0
    left: int = 0
    raised: int = 0
    cleared: int = 0
    revised: int = 0
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)

    def add(self, contract: Contract, outcome: Outcome) -> None:
        """Count one contract's check."""
        self.checked += 1
        self.raised += len(outcome.raised)
        self.cleared += len(outcome.cleared)
        self.revised += len(outcome.revised)
        self.outcomes[contract.pk] = outcome

    @contextmanager
    def trying(self, contract: Contract) -> Iterator[None]:
        """One contract's check; what goes wrong with it keeps no other contract from its own."""
        try:
            yield
        except IntegrityError:
            # Whoever raised the same alert first did not ask for the contract's lock.
            log.warning(
                "contract %s was checked by two at once; left to the next sweep", contract.pk
            )
            self.left += 1
        except Exception as failure:
            log.exception("contract %s could not be checked", contract.pk)
            self.failures.append(failure)

    def ended(self) -> "Swept":
        """Itself, once every contract had its turn; raises what went wrong first."""
        if self.failures:
            raise self.failures[0]
        return self

    @property
    def counts(self) -> dict[str, int]:
        """The counts, for a log line or a task's answer."""
        return {
            "checked": self.checked,
            "left": self.left,
            "raised": self.raised,
            "cleared": self.cleared,
            "revised": self.revised,
        }


def heard_of(at: dt.datetime) -> None:
    """Note that the scheduler asked for a sweep and a worker took it up."""
    row = Heartbeat.objects.filter(job=Heartbeat.SWEEP)
    if not row.update(beat_at=at):
        first = Heartbeat(job=Heartbeat.SWEEP, beat_at=at)
        Heartbeat.objects.bulk_create([first], ignore_conflicts=True)


def sweep_on_schedule(at: dt.datetime) -> Swept:
    """A sweep that the scheduler asked for, with the sign that it did."""
    heard_of(at)
    return sweep(at)


def sweep(at: dt.datetime, lease: dt.timedelta = LEASE) -> Swept:
    """Check every contract whose recheck has come due by a moment."""
    swept = Swept()
    due = Recheck.objects.filter(asked_at__lte=at).order_by().values("contract").distinct()
    for contract in Contract.all_rows.filter(pk__in=due):
        if not claim(contract, at, lease):
            swept.left += 1
            continue
        with swept.trying(contract):
            try:
                swept.add(contract, settle(contract, at))
            finally:
                # Its own lease: one that ran out may be another worker's by now.
                mine = RecheckLease.objects.filter(contract=contract, held_until=at + lease)
                mine.update(held_until=None)
    return swept.ended()


def claim(contract: Contract, at: dt.datetime, lease: dt.timedelta = LEASE) -> bool:
    """Take a contract for oneself until the lease runs out; False where another worker has it."""
    free = Q(held_until__isnull=True) | Q(held_until__lte=at)
    mine = RecheckLease.objects.filter(free, contract=contract)
    if mine.update(held_until=at + lease):
        return True
    RecheckLease.objects.bulk_create([RecheckLease(contract=contract)], ignore_conflicts=True)
    return bool(mine.update(held_until=at + lease))


def hold(contract: Contract) -> None:
    """Wait for whoever checks the contract now, and keep others from it until the transaction ends.

    A lease runs out and the night takes none: a check that read its totals earlier must not have
    the last word over one that read them later. Posting on the contract's lines goes on meanwhile.
    """
    Contract.all_rows.select_for_update(no_key=True).get(pk=contract.pk)


@transaction.atomic
def settle(contract: Contract, at: dt.datetime) -> Outcome:
    """Check a contract and strike off exactly the rechecks that were there before it began."""
    hold(contract)
    asked = list(
        Recheck.objects.filter(contract=contract, asked_at__lte=at).values_list(
            "pk", "moved_on", "only_rose"
        )
    )
    if not asked:
        return Outcome()  # another worker has just done it
    days = [moved_on for _, moved_on, _ in asked]
    outcome = check(
        contract,
        on=at.astimezone(LONDON).date(),
        at=at,
        moved=Moved(min(days) if days and all(days) else None, all(rose for *_, rose in asked)),
    )
    Recheck.objects.filter(pk__in=[pk for pk, *_ in asked]).delete()
    return outcome


def check_all(at: dt.datetime) -> Swept:
    """Check every contract whose open alerts are not what today's totals call for.

    The nightly net under the sweeps. One pass over the running totals finds those contracts, so
    that a council with a thousand contracts in order costs a fraction of a second.
    """
    swept = Swept()
    on = at.astimezone(LONDON).date()
    for contract in Contract.all_rows.filter(pk__in=out_of_step(on)):
        with swept.trying(contract):
            with transaction.atomic():
                hold(contract)
                outcome = check(contract, on=on, at=at)
            swept.add(contract, outcome)
    return swept.ended()


def out_of_step(on: dt.date) -> set[int]:
    """Ids of contracts whose open alerts, or the totals they give, are not those of a day."""
    wanted: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    sums, uncertain = _sums_by_contract(on)
    marks = list(Threshold.all_rows.in_force())
    _want_over_plan(on, [mark for mark in marks if mark.measure == Measure.OVER_PLAN], wanted)
    marks = [mark for mark in marks if mark.measure != Measure.OVER_PLAN]
    over_all = [mark for mark in marks if mark.contract_id is None]
    own: dict[int, list[Threshold]] = defaultdict(list)
    for mark in marks:
        if mark.contract_id is not None:
            own[mark.contract_id].append(mark)
    awards = standing_awards(sums)
    for contract, by_basis in sums.items():
        award = awards.get(contract)
        baseline = award and award.amount
        for mark in over_all + own[contract]:
            limit = mark.limit(baseline)
            if limit is None:
                continue
            for basis in (OverrunAlert.Basis.OPEN, OverrunAlert.Basis.ALL):
                if by_basis[basis, mark.measure] > limit * 100:
                    wanted[contract][mark.pk, basis] = by_basis[basis, mark.measure]
                    break
    stands: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for contract, threshold, basis, total in OverrunAlert.all_rows.standing().values_list(
        "contract", "threshold", "basis", "total_now"
    ):
        stands[contract][threshold, basis] = int(total * 100)
    return uncertain | {
        contract
        for contract in wanted.keys() | stands.keys()
        if wanted.get(contract) != stands.get(contract)
    }


def _want_over_plan(
    on: dt.date, marks: list[Threshold], wanted: dict[int, dict[tuple[int, str], int]]
) -> None:
    """Add the alerts that payments over plan call for, with the sums that they give, in pence."""
    for contract, stands in (positions_on(on) if marks else {}).items():
        plan = stands.plan
        for mark in marks:
            if mark.contract_id in (None, contract) and plan.over and plan.exceeds(mark):
                wanted[contract][mark.pk, OverrunAlert.Basis.OPEN] = to_pence(plan.over)


Sums = dict[int, dict[tuple[str, str], int]]


def _sums_by_contract(on: dt.date) -> tuple[Sums, set[int]]:
    """Firm and at risk of each contract, in pence, by basis; and contracts with rows to come."""
    rows = (
        RunningTotal.objects.filter(
            line__kind__in=CostLine.SUPPLEMENTARY, line__contract__isnull=False
        )
        .with_measures()
        .annotate(is_open=OPEN_ONLY.flag(CostLine, "line__"))
        .order_by()
        .values_list("line__contract", "is_open")
        .annotate(Sum("firm"), Sum("at_risk"), Max("last_on"))
    )
    sums: Sums = {}
    uncertain = set()
    for contract, is_open, firm, at_risk, last_on in rows:
        of = sums.setdefault(contract, defaultdict(int))
        for measure, pence in ((Measure.FIRM, firm), (Measure.AT_RISK, at_risk)):
            of[OverrunAlert.Basis.ALL, measure] += int(pence)
            if is_open:
                of[OverrunAlert.Basis.OPEN, measure] += int(pence)
        if last_on > on:
            uncertain.add(contract)
    return sums, uncertain
