"""Two acts that no verb does: reading what is restricted, and taking a file away.

The one place that tells the audit trail of them, for every page of the site and the back office.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit, reading
from accounts.audit import Act
from barnetwatch.pages.shown import rows_in

#: Characters kept of an address.
LONGEST = 500


class Watched:
    """Looks at what a page shows, and at what a download is.

    An answer that no template drew names what it shows in `shown`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if (told := getattr(answer, "shown", ())) and _is_somebody(request):
            reading.note(told, by=request.user, at=timezone.now())
        disposition = answer.get("Content-Disposition", "")
        if disposition.startswith("attachment") and _is_somebody(request):
            with transaction.atomic():
                audit.record(
                    Act.EXPORTED,
                    by=request.user,
                    # A kept file's name may be restricted: it is told to those who see the file.
                    subject=getattr(answer, "about", None),
                    after=_asked(request, disposition),
                )
        return answer

    def process_template_response(self, request: HttpRequest, answer: Any) -> Any:
        """Once it is drawn, keep which restricted rows a page shows."""
        if _is_somebody(request) and answer.status_code == 200:
            answer.add_post_render_callback(partial(_note, request.user))
        return answer


def _note(user: Any, answer: Any) -> None:
    reading.note(rows_in(answer.context_data or {}), by=user, at=timezone.now())


def _is_somebody(request: HttpRequest) -> bool:
    return hasattr(request, "user") and request.user.is_authenticated


def _asked(request: HttpRequest, disposition: str) -> dict[str, Any]:
    """What was asked for: the pattern of the address, since a part of it may be a secret."""
    match = request.resolver_match
    numbers = {name: value for name, value in match.kwargs.items() if isinstance(value, int)}
    return {
        "page": f"/{match.route}",
        "of": numbers,
        "asked": request.GET.urlencode()[:LONGEST],
        "file": disposition.partition("filename")[2].strip("=*\"'")[:LONGEST],
    }
