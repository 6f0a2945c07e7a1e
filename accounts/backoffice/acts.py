"""Acts: what is done with one row by name, with a form of its own.

A button on the row's page, a form, and a verb that does it. A refusal of the verb is said on the
form; the page works without JavaScript.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.models import CHANGE
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from accounts.backoffice.versions import check, hold, stamp_of
from barnetwatch.lib import versions
from barnetwatch.lib.caution import Cautious
from barnetwatch.lib.once import SentBefore, new_token, once

Text = str | Promise


class ActForm(Cautious, forms.Form):  # type: ignore[misc]
    """What an act asks; it knows the row and who asks, so that choices go through the door."""

    def __init__(self, *args: Any, row: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row, self.user = row, user


def always(row: Any) -> bool:
    """Every row."""
    return True


@dataclass(frozen=True)
class Act:
    """One act: `do(row, fields, by)` is the verb, `applies` says on which rows it is offered."""

    slug: str
    label: Text
    permission: str
    form: type[ActForm]
    do: Callable[[Any, dict[str, Any], Any], Any]
    done: Text
    applies: Callable[[Any], bool] = always
    explains: Text = ""

    def is_open_to(self, user: Any, row: Any) -> bool:
        """Whether a person is offered it on a row."""
        return user.has_perm(self.permission) and self.applies(row)


class WithActs:
    """An admin whose rows have acts."""

    acts: tuple[Act, ...] = ()

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.act_view)  # type: ignore[attr-defined]
        own = [path("<path:object_id>/act/<slug:slug>/", view, name=name)] if self.acts else []
        return own + super().get_urls()  # type: ignore[misc]

    def buttons(self, request: HttpRequest, row: Any) -> list[tuple[str, Text]]:
        """The address and label of each act that is offered on a row."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"  # type: ignore[attr-defined]
        return [
            (reverse(name, args=[row.pk, act.slug]), act.label)
            for act in self.acts
            if act.is_open_to(request.user, row)
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        row = context.get("original")
        context["buttons"] = self.buttons(request, row) if row is not None else []
        return super().render_change_form(request, context, *args, **kw)  # type: ignore[misc]

    def act_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """The page of one act on one row."""
        act = next((act for act in self.acts if act.slug == slug), None)
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if act is None or row is None:
            raise Http404
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        if not act.applies(row):
            said = _("That cannot be done with it any more. This is how it stands now.")
            messages.warning(request, said)
            return HttpResponseRedirect(page_of(row))
        if request.method == "POST":
            return self._sent(request, row, act)
        form = act.form(row=row, user=request.user)
        return self._asked(request, row, act, form, new_token(), stamp_of(row, form))

    def _sent(self, request: HttpRequest, row: Any, act: Act) -> HttpResponse:
        """Do the act once, unless somebody else changed meanwhile what its form asks."""
        goes_back = request.POST.get(versions.DECIDED) == versions.EDIT
        if (theirs := self.settle(request, row)) is not None:  # type: ignore[attr-defined]
            return theirs  # type: ignore[no-any-return]
        form = act.form(request.POST, row=row, user=request.user)
        token = request.POST.get("token") or new_token()
        if form.is_valid() and not goes_back:

            def do() -> bool:
                hold(row, request.user)
                now = act.form(row=self.get_object(request, str(row.pk)), user=request.user)  # type: ignore[attr-defined]
                check(row, now, request.POST)
                return perform(act, row, form)

            try:
                if once(token, do):
                    messages.success(request, act.done)
                    return HttpResponseRedirect(page_of(row))
            except SentBefore:
                said = _("This page was sent before, so nothing was done again.")
                messages.warning(request, said)
                return HttpResponseRedirect(page_of(row))
            except versions.Clash as clash:
                return self.both(request, row, clash)  # type: ignore[attr-defined,no-any-return]
            token = new_token()
        stood = request.POST.get(versions.NAME, "")
        return self._asked(request, row, act, form, token, stood)

    def _asked(
        self, request: HttpRequest, row: Any, act: Act, form: Any, token: str, version: str
    ) -> HttpResponse:
        carried = {"explains": act.explains, "token": token, "version": version}
        return TemplateResponse(
            request,
            "admin/act.html",
            self.page(request, row, form, act.label) | carried,
        )

    def page(self, request: HttpRequest, row: Any, form: Any, title: Text) -> dict[str, Any]:
        """What the page of a form over a row shows."""
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "original": row,
            "title": title,
            "subtitle": str(row),
            "form": form,
            "adminform": AdminForm(form, [(None, {"fields": list(form.fields)})], {}),
            "media": self.media + form.media,  # type: ignore[attr-defined]
        }


def perform(act: Act, row: Any, form: ActForm) -> bool:
    """Do an act and note it; False where its verb refused, which the form then says."""
    try:
        with transaction.atomic():
            act.do(row, form.cleaned_data, form.user)
            journal.write(form.user, row, CHANGE, f"{act.label}.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return False
    return True


def page_of(row: Any) -> str:
    """The back office's page of a row."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
