"""Rows by name, such as costs.costline:12: what a text rests on, and who may see that."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models

from accounts.visibility import OPEN_ONLY, Visible


def ref(row: models.Model) -> str:
    """A row's name."""
    return f"{row._meta.label_lower}:{row.pk}"


def nameless(kind: str, key: int) -> str:
    """A row as anybody may be told of it: contract 12 for contracts.contract and 12."""
    return f"{apps.get_model(kind)._meta.verbose_name} {key}"


def by_kind(refs: Iterable[str]) -> dict[str, list[int]]:
    """Names sorted by the kind of their rows, each kind with its keys in the order given."""
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for name in refs:
        label, _, pk = name.partition(":")
        found[label][int(pk)] = None
    return {label: list(keys) for label, keys in found.items()}


def seen(refs: Iterable[str], user: Any = None) -> set[str]:
    """Of some names, those of rows that a person may see; that are open, where none is given.

    One query a kind of row, however many names. A row that is gone is not seen.
    """
    return set(seen_or_open(refs, user))


def seen_or_open(refs: Iterable[str], user: Any = None) -> dict[str, bool]:
    """The same, each with whether it is open to everybody."""
    found = {}
    for label, keys in by_kind(refs).items():
        model = apps.get_model(label)
        if issubclass(model, Visible):
            rows = model.objects.all() if user is None else model.objects.visible_to(user)
            told = (
                rows.filter(pk__in=keys).order_by().annotate(is_open_to_all=OPEN_ONLY.flag(model))
            )
            for pk, is_open in told.values_list("pk", "is_open_to_all"):
                found[f"{label}:{pk}"] = bool(is_open)
    return found
