"""A councillor's list: begun, put in order, worded, thrown away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.backoffice.forms import blame
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import DayField, SiteForm
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.questions.own import (
    KEEP,
    address_of,
    crumbs,
    say,
    shown,
    the_list,
    the_question,
)
from scrutiny import asking
from scrutiny.models import Body, Meeting, Question, QuestionList
from scrutiny.models.question import LONGEST


class ListForm(SiteForm):
    """For whom the questions are, and for which day."""

    meeting = forms.ModelChoiceField(
        label="Meeting",
        queryset=Meeting.objects.none(),
        required=False,
        empty_label="Not on the list, or not known yet",
        help_text="Meetings on the record that are still to come. Choose one, or say below.",
    )
    body = forms.ModelChoiceField(
        label="Committee or other body",
        queryset=Body.objects.all(),
        required=False,
        empty_label="Another one",
    )
    occasion = forms.CharField(
        label="Or whom else you will ask",
        max_length=150,
        required=False,
        help_text="Where the body is not on the list: a briefing, a scrutiny panel.",
    )
    meets_on = DayField(label="Day of the meeting", required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        ahead = Meeting.objects.visible_to(user).ahead(timezone.localdate())
        fields["meeting"].queryset = ahead.select_related("body")
        fields["body"].label_from_instance = _with_end

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        named = given.get("meeting") or given.get("body") or given.get("occasion")
        if not named and not self.errors:
            self.add_error("body", "Choose a meeting or a body, or say whom else you will ask.")
        return given


def _with_end(body: Body) -> str:
    """A body that is no more says so, for those who would choose it by mistake."""
    return f"{body}, until {in_words(body.ends_on)}" if body.ends_on else str(body)


class WordsForm(SiteForm):
    """A question in the councillor's words."""

    words = forms.CharField(
        label="Question",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Write the question.",
            "max_length": f"Write the question in {LONGEST:,} characters or fewer.",
        },
    )


@needs(KEEP)
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a list for a meeting."""
    sent = typed(request)
    form = ListForm(sent, user=request.user)
    if request.method == "POST" and form.is_valid():

        def begun() -> QuestionList:
            return asking.begin(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]

        try:
            questions = once(request.POST.get("token") or new_token(), begun, address_of)
        except SentBefore as before:
            messages.warning(request, "This page was sent before, so one list was begun.")
            return HttpResponseRedirect(before.became or reverse("admin:questions"))
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, "Your list is begun. Pick questions for it, or add your own.")
            return HttpResponseRedirect(f"{reverse('admin:questions')}?list={questions.pk}")
    token = (sent and sent.get("token")) or new_token()
    return site_page(
        request,
        "site/questions/begin.html",
        "Begin a list of questions",
        crumbs=crumbs(),
        form=form,
        token=token,
    )


@needs(KEEP)
def list_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The questions of one list in their order, with what can be done with each."""
    questions = the_list(request.user, pk)
    rows = questions.items.select_related("became_statement", "became_promise", "settled_by")
    return site_page(
        request,
        "site/questions/list.html",
        f"Questions for {questions}",
        crumbs=crumbs(),
        questions=questions,
        items=shown(rows, request.user),
    )


@needs(KEEP)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a list another body or day, or throw it away."""
    questions = the_list(request.user, pk)
    if request.method == "POST" and "delete" in request.POST:
        return _thrown_away(request, questions)
    sent = typed(request)
    if sent and "delete" in sent:  # Asked for before a sign-in; the button is there again.
        sent = None
    form = ListForm(sent, user=request.user, initial=_as_it_stands(questions))
    if request.method == "POST" and form.is_valid():
        try:
            asking.redirect(questions, **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, "Saved.")
            return HttpResponseRedirect(address_of(questions))
    return site_page(
        request,
        "site/questions/change.html",
        "Change or delete the list",
        crumbs=crumbs(questions),
        questions=questions,
        form=form,
    )


def _as_it_stands(questions: QuestionList) -> dict[str, Any]:
    return {
        "meeting": questions.meeting_id,
        "body": questions.body_id,
        "occasion": questions.occasion,
        "meets_on": questions.meets_on,
    }


def _thrown_away(request: HttpRequest, questions: QuestionList) -> HttpResponse:
    try:
        asking.throw_away(questions, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        say(request, error)
        return HttpResponseRedirect(address_of(questions))
    messages.success(request, "The list is deleted.")
    return HttpResponseRedirect(reverse("admin:questions"))


@needs(KEEP)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a question of one's own."""
    questions = the_list(request.user, pk)
    sent = typed(request)
    form = WordsForm(sent)
    if request.method == "POST" and form.is_valid():

        def added() -> Question:
            return asking.add(questions, words=form.cleaned_data["words"], by=request.user)  # type: ignore[arg-type]

        try:
            question = once(request.POST.get("token") or new_token(), added)
        except SentBefore:
            messages.warning(request, "This page was sent before, so the question stands once.")
            return HttpResponseRedirect(address_of(questions))
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, "Your question is on the list.")
            return HttpResponseRedirect(address_of(questions, question))
    token = (sent and sent.get("token")) or new_token()
    return site_page(
        request,
        "site/questions/add.html",
        "Add a question of your own",
        crumbs=crumbs(questions),
        questions=questions,
        form=form,
        token=token,
    )


@needs(KEEP)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Say a question otherwise, with the evidence beside it; or take it off the list."""
    question = the_question(request.user, pk)
    [item] = shown([question], request.user)
    sent: Any = typed(request)
    form = WordsForm(sent, initial={"words": question.words})
    if request.method == "POST" and not item.is_masked and form.is_valid():
        asking.reword(question, words=form.cleaned_data["words"], by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Saved.")
        return HttpResponseRedirect(address_of(question.questions, question))
    return site_page(
        request,
        "site/questions/edit.html",
        "Reword a question",
        crumbs=crumbs(question.questions),
        question=question,
        item=item,
        form=form,
    )


@needs(KEEP)
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Up or down by one place."""
    question = the_question(request.user, pk)
    up = request.POST.get("way") == "up"
    if not asking.move(question, up=up, by=request.user):  # type: ignore[arg-type]
        messages.info(request, f"It is the {'first' if up else 'last'} question already.")
    return HttpResponseRedirect(address_of(question.questions, question))


@needs(KEEP)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a question off its list."""
    question = the_question(request.user, pk)
    questions = question.questions
    try:
        asking.remove(question, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        say(request, error)
    else:
        messages.success(request, "The question is off your list.")
    return HttpResponseRedirect(address_of(questions))


PAGES = [
    ("questions/lists/begin/", "question_list_begin", begin),
    ("questions/lists/<int:pk>/", "question_list", list_page),
    ("questions/lists/<int:pk>/change/", "question_list_change", change),
    ("questions/lists/<int:pk>/add/", "question_add", add),
    ("questions/<int:pk>/edit/", "question_edit", edit),
    ("questions/<int:pk>/move/", "question_move", move),
    ("questions/<int:pk>/remove/", "question_remove", remove),
]
