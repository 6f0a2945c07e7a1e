"""A long register of contracts, with lines, alerts and failures, some of them restricted."""

import datetime as dt
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from accounts.models import Role, User
from barnetwatch.lib import appendonly
from bench import ledgerfill
from contracts.models import Award, Contract, Source, Supplier, Variation
from costs import thresholds
from costs.models import CostEntry, CostLine, OverrunAlert
from incidents.models import Incident
from tests import factories

SUPPLIERS, LINES, ENTRIES = 200, 5, 8
#: Every which contract has an alert, a failure and a longer term; which line is exempt.
ALERT, FAILURE, LONGER, EXEMPT = 3, 2, 5, 50
FIRST_DAY = dt.date(2016, 1, 1)


def fill(contracts: int) -> User:
    """Contracts of many suppliers, and a councillor who reads their register."""
    person = User.objects.create_user("bench@barnetwatch.example", name="Bench")
    source = Source.objects.create(kind="data", title="Bench", publisher="Bench")
    held = _contracts(contracts)
    _terms(held, source, person)
    _lines(held, source)
    with appendonly.lifted(connection):
        ledgerfill.post_entries(held, ENTRIES, source.pk, person.pk, times=20)
        ledgerfill.add_up()
    _alerts(held)
    _failures(held, person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return factories.a_person("A reader", Role.COUNCILLOR)


def _contracts(number: int) -> list[Contract]:
    suppliers = Supplier.objects.bulk_create(
        Supplier(name=f"Supplier {n * 7919 % SUPPLIERS:03d} Ltd") for n in range(SUPPLIERS)
    )
    Contract.objects.bulk_create(
        Contract(
            reference=f"C{n:05d}",
            title=f"Contract for services {n * 104729 % number}",
            supplier=suppliers[n * 31 % SUPPLIERS],
            regime="pcr2015",
            status=Contract.Status.values[n % 4],
            starts_on=FIRST_DAY,
            ends_on=FIRST_DAY + dt.timedelta(days=1000 + n * 37 % 3000),
        )
        for n in range(number)
    )
    return list(Contract.objects.order_by("pk"))


def _terms(held: list[Contract], source: Source, person: User) -> None:
    recorded = {"source": source, "recorded_by": person}
    Award.objects.bulk_create(
        Award(contract=each, amount=Decimal(1_000_000 + n * 7919 % 50_000_000), **recorded)
        for n, each in enumerate(held)
    )
    Variation.objects.bulk_create(
        Variation(
            contract=each,
            kind=Variation.Kind.TERM,
            title="One more year",
            takes_effect_on=each.ends_on,
            end_before=each.ends_on,
            end_after=each.ends_on + dt.timedelta(days=365),
            rationale="It works.",
            **recorded,
        )
        for each in held[::LONGER]
        if each.ends_on
    )


def _lines(held: list[Contract], source: Source) -> None:
    exempt = factories.exempt(paragraph=1)
    CostLine.objects.bulk_create(
        CostLine(
            title=f"Line {n}",
            kind="remediation",
            contract=each,
            source=source,
            **(exempt if (each.pk * LINES + n) % EXEMPT == 0 else {}),
        )
        for each in held
        for n in range(LINES)
    )


def _alerts(held: list[Contract]) -> None:
    mark = thresholds.set_threshold(measure="firm", amount=Decimal(100_000), severity="low")
    entry = CostEntry.objects.order_by("pk")[0]
    OverrunAlert.objects.bulk_create(
        OverrunAlert(
            contract=each,
            threshold=mark,
            basis=OverrunAlert.Basis.OPEN,
            exceeded_on=FIRST_DAY,
            crossing_entry=entry,
            total_then=Decimal(100_001),
            total_now=Decimal(100_001),
            sum_in_words="Firm",
            raised_at=timezone.now(),
        )
        for each in held[::ALERT]
    )


def _failures(held: list[Contract], person: User) -> None:
    Incident.objects.bulk_create(
        Incident(
            reference=f"F-{n:05d}",
            title=f"Failure {n}",
            contract=each,
            category=Incident.Category.SYSTEM,
            severity=Incident.Severity.MAJOR,
            description="It should have worked and did not.",
            recorded_by=person,
        )
        for n, each in enumerate(held[::FAILURE])
    )
