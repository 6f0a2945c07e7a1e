"""A person's own link: made, shown once, and taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from barnetwatch.pages.page import site_page
from scrutiny import calendars
from scrutiny.models import CalendarLink

#: Where a new link waits in the session to be shown once.
NEW = "calendar_link"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_page(request: HttpRequest) -> HttpResponse:
    """Whether there is a link, since when, and the buttons that make it and take it back."""
    if request.method == "POST":
        _act(request)
        return HttpResponseRedirect(reverse("admin:calendar"))
    token = request.session.pop(NEW, "") if request.method == "GET" else ""
    address = reverse("admin:calendar_feed", args=[token]) if token else ""
    return site_page(
        request,
        "site/calendar.html",
        "Dates in your own calendar",
        crumbs=[("Scrutiny", reverse("admin:scrutiny")), ("Meetings", reverse("admin:meetings"))],
        address=request.build_absolute_uri(address) if address else "",
        link=CalendarLink.objects.filter(user=request.user, revoked_at__isnull=True).first(),
    )


def _act(request: HttpRequest) -> None:
    now = timezone.now()
    if "make" in request.POST:
        request.session[NEW] = calendars.make(by=request.user, at=now)
    elif "revoke" in request.POST and calendars.revoke(by=request.user, at=now):
        messages.success(request, "The link is taken back. Whoever has it reads nothing any more.")


PAGES = [("calendar/", "calendar", link_page)]
