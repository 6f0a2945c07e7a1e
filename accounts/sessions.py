"""Sessions: how old they may be, where each is from, and how they end."""

import datetime as dt
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db.models import QuerySet
from django.http import HttpRequest

#: Seconds between two notes of when a session was last seen: not every page writes.
NOTED_EACH = 60
SINCE, SEEN = "since", "seen"


def begin(request: HttpRequest) -> None:
    """Somebody has just signed in: both ages are counted from their next page."""
    request.session.pop(SINCE, None)
    look_again(request)


def look_again(request: HttpRequest) -> None:
    """The session has another key: note it at its next page."""
    request.session.pop(SEEN, None)


def is_over(request: HttpRequest, now: dt.datetime) -> bool:
    """Whether a signed-in session is too old, or was left alone for too long. Notes that it was
    seen where it is not."""
    session, at = request.session, now.timestamp()
    if SESSION_KEY not in session:
        return False
    since, seen = session.get(SINCE), session.get(SEEN)
    if since is not None and seen is not None:
        if at - since >= settings.SESSION_ABSOLUTE or at - seen >= settings.SESSION_IDLE:
            return True
        if at - seen < NOTED_EACH:
            return False
    if request.user.is_authenticated:
        session[SINCE] = at if since is None else since
        session[SEEN] = at
        UserSession.objects.create_from_request(request)
    return False


def of(person: Any) -> list[UserSession]:
    """A person's sessions that still stand, the latest seen first."""
    standing = UserSession.objects.purge_and_list(person)
    return sorted(standing, key=lambda each: each.last_seen_at, reverse=True)


def end(found: QuerySet[UserSession]) -> int:
    """End sessions; how many."""
    sessions = list(found)
    for each in sessions:
        each.end()
    return len(sessions)


def end_others(request: HttpRequest, person: Any) -> int:
    """End a person's sessions but the one that asks; how many."""
    mine = UserSession.objects.filter(user=person)
    return end(mine.exclude(session_key=request.session.session_key))


def end_all(person: Any) -> int:
    """End every session of a person; how many."""
    return end(UserSession.objects.filter(user=person))
