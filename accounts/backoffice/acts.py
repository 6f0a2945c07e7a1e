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

Text = str | Promise


class ActForm(forms.Form):
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
        sent = request.POST if request.method == "POST" else None
        form = act.form(sent, row=row, user=request.user)
        if sent is not None and form.is_valid() and perform(act, row, form):
            messages.success(request, act.done)
            return HttpResponseRedirect(page_of(row))
        return TemplateResponse(
            request,
            "admin/act.html",
            self.page(request, row, form, act.label) | {"explains": act.explains},
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
