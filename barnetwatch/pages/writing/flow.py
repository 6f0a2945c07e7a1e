"""How a form is written: asked, shown to check where that is wanted, written once.

A refusal of the verb is said on the form. A page that is sent twice writes once.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts import restricting
from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.lib.versions import Clash
from barnetwatch.pages.page import Crumbs, site_page, typed
from barnetwatch.pages.writing.versions import Edited, is_edit

#: Of what a page sends, what is not part of its form.
CONTROLS = frozenset({"csrfmiddlewaretoken", "token", "confirmed", "back"})
#: Who saves second reads this with what came of it.
SENT_BEFORE = "This page was sent before, so nothing was recorded again. This is what it made."
SENT_NOW = "This page was sent before, so nothing was recorded again."
#: What is about to be written, line by line.
Checked = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Writing:
    """One way to write: `write(form, by)` gives the row that has a page, `done` says so.

    `around` is what is done with the form before the transaction, and undone where it fails.
    With `check`, what is about to be written is shown first. `cancel` is the page one came from;
    `register` where to go when the row is not theirs to see.
    """

    title: str
    button: str
    write: Callable[[Any, Any], models.Model]
    done: str
    cancel: str
    register: str
    lead: str = ""
    caption: str = ""
    crumbs: Crumbs = ()
    adds: bool = False
    note: str = ""
    check: Callable[[Any], Checked] | None = None
    around: Callable[[Any], AbstractContextManager[None]] = nullcontext
    #: The row that it tells of.
    tells: Any = None

    @property
    def is_checked(self) -> bool:
        """Whether what is about to be written is shown first; a template would call `check`."""
        return self.check is not None


def answer(
    request: HttpRequest,
    writing: Writing,
    form: Callable[[Any], Any],
    edited: Edited | None = None,
) -> HttpResponse:
    """Ask, show, or write; `form` makes the form from what was sent.

    Where a row is `edited`, whoever saves second is shown both versions first.
    """
    goes_back = "back" in request.POST or is_edit(request)
    if edited is not None and (theirs := edited.settle(request)) is not None:
        return theirs
    sent = typed(request)
    asked = form(sent)
    if request.method == "POST" and not goes_back and asked.is_valid():
        if writing.check is not None and "confirmed" not in request.POST:
            return _checked(request, writing, writing.check(asked))
        try:
            done = _written(request, writing, asked, edited)
        except Clash as clash:
            return edited.both(request, clash)  # type: ignore[union-attr]
        if done is not None:
            return done
    token = (sent and sent.get("token")) or new_token()
    version = edited.version(sent, asked) if edited is not None else ""
    return _page(request, writing, "form", form=asked, token=token, version=version)


def _checked(request: HttpRequest, writing: Writing, rows: Checked) -> HttpResponse:
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in CONTROLS
        for value in values
    ]
    return _page(request, writing, "check", rows=rows, carried=carried, token=new_token())


def _written(
    request: HttpRequest, writing: Writing, form: Any, edited: Edited | None
) -> HttpResponse | None:
    """Write, unless this very page was sent before; None where the verb refused."""

    def write() -> models.Model:
        if edited is not None:
            edited.check(request)
        row = writing.write(form, request.user)
        restricting.settle(row, by=request.user)
        note = writing.note or ("" if writing.adds else writing.title)
        journal.write(request.user, row, ADDITION if writing.adds else CHANGE, note)
        return row

    def address(row: Any) -> str:
        return str(row.get_absolute_url())

    try:
        with writing.around(form):
            row: Any = once(request.POST.get("token") or new_token(), write, address)
    except SentBefore as before:
        messages.warning(request, SENT_BEFORE if before.became else SENT_NOW)
        return HttpResponseRedirect(before.became or writing.cancel)
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    if not type(row).objects.visible_to(request.user).filter(pk=row.pk).exists():
        messages.warning(request, "It was saved. You are not cleared for it, so it is not shown.")
        return HttpResponseRedirect(writing.register)
    messages.success(request, writing.done)
    return HttpResponseRedirect(address(row))


def _page(request: HttpRequest, writing: Writing, name: str, **context: Any) -> HttpResponse:
    return site_page(
        request,
        f"site/writing/{name}.html",
        f"{writing.title}: {writing.caption}" if writing.caption else writing.title,
        crumbs=writing.crumbs,
        writing=writing,
        **context,
    )
