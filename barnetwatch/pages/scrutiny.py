"""The way into scrutiny: each of its registers with one sentence and one number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from barnetwatch.pages.overview.words import times
from barnetwatch.pages.page import site_page
from contracts.models import Commitment
from scrutiny.models import ClaimState, Decision, Meeting, Promise, Statement


@dataclass(frozen=True)
class Place:
    """One register: its page, who may read it, a sentence, and the number that matters."""

    title: str
    page: str
    permission: str
    explains: str
    figure: Callable[[Any, Any], str]


def _decisions(user: Any, on: Any) -> str:
    return times(Decision.objects.visible_to(user).count(), "decision")


def _promises(user: Any, on: Any) -> str:
    return f"{times(Promise.objects.visible_to(user).unkept().count(), 'promise')} open"


def _claims(user: Any, on: Any) -> str:
    seen = Statement.objects.visible_to(user)
    count = seen.unanswered(seen, ClaimState.objects.visible_to(user)).count()
    return f"{times(count, 'claim')} unanswered"


def _commitments(user: Any, on: Any) -> str:
    return times(Commitment.objects.visible_to(user).count(), "commitment")


def _meetings(user: Any, on: Any) -> str:
    return f"{times(Meeting.objects.visible_to(user).ahead(on).count(), 'meeting')} to come"


def _none(user: Any, on: Any) -> str:
    return ""


PLACES = (
    Place(
        "Questions for the next committee",
        "questions",
        "scrutiny.view_promise",
        "What the record suggests asking, each question with its evidence.",
        _none,
    ),
    Place(
        "Decisions",
        "decisions",
        "scrutiny.view_decision",
        "What officers and bodies decided, how the votes fell, and what became of the money.",
        _decisions,
    ),
    Place(
        "Promises",
        "promises",
        "scrutiny.view_promise",
        "What bodies were told would be done, how old that is, and what became of it.",
        _promises,
    ),
    Place(
        "Claims and responses",
        "claims",
        "scrutiny.view_statement",
        "Who says what, who answered, and what nobody has answered yet.",
        _claims,
    ),
    Place(
        "Commitments",
        "commitments",
        "contracts.view_commitment",
        "What contracts promise, who measures it, and what was found.",
        _commitments,
    ),
    Place(
        "Meetings",
        "meetings",
        "scrutiny.view_meeting",
        "When bodies meet, and what is due there.",
        _meetings,
    ),
)


def scrutiny(request: HttpRequest) -> HttpResponse:
    """The registers of scrutiny that this site has and the person may read."""
    today = timezone.localdate()
    shown = [
        (place, address, place.figure(request.user, today))
        for place in PLACES
        if (address := _address(place.page)) and request.user.has_perm(place.permission)
    ]
    if not shown:
        raise PermissionDenied
    return site_page(request, "site/scrutiny.html", "Scrutiny", places=shown)


def _address(page: str) -> str:
    try:
        return reverse(f"admin:{page}")
    except NoReverseMatch:  # A page that this version of the site does not have.
        return ""


PAGES = [("scrutiny/", "scrutiny", scrutiny)]
