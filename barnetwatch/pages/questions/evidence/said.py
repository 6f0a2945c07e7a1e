"""What was promised, claimed and answered, what sources say, and what is recorded of a failure."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.utils import timezone

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.questions.evidence.piece import Piece, source_of
from barnetwatch.pages.questions.words import as_said, since, when
from contracts.models import Discrepancy, Reading, ReadingPreference
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Promise, Statement

Found = dict[int, list[Piece]]


def promises(keys: list[int], user: Any, on: dt.date) -> Found:
    """Each promise in its exact words, by whom, to whom, due when, and how old it is."""
    rows = rows_shown(Promise, user).filter(pk__in=keys).select_related("body")
    return {
        row.pk: [
            Piece("Promise", _promise(row, on), source_of(row), row.get_absolute_url(), tells=row)
        ]
        for row in rows
    }


def _promise(row: Promise, on: dt.date) -> str:
    parts = [f"“{row.words.strip()}”. {row.by}, {when(row.made)}"]
    if row.body:
        parts.append(f"made to, or to be told: {row.body}")
    parts.append(f"due: {row.due}")
    parts.append(row.get_status_display().lower())
    if row.made_on is not None:
        exact = row.made_precision == Precision.DAY
        parts.append(f"{since(row.made_on, on, exact=exact)} old")
    return f"{'; '.join(parts)}."


def statements(keys: list[int], user: Any, on: dt.date) -> Found:
    """Each statement with its speaker and its sum's status, and the answers to it."""
    seen = rows_shown(Statement, user)
    claims, found = list(seen.filter(pk__in=keys)), {}
    answers = list(seen.filter(answers__in=keys).order_by("said_on", "pk"))
    answered = {row.answers_id for row in answers}
    for row in claims:
        quiet = row.kind == Statement.Kind.CLAIM and row.pk not in answered
        found[row.pk] = [_statement(row, _silence(row, on) if quiet else "")]
    for row in answers:
        found.setdefault(row.answers_id, []).append(_statement(row))
    return found


def _silence(row: Statement, on: dt.date) -> str:
    if row.said_on is None:
        return " No answer is on the record."
    span = since(row.said_on, on, exact=row.said_precision == Precision.DAY)
    return f" No answer is on the record, {span} later."


def _statement(row: Statement, silence: str = "") -> Piece:
    amount = ""
    if row.amount is not None:
        status = row.get_amount_status_display()
        amount = f" Sum: {in_sentence(row.amount)}, {status}, as the speaker has it; in no total."
    words = f"{as_said(row)} {_by(row)}, {when(row.said)}.{amount}{silence}"
    kind = str(row.get_kind_display())
    return Piece(kind, words, source_of(row), row.get_absolute_url(), tells=row)


def _by(row: Statement) -> str:
    """Speaker, role, organisation and group, each unless it stands there already."""
    parts: list[str] = []
    for part in (row.speaker, row.role, row.organisation, row.political_group):
        if part and not any(part in before for before in parts):
            parts.append(part)
    return ", ".join(parts)


def discrepancies(keys: list[int], user: Any, on: dt.date) -> Found:
    """What each source says on the fact, and which one is preferred, with the reason."""
    marks = ReadingPreference.objects.visible_to(user)
    rows = rows_shown(Reading, user).with_preference(marks).filter(discrepancy__in=keys)
    found: Found = defaultdict(list)
    for row in rows.order_by("discrepancy", "pk"):
        mark = f" Preferred: {row.preferred_why}" if row.preferred_at else ""
        piece = Piece("One source", f"{row.says}{mark}", source_of(row), tells=row)
        found[row.discrepancy_id].append(piece)
    for row in Discrepancy.objects.visible_to(user).filter(pk__in=keys).exclude(note=""):
        found[row.pk].append(Piece("Note", row.note, tells=row))
    return dict(found)


def _ago(row: IncidentUpdate, on: dt.date) -> str:
    return f"{since(timezone.localdate(row.recorded_at), on)} ago"


def failures(keys: list[int], user: Any, on: dt.date) -> Found:
    """Each failure with how bad it is, where it stands, and the last that was recorded of it."""
    latest: dict[int, IncidentUpdate] = {}
    updates = IncidentUpdate.objects.visible_to(user).filter(incident__in=keys)
    for update in updates.order_by("recorded_at", "pk"):
        latest[update.incident_id] = update
    found = {}
    for row in rows_shown(Incident, user).filter(pk__in=keys):
        known = [
            f"{verb} {when(date)}"
            for verb, date in (("happened", row.occurred), ("first reported", row.reported))
            if date.day is not None
        ]
        words = (
            f"{row.title} ({row.reference}). {row.get_severity_display()}, "
            f"{row.get_status_display().lower()}; {listed(known) or 'when is not known'}."
        )
        if last := latest.get(row.pk):
            day = in_words(timezone.localdate(last.recorded_at))
            words += f" Last recorded on {day}, {_ago(last, on)}: {last.text.strip()}"
        sources = "; ".join(str(source) for source in row.sources.all())
        found[row.pk] = [Piece("Failure", words, sources, row.get_absolute_url(), tells=row)]
    return found
