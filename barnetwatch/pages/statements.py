"""Accessibility, privacy, cookies: what anybody may read without signing in."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from barnetwatch.pages.page import site_page
from barnetwatch.personaldata.retention import KINDS, Kind


@dataclass(frozen=True)
class Cookie:
    """A cookie that the site sets."""

    name: str
    what_for: str
    how_long: str


def cookies() -> list[Cookie]:
    """Those of this installation: over TLS their names are others."""
    hours = settings.SESSION_ABSOLUTE // 3600
    ends = "until you close the browser, and " if settings.SESSION_EXPIRE_AT_BROWSER_CLOSE else ""
    return [
        Cookie(
            settings.SESSION_COOKIE_NAME,
            "Keeps you signed in.",
            f"{ends}{hours} hours at most".capitalize(),
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            "Makes sure that a form was sent from this site and not by another one in your name.",
            f"{settings.CSRF_COOKIE_AGE // (7 * 24 * 3600)} weeks",
        ),
        Cookie(
            CookieStorage.cookie_name,
            "Carries a message such as “Saved” to the next page.",
            "Until that page has been shown",
        ),
    ]


def kept_for() -> list[Kind]:
    """What is thrown away by itself, and after how long."""
    return [kind for kind in KINDS if not kind.only_if_asked or kind.name in settings.RETAIN_ALSO]


def _statement(name: str, title: str, **context: Any) -> Any:
    @never_cache
    @login_not_required
    def statement(request: HttpRequest) -> HttpResponse:
        made = {key: make() for key, make in context.items()}
        contact = settings.CONTACT_EMAIL
        return site_page(request, f"site/statements/{name}.html", title, contact=contact, **made)

    return statement


#: Read by anybody.
OPEN_PAGES = [
    ("accessibility/", "accessibility", _statement("accessibility", "Accessibility statement")),
    ("privacy/", "privacy", _statement("privacy", "Privacy notice", kept_for=kept_for)),
    ("cookies/", "cookies", _statement("cookies", "Cookies", cookies=cookies)),
]
