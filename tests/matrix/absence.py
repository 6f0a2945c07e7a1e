"""The record as if the rows that somebody may not see had never been written."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from accounts.access import RestrictionChange
from accounts.trail import AuditEntry
from barnetwatch.lib.appendonly import lifted
from tests.matrix.record import HIDEABLE
from tests.matrix.world import World

Rows = dict[Any, set[int]]


@contextmanager
def without_what_is_hidden(world: World, who: str) -> Iterator[Rows]:
    """The database without those rows, for the length of a block.

    A hidden row that a seen one points at stays, and what it points at: the seen row could not
    be without it. That its page says nothing of it is for the canaries to show.
    """
    with transaction.atomic():
        rows = _gone(world, who)
        with lifted(connection):
            for model in apps.get_models(include_auto_created=True):
                if model not in HIDEABLE:
                    _forget(model, rows)
            _forget_names(world, who, rows)
            for model, keys in rows.items():
                _delete(model, pk__in=keys)
        yield rows
        transaction.set_rollback(True)


def _gone(world: World, who: str) -> Rows:
    book, somebody = world.record.book, world.people[who]
    hidden: Rows = defaultdict(set)
    for model, pk in world.record.hidden():
        if not somebody.may_see(book.hidden_by[model._meta.label_lower, pk]):
            hidden[model].add(pk)
    kept = True
    while kept:
        kept = False
        for model in HIDEABLE:
            rows = model.all_rows.exclude(pk__in=hidden[model])
            for each in _keys(model):
                found = hidden[each.related_model] & set(rows.values_list(each.attname, flat=True))
                hidden[each.related_model] -= found
                kept = kept or bool(found)
    return hidden


def _keys(model: Any) -> list[Any]:
    return [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey) and each.related_model in HIDEABLE
    ]


def _forget(model: Any, rows: Rows) -> None:
    for each in _keys(model):
        mine = {f"{each.name}__in": rows[each.related_model]}
        if each.null:
            model._base_manager.filter(**mine).update(**{each.name: None})
        else:
            _delete(model, **mine)


def _forget_names(world: World, who: str, rows: Rows) -> None:
    """What names a row by its kind and key: acts, and decisions on restrictions. Leave to see it
    stays: those who read leave are told the kind and the number, and no more.
    """
    for model, keys in rows.items():
        label = model._meta.label_lower
        _delete(AuditEntry, kind=label, row__in=keys)
        _delete(RestrictionChange, kind=label, key__in=keys)
    act, book = AuditEntry._meta.label_lower, world.record.book
    for (name, pk), why in book.hidden_by.items():
        if name == act and not world.people[who].may_see(why):
            _delete(AuditEntry, pk=pk)


def _delete(model: Any, **mine: Any) -> None:
    getattr(model, "all_rows", model._base_manager).filter(**mine)._raw_delete(connection.alias)
