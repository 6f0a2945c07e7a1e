"""Signing in, out, and in again in the middle of a form."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.internal.flows.login import perform_login as go_on
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts import sessions
from barnetwatch.lib import kept
from barnetwatch.pages.page import site_page
from barnetwatch.pages.passwords import ChangeForm, SignInForm
from barnetwatch.record import signins

TITLE = "Sign in"
#: By which the second step knows that nothing changed since the first.
STATE = "password"


class SignInFirst(LoginRequiredMiddleware):
    """A form sent by somebody whose session has ended is kept while they sign in again."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        if answer := sign_in_again(request):
            return answer
        if request.method == "POST":
            # Some addresses are only posted to: back to the page with the button.
            return redirect_to_login(_came_from(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


class SignIn(LoginView):
    """The first step of signing in: email address and password."""

    authentication_form = SignInForm
    template_name = "site/login.html"
    #: What was typed on another page before.
    found: dict[str, Any] | None = None

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the code where the person has a second factor; else they are signed in."""
        request, person = self.request, form.get_user()
        if request.user.is_authenticated:
            logout(request)
        # Whoever knew this browser's session so far does not know it from here on.
        request.session.cycle_key()
        # The password counts as just given, so that setting up a second factor needs it once.
        record_authentication(request, person, method="password", reauthenticated=True)
        login = Login(user=person, redirect_url=self.get_success_url(), email=person.email)
        login.state[STATE] = person.get_session_auth_hash()
        answer = go_on(request, login)
        if self.found:
            kept.wait(request, self.found["path"], self.found["typed"], person=person.pk)
        return answer


def sign_in(request: HttpRequest, extra: dict[str, Any] | None) -> HttpResponse:
    """The site's own sign-in, with what was typed before it."""
    if request.method == "GET" and admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    # Before the sign-in, which gives the browser another secret.
    found = kept.unseal(request) if request.method == "POST" else None
    context = {
        **admin.site.each_context(request),
        "title": TITLE,
        "app_path": request.get_full_path(),
        "sealed": request.POST.get(kept.NAME, "") if found else "",
        **for_trying(),
        **(extra or {}),
    }
    if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
        context[REDIRECT_FIELD_NAME] = reverse("admin:index")
    return SignIn.as_view(extra_context=context, found=found)(request)


def sign_in_again(request: HttpRequest) -> HttpResponse | None:
    """The sign-in page, holding what was typed on one of the site's forms; else None."""
    text = kept.keepable(request.POST) if is_own_form(request) else ""
    if not text:
        return None
    answer = site_page(
        request,
        "site/login.html",
        TITLE,
        status=403,  # Nothing was done, and signing in lets it be done.
        form=SignInForm(request),
        app_path=reverse("admin:login"),
        next=request.get_full_path(),
        sealed=_sealed(request, text),
        **for_trying(),
    )
    add_never_cache_headers(answer)
    return answer


def _came_from(request: HttpRequest) -> str:
    """The page of this site that the request was sent from; where unknown, its own address."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.get_host():
        return request.get_full_path()
    return urlunsplit(("", "", page.path, page.query, ""))


def is_own_form(request: HttpRequest) -> bool:
    """Whether a form of the site's own pages was sent; those of the back office are Django's."""
    match = request.resolver_match
    inside = request.path.startswith(reverse("admin:back_office"))
    return bool(request.method == "POST" and match and match.app_name == "admin" and not inside)


def _sealed(request: HttpRequest, text: str) -> str:
    get_token(request)  # The secret that the browser will hold: what was typed is tied to it.
    return kept.seal(request, text)


def for_trying() -> dict[str, Any]:
    """Where the sign-ins are, on the embedded default that has some to try the roles with."""
    at = settings.VAR_DIR / signins.FILE
    return {"sign_ins": at if settings.EMBEDDED and at.exists() else None}


def change_password(request: HttpRequest) -> HttpResponse:
    """Another password for whoever is signed in."""
    frame = admin.site.each_context(request) | {"title": "Change your password"}
    view = ChangePassword.as_view(
        form_class=ChangeForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=frame,
    )
    return view(request)


class ChangePassword(PasswordChangeView):
    """Ends the person's other sessions, too."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        sessions.end_others(self.request, self.request.user)
        sessions.look_again(self.request)
        return answer
