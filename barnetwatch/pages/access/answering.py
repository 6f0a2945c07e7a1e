"""Answering requests: the worklist, leave to see some records, a refusal, and an early end."""

import datetime as dt
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import granting, restricting
from accounts.models import AccessRequest, Grant
from accounts.visibility import Restriction, sight_of
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import DayField, SiteForm
from barnetwatch.pages.access.mine import ANSWER, crumbs, the_request
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.recording import Asking, ask
from barnetwatch.pages.writing.forms import long

#: Records of one kind that an answer offers, the latest.
OFFERED = 50
#: Days that leave lasts unless somebody says otherwise.
LASTS = 90


class PostedForm(SiteForm):
    """A form that hands on what it holds as it is."""

    @property
    def posted(self) -> dict[str, Any]:
        """What was answered, as the verb takes it."""
        return dict(self.cleaned_data)


class RefuseForm(PostedForm):
    """Why not."""

    reasons = long(
        "Reasons",
        "In writing, for who asked: regulation 17 asks for them. Do not say what a record holds, "
        "or that there is one they may not know of.",
        rows=5,
        required=True,
    )


class AllowForm(PostedForm):
    """Which records, and until when."""

    records = forms.MultipleChoiceField(
        label="Records they may see",
        help_text="Restricted records that you may decide on and they do not see. What belongs to "
        "one is seen with it.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose the records, or refuse with your reasons.",
            "invalid_choice": "One of those records cannot be given. Choose from the list.",
        },
    )
    ends_on = DayField(label="Last day on which they see them", help_text="For example, 27 3 2027.")
    answer = long("What you say to them", rows=4, required=True)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["records"].choices = choices  # type: ignore[attr-defined]


class EndForm(PostedForm):
    """Why leave ends before its day."""

    reason = long("Why it ends early", required=True)


def offered(by: Any, person: Any) -> dict[str, restricting.Named]:
    """The restricted records that somebody may give, and the other person does not see, by name."""
    found = {}
    sight = sight_of(person)
    for model in restricting.kinds():
        seen: Any = model.objects.seen_by(sight).order_by().values("pk")
        rows = restricting.known_to(model, by).exclude(restriction=Restriction.OPEN)
        latest = rows.exclude(pk__in=seen).order_by("-pk")[:OFFERED]
        for each in restricting.named(latest, by):
            found[f"{model._meta.label_lower}:{each.row.pk}"] = each
    return found


def _said(each: restricting.Named) -> str:
    restriction = str(each.row.get_restriction_display()).lower()
    if each.row.exempt_paragraph:
        restriction += f", paragraph {each.row.exempt_paragraph}"
    return f"{each.title[:1].upper()}{each.title[1:]} ({restriction})"


@needs(ANSWER)
def worklist_page(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the most pressing first, and what was answered."""
    on = timezone.localdate()
    waiting = AccessRequest.objects.waiting().select_related("asked_by")
    done = AccessRequest.objects.exclude(state=AccessRequest.State.WAITING)
    return site_page(
        request,
        "site/access/worklist.html",
        "Requests to answer",
        crumbs=crumbs(),
        waiting=[(row, row.is_late(on), clock(row, on)) for row in waiting],
        count=waiting.count(),
        done=done.select_related("asked_by", "answered_by").order_by("-answered_at", "-pk")[:50],
    )


def clock(row: AccessRequest, on: dt.date) -> str:
    """How long there is to answer a request, in words."""
    if row.due_on is None:
        return f"Asked on {in_words(timezone.localdate(row.asked_at))}. No clock runs."
    if row.is_late(on):
        return f"An answer was due by {in_words(row.due_on)}."
    left = (row.due_on - on).days
    days = "today" if not left else f"in {left} day{'' if left == 1 else 's'}"
    return f"An answer is due by {in_words(row.due_on)}, {days}."


def _the_waiting(request: HttpRequest, pk: int) -> AccessRequest:
    asked = the_request(request, pk)
    if asked.asked_by_id == request.user.pk:
        raise Http404  # Nobody answers their own.
    return asked


def _asking(asked: AccessRequest, **said: str) -> Asking:
    back = reverse("admin:access_request", args=[asked.pk])
    above = crumbs(("Requests to answer", reverse("admin:access_worklist")), (str(asked), back))
    return Asking(
        back=back, caption=f"Request {asked.pk} by {asked.asked_by}", crumbs=above, **said
    )


@needs(ANSWER)
def allow_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody see one or more records."""
    asked = _the_waiting(request, pk)
    found = offered(request.user, asked.asked_by)
    asking = _asking(
        asked,
        title="Let them see it",
        explains=asked.what,
        button="Let them see it",
        done="They may see it now. The answer stands on their page.",
    )

    def write(said: dict[str, Any]) -> AccessRequest:
        rows = [found[name].row for name in said.pop("records")]
        by: Any = request.user
        return granting.allow(asked, records=rows, **said, by=by, at=timezone.now())

    ends_on = timezone.localdate() + dt.timedelta(days=LASTS)
    choices = [(name, _said(each)) for name, each in found.items()]
    return ask(
        request,
        asking,
        lambda sent: AllowForm(sent, choices=choices, initial={"ends_on": ends_on}),
        write,
    )


@needs(ANSWER)
def refuse_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse, with reasons in writing."""
    asked = _the_waiting(request, pk)
    asking = _asking(
        asked,
        title="Refuse the request",
        explains=asked.what,
        button="Refuse the request",
        done="The request is refused. Your reasons stand on their page.",
    )

    def write(said: dict[str, Any]) -> AccessRequest:
        return granting.refuse(asked, **said, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    return ask(request, asking, RefuseForm, write)


@needs("accounts.change_grant")
def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    """End leave before its day."""
    given = Grant.objects.select_related("user").filter(pk=pk).first()
    if given is None:
        raise Http404
    back = reverse("admin:accounts_grant_change", args=[given.pk])
    asking = Asking(
        title="End leave early",
        caption=f"{given.user}",
        explains=f"They see {given.record} up to {in_words(given.ends_on)}.",
        button="End it now",
        back=back,
        done="The leave is ended.",
        crumbs=crumbs(),
    )

    def write(said: dict[str, Any]) -> Grant:
        return granting.end(given, **said, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    return ask(request, asking, EndForm, write)


PAGES = [
    ("access/requests/", "access_worklist", worklist_page),
    ("access/<int:pk>/allow/", "access_allow", allow_page),
    ("access/<int:pk>/refuse/", "access_refuse", refuse_page),
    ("access/grants/<int:pk>/end/", "access_end", end_page),
]
