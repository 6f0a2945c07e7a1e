"""A failure in the making: the answers that somebody has given so far, and what they make."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts import restricting
from accounts.backoffice import journal
from barnetwatch.pages.failures.asking import Answer, Question
from barnetwatch.pages.failures.evidence import ObligationQuestion, SourceQuestion
from barnetwatch.pages.failures.publication import PublicationQuestion
from barnetwatch.pages.failures.questions import (
    ServicesQuestion,
    WhatQuestion,
    WhenQuestion,
    WhereQuestion,
)
from contracts import register
from contracts.models import Contract
from incidents import casework, drafts
from incidents.models import Incident


@dataclass(frozen=True)
class Step:
    """One page of the report: its address, its heading, what it asks."""

    slug: str
    title: str
    form: type[Question]
    #: Pages whose answers fit no more when this one's change.
    decides_over: tuple[str, ...] = ()
    applies: Callable[["Report"], bool] = lambda report: True


STEPS = (
    Step(
        "contract",
        "Which contract did it happen under?",
        WhereQuestion,
        decides_over=("services", "obligation"),
    ),
    Step(
        "services",
        "Which services does it touch?",
        ServicesQuestion,
        applies=lambda report: report.has_services,
    ),
    Step("what", "What happened?", WhatQuestion),
    Step("when", "When did it happen?", WhenQuestion),
    Step("source", "Where was it read?", SourceQuestion),
    Step("obligation", "Which obligation did it breach?", ObligationQuestion),
    Step("publication", "May everybody see it?", PublicationQuestion),
)
#: The page on which each field of a failure is asked for, where a verb refuses it.
ASKED_ON = {
    "contract": "contract",
    "supplier": "contract",
    "services": "services",
    "occurred_on": "when",
    "noticed_on": "when",
    "reported_on": "when",
    "url": "source",
    "publisher": "source",
    "kind": "source",
    "obligation": "obligation",
    "restriction": "publication",
    "exempt_paragraph": "publication",
    "restriction_reason": "publication",
}


class Incomplete(Exception):
    """A page is not answered yet, or its answer holds no more."""


class Report:
    """What one person has answered so far, on a day."""

    def __init__(self, user: Any, on: dt.date) -> None:
        self.user, self.on = user, on
        self.draft = drafts.draft_of(user)
        self.kept: dict[str, drafts.Sent] = self.draft.answers if self.draft else {}
        self._forms: dict[str, Question] = {}

    @cached_property
    def contract(self) -> Contract | None:
        """The contract it happened under, as the person sees it."""
        chosen = self.kept.get("contract", {}).get("where") or [""]
        if not (chosen[0].isascii() and chosen[0].isdigit()):
            return None
        found: Contract | None = Contract.objects.visible_to(self.user).filter(pk=chosen[0]).first()
        return found

    @cached_property
    def has_services(self) -> bool:
        """Whether there are services to choose among."""
        return self.contract is not None and self.contract.services.visible_to(self.user).exists()

    @cached_property
    def steps(self) -> list[Step]:
        """The pages that concern it."""
        return [step for step in STEPS if step.applies(self)]

    @property
    def length(self) -> int:
        """How many pages there are, as far as is known before the contract is chosen."""
        return len(self.steps if "contract" in self.kept else STEPS)

    def form(self, step: Step, sent: Any = None, initial: Any = None) -> Question:
        """The form of a page: over what was sent just now, else over what was kept."""
        if sent is None and step.slug in self.kept:
            sent = MultiValueDict(self.kept[step.slug])
        about = {"user": self.user, "contract": self.contract, "on": self.on}
        return step.form(sent, initial=initial, **about)

    def answered(self, step: Step) -> Question | None:
        """The form of a page that was answered and still holds; else None."""
        if step.slug not in self.kept:
            return None
        form = self._forms.setdefault(step.slug, self.form(step))
        return form if form.is_valid() else None

    @property
    def next_step(self) -> Step | None:
        """The first page that is not answered; None when all are."""
        return next((step for step in self.steps if self.answered(step) is None), None)

    @property
    def title(self) -> str:
        """What it is called so far."""
        return (self.kept.get("what", {}).get("title") or [""])[0]

    def cards(self) -> Iterator[tuple[Step, list[Answer]]]:
        """Each page with its answers in words, once all are answered."""
        for step in self.steps:
            if form := self.answered(step):
                yield step, list(form.answers())

    def write(self) -> Incident:
        """Report it, with a new source where one was given. The draft is gone then.

        Raises Incomplete where something is missing, ValidationError where a verb refuses.
        """
        if self.next_step is not None:
            raise Incomplete
        forms = {step.slug: form for step in self.steps if (form := self.answered(step))}
        fields: dict[str, Any] = {}
        for form in forms.values():
            fields |= form.fields_of_failure()
        source: Any = forms["source"]
        if new := source.new():
            fields["sources"] = [cited := register.cite(by=self.user, **new)]
            journal.write(self.user, cited, ADDITION, ADDED)
        failure = casework.report(by=self.user, **fields)
        restricting.settle(failure, by=self.user)
        journal.write(self.user, failure, ADDITION, ADDED)
        return failure


#: What the journal says of a new row.
ADDED: Any = [{"added": {}}]


def sent_fields(form: Question, sent: QueryDict) -> drafts.Sent:
    """Of what was sent, what belongs to a page's own fields, as a draft keeps it."""
    return {
        name: [value.replace("\x00", "") for value in values]
        for name, values in sent.lists()
        if name in form.fields or name.rpartition("_")[0] in form.fields
    }


def pages_to_mend(error: ValidationError) -> list[tuple[str, Step]]:
    """What a verb refuses, each with the page on which it can be put right."""
    by_slug = {step.slug: step for step in STEPS}
    if not hasattr(error, "error_dict"):
        return [(said, by_slug["source"]) for said in error.messages]
    return [
        (said, by_slug[ASKED_ON.get(name, "what")])
        for name, errors in error.error_dict.items()
        for one in errors
        for said in one.messages
    ]
