"""What is done with a failed delivery: report, update, attribute a cost, and the named acts that
move its status. Each writes its line in the timeline in the same transaction.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import LONDON, settle
from contracts.models import Service, Source
from costs.models import CostLine
from incidents.models import Incident, IncidentCost, IncidentCounter, IncidentUpdate

if TYPE_CHECKING:
    from accounts.models import User

_Status = Incident.Status

#: From which statuses each act may move a failure, and where to.
ACTS: dict[str, tuple[frozenset[str], str]] = {
    "confirm": (frozenset({_Status.REPORTED, _Status.DISPUTED}), _Status.CONFIRMED),
    "remedy": (frozenset({_Status.CONFIRMED, _Status.DISPUTED}), _Status.REMEDIATION),
    "resolve": (
        frozenset({_Status.REPORTED, _Status.CONFIRMED, _Status.REMEDIATION, _Status.DISPUTED}),
        _Status.RESOLVED,
    ),
    "close": (frozenset({_Status.RESOLVED, _Status.REPORTED, _Status.DISPUTED}), _Status.CLOSED),
    "dispute": (
        frozenset({_Status.REPORTED, _Status.CONFIRMED, _Status.REMEDIATION}),
        _Status.DISPUTED,
    ),
    "reopen": (frozenset({_Status.RESOLVED, _Status.CLOSED}), _Status.REPORTED),
}

#: The line of the story that says so. Without the cost's title: who may read the failure may not
#: be cleared for the cost.
COST_ATTRIBUTED = gettext_lazy("A cost was attributed to it.")

#: What an update may bring up to date; a status moves by ACTS alone.
KEPT_UP = frozenset({"next_action", "next_action_on", "officer"})


@transaction.atomic
def report(
    *,
    title: str,
    category: str,
    severity: str,
    description: str,
    by: "User",
    services: Iterable[Service] = (),
    sources: Iterable[Source] = (),
    at: dt.datetime | None = None,
    **fields: Any,
) -> Incident:
    """Record a failed delivery under a new reference; `fields` are any others of Incident.

    Raises ValidationError naming each field that is wrong; then no number is used up.
    """
    moment = at or timezone.now()
    of_services, read_in = list(services), list(sources)
    incident = Incident(
        title=title,
        category=category,
        severity=severity,
        description=description,
        recorded_by=by,
        recorded_at=moment,
        **fields,
    )
    settle(incident, "occurred", "noticed", "reported")
    incident.clean_fields(exclude=["reference"])
    incident.reference = next_reference(moment.astimezone(LONDON).year)
    incident.full_clean()
    incident.save()
    incident.services.set(of_services)
    incident.sources.set(read_in)
    after = audit.fields_of(incident) | {
        "services": [each.pk for each in of_services],
        "sources": [each.pk for each in read_in],
    }
    audit.record(Act.ADDED, by=by, subject=incident, after=after)
    _tell(incident, _("Reported."), by, moment, after=_Status.REPORTED)
    return incident


@transaction.atomic
def next_reference(year: int) -> str:
    """The next reference of a year, such as INC-2018-0001; two callers never get the same."""
    IncidentCounter.objects.bulk_create([IncidentCounter(year=year)], ignore_conflicts=True)
    counter = IncidentCounter.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save()
    return f"INC-{year}-{counter.last:04d}"


@transaction.atomic
def update(
    incident: Incident, *, text: str, by: "User", at: dt.datetime | None = None, **fields: Any
) -> IncidentUpdate:
    """Add to a failure's story; `fields` may bring its next action or officer up to date."""
    if others := fields.keys() - KEPT_UP:
        raise TypeError(f"An update does not change {', '.join(sorted(others))}.")
    before = audit.fields_of(incident)
    for name, value in fields.items():
        setattr(incident, name, value)
    if fields:
        incident.full_clean()
        incident.save(update_fields=list(fields))
    after = audit.fields_of(incident)
    audit.record(
        Act.CHANGED, by=by, subject=incident, before=before, after=after, reason=text.strip()
    )
    return _tell(incident, text, by, at or timezone.now())


@transaction.atomic
def act(
    incident: Incident, name: str, *, reason: str, by: "User", at: dt.datetime | None = None
) -> IncidentUpdate:
    """Move a failure's status by one of ACTS, with the reason.

    Raises ValidationError where the act does not apply to its status, or has no reason.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, in a sentence or two.")})
    held = Incident.all_rows.select_for_update().get(pk=incident.pk)
    sources, target = ACTS[name]
    before = held.status
    if before not in sources:
        raise ValidationError(
            _("%(reference)s is %(status)s, so it cannot be moved to %(target)s. Reload the page.")
            % {
                "reference": held.reference,
                "status": held.get_status_display().lower(),
                "target": _Status(target).label.lower(),
            }
        )
    incident.status = held.status = target
    held.save(update_fields=["status"])
    audit.record(
        Act.CHANGED,
        by=by,
        subject=held,
        before={"status": before},
        after={"status": target},
        reason=reason.strip(),
    )
    return _tell(incident, reason, by, at or timezone.now(), before, target)


def confirm(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """The council agrees that it happened."""
    return act(incident, "confirm", reason=reason, by=by)


def remedy(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """Work to put it right has begun."""
    return act(incident, "remedy", reason=reason, by=by)


def resolve(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """It works again, or was made good."""
    return act(incident, "resolve", reason=reason, by=by)


def close(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """Nothing more will be done about it."""
    return act(incident, "close", reason=reason, by=by)


def dispute(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """The supplier or another party says it is not so."""
    return act(incident, "dispute", reason=reason, by=by)


def reopen(incident: Incident, *, reason: str, by: "User") -> IncidentUpdate:
    """It was not over after all."""
    return act(incident, "reopen", reason=reason, by=by)


@transaction.atomic
def attribute(
    incident: Incident,
    line: CostLine,
    *,
    by: "User",
    why: str = "",
    at: dt.datetime | None = None,
) -> IncidentCost:
    """Record that a failure caused a cost."""
    moment = at or timezone.now()
    row = IncidentCost(incident=incident, line=line, why=why, recorded_by=by, recorded_at=moment)
    row.full_clean()
    row.save()
    audit.record(Act.ADDED, by=by, subject=row)
    _tell(incident, str(COST_ATTRIBUTED), by, moment)
    return row


def _tell(
    incident: Incident,
    text: str,
    by: "User",
    at: dt.datetime,
    before: str = "",
    after: str = "",
) -> IncidentUpdate:
    row = IncidentUpdate(
        incident=incident,
        text=text.strip(),
        status_before=before,
        status_after=after,
        recorded_by=by,
        recorded_at=at,
    )
    row.full_clean()
    row.save()
    return row
