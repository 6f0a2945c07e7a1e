"""Acts of the audit trail as one person may read them, through the one door of visibility.

An act on a row is told to those who see the row now, and saw what it was when the act was done:
what somebody wrote while a record was exempt stays exempt when the record is opened. Who read what,
who signed in and what was exported is for those alone who may read the audit trail itself.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date
from django.utils.text import capfirst

from accounts.audit import Act, kept_back
from accounts.backoffice.rows import rows_seen
from accounts.trail import AuditEntry
from accounts.visibility import Visible, sight_of
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import PoundsField, in_table

#: What one must be allowed to read the audit trail itself.
READ_TRAIL = "accounts.view_auditentry"
#: Acts that say something of whoever did them, more than of the record.
OF_PEOPLE = frozenset(
    {
        Act.READ,
        Act.EXPORTED,
        Act.SIGNED_IN,
        Act.SIGNED_OUT,
        Act.SIGN_IN_FAILED,
        Act.PASSWORD_SET,
        Act.INVITED,
        Act.FACTOR_SET_UP,
        Act.FACTOR_GIVEN_UP,
        Act.FACTOR_RESET,
        Act.CODE_WRONG,
        Act.CODE_SPENT,
        Act.CODES_MADE,
        Act.SESSION_ENDED,
        Act.BACKED_UP,
        Act.RESTORED,
    }
)
#: Kinds of row that everybody sees who reads the record, without the door.
OPEN_KINDS = frozenset({"scrutiny.body"})
#: Kinds of row that are their owner's alone: an act on one names it by its number.
OWN_KINDS = frozenset({"scrutiny.question", "scrutiny.questionlist"})
#: What stands for a row that the reader may not see, and for one that is gone.
NOT_SHOWN = "not shown"
#: Characters of a text that a list shows.
LONGEST = 300

Rows = dict[str, dict[int, models.Model]]


@dataclass(frozen=True)
class Change:
    """One field: its name, what it was and what it became, as people read them."""

    name: str
    before: str
    after: str

    @property
    def turn(self) -> str:
        """From the one to the other; of a new row what it began with."""
        return f"{self.before} → {self.after}" if self.before else self.after


@dataclass(frozen=True)
class Told:
    """One act as its reader sees it."""

    entry: AuditEntry
    did: str
    #: The kind of row in words, its name and its page; empty where it has none.
    kind: str = ""
    name: str = ""
    url: str = ""
    changes: list[Change] = field(default_factory=list)
    reason: str = ""
    #: The rows that it was done to and that it names.
    tells: Any = None

    @property
    def pk(self) -> int:
        """The act's own number, which tells two apart."""
        return int(self.entry.pk)

    @property
    def by(self) -> str:
        """Who did it."""
        return str(self.entry.by) if self.entry.by else "nobody signed in"

    @property
    def changed(self) -> str:
        """All that changed, in one text."""
        return "; ".join(f"{each.name}: {each.turn}" for each in self.changes)


def told(entries: Iterable[AuditEntry], user: Any) -> list[Told]:
    """Of some acts, those that a person may read; two queries a kind of row, however many acts."""
    acts = [each for each in entries if _may(each, user)]
    rows = _rows(((each.kind, each.row) for each in acts), user)
    gone = _gone(acts, rows) if user.has_perm(READ_TRAIL) else set()
    bare = {each.pk for each in acts if (each.kind, each.row) in gone}
    seen = [each for each in acts if _sees(each, rows, user, is_gone=each.pk in bare)]
    named = _rows(_pointed_at(seen), user)
    return [_told(each, rows, named, is_bare=each.pk in bare) for each in seen]


def may_read_of(model: type[models.Model], user: Any) -> bool:
    """Whether a person may read what was done to rows of a kind."""
    meta = model._meta
    if meta.label_lower in OWN_KINDS:
        return False
    may_view = user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
    is_record = issubclass(model, Visible) or meta.label_lower in OPEN_KINDS
    return may_view and (is_record or user.has_perm(READ_TRAIL))


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None  # A kind of row that an earlier version had.


def _may(entry: AuditEntry, user: Any) -> bool:
    reads_trail = user.has_perm(READ_TRAIL)
    if entry.act in OF_PEOPLE and not reads_trail:
        return False
    model = _model(entry.kind) if entry.kind else None
    if model is None or not (issubclass(model, Visible) or entry.kind in OPEN_KINDS):
        return reads_trail
    return may_read_of(model, user)


