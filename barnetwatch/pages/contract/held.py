"""Everything the page shows of a contract, read once: each kind of row with one query.

Only what the reader may see, and only what was known by the day that the page speaks of.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Min, Q
from django.utils import timezone

from barnetwatch.pages.claimed import Marks, marks_read_with
from barnetwatch.pages.contract.asknown import When
from contracts.models import (
    Award,
    CapabilityGap,
    Commitment,
    Contract,
    ContractedSum,
    Measurement,
    Reading,
    ReadingPreference,
    Service,
    ServiceCredit,
    Variation,
)
from costs.models import CostEntry, CostLine, OverrunAlert
from costs.series import Movement, movements
from costs.stages import Stage
from incidents.models import Incident
from scrutiny.models import ClaimState, Decision, Promise, Statement


@dataclass(frozen=True)
class Held:
    """The rows behind the page, in the order of its sections."""

    contract: Contract
    when: When
    awards: list[Any]
    sums: list[ContractedSum]
    variations: list[Variation]
    lines: list[CostLine]
    moved: list[Movement]
    alleged: list[CostEntry]
    alerts: list[Any]
    services: list[Service]
    gaps: list[CapabilityGap]
    #: Each with `credits_due` and `credits_claimed`.
    commitments: list[Any]
    measurements: list[Measurement]
    failures: list[Any]
    decisions: list[Decision]
    promises: list[Promise]
    statements: list[Statement]
    marks: Marks
    readings: list[Any]

    @property
    def recorded(self) -> list[Any]:
        """The rows of which it is known when they were recorded, and by whom."""
        return [
            *self.awards,
            *self.sums,
            *self.variations,
            *self.measurements,
            *self.failures,
            *self.decisions,
            *self.promises,
            *self.statements,
        ]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was held of the contract on a past day."""
        return self.when.known_on is not None and not (self.recorded or self.moved)


def read(contract: Contract, user: Any, when: When) -> Held:
    """The rows of a contract that a person may see, as known on a day."""
    rows = CostLine.objects.visible_to(user).filter(contract=contract)
    lines = list(rows.select_related("supplier").order_by("title", "pk"))
    moved = movements([line.pk for line in lines], when.on, when.known_on)
    some_alleged = any(each.stage == Stage.ALLEGED for each in moved)
    return Held(
        contract=contract,
        when=when,
        lines=lines,
        moved=moved,
        alleged=_alleged(contract, user, when) if some_alleged else [],
        alerts=_alerts(contract, user, when),
        **_agreed(contract, user, when),
        **_delivered(contract, user, when),
        **_scrutinised(contract, user, when),
    )


def first_held(contract: Contract, user: Any) -> dt.date | None:
    """On which day the first award was entered; None where there is none."""
    first = Award.objects.visible_to(user).filter(contract=contract).aggregate(Min("recorded_at"))
    moment = first["recorded_at__min"]
    return None if moment is None else timezone.localdate(moment)


def _agreed(contract: Contract, user: Any, when: When) -> dict[str, Any]:
    def standing(model: Any) -> Any:
        rows = model.objects.visible_to(user).standing(when.known_on).filter(contract=contract)
        return rows.select_related("recorded_by")

    return {
        "awards": list(standing(Award).with_preference(when.known_on)),
        "sums": list(standing(ContractedSum)),
        "variations": list(standing(Variation)),
    }


def _alleged(contract: Contract, user: Any, when: When) -> list[CostEntry]:
    entries = CostEntry.objects.visible_to(user).standing(when.known_on)
    return list(
        entries.filter(
            line__contract=contract, stage=Stage.ALLEGED, effective_on__lte=when.on
        ).select_related("line")
    )


def _alerts(contract: Contract, user: Any, when: When) -> list[Any]:
    alerts = OverrunAlert.objects.visible_to(user).filter(contract=contract)
    shown = alerts.standing() if when.known_on is None else alerts.known(when.known_on)
    return list(shown.select_related("threshold", "contract").order_by("exceeded_on", "pk"))


def _delivered(contract: Contract, user: Any, when: When) -> dict[str, Any]:
    of_contract = {"contract": contract}
    return {
        "services": list(Service.objects.visible_to(user).filter(**of_contract)),
        "gaps": list(
            CapabilityGap.objects.visible_to(user)
            .filter(capability__service__contract=contract, first_reported_on__lte=when.on)
            .select_related("capability__service")
            .order_by("capability__service__name", "capability__name", "first_reported_on", "pk")
        ),
        "commitments": list(
            Commitment.objects.visible_to(user)
            .filter(**of_contract)
            .with_credits(_credits(user, when))
            .select_related("service")
        ),
        "measurements": list(
            when.recorded(
                Measurement.objects.visible_to(user).filter(commitment__contract=contract)
            ).select_related("recorded_by")
        ),
        "failures": _failures(contract, user, when),
    }


def _credits(user: Any, when: When) -> Any:
    rows = ServiceCredit.objects.visible_to(user).standing(when.known_on)
    return rows.filter(Q(stated_on__isnull=True) | Q(stated_on__lte=when.on))


def _failures(contract: Contract, user: Any, when: When) -> list[Any]:
    failures = Incident.objects.visible_to(user).filter(contract=contract)
    if when.known_on is not None:
        failures = failures.known(when.known_on)
    return list(failures.with_course(when.on).select_related("recorded_by").order_by("-began_on"))


def _scrutinised(contract: Contract, user: Any, when: When) -> dict[str, Any]:
    failures = Incident.objects.visible_to(user).filter(contract=contract).values("pk")
    others = Decision.other_contracts.through.objects.filter(contract=contract)
    decisions = Decision.objects.visible_to(user).filter(
        Q(contract=contract) | Q(pk__in=_touching(failures)) | Q(pk__in=others.values("decision"))
    )
    promises = Promise.objects.visible_to(user).filter(
        Q(contract=contract) | Q(incident__in=failures)
    )

    def listed(rows: Any, day: str, *named: str) -> list[Any]:
        return list(when.recorded(rows).select_related("recorded_by", *named).order_by(day, "pk"))

    states = when.recorded(ClaimState.objects.visible_to(user))
    said = _statements(contract, user, failures).with_said_state(states)
    statements = listed(said, "said_on", "supplier")
    return {
        "decisions": listed(decisions, "taken_on", "body"),
        "promises": listed(promises, "made_on", "body"),
        "statements": statements,
        "marks": marks_read_with(statements),
        "readings": _readings(contract, user, when),
    }


def _statements(contract: Contract, user: Any, failures: Any) -> Any:
    """What is said of the contract and its failures, and what answers it.

    What is said of the whole company is shown where it names a sum paid by some day.
    """
    company = [pk for pk in (contract.supplier_id, contract.supplier.group_id) if pk]
    of_company = Q(supplier__in=company, contract=None, incident=None) & Q(
        amount_on__isnull=False, amount_status=Stage.PAID
    )
    return Statement.objects.visible_to(user).filter(
        Q(contract=contract) | Q(incident__in=failures) | Q(answers__contract=contract) | of_company
    )


def _touching(failures: Any) -> Any:
    return Decision.incidents.through.objects.filter(incident__in=failures).values("decision")


def _readings(contract: Contract, user: Any, when: When) -> list[Any]:
    marks = when.recorded(
        ReadingPreference.objects.visible_to(user).filter(reading__discrepancy__contract=contract)
    )
    return list(
        Reading.objects.visible_to(user)
        .filter(discrepancy__contract=contract)
        .select_related("discrepancy", "source")
        .with_preference(marks)
        .order_by("discrepancy__question", "pk")
    )
