"""A councillor with a list, and what they pick for it."""

import datetime as dt
from typing import Any

from scrutiny import asking, record
from scrutiny.models import Body, Promise, Question, QuestionList, Statement
from tests import factories

#: A word of a restricted row: whoever may not see that may meet it nowhere.
CANARY = "Canarywharf"
LONG_AGO = dt.date(2018, 7, 1)


def the_audit_committee() -> Body:
    """A body without an end."""
    return Body.objects.get_or_create(name="Audit Committee")[0]


def a_list(owner: Any, **fields: Any) -> QuestionList:
    """A list for the Audit Committee."""
    return asking.begin(**{"body": the_audit_committee(), "by": owner, **fields})


def a_claim(contract: Any = None, **fields: Any) -> Statement:
    """A claim that nobody has answered for long."""
    given = {
        "kind": "claim",
        "speaker": "Labour group",
        "words": "It does not work",
        "said_on": LONG_AGO,
        "contract": contract or factories.a_contract(),
        **fields,
    }
    return record.state(source=factories.a_source(), by=factories.the_officer(), **given)


def a_promise(contract: Any = None, **fields: Any) -> Promise:
    """A promise without a date, made long ago."""
    given = {
        "words": "it will be reported",
        "made_by": "Council spokesman",
        "made_on": LONG_AGO,
        "contract": contract or factories.a_contract(),
        **fields,
    }
    return record.promise(source=factories.a_source(), by=factories.the_officer(), **given)


def picked(questions: QuestionList, row: Any, words: str = "") -> Question:
    """A question on a list that rests on a row."""
    name = f"{row._meta.label_lower}:{row.pk}"
    rule = "promise-without-date" if isinstance(row, Promise) else "claim-unanswered"
    return asking.pick(
        questions,
        rule=rule,
        words=words or f"What of this: {row.words}?",
        rests_on=[name],
        by=questions.owner,
    )


def answered(question: Question, answer: str = "It is done by May.", **fields: Any) -> Question:
    """The same, asked, its answer noted and handed over."""
    given = {"asked_on": dt.date(2018, 10, 1), "hand_over": True, **fields}
    return asking.note(question, answer=answer, by=question.questions.owner, **given)
