"""Digests shown again: what has been restricted since is masked, and the mail itself with it."""

import base64
import hashlib
import re
from collections import defaultdict
from typing import Any

from django.apps import apps
from django.http import HttpResponse

from accounts.visibility import Visible
from digests.rendering import PICTURE_ID

MASKED = "This item has since been restricted."
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def shown_to(user: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of a mail as one person may read them now; `masked` says whether any is not."""
    seen = _seen(user, parts)
    masked = False

    def unless_hidden(part: dict[str, Any], blank: dict[str, Any]) -> dict[str, Any]:
        nonlocal masked
        if set(part["rests_on"]) <= seen:
            return part
        masked = True
        return blank

    sections = [
        {
            **section,
            "items": [unless_hidden(item, {"words": MASKED}) for item in section["items"]],
        }
        for section in parts["sections"]
    ]
    figures = [unless_hidden(figure, {"words": MASKED}) for figure in parts["figures"]]
    headline = "" if masked else parts["headline"]
    return {**parts, "headline": headline, "sections": sections, "figures": figures} | {
        "masked": masked
    }


def _seen(user: Any, parts: dict[str, Any]) -> set[str]:
    """Of the rows that a mail rests on, those a person may see: one query a kind of row."""
    wanted: dict[str, set[int]] = defaultdict(set)
    rows = [item for section in parts["sections"] for item in section["items"]]
    for part in [*rows, *parts["figures"]]:
        for name in part["rests_on"]:
            label, _, pk = name.partition(":")
            wanted[label].add(int(pk))
    seen = set()
    for label, ids in wanted.items():
        model = apps.get_model(label)
        if issubclass(model, Visible):
            found = model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
            seen |= {f"{label}:{pk}" for pk in found}
    return seen


def mail_page(html: str, picture: bytes) -> HttpResponse:
    """A mail's HTML as a page of its own: its own style and picture, and nothing else may load."""
    data = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    html = html.replace(f"cid:{PICTURE_ID}", data)
    styles = " ".join(f"'sha256-{_sha256(style)}'" for style in _STYLE.findall(html)) or "'none'"
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src data:; style-src {styles}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-popups allow-top-navigation-by-user-activation"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
