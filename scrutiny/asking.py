"""Questions for a committee: begin a list, pick, add, reword, move, note what was answered; and
what an officer does with a note that was handed over.

A list is its owner's alone. Until an officer confirms a note, it is no part of the record.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.rowrefs import seen
from barnetwatch.lib.dates import in_words
from contracts.models import Source
from scrutiny import record
from scrutiny.models import Body, Meeting, Promise, Question, QuestionList, Statement

if TYPE_CHECKING:
    from accounts.models import User

#: Questions on one list: more than any meeting hears.
MOST = 100


@transaction.atomic
def begin(
    *,
    by: "User",
    body: Body | None = None,
    occasion: str = "",
    meets_on: dt.date | None = None,
    meeting: Meeting | None = None,
    at: dt.datetime | None = None,
) -> QuestionList:
    """Begin a list for a recorded meeting, for a body on a day, or for another occasion.

    Raises ValidationError where nobody is named, and where the body does not exist on the day.
    """
    row = QuestionList(owner=by, made_at=at or timezone.now())
    return _aimed(row, body, occasion, meets_on, meeting)


@transaction.atomic
def redirect(
    questions: QuestionList,
    *,
    by: "User",
    body: Body | None = None,
    occasion: str = "",
    meets_on: dt.date | None = None,
    meeting: Meeting | None = None,
) -> QuestionList:
    """Aim a list at another meeting, body or day, as `begin` does; the questions stay."""
    _own(questions, by)
    return _aimed(questions, body, occasion, meets_on, meeting)


@transaction.atomic
def throw_away(questions: QuestionList, *, by: "User") -> None:
    """Delete a list; what officers made of its answers stays on the record."""
    _own(questions, by)
    if questions.items.waiting().exists():
        raise ValidationError(
            _("An answer on this list waits for an officer. Take it back first, then delete it.")
        )
    questions.delete()


@transaction.atomic
def pick(
    questions: QuestionList, *, rule: str, words: str, rests_on: Iterable[str], by: "User"
) -> Question:
    """Put a proposed question at the end of a list, with the names of the rows it rests on.

    Raises ValidationError where the list has it already, or where the person may not see a row.
    """
    _own(questions, by)
    names = list(rests_on)
    if not set(names) <= seen(names, by):
        raise ValidationError(_("That question is not proposed any more. Look at the list again."))
    _locked(questions)
    if any(each.rests_on == names for each in questions.items.filter(rule=rule)):
        raise ValidationError(_("That question is on this list already."))
    return _append(questions, words=words, rule=rule, proposed=words, rests_on=names)


@transaction.atomic
def add(questions: QuestionList, *, words: str, by: "User") -> Question:
    """Put a question of one's own at the end of a list."""
    _own(questions, by)
    _locked(questions)
    return _append(questions, words=words)


@transaction.atomic
def reword(question: Question, *, words: str, by: "User") -> Question:
    """Say it otherwise; what it rests on stays."""
    _own(question.questions, by)
    question.words = words.strip()
    question.full_clean()
    question.save(update_fields=["words"])
    return question


@transaction.atomic
def move(question: Question, *, up: bool, by: "User") -> bool:
    """Change places with the question above or below; False where there is none."""
    _own(question.questions, by)
    _locked(question.questions)
    order = list(question.questions.items.values_list("pk", flat=True))
    here = order.index(question.pk)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return False
    order[here], order[there] = order[there], order[here]
    for place, pk in enumerate(order, start=1):
        Question.objects.filter(pk=pk).exclude(place=place).update(place=place)
    return True


@transaction.atomic
def remove(question: Question, *, by: "User") -> None:
    """Take a question off its list; not while its answer waits for an officer."""
    _own(question.questions, by)
    if question.waits:
        raise ValidationError(_("Its answer waits for an officer. Take it back first."))
    later = question.questions.items.filter(place__gt=question.place)
    question.delete()
    later.update(place=F("place") - 1)


@transaction.atomic
def note(
    question: Question,
    *,
    asked_on: dt.date,
    by: "User",
    answer: str = "",
    hand_over: bool = False,
    at: dt.datetime | None = None,
) -> Question:
    """Mark a question as asked and note the answer; hand it to the officers, or take it back.

    Raises ValidationError for one that an officer has settled, and for handing over no answer.
    """
    _own(question.questions, by)
    if question.is_confirmed:
        raise ValidationError(_("Its answer stands on the record and is changed there."))
    moment = at or timezone.now()
    if hand_over and not answer.strip():
        raise ValidationError({"answer": _("Note the answer before you hand it over.")})
    question.asked_on, question.answer = asked_on, answer.strip()
    question.handed_at = (question.handed_at or moment) if hand_over else None
    question.settled_at = question.settled_by = None
    if hand_over:
        question.returned_why = ""
    question.full_clean()
    question.save()
    # Without a word of it: until an officer confirms it, a note is its owner's alone.
    audit.record(Act.CHANGED, by=by, subject=question, after={"handed_over": hand_over})
    return question


