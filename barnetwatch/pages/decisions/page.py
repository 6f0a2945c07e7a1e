"""One decision: what was decided and why, the vote, and what became of the money."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown, unseen
from barnetwatch.lib.byrole import names_for
from barnetwatch.pages.decisions.authorised import authorised
from barnetwatch.pages.files.places import DECISION, section
from barnetwatch.pages.page import Crumbs, needs, site_page
from scrutiny.models import Decision

VIEW, CHANGE = "scrutiny.view_decision", "scrutiny.change_decision"


def the_decision(user: Any, pk: int) -> Any:
    """One decision as a person may see it; else as if there were none."""
    found = rows_shown(Decision, user).select_related("body", "recorded_by", "contract")
    row = found.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def crumbs() -> Crumbs:
    """The pages above those of one decision."""
    return [("Scrutiny", reverse("admin:scrutiny")), ("Decisions", reverse("admin:decisions"))]


@needs(VIEW)
def decision_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is known of a decision."""
    user = request.user
    decision = the_decision(user, pk)
    others = decision.other_contracts.all()
    return site_page(
        request,
        "site/decisions/decision.html",
        decision.title,
        about=decision,
        crumbs=crumbs(),
        decision=decision,
        names=names_for([decision], user),
        source=None if "source" in unseen(decision) else decision.source,
        costs=authorised(decision, user, timezone.localdate()),
        failures=list(decision.incidents.all()),
        contracts=[each for each in (decision.contract, *others) if each],
        evidence=section(DECISION, decision, user),
        key=key_in_words(decision),
        may_change=user.has_perm(CHANGE),
        may_authorise=user.has_perm("scrutiny.add_decisioncost"),
    )


def key_in_words(decision: Decision) -> str:
    """Whether it was a key decision, which the law knows of cabinets alone."""
    if decision.is_key is not None:
        return "Yes" if decision.is_key else "No"
    if decision.is_in_committee_years:
        return "Does not apply: Barnet had committees on that day"
    return "Not known"


PAGES = [("decisions/<int:pk>/", "decision", decision_page)]
