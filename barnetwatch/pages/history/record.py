"""What was done to one record and to what belongs to it, for whoever may see it."""

from typing import Any

from django.apps import apps
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.backoffice.rows import rows_seen
from accounts.told import OF_PEOPLE, READ_TRAIL, may_read_of
from accounts.trail import AuditEntry
from accounts.trailpages import trail_page
from barnetwatch.pages.history.trail import APPS, HistoryTable, TrailTable
from barnetwatch.pages.page import Crumbs, site_page
from scrutiny.models import Statement


@require_safe
def history(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The acts on one record, the latest first."""
    row = _found(kind, pk, request.user)
    audits = request.user.has_perm(READ_TRAIL)
    acts = _acts(kind, row)
    if not audits:
        acts = acts.exclude(act__in=OF_PEOPLE)
    page = trail_page(
        acts.select_related("by"),
        request.user,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    title = f"History of {row._meta.verbose_name} {row}"
    table = (TrailTable if audits else HistoryTable)(page.rows, caption=title, request=request)
    return site_page(
        request,
        "site/history/record.html",
        title,
        crumbs=_crumbs(row),
        row=row,
        table=table,
        page=page,
        about=row,
    )


def _found(kind: str, pk: int, user: Any) -> Model:
    """The record, where the person may see it; else as if there were none."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        raise Http404 from None
    if model._meta.app_label not in APPS or not may_read_of(model, user):
        raise Http404
    row = rows_seen(model, user).filter(pk=pk).first()
    if row is None:
        raise Http404
    found: Model = row
    return found


def _acts(kind: str, row: Model) -> Any:
    own = Q(filed_kind=kind, filed_row=row.pk) | Q(kind=kind, row=row.pk)
    if isinstance(row, Statement):  # An answer is read on the page of what it answers.
        answers = list(Statement.objects.filter(answers=row.pk).values_list("pk", flat=True))
        own |= Q(filed_kind=kind, filed_row__in=answers)
    return AuditEntry.objects.filter(own)


def _crumbs(row: Any) -> Crumbs:
    page = getattr(row, "get_absolute_url", None)
    if page is None:
        return [("Overview", reverse("admin:index"))]
    return [("Overview", reverse("admin:index")), (str(row), page())]


PAGES = [("history/<str:kind>/<int:pk>/", "history", history)]
