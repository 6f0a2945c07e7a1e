"""Rows of a list under a form, when somebody else changed the list meanwhile.

A row is known by its key and not by its place, which shifts as soon as another row comes or goes.
"""

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from barnetwatch.lib.versions import (
    DECIDED,
    DIFFERS,
    KEEP,
    MINE,
    OF_ROW,
    THEIRS,
    Difference,
    Part,
    parts_of,
)

#: What the page of both versions calls a row that one of the two removed.
_REMOVED = "row:"


def parts_in(formset: Any, data: QueryDict | None = None) -> list[Part]:
    """The fields of a list's rows as they stand; with `data`, of those alone that were sent."""
    found: list[Part] = []
    places = None if data is None else _places(data, formset.prefix)
    for form in formset.initial_forms:
        key = str(form.instance.pk)
        if places is not None and key not in places:
            continue  # Added meanwhile: it stays.
        place = f"{formset.prefix}-{places[key]}" if places is not None else form.prefix
        named = f"{formset.model._meta.verbose_name} {key}:".capitalize()
        found += parts_of(form, f"{formset.prefix}{OF_ROW}{key}", named, place)
    return found


def removed_from(formset: Any, data: QueryDict) -> list[Difference]:
    """The rows that were sent and are no more."""
    prefix = formset.prefix
    held = {str(form.instance.pk) for form in formset.initial_forms}
    return [
        Difference(
            name=f"{_REMOVED}{prefix}:{key}",
            label=f"{formset.model._meta.verbose_name} {key}".capitalize(),
            before=_("On the list"),
            theirs=_("Removed"),
            yours=_in_words(formset, data, place),
            chosen=data.get(f"{KEEP}{_REMOVED}{prefix}:{key}", ""),
        )
        for key, place in _places(data, prefix).items()
        if key not in held
    ]


def place_of(name: str, data: QueryDict) -> str:
    """Under which name an input of a list was sent: services-#12-name is services-0-name."""
    prefix, found, rest = name.partition(OF_ROW)
    key, _dash, field = rest.partition("-")
    places = _places(data, prefix) if found else {}
    return f"{prefix}-{places[key]}-{field}" if key in places else name


def without_removed(merged: QueryDict, sent: QueryDict) -> QueryDict:
    """What is to be saved, its lists put in order as it was `sent` what becomes of removed rows.

    Where theirs was chosen the row is left out; else it is sent as a new one.
    """
    gone = [name.split(":", 2)[1:] for name in sent.getlist(DIFFERS) if name.startswith(_REMOVED)]
    is_mine = sent.get(DECIDED) == MINE
    for prefix in {prefix for prefix, *_key in gone}:
        keys = {"".join(key) for at, *key in gone if at == prefix}
        out = {key for key in keys if sent.get(f"{KEEP}{_REMOVED}{prefix}:{key}") == THEIRS}
        merged = _renumbered(merged, prefix, keys, set() if is_mine else out)
    return merged


def _renumbered(data: QueryDict, prefix: str, keys: set[str], out: set[str]) -> QueryDict:
    """Rows that are there first, then new ones, as a form set wants them."""
    rows: list[dict[str, list[str]]] = []
    left = data.copy()
    for number in range(_count(data, prefix)):
        stem = f"{prefix}-{number}-"
        names = [name for name in data if name.startswith(stem)]
        rows.append({name.removeprefix(stem): left.pop(name) for name in names})
    rows = [row for row in rows if _key(row) not in out]
    for row in rows:
        if _key(row) in keys:
            row["id"] = [""]
    rows.sort(key=lambda row: not _key(row))
    for number, row in enumerate(rows):
        for name, values in row.items():
            left.setlist(f"{prefix}-{number}-{name}", values)
    left[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
    left[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(_key(row)) for row in rows))
    return left


def _key(row: dict[str, list[str]]) -> str:
    return (row.get("id") or [""])[-1]


def _places(data: QueryDict, prefix: str) -> dict[str, int]:
    """At which place each row was sent, by its key."""
    numbers: Iterable[int] = range(_count(data, prefix))
    return {key: number for number in numbers if (key := data.get(f"{prefix}-{number}-id"))}


def _count(data: QueryDict, prefix: str) -> int:
    said = data.get(f"{prefix}-TOTAL_FORMS", "")
    # Django itself takes no more rows than these.
    return min(int(said), 2000) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def _in_words(formset: Any, data: QueryDict, place: int) -> str:
    stem = f"{formset.prefix}-{place}-"
    hidden = {"id", formset.fk.name, "DELETE"}
    typed = [
        value
        for name, values in data.lists()
        if name.startswith(stem) and name.removeprefix(stem) not in hidden
        for value in values
        if value
    ]
    return "; ".join(typed) or _("Empty")
