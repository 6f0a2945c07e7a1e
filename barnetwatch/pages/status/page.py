"""The status page: what runs, what waits, what failed, and what to do about it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from barnetwatch.pages.page import site_page
from barnetwatch.pages.status.lines import lines

#: What the administrators may and nobody else; others learn nothing of the page.
KEEPS = "accounts.change_user"


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Each line in order or not, their number in the browser's tab."""
    if not request.user.has_perm(KEEPS):
        raise Http404
    found = lines(request.user, timezone.now())
    wrong = [line for line in found if line.is_wrong]
    lead = _lead(len(wrong))
    return site_page(
        request,
        "site/status/status.html",
        "Status" if not wrong else f"Status: {lead[0].lower()}{lead[1:]}",
        lead=lead,
        lines=found,
    )


def _lead(count: int) -> str:
    if count:
        return f"{count} thing{'s' if count > 1 else ''} need{'' if count > 1 else 's'} action"
    return "Everything is in order"


PAGES = [("status/", "status", status)]
