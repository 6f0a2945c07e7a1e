"""What a mail rests on, looked up again: what has been restricted since is not shown, nor sent."""

from collections.abc import Collection
from typing import Any

from accounts.rowrefs import seen
from digests.models import Content

MASKED = "This item has since been restricted."


def shown_to(user: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of a mail as one person may read them now; `masked` says whether any is not."""
    names = _names(parts)
    shown = seen(names, user)

    def as_seen(item: dict[str, Any]) -> dict[str, Any]:
        if not set(item["rests_on"]) <= shown:
            return {"words": MASKED}
        return {**item, "rest": item["words"].removeprefix(item["title"])}

    masked = not names <= shown
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
            figure if set(figure["rests_on"]) <= shown else {"words": MASKED}
            for figure in parts["figures"]
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
    sections = parts.get("sections", ())
    rows = [item for section in sections for item in section["items"]]
    return {name for part in (*rows, *parts.get("figures", ())) for name in part["rests_on"]}
