"""What people read when a page cannot be shown: what happened, and what to do next."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.template import loader
from django.utils.cache import add_never_cache_headers

from barnetwatch.lib import kept
from barnetwatch.pages.page import site_page
from barnetwatch.pages.signin import is_own_form, sign_in_again

log = logging.getLogger(__name__)

#: Seconds after which a browser may ask again for a page that the database kept back.
AGAIN_IN = "30"
_OUT_OF_DATE = (
    "The page had been open since before you last signed in, so nothing was done. What you typed "
    "is still here: check it and send it again."
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the browser sent what the site cannot read."""
    return _bare("400.html", 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the page is there for others."""
    return _page(request, "403.html", "Your role does not give you this page", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same words whether there is nothing, or nothing that this reader may see."""
    return _page(request, "404.html", "Page not found", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500, or 503 where it is the database that does not answer; asks nothing of either."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        answer = _bare("503.html", 503, _number(request))
        answer.headers["Retry-After"] = AGAIN_IN
        return answer
    return _bare("500.html", 500, _number(request))


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without the secret of this browser. What was typed on our own page is kept."""
    if _is_ours(request, reason) and is_own_form(request):
        if not request.user.is_authenticated:
            if again := sign_in_again(request):
                return again
        elif text := kept.keepable(request.POST):
            kept.wait(request, request.get_full_path(), text, _OUT_OF_DATE)
            return HttpResponseRedirect(request.get_full_path())
    return _page(request, "403_csrf.html", "This page is out of date", 403)


def _is_ours(request: HttpRequest, reason: str) -> bool:
    """Whether the browser vouches that the form came from this site's own page.

    Django compares the origin before it looks for the secret, and says so where it differs.
    """
    differs, _, _ = REASON_BAD_ORIGIN.partition("%s")
    return "origin" in request.headers and not reason.startswith(differs)


def _page(request: HttpRequest, template: str, title: str, status: int) -> HttpResponse:
    answer = site_page(request, template, title, status=status)
    add_never_cache_headers(answer)
    return answer.render()


def _number(request: HttpRequest) -> str:
    """By which the log's lines about a request are found."""
    return getattr(request, "number", "")


def _bare(template: str, status: int, number: str = "") -> HttpResponse:
    """A page that knows nothing of the reader or the database, and of the request its number."""
    try:
        return HttpResponse(loader.get_template(template).render({"number": number}), status=status)
    except Exception:  # The page about a fault must not become one.
        log.exception("The page %s cannot be shown.", template)
        words = "BarnetWatch: something went wrong. Please try again in a few minutes."
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
