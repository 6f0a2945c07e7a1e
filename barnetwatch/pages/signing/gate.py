"""Until an officer has set up a second factor, every page leads to where that is done."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from accounts import secondfactor
from barnetwatch.lib import kept
from barnetwatch.pages.signin import is_own_form

#: What opens without: setting one up, the password asked before it, and the way out.
OPEN = frozenset({"mfa_activate_totp", "account_reauthenticate", "admin:logout"})


class SecondFactorFirst(MiddlewareMixin):
    """Guards each page that somebody must be signed in for, the back office and files included."""

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        if secondfactor.was_given(request) or not secondfactor.must_have(request.user):
            return None
        match = request.resolver_match
        if match and match.view_name in OPEN:
            return None
        if secondfactor.has(request.user):
            # It was set up elsewhere, and this session was opened without it.
            logout(request)
            return redirect_to_login(request.get_full_path())
        if is_own_form(request) and (text := kept.keepable(request.POST)):
            kept.wait(request, request.get_full_path(), text, person=request.user.pk)
        answer = HttpResponseRedirect(reverse("mfa_activate_totp"))
        add_never_cache_headers(answer)
        return answer
