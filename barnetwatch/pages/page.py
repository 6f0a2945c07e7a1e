"""What every page of the site is made with."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from barnetwatch.lib.kept import typed

__all__ = ["Crumbs", "needs", "site_page", "typed"]

View = Callable[..., HttpResponse]
#: Label and address of the pages above one.
Crumbs = Sequence[tuple[str, str]]


def site_page(
    request: HttpRequest,
    template: str,
    title: str,
    *,
    crumbs: Crumbs = (),
    status: int = 200,
    about: Model | None = None,
    **context: Any,
) -> TemplateResponse:
    """A page in the site's clothes; `title` is its name in the browser's tab.

    A page that shows one record says which in `about`: it then leads to the record's history, and
    that it was read is kept where the record is restricted.
    """
    frame = admin.site.each_context(request) | {"title": title, "crumbs": crumbs}
    if about is not None:
        frame |= {"about": about, "history": history_of(about)}
    return TemplateResponse(request, template, frame | context, status=status)


def history_of(row: Model) -> str:
    """The address of a record's history."""
    return reverse("admin:history", args=[row._meta.label_lower, row.pk])


def needs(permission: str) -> Callable[[View], View]:
    """A page for those who hold a permission; the others are told that their role has it not."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard
