"""Fills a ledger with SQL, a million rows in seconds, and gives the two postings to compare."""

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Value
from django.utils import timezone

from accounts.models import User
from barnetwatch.lib import appendonly
from barnetwatch.lib.money import PoundsField
from contracts import register
from contracts.models import Contract, Source, Supplier
from costs import ledger, rechecks, thresholds
from costs.models import CostEntry, CostLine, RunningTotal
from costs.stages import Stage

FIRST_DAY = dt.date(2016, 1, 1)
DAYS = 3650
STAGES = ("approved", "committed", "invoiced", "paid", "paid", "paid", "credited", "pledged")


@dataclass(frozen=True)
class Filled:
    """What was filled: the number of entries, an ordinary contract and the large one's id."""

    rows: int
    small: Contract
    large: Contract


def fill(contracts: int, lines: int, entries: int, large: int) -> Filled:
    """Make contracts with lines and entries, and one contract more with `large` entries."""
    person = User.objects.create_user("bench@barnetwatch.example", name="Bench")
    source = Source.objects.create(kind="data", title="Bench", publisher="Bench")
    supplier = Supplier.objects.create(name="Bench")
    Contract.objects.bulk_create(
        Contract(
            reference=f"C{n:05d}",
            title=f"Contract {n}",
            supplier=supplier,
            regime="pcr2015",
            starts_on=FIRST_DAY,
            ends_on=FIRST_DAY + dt.timedelta(days=DAYS),
        )
        for n in range(contracts + 1)
    )
    held = list(Contract.objects.all())
    for contract in held:
        register.award(contract, amount=Decimal(20_000_000), source=source, by=person)
    CostLine.objects.bulk_create(
        CostLine(title=f"Line {n}", kind="remediation", contract=contract, source=source)
        for contract in held
        for n in range(lines)
    )
    marks = {"amount": (100_000, 500_000, 1_000_000), "percentage": (1, 5, 10)}
    for measure, (kind, values) in itertools.product(("firm", "at_risk"), marks.items()):
        for value in values:
            thresholds.set_threshold(measure=measure, severity="low", **{kind: Decimal(value)})
    with appendonly.lifted(connection):
        post_entries(held[2:], entries, source.pk, person.pk)
        # The small contract comes to what the large one does, so that both have the same alerts.
        post_entries(held[1:2], entries, source.pk, person.pk, times=large // lines // entries)
        post_entries(held[:1], large // lines, source.pk, person.pk)
        add_up()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Filled(CostEntry.objects.count(), held[1], held[0])


def post_entries(
    contracts: list[Contract], each: int, source: int, person: int, times: int = 1
) -> None:
    """`each` entries on every line, spread over ten years and the stages, in one statement."""
    day = (
        "date(%s, '+' || ((n.i * 37 + line.id * 11) %% %s) || ' days')"
        if connection.vendor == "sqlite"
        else "CAST(%s AS date) + CAST((n.i * 37 + line.id * 11) %% %s AS integer)"
    )
    stage = " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(STAGES))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO costs_costentry (line_id, stage, amount, effective_on, precision,"
            " year_inferred, stated_by, note, source_id, recorded_by_id, recorded_at)"
            " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s)"
            f" SELECT line.id, CASE (n.i + line.id) %% {len(STAGES)} {stage} END,"
            f" %s * (1000 + (n.i * 7919 + line.id * 104729) %% 50000), {day}, 'day',"
            " %s, 'Bench', '', %s, %s, %s FROM costs_costline line CROSS JOIN n"
            " WHERE line.contract_id BETWEEN %s AND %s",
            [
                each,
                times,
                FIRST_DAY.isoformat(),
                DAYS,
                False,
                source,
                person,
                timezone.now(),
                contracts[0].pk,
                contracts[-1].pk,
            ],
        )


def add_up() -> None:
    """The stored totals of what was filled in, by the rule that the ledger keeps them by."""
    month = (
        "date(effective_on, 'start of month')"
        if connection.vendor == "sqlite"
        else "CAST(date_trunc('month', effective_on) AS date)"
    )
    falls = "SUM(CASE WHEN stage IN ('credited', 'recovered') THEN amount ELSE 0 END)"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO costs_stagetotal (line_id, stage, month, net, falls, last_on)"
            f" SELECT line_id, stage, {month}, SUM(amount), {falls}, MAX(effective_on)"
            f" FROM costs_costentry GROUP BY line_id, stage, {month}"
        )
        each = ", ".join(
            f"COALESCE(SUM(CASE WHEN stage = '{stage}' THEN amount END), 0)" for stage in Stage
        )
        cursor.execute(
            f"INSERT INTO costs_runningtotal (line_id, {', '.join(Stage.values)}, last_on)"
            f" SELECT line_id, {each}, MAX(effective_on) FROM costs_costentry GROUP BY line_id"
        )


def bare_insert(contract: Contract) -> Callable[[], None]:
    """The least there is: one entry and its running total, in a transaction."""
    line, person, source = _line_of(contract)
    today = timezone.localdate()

    def job() -> None:
        with transaction.atomic():
            CostEntry.objects.create(
                line=line,
                stage="paid",
                amount=Decimal("12.34"),
                effective_on=today,
                stated_by="Bench",
                source=source,
                recorded_by=person,
            )
            RunningTotal.objects.filter(line=line).update(
                paid=F("paid") + Value(Decimal("12.34"), PoundsField())
            )

    return job


def post_and_check(contract: Contract) -> Callable[[], None]:
    """The real thing: post an entry through the ledger, then check its contract."""
    line, person, source = _line_of(contract)

    def job() -> None:
        ledger.post(
            line,
            stage="paid",
            amount=Decimal("12.34"),
            effective_on=timezone.localdate(),
            source=source,
            stated_by="Bench",
            by=person,
        )
        rechecks.settle(contract, timezone.now())

    return job


def _line_of(contract: Contract) -> tuple[CostLine, User, Source]:
    register.ask_recheck(contract)
    rechecks.settle(contract, timezone.now())
    line = CostLine.objects.filter(contract=contract).order_by("pk")[0]
    return line, User.objects.get(), Source.objects.get()