def _gone(entries: Iterable[AuditEntry], rows: Rows) -> set[tuple[str, int | None]]:
    """The names of rows that were deleted. Nobody knows whether they would be hidden today, so of
    them it is said what was done, and no text.
    """
    missing: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.kind and entry.row is not None and entry.row not in rows[entry.kind]:
            missing[entry.kind].add(entry.row)
    gone: set[tuple[str, int | None]] = set()
    for label, keys in missing.items():
        if (model := _model(label)) is not None and issubclass(model, Visible):
            there = set(model.all_rows.filter(pk__in=keys).values_list("pk", flat=True))
            gone |= {(label, pk) for pk in keys - there}
    return gone


def _sees(entry: AuditEntry, rows: Rows, user: Any, *, is_gone: bool) -> bool:
    model = _model(entry.kind) if entry.kind else None
    if model is None or not issubclass(model, Visible):
        return True
    sight = sight_of(user)
    hidden = [each for each in entry.kept_back if not sight.allows(*each)]
    if is_gone:
        return not hidden
    row = rows[entry.kind].get(entry.row or 0)
    if row is None:
        return False
    # Somebody let through to it as it stands was let through to what was kept back likewise.
    return not hidden or all(each in kept_back(row) for each in hidden)


def _rows(refs: Iterable[tuple[str, int | None]], user: Any) -> Rows:
    """The rows of some names that a person may see."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for label, pk in refs:
        if label and pk is not None and label not in OWN_KINDS:
            wanted[label].add(pk)
    found: Rows = defaultdict(dict)
    for label, keys in wanted.items():
        if (model := _model(label)) is not None:
            rows = rows_seen(model, user).filter(pk__in=keys)
            found[label] = {row.pk: row for row in rows}
    return found


def _pointed_at(entries: list[AuditEntry]) -> Iterable[tuple[str, int]]:
    """The rows that before and after name by their keys."""
    for entry in entries:
        for name, value in [*entry.before.items(), *entry.after.items()]:
            column = _column(entry.kind, name)
            if column is not None and column.related_model is not None:
                label = column.related_model._meta.label_lower
                keys = value if isinstance(value, list) else [value]
                yield from ((label, key) for key in keys if isinstance(key, int))


def _column(kind: str, name: str) -> Any:
    model = _model(kind) if kind else None
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _told(entry: AuditEntry, rows: Rows, named: Rows, *, is_bare: bool) -> Told:
    label = Act(entry.act).label if entry.act in Act.values else capfirst(entry.act)
    model = _model(entry.kind) if entry.kind else None
    row = rows[entry.kind].get(entry.row or 0) if model else None
    page = getattr(row, "get_absolute_url", None)
    pointed = [named[label].get(pk) for label, pk in _pointed_at([entry])]
    return Told(
        entry,
        tells=[row, *pointed],
        did=str(label),
        kind=str(model._meta.verbose_name) if model else entry.kind,
        name=str(row) if row is not None else (f"{entry.row}" if entry.row else ""),
        url=page() if page else "",
        reason="" if is_bare else entry.reason,
        changes=[]
        if is_bare
        else [
            Change(
                _name(entry.kind, name),
                _text(entry.kind, name, entry.before[name], named) if name in entry.before else "",
                _text(entry.kind, name, entry.after.get(name), named),
            )
            for name in dict.fromkeys([*entry.before, *entry.after])
            if _says(entry, name)
        ],
    )


def _says(entry: AuditEntry, name: str) -> bool:
    """Whether it says anything: of a row that was added, not what was left empty."""
    return name in entry.before or entry.after.get(name) not in (None, "", [], {})


def _name(kind: str, name: str) -> str:
    column = _column(kind, name)
    label = getattr(column, "verbose_name", None) or name.replace("_", " ")
    return str(capfirst(label))


def _text(kind: str, name: str, value: Any, named: Rows) -> str:
    column = _column(kind, name)
    if value in (None, "", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column is not None and column.related_model is not None:
        found = named[column.related_model._meta.label_lower]
        keys = value if isinstance(value, list) else [value]
        shown = [str(found[key]) for key in keys if key in found]
        return ", ".join(shown) or NOT_SHOWN
    if isinstance(column, PoundsField):
        return in_table(column.to_python(value))
    if getattr(column, "choices", None):
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(column, models.DateField) and isinstance(value, str):
        day = parse_date(value[:10])
        return in_words(day) if isinstance(day, dt.date) else value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
