"""A councillor's own lists and questions, as they may see them now."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.reading import Name, named
from accounts.rowrefs import seen_or_open
from barnetwatch.pages.page import Crumbs
from barnetwatch.pages.questions.evidence import Piece, evidence
from barnetwatch.pages.questions.rules import BY_SLUG
from scrutiny.models import Question, QuestionList

KEEP = "scrutiny.change_questionlist"
MASKED = "What this question rests on has since been restricted, so its words are not shown either."


@dataclass(frozen=True)
class Shown:
    """A question with the evidence under it, as its reader may see it on a day.

    Where they may no longer see what it rests on, neither its words nor the evidence are there.
    `is_exempt`: they may see it, and the public may not.
    """

    question: Question
    pieces: tuple[Piece, ...] = ()
    is_masked: bool = False
    is_exempt: bool = False
    #: The restricted rows that it rests on.
    kept_back: tuple[Name, ...] = ()

    @property
    def words(self) -> str:
        """The question, or why it is not shown."""
        return MASKED if self.is_masked else self.question.words

    @cached_property
    def why(self) -> str:
        """Why a rule proposed it; empty for the councillor's own."""
        rule = BY_SLUG.get(self.question.rule)
        return "" if rule is None or self.is_masked else rule.reason


def the_list(user: Any, pk: int) -> QuestionList:
    """One of a person's own lists; anybody else's is as if it were not there."""
    rows = QuestionList.objects.filter(owner=user).select_related("body", "owner")
    return get_object_or_404(rows, pk=pk)


def the_question(user: Any, pk: int) -> Question:
    """A question on one of a person's own lists."""
    rows = Question.objects.of(user).select_related("questions__body")
    return get_object_or_404(rows, pk=pk)


def shown(questions: Iterable[Question], user: Any, on: dt.date | None = None) -> list[Shown]:
    """Some questions with their evidence on a day, today unless given; queries do not grow."""
    rows = list(questions)
    names = {name for row in rows for name in row.rests_on}
    may_see = seen_or_open(names, user)
    told = evidence(sorted(may_see), user, on or timezone.localdate())
    found = []
    for row in rows:
        if not set(row.rests_on) <= may_see.keys():
            found.append(Shown(row, is_masked=True))
            continue
        hidden = tuple(named(name) for name in row.rests_on if not may_see[name])
        pieces = tuple(piece for name in row.rests_on for piece in told.get(name, ()))
        found.append(Shown(row, pieces, is_exempt=bool(hidden), kept_back=hidden))
    return found


def address_of(questions: QuestionList, question: Question | None = None) -> str:
    """A list's page, at one of its questions."""
    at = f"#question-{question.pk}" if question else ""
    return reverse("admin:question_list", args=[questions.pk]) + at


def crumbs(questions: QuestionList | None = None) -> Crumbs:
    """The pages above one list or one question."""
    found = [("Questions", reverse("admin:questions"))]
    if questions is not None:
        found.append((str(questions), address_of(questions)))
    return found


def say(request: HttpRequest, error: ValidationError) -> None:
    """Why something was not done, on the next page."""
    for said in error.messages:
        messages.error(request, said)
