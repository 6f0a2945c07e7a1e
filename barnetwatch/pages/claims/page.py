"""One claim: what was said, who answered, where it stands and how that came about."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.byrole import names_for
from barnetwatch.lib.dates import in_words
from barnetwatch.pages.claimed import Marks, marks_of
from barnetwatch.pages.claims.register import WRITES
from barnetwatch.pages.failures.claims import Said
from barnetwatch.pages.failures.finding import source_of
from barnetwatch.pages.page import Crumbs, needs, site_page
from contracts.models import Reading, ReadingPreference
from scrutiny.models import ClaimState, Statement

#: As many characters as stand in a heading; longer words stand below it.
HEADLINE = 120


@dataclass(frozen=True)
class Concerned:
    """A party whom the claim concerns, and whether it has answered."""

    name: str
    answered: bool


@dataclass(frozen=True)
class Recorded:
    """What one person put on the record on one day."""

    at: dt.datetime
    by: Any
    what: str

    @property
    def day(self) -> str:
        """The day."""
        return in_words(timezone.localdate(self.at))


def the_claim(user: Any, pk: int) -> Any:
    """A claim, or a statement, that a person may see; else it answers as if it were not there."""
    row = rows_shown(Statement, user).select_related("recorded_by").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def name_of(claim: Statement) -> str:
    """What its page is called."""
    return f"{claim.get_kind_display()} by {claim.speaker}"


def crumbs_of(claim: Statement) -> Crumbs:
    """The pages above those of one claim."""
    return [
        ("Claims and responses", reverse("admin:claims")),
        (name_of(claim), claim.get_absolute_url()),
    ]


@needs("scrutiny.view_statement")
def claim_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One claim with what answers it, side by side."""
    user, today = request.user, timezone.localdate()
    claim = the_claim(user, pk)
    if claim.kind == Statement.Kind.RESPONSE:
        return HttpResponseRedirect(claim.get_absolute_url())
    answers = _answers(claim, user)
    marks = marks_of([claim], user)
    states = _states(claim, user)
    return site_page(
        request,
        "site/claims/claim.html",
        name_of(claim),
        about=claim,
        crumbs=crumbs_of(claim)[:1],
        claim=claim,
        said=Said(claim),
        names=names_for([claim, *answers, *marks.parties.get(claim.pk, ())], user),
        is_claim=claim.kind == Statement.Kind.CLAIM,
        headline=claim.words if len(claim.words) <= HEADLINE else "",
        standing=marks.standing(claim, bool(answers), today),
        answers=[Said(each) for each in answers],
        concerned=_concerned(claim, marks),
        states=[(row, source_of(row)) for row in states],
        questions=_conflicts(claim, user),
        history=_history(claim, answers, states, marks),
        may_write=user.has_perm(WRITES),
        may_settle=user.has_perm("scrutiny.add_claimstate"),
        may_change=user.has_perm("scrutiny.change_statement"),
    )


def _answers(claim: Statement, user: Any) -> list[Any]:
    rows = rows_shown(Statement, user).filter(answers=claim).select_related("recorded_by")
    return sorted(rows, key=lambda each: (each.said_on or dt.date.max, each.pk))


def _states(claim: Statement, user: Any) -> list[Any]:
    rows = rows_shown(ClaimState, user).filter(claim=claim).select_related("recorded_by")
    return list(rows.order_by("-recorded_at", "-pk"))


def _concerned(claim: Statement, marks: Marks) -> list[Concerned]:
    return [Concerned(str(party), party.has_answered) for party in marks.parties.get(claim.pk, ())]


def _conflicts(claim: Any, user: Any) -> list[tuple[Any, list[Any]]]:
    """The facts on which sources disagree, of the contract that it is about."""
    contract = claim.contract_id or (claim.incident and claim.incident.contract_id)
    if not contract:
        return []
    marks = ReadingPreference.objects.visible_to(user)
    rows = (
        Reading.objects.visible_to(user)
        .filter(discrepancy__contract=contract)
        .select_related("discrepancy", "source")
        .with_preference(marks)
        .order_by("discrepancy__question", "pk")
    )
    found: dict[int, tuple[Any, list[Any]]] = {}
    for row in rows:
        found.setdefault(row.discrepancy_id, (row.discrepancy, []))[1].append(row)
    for _question, readings in found.values():
        latest = max((row.preferred_at for row in readings if row.preferred_at), default=None)
        for row in readings:
            row.is_preferred = latest is not None and row.preferred_at == latest
    return list(found.values())


def _history(claim: Any, answers: list[Any], states: list[Any], marks: Marks) -> list[Recorded]:
    noun = claim.get_kind_display().lower()
    found = [Recorded(claim.recorded_at, claim.recorded_by, f"The {noun} was recorded.")]
    found += [
        Recorded(each.recorded_at, each.recorded_by, f"An answer by {each.speaker} was recorded.")
        for each in answers
    ]
    found += [
        Recorded(row.recorded_at, row.recorded_by, f"Recorded: {row.get_state_display().lower()}.")
        for row in states
    ]
    found += [
        Recorded(party.recorded_at, party.recorded_by, f"Named as concerned: {party}.")
        for party in marks.parties.get(claim.pk, ())
    ]
    return sorted(found, key=lambda each: each.at)


PAGES = [("claims/<int:pk>/", "claim", claim_page)]
