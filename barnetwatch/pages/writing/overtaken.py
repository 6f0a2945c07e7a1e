"""Where an act cannot be done any more, for somebody else acted meanwhile: no word is lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from barnetwatch.lib import versions
from barnetwatch.pages.page import Crumbs, site_page

SAID = "That cannot be done with it any more. This is how it stands now."


def overtaken(request: HttpRequest, form: Any, page: str, crumbs: Crumbs) -> HttpResponse:
    """The record as it stands now; before it, for somebody who has sent the form, their words.

    `form` is the act's form, empty, and `page` where the record is read.
    """
    typed = [
        (part.label, versions.in_words(part.field, part.sent(request.POST)))
        for part in versions.parts_of(form)
        if any(any(values) for values in part.sent(request.POST).values())
    ]
    if not typed:
        messages.warning(request, SAID)
        return HttpResponseRedirect(page)
    return site_page(
        request,
        "site/writing/overtaken.html",
        "This cannot be done any more",
        status=409,
        crumbs=crumbs,
        typed=typed,
        page=page,
    )
