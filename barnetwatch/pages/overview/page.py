"""The first page of the site."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.overview.items import Listing
from barnetwatch.pages.overview.overruns import Overruns, open_overruns
from barnetwatch.pages.overview.standing import (
    coming_up,
    dateless_promises,
    dates_ahead,
    late_promises,
    open_failures,
)
from barnetwatch.pages.overview.week import Week, changes
from barnetwatch.pages.overview.words import times
from barnetwatch.pages.overview.worklist import WORKS, worklists
from barnetwatch.pages.page import site_page

#: What the roles may who read the record; the page shows all of it or nothing.
READS = (
    "contracts.view_contract",
    "costs.view_costline",
    "costs.view_overrunalert",
    "incidents.view_incident",
    "scrutiny.view_promise",
)


def overview(request: HttpRequest) -> HttpResponse:
    """What changed, what is over its marks, what is open, and what waits for somebody."""
    user, at = request.user, timezone.now()
    on = timezone.localdate(at)
    reads = user.has_perms(READS)
    stands = _standing(user, on) if reads else {}
    waiting = worklists(user, on, at) if user.has_perm(WORKS) else []
    return site_page(
        request,
        "site/overview/overview.html",
        "Overview",
        reads=reads,
        lead=_lead(stands) if reads else "",
        week=Week(user, at),
        changes=changes(user, at),
        waiting=[found for found in waiting if found.count],
        done=[found for found in waiting if not found.count],
        works=bool(waiting),
        **stands,
    )


def _standing(user: Any, on: dt.date) -> dict[str, Any]:
    return {
        "overruns": open_overruns(user),
        "failures": open_failures(user, on),
        "late": late_promises(user, on),
        "dateless": dateless_promises(user, on),
        "meetings": coming_up(user, on),
        "dates": dates_ahead(user, on),
    }


def _lead(stands: dict[str, Any]) -> str:
    """How things stand, in one sentence."""
    overruns: Overruns = stands["overruns"]
    failures: Listing = stands["failures"]
    late, dateless = stands["late"].count, stands["dateless"].count
    parts = []
    if overruns.count:
        parts.append(overruns.in_words)
    if failures.count:
        parts.append(f"{times(failures.count, 'failure is', 'failures are')} open")
    if late:
        parts.append(
            f"{times(late, 'promise is', 'promises are')} past their date"
            if late > 1
            else "1 promise is past its date"
        )
    if dateless:
        parts.append(f"{times(dateless, 'promise has', 'promises have')} no date")
    if not parts:
        return "All is quiet: no contract is over a mark, no failure is open, no promise waits."
    return f"{listed(parts)}."
