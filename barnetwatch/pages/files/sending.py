"""A file is sent to whoever may see it, so that no browser takes it for anything but a download.

Whatever its bytes are: they come as bytes of no kind, to be saved and not shown; a browser that
shows them all the same has nothing it may load or run, and no part in this site.
"""

import logging
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts import filing
from barnetwatch.pages.files.places import the_file, the_place

log = logging.getLogger(__name__)

#: Said outright: Django would else guess a kind from the name.
KIND = "application/octet-stream"
#: The same for every file. Without a mark or a day of its own an answer is never "not changed":
#: each request is asked anew who may see the file, and nothing of it stays with a browser.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Accept-Ranges": "none",
}


@require_safe
def file(request: HttpRequest, slug: str, key: UUID) -> HttpResponseBase:
    """A file, whole and as it was stored, or a word on the page it belongs to."""
    row = the_file(the_place(slug, request.user, "view"), request.user, key)
    try:
        opened = filing.opened(row)
    except filing.Damaged as damaged:
        log.error("evidence cannot be sent: %s", damaged)
        messages.error(
            request,
            "The file is not as it was stored, so it is not sent. Tell those who run the site: "
            "they can bring it back from a backup.",
        )
        return HttpResponseRedirect(f"{row.owner.get_absolute_url()}#files")
    # As it is: packed on the way it would have no length, and most of these are packed already.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    answer = FileResponse(
        opened, as_attachment=True, filename=row.name, content_type=KIND, headers=HEADERS
    )
    answer.about = row  # type: ignore[attr-defined]
    return answer


PAGES = [("files/<slug:slug>/<uuid:key>/", "file", file)]
