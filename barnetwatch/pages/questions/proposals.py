"""What there is to ask now: the questions that the rules propose, each with its evidence."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from barnetwatch.lib.forms import SiteForm
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.questions.evidence import Piece, evidence
from barnetwatch.pages.questions.own import KEEP, say, the_list
from barnetwatch.pages.questions.rules import BY_SLUG, Proposal, Rule, proposed
from contracts.models import Contract
from scrutiny import asking
from scrutiny.models import Body, QuestionList

VIEW = "scrutiny.view_promise"
#: Questions shown of each rule, and of the one rule that is asked for.
SHOWN, SHOWN_OF_ONE = 5, 100


class ProposedForm(SiteForm):
    """What to narrow the questions by, and the list they are picked for."""

    says_optional = False

    contract = forms.ModelChoiceField(
        label="Contract",
        queryset=Contract.objects.none(),
        required=False,
        empty_label="All contracts",
    )
    body = forms.ModelChoiceField(
        label="Committee or other body",
        queryset=Body.objects.all(),
        required=False,
        empty_label="Any",
        help_text="Leaves out what the record says is for another body.",
    )
    list = forms.ModelChoiceField(
        label="Pick for",
        queryset=QuestionList.objects.none(),
        required=False,
        empty_label="Your latest list",
    )

    def __init__(self, data: Any, user: Any) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["contract"].queryset = Contract.objects.visible_to(user)
        fields["contract"].label_from_instance = lambda row: f"{row.reference}: {row.title}"
        own = QuestionList.objects.filter(owner=user).select_related("body")
        fields["list"].queryset = own
        if not own:
            del fields["list"]

    def chosen(self, name: str) -> Any:
        """What was chosen; nothing where it is not a choice."""
        return self.cleaned_data.get(name) if self.is_valid() or self.is_bound else None


@dataclass(frozen=True)
class Offer:
    """A proposed question with its evidence, and whether it is on the list already."""

    proposal: Proposal
    pieces: tuple[Piece, ...]
    is_picked: bool


@dataclass(frozen=True)
class Group:
    """The questions of one rule; `more` are not shown."""

    rule: Rule
    offers: Sequence[Offer]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.offers)


@needs(VIEW)
def questions_page(request: HttpRequest) -> HttpResponse:
    """The questions proposed now, by rule; a councillor picks them for a list."""
    user, today = request.user, timezone.localdate()
    keeps = user.has_perm(KEEP)
    form = ProposedForm(request.GET or {}, user)
    form.is_valid()
    own = list(form.fields["list"].queryset) if keeps and "list" in form.fields else []  # type: ignore[attr-defined]
    current = form.cleaned_data.get("list") or (own[0] if own else None)
    groups = _groups(request, form, current)
    return site_page(
        request,
        "site/questions/proposed.html",
        "Questions for the next committee",
        form=form,
        is_filtered=any(form.cleaned_data.get(name) for name in ("contract", "body")),
        groups=groups,
        count=sum(group.count for group in groups),
        only=BY_SLUG.get(request.GET.get("rule", "")),
        keeps=keeps,
        may_confirm=user.has_perm("scrutiny.add_statement"),
        lists=own,
        current=current,
        here=request.GET.urlencode(),
        today=today,
    )


def _groups(request: HttpRequest, form: ProposedForm, current: QuestionList | None) -> list[Group]:
    user, today = request.user, timezone.localdate()
    wanted = request.GET.get("rule", "")
    found = [
        (rule, [each for each in questions if _fits(each, form)])
        for rule, questions in proposed(user, today)
        if wanted in ("", rule.slug) or wanted not in BY_SLUG
    ]
    most = SHOWN_OF_ONE if wanted in BY_SLUG else SHOWN
    shown = [(rule, questions[:most], len(questions)) for rule, questions in found if questions]
    names = {name for _, questions, _ in shown for each in questions for name in each.rests_on}
    told = evidence(sorted(names), user, today)
    picked = _picked(current)
    return [
        Group(rule, [_offer(each, told, picked) for each in questions], count)
        for rule, questions, count in shown
    ]


def _fits(proposal: Proposal, form: ProposedForm) -> bool:
    contract, body = form.cleaned_data.get("contract"), form.cleaned_data.get("body")
    of_contract = contract is None or proposal.contract == contract.pk
    return of_contract and (body is None or proposal.body in (None, body.pk))


def _picked(current: QuestionList | None) -> set[str]:
    if current is None:
        return set()
    rows = current.items.exclude(rule="").values_list("rule", "rests_on")
    return {Proposal(rule, "", tuple(names)).key for rule, names in rows}


def _offer(proposal: Proposal, told: Any, picked: set[str]) -> Offer:
    pieces = tuple(piece for name in proposal.rests_on for piece in told.get(name, ()))
    return Offer(proposal, pieces, proposal.key in picked)


def find(key: str, user: Any, on: dt.date) -> Proposal | None:
    """A question that is proposed to a person, by its key; None where it is not, or not now."""
    rule = BY_SLUG.get(key.partition("/")[0])
    found = rule.propose(user, on) if rule else []
    return next((each for each in found if each.key == key), None)


@needs(KEEP)
@require_POST
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a proposed question on a list, and go on picking."""
    questions = the_list(request.user, pk)
    proposal = find(request.POST.get("question", ""), request.user, timezone.localdate())
    if proposal is None:
        messages.warning(request, "That question is not proposed any more.")
    else:
        try:
            asking.pick(
                questions,
                rule=proposal.rule,
                words=proposal.words[:2000],
                rests_on=proposal.rests_on,
                by=request.user,  # type: ignore[arg-type]
            )
        except ValidationError as error:
            say(request, error)
        else:
            messages.success(request, f"The question is on your list: {questions}.")
    back = QueryDict(request.POST.get("here", "")[:500], mutable=True)
    back["list"] = str(questions.pk)
    at = f"#{proposal.rule}" if proposal else ""
    return HttpResponseRedirect(f"{reverse('admin:questions')}?{back.urlencode()}{at}")


PAGES = [
    ("questions/", "questions", questions_page),
    ("questions/lists/<int:pk>/pick/", "question_pick", pick),
]
