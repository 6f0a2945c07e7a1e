"""Pages of the audit trail, each as full as its reader may see: acts that are not for them leave no
gap, since a page that is shorter than others would tell of them.

Pages begin and end at acts that the reader sees; where these are few, after some looking.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accounts.told import Told, told
from barnetwatch.lib.keyset import Page, cursor_of, is_cursor, page_of

ORDER = ("-pk",)
#: Acts that a page shows.
SHOWN = 50
#: Acts looked at in one go, at first and then, and how often at most for one page.
FIRST, THEN, BATCHES = SHOWN + 1, 200, 10


@dataclass(frozen=True)
class TrailPage(Page):
    """Acts as their reader sees them; `back_to` is how far it looked, where others may follow."""

    back_to: dt.datetime | None = None


def trail_page(acts: Any, user: Any, *, after: str = "", before: str = "") -> TrailPage:
    """The acts that a person sees after one place or before another, the latest first."""
    after, before = (text if is_cursor(text, acts, ORDER) else "" for text in (after, before))
    if before:
        return _upwards(acts, user, before)
    return _downwards(acts, user, after)


def _downwards(acts: Any, user: Any, start: str) -> TrailPage:
    found: list[Told] = []
    looked: list[Any] = []
    here: str | None = start
    for number in range(BATCHES):
        page = page_of(acts, ORDER, THEN if number else FIRST, after=here or "")
        looked += page.rows
        found += told(page.rows, user)
        here = page.after
        if here is None or len(found) > SHOWN:
            break
    shown, last = found[:SHOWN], looked[-1:]
    if len(found) > SHOWN:
        last = [shown[-1].entry]
        here = cursor_of(last[0], ORDER)
    first = shown[0].entry if shown else next(iter(looked), None)
    return TrailPage(
        shown,
        before=cursor_of(first, ORDER) if start and first else None,
        after=here,
        back_to=last[0].at if here else None,
    )


def _upwards(acts: Any, user: Any, start: str) -> TrailPage:
    found: list[Told] = []
    looked: list[Any] = []
    here: str | None = start
    for number in range(BATCHES):
        page = page_of(acts, ORDER, THEN if number else FIRST, before=here or "")
        looked = [*page.rows, *looked]
        found = [*told(page.rows, user), *found]
        here = page.before
        if here is None or len(found) > SHOWN:
            break
    shown = found[-SHOWN:]
    if len(found) > SHOWN:
        here = cursor_of(shown[0].entry, ORDER)
    last = shown[-1].entry if shown else next(iter(looked[-1:]), None)
    return TrailPage(
        shown,
        before=here,
        after=cursor_of(last, ORDER) if last else None,
        back_to=last.at if last else None,
    )
