"""Two acts that no verb does: reading what is restricted, and taking a file away.

The one place that tells the audit trail of them, for every page of the site and the back office.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit, reading
from accounts.audit import Act

#: Characters kept of an address.
LONGEST = 500


class Watched:
    """Looks at what a page shows before it is written, and at what a download is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
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
        """Keep which restricted rows are about to be shown."""
        if _is_somebody(request) and answer.status_code == 200:
            rows = shown(answer.context_data or {})
            reading.note(rows, by=request.user, at=timezone.now())
        return answer


def shown(context: dict[str, Any]) -> Iterator[Any]:
    """The rows a page is about or lists; `original` and `cl` are the back office's."""
    about = context.get("about")
    yield from about if isinstance(about, list | tuple) else [about]
    yield context.get("original")
    yield from getattr(context.get("page"), "rows", ())
    yield from getattr(context.get("cl"), "result_list", ())
    for row in getattr(getattr(context.get("table"), "data", None), "data", ()):
        yield row
        if not isinstance(row, models.Model):
            yield from _within(row)


def _within(row: Any) -> Iterable[Any]:
    return vars(row).values() if hasattr(row, "__dict__") else ()


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
