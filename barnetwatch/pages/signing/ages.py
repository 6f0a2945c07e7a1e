"""A session that is too old, or was left alone, ends at the next page that is asked for."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from accounts import sessions

#: Probes ask no database.
PROBES = frozenset({"livez", "readyz"})


class SessionAges(MiddlewareMixin):
    """Ends what is over, and notes when the others were last seen."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if match and match.view_name in PROBES:
            return
        if sessions.is_over(request, timezone.now()):
            logout(request)
