"""A digest as a mail: subject, text, HTML and picture, and the same in parts for showing again."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from barnetwatch.lib.dates import LONDON, in_words
from costs.seals import grouped
from digests.compiling import Digest, Item, Section
from digests.drawing import WIDTH, picture
from digests.figures import Figure, alt_sentence
from digests.models import Content

_YEAR = re.compile(r"\[[0-9]{4}\]")
#: What every mail says, whether or not anything is kept back from its reader.
SIGN_IN = "Sign in to see what you are cleared for."
#: Said where a date of the mail has such a year.
BRACKETS = "A year in square brackets is not in the source: it was worked out from other dates."
#: Said under the ledger's seal.
SEAL_MEANS = (
    "Keep this mail. The seal is worked out from every entry of the ledger up to then: if one of "
    "them is changed later, it comes out differently."
)
#: The address of the picture inside the mail.
PICTURE_ID = "figures@barnetwatch"


@dataclass(frozen=True)
class Rendered:
    """A mail without its reader: the unsubscribe link still to be put in."""

    subject: str
    text: str
    html: str
    picture: bytes
    items: dict[str, Any]


def key_of(kind: str, *what: Any) -> str:
    """The same for the same mail: SHA-256 over its kind and what it is compiled from."""
    return hashlib.sha256(json.dumps([kind, *what], default=str).encode()).hexdigest()


def render_digest(digest: Digest, *, is_preview: bool = False) -> Rendered:
    """The weekly digest as a mail."""
    days = digest.week.in_words if digest.week else "the week so far"
    return _render(
        "digest",
        {
            "title": f"Your digest for {days}",
            "headline": _headline(digest),
            "sections": digest.sections,
            "figures": digest.figures,
            "explains": any(item.overrun for item in _items(digest)),
            "explains_plan": any(item.of_plan for item in _items(digest)),
            "window": f"This covers what was recorded from {_moment(digest.since_at)} to "
            f"{_moment(digest.until_at)}.{_brackets(_items(digest))}",
            "sealed": _sealed(digest),
            "is_preview": is_preview,
            "has_news": digest.has_news,
            "subject": f"BarnetWatch, {days}: {_headline(digest)}",
        },
    )


def render_alerts(items: list[Item]) -> Rendered:
    """High alerts raised just now as a mail."""
    is_one = len(items) == 1
    headline = f"{len(items)} {'overrun' if is_one else 'overruns'} raised"
    contracts = dict.fromkeys(item.overrun for item in items)
    return _render(
        "alert",
        {
            "title": "A cost has gone over its mark" if is_one else "Costs over their marks",
            "headline": headline,
            "sections": (Section("What was raised", tuple(items)),),
            "figures": (),
            "explains": True,
            "explains_plan": any(item.of_plan for item in items),
            "window": _brackets(items).strip(),
            "subject": f"BarnetWatch, high alert: {headline}, {', '.join(contracts)}",
        },
    )


def _sealed(digest: Digest) -> dict[str, str]:
    """The ledger's seal, when it was taken, and what it is to whoever keeps the mail."""
    if not digest.ledger_seal:
        return {}
    return {
        "title": f"The ledger's seal on {_moment(digest.until_at)}:",
        "seal": grouped(digest.ledger_seal),
        "means": SEAL_MEANS,
    }


def _items(digest: Digest) -> list[Item]:
    return [item for part in digest.sections for item in part.items]


def _brackets(items: list[Item]) -> str:
    return f" {BRACKETS}" if any(_YEAR.search(item.words) for item in items) else ""


def _headline(digest: Digest) -> str:
    """“5 overruns raised, 2 new failures”: counts of what is news, most important first."""
    parts = []
    for name, count in digest.counts.items():
        if count:
            parts.append(f"{count} {_singular(name) if count == 1 else name}")
    return ", ".join(parts[:3]) or "nothing new"


def _singular(name: str) -> str:
    for word in ("overruns", "failures", "sums", "contracts", "decisions", "promises"):
        name = name.replace(word, word[:-1])
    return name


def _moment(at: Any) -> str:
    """As GOV.UK writes it: 8 October 2018 at 7am, at 7:30pm."""
    local = at.astimezone(LONDON)
    minutes = f":{local:%M}" if local.minute else ""
    half = "am" if local.hour < 12 else "pm"
    return f"{in_words(local.date())} at {local.hour % 12 or 12}{minutes}{half}"


def _render(kind: str, context: dict[str, Any]) -> Rendered:
    figures: tuple[Figure, ...] = context["figures"]
    context |= {
        "site": settings.SITE_URL,
        "sign_in": SIGN_IN,
        "unsubscribe": Content.UNSUBSCRIBE,
        "picture_id": PICTURE_ID,
        "picture_width": WIDTH,
        "picture_alt": alt_sentence(figures) if figures else "",
    }
    return Rendered(
        subject=" ".join(context["subject"].split())[:200],
        text=render_to_string("digests/mail.txt", context).strip() + "\n",
        html=render_to_string("digests/mail.html", context),
        picture=picture(figures),
        items=_parts(context),
    )


def _parts(context: dict[str, Any]) -> dict[str, Any]:
    """The mail in parts, each with the rows it rests on."""
    return {
        "title": context["title"],
        "headline": context["headline"],
        "sections": [
            {
                "title": section.title,
                "more": section.more,
                "items": [
                    {
                        "words": item.words,
                        "title": item.head,
                        "url": item.url,
                        "label": str(item.label),
                        "note": item.note,
                        "rests_on": list(item.rests_on),
                    }
                    for item in section.items
                ],
            }
            for section in context["sections"]
        ],
        "figures": [
            {
                "contract": figure.contract,
                "status": str(figure.stage.label),
                "amount": figure.in_table,
                "percentage": "" if figure.percentage is None else f"{figure.percentage}%",
                "rests_on": [f"costs.costline:{line}" for line in figure.lines],
            }
            for figure in context["figures"]
        ],
    }
