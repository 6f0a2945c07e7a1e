"""Pages of the site, and a mail's HTML as a page of its own."""

import base64
import hashlib
import re
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy

from digests.rendering import PICTURE_ID

#: The pages above one's own mails: label and address.
HOME = ("Overview", reverse_lazy("admin:index"))
OWN = (HOME, ("Your digest", reverse_lazy("admin:digest")))

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def site_page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    """A page of this app in the site's own frame."""
    shared = admin.site.each_context(request) | {"title": title}
    return TemplateResponse(request, f"digests/{name}.html", shared | context)


def mail_page(html: str, picture: bytes) -> HttpResponse:
    """A mail's own style and picture, and nothing else may load.

    The picture stands in the page: a sandboxed page asks for one without the cookie of whoever
    is signed in.
    """
    data = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    html = html.replace(f"cid:{PICTURE_ID}", data)
    styles = " ".join(f"'sha256-{_sha256(style)}'" for style in _STYLE.findall(html)) or "'none'"
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src data:; style-src {styles}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-popups allow-top-navigation-by-user-activation"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
