"""Where somebody is signed in, and ending that."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import audit, sessions
from accounts.audit import Act
from barnetwatch.pages.page import site_page

#: What a browser calls itself by, the more telling first.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)


@never_cache
def listed(request: HttpRequest) -> HttpResponse:
    """A person's own sessions: where from, since when, last seen; each can be ended."""
    if request.method == "POST":
        return _end(request)
    here = request.session.session_key
    found = [
        {
            "pk": each.pk,
            "browser": in_words(each.user_agent),
            "ip": each.ip,
            "since": each.created_at,
            "seen": each.last_seen_at,
            "is_here": each.session_key == here,
        }
        for each in sessions.of(request.user)
    ]
    others = sum(1 for each in found if not each["is_here"])
    return site_page(
        request, "site/signing/sessions.html", "Where you are signed in", found=found, others=others
    )


def _end(request: HttpRequest) -> HttpResponse:
    page = HttpResponseRedirect(reverse("usersessions_list"))
    if "others" in request.POST:
        with transaction.atomic():
            sessions.end_others(request, request.user)
            audit.record(Act.SESSION_ENDED, by=request.user, subject=request.user)
        messages.success(request, _("You are signed out everywhere but here."))
        return page
    number = request.POST.get("session", "")
    if not re.fullmatch(r"[0-9]{1,18}", number):
        raise Http404
    one = get_object_or_404(UserSession, pk=number, user=request.user)
    is_here = one.session_key == request.session.session_key
    with transaction.atomic():
        sessions.end(UserSession.objects.filter(pk=one.pk))
        audit.record(Act.SESSION_ENDED, by=request.user, subject=request.user)
    if is_here:
        logout(request)
        return HttpResponseRedirect(reverse("admin:login"))
    messages.success(request, _("That session is ended."))
    return page


def in_words(user_agent: str) -> str:
    """A browser as a person would call it: “Firefox on Windows”."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), _("A browser"))
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return _("%(browser)s on %(system)s") % locals() if system else browser


ADDRESSES = [("your-account/sessions/", "usersessions_list", listed)]
