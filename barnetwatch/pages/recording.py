"""Pages that ask for one row of the record and write it once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.page import Crumbs, site_page, typed


@dataclass(frozen=True)
class Asking:
    """One such page: what it is called, what it explains, and where it leads."""

    title: str
    explains: str
    button: str
    #: Where Cancel leads, and a page that was sent before.
    back: str
    #: What a person is told when it is done.
    done: str
    caption: str = ""
    crumbs: Crumbs = field(default=())
    #: The row that it tells of.
    tells: Any = None


def ask(
    request: HttpRequest,
    asking: Asking,
    make: Callable[[QueryDict | None], Any],
    write: Callable[[dict[str, Any]], Model],
    *,
    after: Callable[[Any], str] | None = None,
) -> HttpResponse:
    """Ask with the form that `make` gives, write what it holds, and lead back, or to `after`."""
    sent = typed(request)
    form = make(sent)
    if request.method == "POST" and form.is_valid():
        answer = _written(request, asking, form, write, after)
        if answer is not None:
            return answer
    return site_page(
        request,
        "site/recording.html",
        asking.title,
        crumbs=asking.crumbs,
        asking=asking,
        form=form,
        token=(sent and sent.get("token")) or new_token(),
    )


def _written(
    request: HttpRequest,
    asking: Asking,
    form: Any,
    write: Callable[[dict[str, Any]], Model],
    after: Callable[[Any], str] | None,
) -> HttpResponse | None:
    """Where it leads once it is written; None where the verb refused, which the form then says."""

    def write_and_note() -> Model:
        row = write(form.posted)
        journal.write(request.user, row, ADDITION, "Recorded.")
        return row

    def page(row: Any) -> str:
        return after(row) if after else asking.back

    try:
        row = once(request.POST.get("token") or new_token(), write_and_note, page)
    except SentBefore as before:
        messages.warning(request, "This page was sent before, so nothing was recorded again.")
        return HttpResponseRedirect(before.became or asking.back)
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    messages.success(request, asking.done)
    return HttpResponseRedirect(page(row))
