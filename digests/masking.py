"""What a mail rests on, looked up again: what has been restricted since is not shown, nor sent."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.apps import apps

from accounts.visibility import Visible
from digests.models import Content

MASKED = "This item has since been restricted."


def shown_to(user: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of a mail as one person may read them now; `masked` says whether any is not."""
    seen = _seen([parts], user)

    def as_seen(item: dict[str, Any]) -> dict[str, Any]:
        if not set(item["rests_on"]) <= seen:
            return {"words": MASKED}
        return {**item, "rest": item["words"].removeprefix(item["title"])}

    masked = not _names(parts) <= seen
    return {
        **parts,
        "masked": masked,
        # It counts what is hidden with the rest.
        "headline": "" if masked else parts["headline"],
        "sections": [
            {**section, "items": [as_seen(item) for item in section["items"]]}
            for section in parts["sections"]
        ],
        "figures": [
            figure if set(figure["rests_on"]) <= seen else {"words": MASKED}
            for figure in parts["figures"]
        ],
    }


def restricted_since(contents: Collection[Content], user: Any = None) -> set[int]:
    """Of some mails, the ids of those that rest on what a person may not see now; on what is
    not open, where none is given.

    One query a kind of row, however many mails.
    """
    seen = _seen([content.items for content in contents], user)
    return {content.pk for content in contents if not _names(content.items) <= seen}


def _names(parts: dict[str, Any]) -> set[str]:
    """The rows that a mail rests on, as costs.costline:12."""
    sections = parts.get("sections", ())
    rows = [item for section in sections for item in section["items"]]
    return {name for part in (*rows, *parts.get("figures", ())) for name in part["rests_on"]}


def _seen(mails: Iterable[dict[str, Any]], user: Any) -> set[str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for parts in mails:
        for name in _names(parts):
            label, _, pk = name.partition(":")
            wanted[label].add(int(pk))
    seen = set()
    for label, ids in wanted.items():
        model = apps.get_model(label)
        if issubclass(model, Visible):
            rows = model.objects.all() if user is None else model.objects.visible_to(user)
            found = rows.filter(pk__in=ids).values_list("pk", flat=True)
            seen |= {f"{label}:{pk}" for pk in found}
    return seen
