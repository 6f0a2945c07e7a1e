"""The admin's log of who changed what, which names no record.

What is open today may be restricted tomorrow; the log would go on showing its title.
"""

import datetime as dt
import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from barnetwatch.lib import caution


def neutral(row: Model) -> str:
    """A row as the log names it: contract 12."""
    return f"{row._meta.verbose_name} {row.pk}"


def write(user: Any, row: Model, flag: int, message: Any = "") -> LogEntry:
    """Note what a person did with a row, and before it why they kept personal data in a text."""
    for kept in caution.noted():
        _note(user, row, flag, kept)
    return _note(user, row, flag, message)


def _note(user: Any, row: Model, flag: int, message: Any) -> LogEntry:
    return LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
        object_id=row.pk,
        object_repr=neutral(row),
        action_flag=flag,
        change_message=message if isinstance(message, str) else json.dumps(message),
    )


def last_change(row: Model, since: dt.datetime | None) -> LogEntry | None:
    """The latest that a person did with a row, unless it was done before a moment."""
    kind = ContentType.objects.get_for_model(row, for_concrete_model=False)
    found = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk))
    if since is not None:
        # The form may have been read just before the other's note was written.
        found = found.filter(action_time__gte=since - dt.timedelta(minutes=1))
    return found.select_related("user").order_by("-action_time", "-pk").first()


def of_formsets(formsets: Any) -> list[dict[str, Any]]:
    """What was done in the lists under a form, in the shape that Django's log reads."""
    done: list[dict[str, Any]] = []
    for formset in formsets or ():
        done += [{"added": _about(row)} for row in formset.new_objects]
        done += [
            {"changed": {**_about(row), "fields": _labels(formset, fields)}}
            for row, fields in formset.changed_objects
        ]
        done += [{"deleted": _about(row)} for row in formset.deleted_objects]
    return done


def _about(row: Model) -> dict[str, Any]:
    return {"name": str(row._meta.verbose_name), "object": str(row.pk)}


def _labels(formset: Any, names: list[str]) -> list[str]:
    fields = formset.empty_form.fields
    return [str(fields[name].label or name) for name in names if name in fields]
