"""What deleting would take with it, named only as far as the person sees it."""

from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from accounts.visibility import Visible


def has_hidden_relatives(rows: Any, user: Any) -> bool:
    """Whether something that a person may not see hangs on some rows."""
    collector = NestedObjects(using=DEFAULT_DB_ALIAS, origin=rows)
    collector.collect(rows)
    held = [row for group in collector.model_objs.values() for row in group]
    found: dict[type[Model], set[Any]] = {}
    for row in (*collector.protected, *held):
        found.setdefault(type(row), set()).add(row.pk)
        if row._meta.auto_created:  # A link between two rows is as hidden as either of them.
            for key in row._meta.concrete_fields:
                if key.is_relation and (linked := getattr(row, key.attname)) is not None:
                    found.setdefault(key.related_model, set()).add(linked)
    return any(
        model.objects.visible_to(user).filter(pk__in=keys).count() < len(keys)
        for model, keys in found.items()
        if issubclass(model, Visible)
    )
