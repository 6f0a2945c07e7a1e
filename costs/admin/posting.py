"""Post, revise and reverse: a form, then what it would do, then the posting.

Each step is a POST of its own and works without JavaScript. Nothing is kept between them but what
the page itself carries; a page sent twice posts once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import ActForm, journal
from accounts.backoffice.acts import Text, page_of
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.once import SentBefore, new_token, once
from costs import ledger
from costs.admin.entry import described
from costs.admin.postingforms import PostForm, ReverseForm, ReviseForm
from costs.admin.preview import preview
from costs.models import CostEntry, CostLine

PERMISSION = "costs.add_costentry"


@dataclass(frozen=True)
class Posting:
    """One way to write to the ledger: `write(target, fields, by)`, a line's or an entry's."""

    slug: str
    label: Text
    form: type[ActForm]
    write: Callable[[Any, dict[str, Any], Any], CostEntry]
    explains: Text


POST = Posting(
    "post",
    _("Post"),
    PostForm,
    lambda line, fields, by: ledger.post(line, by=by, **fields),
    _("A sum is added to the line at a status. The next page shows what that moves."),
)
REVISE = Posting(
    "revise",
    _("Revise"),
    ReviseForm,
    lambda line, fields, by: ledger.revise(line, by=by, **fields),
    _("The sum at a status changed. The difference is posted; the next page shows what it moves."),
)
REVERSE = Posting(
    "reverse",
    _("Reverse an entry"),
    ReverseForm,
    lambda entry, fields, by: ledger.reverse(entry, by=by, **fields),
    _("A wrong entry is cancelled by its mirror image, which counts from the same day. Both stay."),
)


class LedgerPages:
    """The pages of a cost line on which its ledger is written."""

    def get_urls(self) -> list[Any]:
        def page(posting: Posting, where: str = "") -> Any:
            def view(request: HttpRequest, object_id: str, entry: int | None = None) -> Any:
                return self.posting_view(request, posting, object_id, entry)

            address = f"<path:object_id>/{posting.slug}/{where}"
            guarded = self.admin_site.admin_view(view)  # type: ignore[attr-defined]
            return path(address, guarded, name=f"costs_costline_{posting.slug}")

        own = [page(POST), page(REVISE), page(REVERSE, "<int:entry>/")]
        return own + super().get_urls()  # type: ignore[misc]

    def buttons(self, request: HttpRequest, row: CostLine) -> list[tuple[str, Text]]:
        """Post and revise, for those who may; an entry is reversed from its own line."""
        others = super().buttons(request, row)  # type: ignore[misc]
        if not request.user.has_perm(PERMISSION):
            return others
        pages = [
            (reverse(f"admin:costs_costline_{posting.slug}", args=[row.pk]), posting.label)
            for posting in (POST, REVISE)
        ]
        return pages + others

    def posting_view(
        self, request: HttpRequest, posting: Posting, object_id: str, entry_id: int | None
    ) -> HttpResponse:
        """Ask, show what it would do, or do it."""
        line = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if line is None:
            raise Http404
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        entry = None
        if posting is REVERSE:
            entry = rows_shown(CostEntry, request.user).filter(line=line, pk=entry_id).first()
            if entry is None:
                raise Http404
        sent = request.POST if request.method == "POST" else None
        form = posting.form(sent, row=line, user=request.user)
        answer = None
        if sent is not None and "back" not in sent and form.is_valid():
            answer = self.answer(request, posting, line, entry, form)
        return answer or TemplateResponse(
            request,
            "admin/costs/costline/posting.html",
            self.page(request, line, form, posting.label)  # type: ignore[attr-defined]
            | {"explains": posting.explains, "entry": entry and described(entry)},
        )

    def answer(
        self, request: HttpRequest, posting: Posting, line: CostLine, entry: Any, form: ActForm
    ) -> HttpResponse | None:
        """The page that asks to confirm, or the way back once it is done; None where refused."""

        def write() -> CostEntry:
            return posting.write(entry or line, form.cleaned_data, request.user)

        token = request.POST.get("token", "")
        try:
            if "confirmed" in request.POST and token:
                return post_once(request, line, write, token)
            return self.confirm(request, posting, line, entry, form, write)
        except (ValidationError, IntegrityError) as error:
            blame(form, refusal(error))
        return None

    def confirm(
        self,
        request: HttpRequest,
        posting: Posting,
        line: CostLine,
        entry: Any,
        form: ActForm,
        write: Callable[[], CostEntry],
    ) -> HttpResponse:
        """The page that shows before and after."""
        now = timezone.now()
        shown = preview(line, write, user=request.user, on=timezone.localdate(now), at=now)
        return TemplateResponse(
            request,
            "admin/costs/costline/confirm.html",
            self.page(request, line, form, posting.label)  # type: ignore[attr-defined]
            | {
                "preview": shown,
                "described": described(shown.entry),
                "entry": entry and described(entry),
                "token": new_token(),
            },
        )


def post_once(
    request: HttpRequest, line: CostLine, write: Callable[[], CostEntry], token: str
) -> HttpResponse:
    """Write, unless this very page was sent before; then the way back to the line."""

    def write_and_note() -> CostEntry:
        entry = write()
        journal.write(request.user, line, CHANGE, f"Posted entry {entry.pk}.")
        return entry

    try:
        entry = once(token, write_and_note)
    except SentBefore:
        said = gettext("This page was sent before, so nothing was posted again.")
        messages.warning(request, said)
        return HttpResponseRedirect(page_of(line))
    messages.success(request, gettext("Posted: %(entry)s.") % {"entry": described(entry)})
    return HttpResponseRedirect(page_of(line))
