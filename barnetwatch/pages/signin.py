"""Signing in, out, and in again in the middle of a form."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import PasswordChangeView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from barnetwatch.lib import kept
from barnetwatch.pages.page import site_page
from barnetwatch.pages.passwords import ChangeForm, SignInForm
from barnetwatch.record import signins

TITLE = "Sign in"


class SignInFirst(LoginRequiredMiddleware):
    """A form sent by somebody whose session has ended is kept while they sign in again."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        if answer := sign_in_again(request):
            return answer
        if request.method == "POST":
            # Some addresses are only posted to: back to the page with the button.
            return redirect_to_login(_came_from(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


def sign_in(
    request: HttpRequest, stock: Callable[..., HttpResponse], extra: dict[str, Any] | None
) -> HttpResponse:
    """The site's own sign-in, with what was typed before it."""
    # Before the sign-in, which gives the browser another secret.
    found = kept.unseal(request) if request.method == "POST" else None
    context = {
        "title": TITLE,
        "sealed": request.POST.get(kept.NAME, "") if found else "",
        **_for_trying(),
        **(extra or {}),
    }
    answer = stock(request, context)
    if found and isinstance(answer, HttpResponseRedirect):
        kept.wait(request, found["path"], found["typed"])
    return answer


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
        **_for_trying(),
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


def _for_trying() -> dict[str, Any]:
    """Where the sign-ins are, on the embedded default that has some to try the roles with."""
    at = settings.VAR_DIR / signins.FILE
    return {"sign_ins": at if settings.EMBEDDED and at.exists() else None}


def change_password(request: HttpRequest) -> HttpResponse:
    """Another password for whoever is signed in."""
    frame = admin.site.each_context(request) | {"title": "Change your password"}
    view = PasswordChangeView.as_view(
        form_class=ChangeForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=frame,
    )
    return view(request)
