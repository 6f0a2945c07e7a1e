"""Post, revise and reverse: a form, then what it would do, then the posting.

Each step is a POST of its own and works without JavaScript. Nothing is kept between them but what
the page itself carries; a page sent twice posts once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.backoffice import ActForm, journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.costs.forms import PostForm, ReverseForm, ReviseForm
from barnetwatch.pages.costs.line import POSTING, crumbs_of, the_line
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.words import by_anchor
from costs import ledger
from costs.entries import can_be_reversed, described, state_of
from costs.models import CostEntry, CostLine
from costs.previews import preview
from costs.stages import Stage

#: Of what a page sends, what is not part of its form.
CONTROLS = frozenset({"csrfmiddlewaretoken", "token", "confirmed", "back"})


@dataclass(frozen=True)
class Posting:
    """One way to write to the ledger: `write(target, fields, by)`, a line's or an entry's."""

    label: str
    form: type[ActForm]
    write: Callable[[Any, dict[str, Any], Any], CostEntry]
    explains: str


POST = Posting(
    "Post a sum",
    PostForm,
    lambda line, fields, by: ledger.post(line, by=by, **fields),
    "A sum is added to the cost at a status. The next page shows what that moves.",
)
REVISE = Posting(
    "Revise a sum",
    ReviseForm,
    lambda line, fields, by: ledger.revise(line, by=by, **fields),
    "The sum at a status changed. The difference is posted; the next page shows what it moves.",
)
REVERSE = Posting(
    "Reverse an entry",
    ReverseForm,
    lambda entry, fields, by: ledger.reverse(entry, by=by, **fields),
    "A wrong entry is cancelled by its mirror image, which counts from the same day. Both stay.",
)


@needs(POSTING)
def post_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a sum to a line."""
    line = the_line(request.user, pk)
    return _answer(request, POST, line, line)


@needs(POSTING)
def revise_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a line's sum at a status to another."""
    line = the_line(request.user, pk)
    return _answer(request, REVISE, line, line)


@needs(POSTING)
def reverse_page(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """Cancel a wrong entry of a line."""
    line = the_line(request.user, pk)
    found = CostEntry.objects.visible_to(request.user).filter(line=line, pk=entry).first()
    if found is None:
        raise Http404
    if request.method == "GET" and not can_be_reversed(found):
        messages.warning(request, f"{state_of(found)}. It cannot be reversed again.")
        return HttpResponseRedirect(line.get_absolute_url())
    found.line = line
    return _answer(request, REVERSE, line, found)


def _answer(request: HttpRequest, posting: Posting, line: CostLine, target: Any) -> HttpResponse:
    """Ask, show what it would do, or do it."""
    sent = typed(request)
    form = posting.form(sent, row=line, user=request.user)
    answer = None
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        answer = _written_or_shown(request, posting, line, target, form)
    return answer or _page(request, "form", posting, line, target, form=form)


def _written_or_shown(
    request: HttpRequest, posting: Posting, line: CostLine, target: Any, form: Any
) -> HttpResponse | None:
    """The page that asks to confirm, or the way back once it is done; None where refused."""

    def write() -> CostEntry:
        return posting.write(target, form.posted, request.user)

    token = request.POST.get("token", "")
    try:
        if "confirmed" in request.POST and token:
            return _written(request, line, write, token)
        now = timezone.now()
        shown = preview(line, write, user=request.user, on=timezone.localdate(now), at=now)
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in CONTROLS
        for value in values
    ]
    return _page(
        request,
        "confirm",
        posting,
        line,
        target,
        preview=shown,
        described=described(shown.entry),
        carried=carried,
        token=new_token(),
    )


def _written(
    request: HttpRequest, line: CostLine, write: Callable[[], CostEntry], token: str
) -> HttpResponse:
    """Write, unless this very page was sent before; then the way back to the line."""

    def write_and_note() -> CostEntry:
        entry = write()
        journal.write(request.user, line, CHANGE, f"Posted entry {entry.pk}.")
        return entry

    try:
        entry = once(token, write_and_note)
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was posted again.")
    else:
        messages.success(request, f"Posted: {described(entry)}.")
    return HttpResponseRedirect(line.get_absolute_url())


def statuses() -> list[tuple[str, str]]:
    """Each status and what it means."""
    meanings = by_anchor()
    return [(stage.label, meanings[stage.replace("_", "-")].means) for stage in Stage]


def _page(
    request: HttpRequest, name: str, posting: Posting, line: CostLine, target: Any, **context: Any
) -> HttpResponse:
    return site_page(
        request,
        f"site/costs/{name}.html",
        f"{posting.label}: {line.title}",
        crumbs=crumbs_of(line),
        posting=posting,
        line=line,
        entry=described(target) if posting is REVERSE else "",
        statuses=[] if posting is REVERSE else statuses(),
        **context,
    )


PAGES = [
    ("costs/<int:pk>/post/", "cost_post", post_page),
    ("costs/<int:pk>/revise/", "cost_revise", revise_page),
    ("costs/<int:pk>/entries/<int:entry>/reverse/", "cost_reverse", reverse_page),
]