@transaction.atomic
def confirm(
    question: Question,
    *,
    kind: str,
    words: str,
    speaker: str,
    by: "User",
    speaker_public: bool = False,
    role: str = "",
    source: Source | None = None,
    at: dt.datetime | None = None,
    **fields: Any,
) -> Statement | Promise:
    """Put a note that was handed over on the record, as a promise, a statement or the response to
    the claim in `answers`; `fields` are any others of that row.

    The speaker's name is kept back where there is a role, unless they act in public. Where no
    source is given, the meeting at which it was answered becomes one. Raises ValidationError where
    the note was taken back or settled meanwhile.
    """
    moment = at or timezone.now()
    held = _handed(question, by)
    source = source or _meeting(held)
    day = held.asked_on
    row: Statement | Promise
    if kind == "promise":
        said = {"made_by": speaker, "made_by_public": speaker_public, "made_by_role": role}
        given = {"body": held.questions.body, "made_on": day, **said, **fields}
        row = held.became_promise = record.promise(
            words=words, source=source, by=by, at=moment, **given
        )
    else:
        said = {"speaker": speaker, "speaker_public": speaker_public, "role": role}
        given = {"said_on": day, **said, **fields}
        row = held.became_statement = record.state(
            kind=kind, words=words, source=source, by=by, at=moment, **given
        )
    _settle(held, by, moment)
    return row


@transaction.atomic
def hand_back(
    question: Question, *, reason: str, by: "User", at: dt.datetime | None = None
) -> Question:
    """Do not put a note on the record, with the reason, which the councillor reads."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, in a sentence or two.")})
    held = _handed(question, by)
    held.returned_why = reason.strip()
    audit.record(Act.CHANGED, by=by, subject=held, after={"handed_over": False})
    _settle(held, by, at or timezone.now())
    return held


def _aimed(
    row: QuestionList,
    body: Body | None,
    occasion: str,
    meets_on: dt.date | None,
    meeting: Meeting | None,
) -> QuestionList:
    """Keep whom a list is for. Body and day are copied from a meeting: it may be hidden one day."""
    if meeting is not None:
        body, meets_on = meeting.body, meeting.held_on
    row.meeting, row.body, row.meets_on = meeting, body, meets_on
    row.occasion = "" if body else occasion.strip()
    row.full_clean()
    row.save()
    return row


def _own(questions: QuestionList, by: "User") -> None:
    if questions.owner_id != by.pk:
        raise PermissionDenied


def _locked(questions: QuestionList) -> None:
    """Two pages sent at once take their places one after the other."""
    QuestionList.objects.select_for_update().get(pk=questions.pk)


def _append(questions: QuestionList, **fields: Any) -> Question:
    counted = questions.items.count()
    if counted >= MOST:
        raise ValidationError(
            _("A list holds %(most)d questions. Begin another one.") % {"most": MOST}
        )
    last = questions.items.aggregate(last=Max("place"))["last"] or 0
    fields["words"] = fields["words"].strip()
    row = Question(questions=questions, place=last + 1, **fields)
    row.full_clean()
    row.save()
    return row


def _handed(question: Question, by: "User") -> Question:
    """The question as it stands, held for this transaction; only while its answer waits."""
    held = Question.objects.select_for_update().select_related("questions").get(pk=question.pk)
    if not held.waits or not set(held.rests_on) <= seen(held.rests_on, by):
        raise ValidationError(_("This note does not wait any more. Go back to the list."))
    return held


def _settle(held: Question, by: "User", at: dt.datetime) -> None:
    held.settled_at, held.settled_by = at, by
    held.full_clean()
    held.save()


def _meeting(question: Question) -> Source:
    """The meeting itself as a source: one for all answers given there."""
    questions, day = question.questions, question.asked_on
    title = f"Answers to members' questions, {questions.asked}, {in_words(day)}"[:250]
    source, _is_new = Source.objects.get_or_create(
        publisher=questions.body.authority if questions.body else str(questions.owner),
        title=title,
        page="",
        defaults={"kind": Source.Kind.OTHER, "published_on": day, "note": _("Heard, not printed.")},
    )
    return source
