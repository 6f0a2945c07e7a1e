"""All that is held about one person, for an administrator to hand to them."""

from django.contrib.admin.models import CHANGE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.backoffice import journal
from accounts.models import User
from barnetwatch.pages.page import needs, site_page
from barnetwatch.personaldata.export import LEFT_OUT, as_json, as_zip, export


@never_cache
@needs("accounts.change_user")
@require_http_methods(["GET", "HEAD", "POST"])
def export_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What an export holds and what it leaves out; sent, it is made, and noted with the person."""
    person = get_object_or_404(User, pk=pk)
    page = reverse("admin:accounts_user_change", args=[person.pk])
    if request.method != "POST":
        return site_page(
            request,
            "site/person_export.html",
            f"What is held about {person}",
            crumbs=[("Back office", reverse("admin:back_office")), (str(person), page)],
            person=person,
            left_out=LEFT_OUT,
            cancel=page,
        )
    told = export(person, reader=request.user, at=timezone.now())
    journal.write(request.user, person, CHANGE, "Exported what is held about them.")
    zipped = "zip" in request.POST
    answer = HttpResponse(
        as_zip(told) if zipped else as_json(told),
        content_type="application/zip" if zipped else "application/json",
    )
    name = f"person-{person.pk}.{'zip' if zipped else 'json'}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


PAGES = [("people/<int:pk>/export/", "person_export", export_page)]
