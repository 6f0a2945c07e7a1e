"""Answers that councillors noted and handed over: an officer confirms each in one step, or hands it
back with the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import restricting
from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from accounts.rowrefs import by_kind
from accounts.visibility import Restrictable
from barnetwatch.lib.forms import SiteForm, SourceDateField
from barnetwatch.pages.page import Crumbs, needs, site_page, typed
from barnetwatch.pages.questions.own import Shown, shown
from barnetwatch.pages.writing.byrole import BY_ROLE, acts_in_public, their_role
from contracts.models import Contract, Source
from incidents.models import Incident
from scrutiny import asking
from scrutiny.models import Question, Statement

CONFIRM = "scrutiny.add_statement"
#: Notes that a page lists, and sources that its form offers: the latest.
LISTED, OFFERED = 50, 100
#: What a restricted record hands down to what is said of it.
RESTRICTION = (
    "restriction",
    "exempt_paragraph",
    "negotiation_terms",
    "restriction_reason",
    "restriction_review_on",
)


@dataclass
class About:
    """What a question concerns, as far as the rows it rests on say so."""

    contract: Contract | None = None
    incident: Incident | None = None
    claim: Statement | None = None
    restriction: dict[str, Any] = field(default_factory=dict)

    def take(self, row: Any) -> None:
        """Add what one row says."""
        for name in ("contract", "commitment.contract", "capability.service.contract"):
            self.contract = self.contract or _at(row, name)
        self.incident = self.incident or (
            row if isinstance(row, Incident) else _at(row, "incident")
        )
        if isinstance(row, Statement) and row.kind == Statement.Kind.CLAIM:
            self.claim = self.claim or row
        self.restriction = self.restriction or _restriction(row)


def about(question: Question, user: Any) -> About:
    """What a question concerns; of the rows that a person may see."""
    found = About()
    for label, keys in by_kind(question.rests_on).items():
        rows = apps.get_model(label).objects.visible_to(user)  # type: ignore[attr-defined]
        for row in rows.filter(pk__in=keys).order_by("pk"):
            found.take(row)
    return found


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


def _restriction(row: Any) -> dict[str, Any]:
    """How a row, or what it belongs to, is restricted; empty where all of it is open."""
    if isinstance(row, Restrictable) and not row.is_open:
        return {name: getattr(row, name) for name in RESTRICTION}
    for name in getattr(row, "visible_through", ()):
        above = getattr(row, name)
        if above is not None and (found := _restriction(above)):
            return found
    return {}


class ConfirmForm(SiteForm):
    """What goes on the record."""

    kind = forms.ChoiceField(
        label="What is it?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the answer is."},
    )
    words = forms.CharField(
        label="Words",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="As they will stand on the record. A promise stands in its exact words.",
        error_messages={"required": "Write the words that are to stand on the record."},
    )
    speaker = forms.CharField(
        label="Who said so",
        max_length=150,
        help_text=BY_ROLE,
        error_messages={"required": "Name who said so, by role unless they act in public."},
    )
    speaker_public = acts_in_public()
    role = their_role()
    organisation = forms.CharField(label="Organisation", max_length=150, required=False)
    contract = forms.ModelChoiceField(
        label="Contract", queryset=Contract.objects.none(), required=False, empty_label="None"
    )
    incident = forms.ModelChoiceField(
        label="Failure", queryset=Incident.objects.none(), required=False, empty_label="None"
    )
    due = SourceDateField(
        label="Due, if it is a promise",
        required=False,
        help_text="Leave empty where no day was named.",
    )
    due_words = forms.CharField(
        label="Or due by which event",
        max_length=150,
        required=False,
        help_text="Such as “in due course”.",
    )
    source = forms.ModelChoiceField(
        label="Source",
        queryset=Source.objects.none(),
        required=False,
        empty_label="The meeting itself, as the councillor heard it",
    )

    def __init__(self, *args: Any, question: Question, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about(question, user)
        fields: Any = self.fields
        kinds = [("promise", "A promise"), ("statement", "A statement")]
        if self.about.claim:
            kinds.append(("response", "A response to the claim that the question rests on"))
        fields["kind"].choices = kinds
        fields["contract"].queryset = Contract.objects.visible_to(user)
        fields["contract"].label_from_instance = lambda row: f"{row.reference}: {row.title}"
        fields["incident"].queryset = Incident.objects.visible_to(user)
        latest = Source.objects.visible_to(user).order_by("-pk").values("pk")[:OFFERED]
        fields["source"].queryset = Source.objects.visible_to(user).filter(pk__in=list_of(latest))
        self.initial = {
            "words": question.answer,
            "contract": self.about.contract,
            "incident": self.about.incident,
            **self.initial,
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("contract") and not given.get("incident") and not self.errors:
            said = "Choose the contract or the failure that the answer is about."
            self.add_error("contract", said)
        return given

    def written(self) -> dict[str, Any]:
        """The same as the verb takes it; what rests on restricted rows is restricted like them."""
        given = dict(self.cleaned_data)
        due, due_words = given.pop("due"), given.pop("due_words")
        fields = {**self.about.restriction, **given}
        if given["kind"] == "promise":
            day, precision = due or (None, "day")
            fields |= {"due_on": day, "due_precision": precision, "due_words": due_words}
        if given["kind"] == "response":
            fields["answers"] = self.about.claim
        return fields


def list_of(rows: Iterable[Any]) -> list[int]:
    """Keys of a cut-off query, which not every database takes as a subquery."""
    return [row["pk"] for row in rows]


class HandBackForm(SiteForm):
    """Why it is not put on the record."""

    reason = forms.CharField(
        label="Why not",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The councillor reads this.",
        error_messages={"required": "Say why, in a sentence or two."},
    )


def _waiting(user: Any) -> list[Shown]:
    """Notes that wait and whose evidence a person may see: those of others are not there."""
    rows = Question.objects.waiting().select_related("questions__body", "questions__owner")
    return [item for item in shown(rows[:LISTED], user) if not item.is_masked]


@needs(CONFIRM)
def answers_page(request: HttpRequest) -> HttpResponse:
    """The notes that wait, the longest waiting first."""
    return site_page(
        request,
        "site/questions/answers.html",
        "Answers to confirm",
        crumbs=_crumbs(),
        items=_waiting(request.user),
    )


@needs(CONFIRM)
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One note: confirmed in one step, or handed back."""
    rows = Question.objects.waiting().select_related("questions__body", "questions__owner")
    found = [item for item in shown(rows.filter(pk=pk), request.user) if not item.is_masked]
    if not found:
        raise Http404
    [item] = found
    sent = typed(request)
    backs = sent is not None and "back" in sent
    form = ConfirmForm(None if backs else sent, question=item.question, user=request.user)
    back = HandBackForm(sent if backs else None)
    if request.method == "POST" and (back if backs else form).is_valid():
        done = _handed_back(request, item, back) if backs else _confirmed(request, item, form)
        if done:
            return HttpResponseRedirect(reverse("admin:answers"))
    return site_page(
        request,
        "site/questions/answer.html",
        "Confirm an answer",
        crumbs=[*_crumbs(), ("Answers to confirm", reverse("admin:answers"))],
        item=item,
        confirm=form,
        back=back,
        form=back if backs else form,
    )


def _confirmed(request: HttpRequest, item: Shown, form: ConfirmForm) -> bool:
    try:
        row = asking.confirm(item.question, **form.written(), by=request.user)  # type: ignore[arg-type]
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return False
    restricting.settle(row, by=request.user)  # type: ignore[arg-type]
    journal.write(request.user, row, ADDITION, "Confirmed from a councillor's note.")
    kind = form.cleaned_data["kind"]
    messages.success(request, f"The answer stands on the record as a {kind}.")
    return True


def _handed_back(request: HttpRequest, item: Shown, form: HandBackForm) -> bool:
    try:
        asking.hand_back(item.question, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        blame(form, error)
        return False
    messages.success(request, "Handed back to the councillor, with your reason.")
    return True


def _crumbs() -> Crumbs:
    return [("Questions", reverse("admin:questions"))]


PAGES = [
    ("questions/answers/", "answers", answers_page),
    ("questions/answers/<int:pk>/", "answer", answer_page),
]
