"""What a mail rests on, looked up again: what has been restricted since is not shown, nor sent."""

from collections.abc import Collection
from typing import Any

from accounts.reading import named
from accounts.rowrefs import seen, seen_or_open
from digests.models import Content

MASKED = "This item has since been restricted."


def shown_to(user: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of a mail as one person may read them now; `masked` says whether any is not, and
    `kept_back` names the restricted rows that they read of in the others.
    """
    names = _names(parts)
    shown = seen_or_open(names, user)

    def is_seen(part: dict[str, Any]) -> bool:
        return set(part["rests_on"]) <= shown.keys()

    def as_seen(item: dict[str, Any]) -> dict[str, Any]:
        if not is_seen(item):
            return {"words": MASKED}
        return {**item, "rest": item["words"].removeprefix(item["title"])}

    masked = not names <= shown.keys()
    read = {name for part in _parts(parts) if is_seen(part) for name in part["rests_on"]}
    return {
        **parts,
        "masked": masked,
        "kept_back": [named(name) for name in sorted(read) if not shown[name]],
        # It counts what is hidden with the rest.
        "headline": "" if masked else parts["headline"],
        "sections": [
            {**section, "items": [as_seen(item) for item in section["items"]]}
            for section in parts["sections"]
        ],
        "figures": [
            figure if is_seen(figure) else {"words": MASKED} for figure in parts["figures"]
        ],
    }


def restricted_since(contents: Collection[Content], user: Any = None) -> set[int]:
    """Of some mails, the ids of those that rest on what a person may not see now; on what is
    not open, where none is given.

    One query a kind of row, however many mails.
    """
    names = {content.pk: _names(content.items) for content in contents}
    shown = seen(set().union(*names.values()), user)
    return {pk for pk, own in names.items() if not own <= shown}


def _names(parts: dict[str, Any]) -> set[str]:
    """The rows that a mail rests on, as costs.costline:12."""
    return {name for part in _parts(parts) for name in part["rests_on"]}


def _parts(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """The items and figures of a mail."""
    sections = parts.get("sections", ())
    items = [item for section in sections for item in section["items"]]
    return [*items, *parts.get("figures", ())]
