"""One overrun: what it says, since when, what did it, and what officers say of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from barnetwatch.pages.alerts.words import name_of, severity_tag, state_of, told
from barnetwatch.pages.costs.checking import waits
from barnetwatch.pages.page import Crumbs, needs, site_page
from costs.models import AlertAcknowledgement, AlertRevision, CostEntry, Measure, OverrunAlert

ACKNOWLEDGE = "costs.add_alertacknowledgement"


def the_alert(user: Any, pk: int) -> OverrunAlert:
    """An overrun that a person may see; else it answers as if it were not there."""
    rows = OverrunAlert.objects.visible_to(user).select_related("contract", "threshold")
    found: OverrunAlert = get_object_or_404(rows.with_telling(user), pk=pk)
    return found


def crumbs_of(alert: OverrunAlert) -> Crumbs:
    """The pages above those of one overrun."""
    return [
        ("Overruns", reverse("admin:alerts")),
        (name_of(alert), alert.get_absolute_url()),
    ]


@needs("costs.view_overrunalert")
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One overrun; its sum only where the reader sees all it may rest on."""
    alert = the_alert(request.user, pk)
    return site_page(
        request,
        "site/alerts/alert.html",
        name_of(alert),
        about=alert,
        crumbs=[("Overruns", reverse("admin:alerts"))],
        alert=alert,
        is_plan=alert.threshold.measure == Measure.OVER_PLAN,
        told=told(alert),
        severity=severity_tag(alert.threshold),
        state=state_of(alert),
        may_acknowledge=request.user.has_perm(ACKNOWLEDGE) and alert.cleared_at is None,
        checking=alert.contract if waits(alert.contract, timezone.now()) else None,
        **_history(alert, request.user),
    )


def _history(alert: OverrunAlert, user: Any) -> dict[str, Any]:
    """What led to it and what came of it, as far as a person may see."""
    revisions = AlertRevision.objects.visible_to(user).filter(alert=alert)
    entries = CostEntry.objects.visible_to(user).select_related("line")
    others = OverrunAlert.objects.visible_to(user).filter(
        contract=alert.contract_id, threshold=alert.threshold_id
    )
    return {
        "crossing": entries.filter(pk=alert.crossing_entry_id).first(),
        "revisions": revisions,
        "notes": AlertAcknowledgement.objects.visible_to(user)
        .filter(alert=alert)
        .select_related("recorded_by"),
        "others": [
            {"alert": other, "told": told(other), "state": state_of(other)}
            for other in others.exclude(pk=alert.pk)
            .select_related("contract", "threshold")
            .with_telling(user)
            .order_by("-raised_at")[:20]
        ],
    }


PAGES = [("alerts/<int:pk>/", "alert", alert_page)]
