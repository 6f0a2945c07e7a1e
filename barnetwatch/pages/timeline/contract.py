"""The story of a contract in order, with all its failures, costs, decisions, words and overruns."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.dates import SourceDate
from barnetwatch.pages.alerts.words import told as told_of_alert
from barnetwatch.pages.failures.finding import decisions_seen
from barnetwatch.pages.timeline import told
from barnetwatch.pages.timeline.events import Event, Group, in_order
from contracts.models import Contract, Service, Variation
from costs.models import CostLine, OverrunAlert
from incidents.models import Incident
from scrutiny.models import Decision, Promise, Statement


def timeline(contract: Contract, user: Any) -> list[Event]:
    """Every event that a person may see, oldest first; its queries do not grow with them."""
    failures = list(Incident.objects.visible_to(user).filter(contract=contract).order_by("pk"))
    of_failures = Q(incident__in=failures)
    promises = list(
        rows_shown(Promise, user).filter(Q(contract=contract) | of_failures).select_related("body")
    )
    statements = rows_shown(Statement, user).filter(
        Q(contract=contract) | of_failures | Q(answers__contract=contract)
    )
    lines = list(CostLine.objects.visible_to(user).filter(contract=contract))
    services = Service.objects.visible_to(user).filter(contract=contract)
    return in_order(
        [
            *_its_dates(contract),
            *_varied(contract, user),
            *told.delivered(list(services), user),
            *(event for each in failures for event in told.dates_of(each, by_name=True)),
            *(told.decided(each) for each in _decisions(contract, failures, user)),
            *(told.said(each) for each in statements.order_by("said_on", "pk")),
            *(told.promised(each) for each in promises),
            *told.changed(promises, user),
            *told.posted(lines, user),
            *_overrun(contract, user),
            *told.updated(failures, user, by_name=True),
        ]
    )


def _its_dates(contract: Contract) -> Iterator[Event]:
    for day, words in (
        (contract.signed_on, "It was signed."),
        (contract.starts_on, "It began."),
        (contract.ends_on, "Its last day."),
    ):
        if day is not None:
            yield Event(SourceDate(day), "The contract", words, Group.CONTRACT, tells=contract)


def _varied(contract: Contract, user: Any) -> Iterator[Event]:
    rows = rows_shown(Variation, user).standing().filter(contract=contract)
    for row in rows:
        yield Event(
            SourceDate(row.takes_effect_on),
            "Variation",
            row.title,
            Group.CONTRACT,
            detail=row.rationale,
            source=told.source_of(row),
            tells=row,
        )


def _decisions(contract: Contract, failures: list[Incident], user: Any) -> Any:
    """Those of the contract, of its failures, and those that bear on it besides."""
    touching = Decision.incidents.through.objects.filter(incident__in=failures)
    others = Decision.other_contracts.through.objects.filter(contract=contract)
    about = (
        Q(contract=contract)
        | Q(pk__in=touching.values("decision"))
        | Q(pk__in=others.values("decision"))
    )
    return decisions_seen(user).filter(about).order_by("taken_on", "pk")


def _overrun(contract: Contract, user: Any) -> Iterator[Event]:
    alerts = OverrunAlert.objects.visible_to(user).filter(contract=contract).with_telling(user)
    for alert in alerts.select_related("threshold", "contract").order_by("exceeded_on", "pk"):
        yield Event(
            alert.exceeded,
            "Overrun",
            told_of_alert(alert),
            Group.OVERRUNS,
            url=alert.get_absolute_url(),
            detail="" if alert.cleared_at is None else "It is over since.",
            tells=alert,
        )
