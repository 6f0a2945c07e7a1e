"""The site's page of both versions, for whoever saves second; nothing is saved unchosen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from accounts.backoffice.versions import check, hold, name_of, stamp_of, who
from barnetwatch.lib import versions
from barnetwatch.lib.versions import Clash
from barnetwatch.pages.page import Crumbs, site_page


@dataclass(frozen=True)
class Edited:
    """A row that a page edits. `anew` makes the page's form, empty, over the row as it stands now;
    `page` is where the row is read.
    """

    row: Model
    anew: Callable[[], Any]
    page: str
    crumbs: Crumbs = ()

    def version(self, sent: QueryDict | None, form: Any) -> str:
        """What the form carries: of what was sent its own, so that a mistake costs no check."""
        return sent.get(versions.NAME, "") if sent is not None else stamp_of(self.row, form)

    def settle(self, request: HttpRequest) -> HttpResponse | None:
        """Put in what was chosen on the page of both versions; where theirs is kept, go there."""
        if request.method != "POST":
            return None
        if request.POST.get(versions.DECIDED) == versions.THEIRS:
            messages.success(request, "Their version stands. Nothing of yours was saved.")
            return HttpResponseRedirect(self.page)
        request.POST = versions.settled(name_of(self.row), request.POST)  # type: ignore[assignment]
        return None

    def check(self, request: HttpRequest) -> None:
        """In the transaction that saves: raise Clash where somebody else saved meanwhile."""
        hold(self.row, request.user)
        check(self.row, self.anew(), request.POST)

    def both(self, request: HttpRequest, clash: Clash) -> HttpResponse:
        """Show both versions, with everything that was typed."""
        return site_page(
            request,
            "site/writing/versions.html",
            "Somebody else saved this meanwhile",
            crumbs=self.crumbs,
            clash=clash,
            who=who(self.row, clash),
            carried=versions.carried(request.POST),
            missing=versions.not_chosen(request.POST),
            page=self.page,
            row=self.row,
        )


def is_edit(request: HttpRequest) -> bool:
    """Whether somebody goes back to the form with both versions put together."""
    return request.POST.get(versions.DECIDED) == versions.EDIT
