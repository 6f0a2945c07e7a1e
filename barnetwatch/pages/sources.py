"""One source: what it is, its own words, and the paper itself where it is kept."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from barnetwatch.pages.files.places import SOURCE, section
from barnetwatch.pages.page import needs, site_page
from contracts.models import Source


@needs("contracts.view_source")
def source_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is known of a source."""
    source = Source.objects.visible_to(request.user).filter(pk=pk).first()
    if source is None:
        raise Http404
    return site_page(
        request,
        "site/source.html",
        source.title,
        crumbs=[("Overview", reverse("admin:index"))],
        source=source,
        evidence=section(SOURCE, source, request.user),
    )


PAGES = [("sources/<int:pk>/", "source", source_page)]
