"""A person's own requests, and what they were let in to see.

Asking names no record and looks none up: what is said back is the same whether there is one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import granting
from accounts.access import LONGEST
from accounts.models import AccessRequest, Grant
from accounts.restricting import kind_of
from accounts.visibility import MEMBERS
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import SiteForm
from barnetwatch.pages.page import Crumbs, site_page
from barnetwatch.pages.recording import Asking, ask
from barnetwatch.pages.writing.forms import long

ANSWER = "accounts.change_accessrequest"
READ = "accounts.view_accessrequest"
#: Requests and grants that one page lists, the latest.
LISTED = 100


class AskForm(SiteForm):
    """What somebody asks to see, and why."""

    what = long(
        "What do you ask to see?",
        "As well as you know it: a report, its date, its number, its meeting, or its subject.",
        required=True,
    )
    why = long(
        "Why do you need to see it?",
        "For example, the decision or the review that it is relevant to.",
        required=True,
    )
    for_scrutiny = forms.BooleanField(
        label="I ask as a member of an overview and scrutiny committee",
        help_text="About a decision that you scrutinise, or a review in your committee’s work. You "
        "then have an answer within 10 clear days.",
        required=False,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("what", "why"):
            self.fields[name].validators.append(_not_longer)
        if not user.groups.filter(name=MEMBERS).exists():
            del self.fields["for_scrutiny"]

    @property
    def posted(self) -> dict[str, Any]:
        """What was asked, as the verb takes it."""
        return dict(self.cleaned_data)


def _not_longer(text: str) -> None:
    if len(text) > LONGEST:
        raise ValidationError(f"Write {LONGEST:,} characters or fewer.")


@dataclass(frozen=True)
class Shown:
    """A grant as its person is shown it: by title only while they see the record."""

    grant: Grant
    title: str
    url: str
    state: str


def granted_to(user: Any, grants: Any, on: dt.date) -> list[Shown]:
    """Some grants as somebody is shown them, the latest first."""
    return [_shown(user, each, on) for each in grants[:LISTED]]


def _shown(user: Any, grant: Grant, on: dt.date) -> Shown:
    model: Any = kind_of(grant.kind)
    row = model and model.objects.visible_to(user).filter(pk=grant.key).first()
    if grant.ended_at is not None:
        day = in_words(timezone.localdate(grant.ended_at))
        state = f"Ended early on {day}: {grant.ended_reason}"
    elif grant.holds(on):
        state = f"Up to {in_words(grant.ends_on)}"
    else:
        state = f"Over since {in_words(grant.ends_on)}"
    if row is None:
        return Shown(grant, grant.record, "", state)
    address = row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""
    return Shown(grant, f"{model._meta.verbose_name}: {row}", address, state)


def crumbs(*more: tuple[str, str]) -> Crumbs:
    """The way to a page below one's requests."""
    return [("Access", reverse("admin:access")), *more]


def mine_page(request: HttpRequest) -> HttpResponse:
    """One's own requests with their answers, and what one was let in to see."""
    user: Any = request.user
    on = timezone.localdate()
    requests: Sequence[AccessRequest] = user.access_requests.all()[:LISTED]
    return site_page(
        request,
        "site/access/mine.html",
        "Access to records",
        requests=requests,
        granted=granted_to(user, user.grants.all(), on),
        answers=user.has_perm(ANSWER),
        reviews=user.has_perm("accounts.view_restrictionchange"),
    )


def ask_page(request: HttpRequest) -> HttpResponse:
    """Ask to see what one cannot find."""
    asking = Asking(
        title="Ask to see something you cannot find",
        explains="Some papers are exempt or confidential. Describe what you need: an officer reads "
        "it, and answers whether it is on the record, and whether you may see it.",
        button="Send the request",
        back=reverse("admin:access"),
        done="Your request was sent. The answer will stand here, and a mail says when it does.",
        crumbs=crumbs(),
    )

    def write(said: dict[str, Any]) -> AccessRequest:
        return granting.ask(
            **said,
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
            executive_since=settings.EXECUTIVE_ARRANGEMENTS_SINCE,
        )

    return ask(request, asking, lambda sent: AskForm(sent, user=request.user), write)


def the_request(request: HttpRequest, pk: int) -> AccessRequest:
    """One's own request, or any for those who read or answer them; anything else is not there."""
    rows = AccessRequest.objects.select_related("asked_by", "answered_by")
    if not (request.user.has_perm(ANSWER) or request.user.has_perm(READ)):
        rows = rows.filter(asked_by=request.user)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request with its answer."""
    asked = the_request(request, pk)
    on = timezone.localdate()
    is_mine = asked.asked_by_id == request.user.pk
    waits = asked.state == AccessRequest.State.WAITING
    return site_page(
        request,
        "site/access/request.html",
        f"Request {asked.pk}",
        crumbs=crumbs(),
        asked=asked,
        is_mine=is_mine,
        is_late=asked.is_late(on),
        may_answer=waits and not is_mine and request.user.has_perm(ANSWER),
        may_withdraw=waits and is_mine,
        may_end=request.user.has_perm("accounts.change_grant"),
        granted=granted_to(request.user, asked.grants.all(), on),
    )


@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own request back."""
    asked = the_request(request, pk)
    try:
        granting.withdraw(asked, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, "Your request is taken back.")
    return HttpResponseRedirect(reverse("admin:access_request", args=[asked.pk]))


PAGES = [
    ("access/", "access", mine_page),
    ("access/ask/", "access_ask", ask_page),
    ("access/<int:pk>/", "access_request", request_page),
    ("access/<int:pk>/withdraw/", "access_withdraw", withdraw_page),
]
