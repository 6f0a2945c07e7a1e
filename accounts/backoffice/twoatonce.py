"""Forms of the back office when two people, or one person twice, send them.

A form is sent once. Whoever saves a row that somebody else saved since it was opened is shown both
versions first, and nothing is saved without their choice.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.backoffice.listrows import parts_in, place_of, removed_from, without_removed
from accounts.backoffice.versions import check, hold, name_of, stamp_of, who
from barnetwatch.lib import versions
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.lib.versions import Clash


class _Unwritten(Exception):
    """A form was sent that is not in order: its token may be used again."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


class TwoAtOnce:
    """Comes before Django's own class of an admin."""

    # Sent once ----------------------------------------------------------------------------

    def sent_once(self, request: HttpRequest, send: Callable[[], HttpResponse]) -> HttpResponse:
        """Send an add form, unless it was sent before: then the page of what it made."""

        def write() -> HttpResponse:
            answer = send()
            if getattr(request, "wrote", None) is None:  # Set by `response_add`.
                raise _Unwritten(answer)
            return answer

        try:
            return once(
                request.POST.get("token") or new_token(),
                write,
                lambda _answer: self._page_seen(request, request.wrote),  # type: ignore[attr-defined]
            )
        except _Unwritten as unwritten:
            return unwritten.answer
        except SentBefore as before:
            said = _("This page was sent before, so nothing was added again.")
            if before.became:
                said += " " + _("This is what it made.")
            messages.warning(request, said)
            return HttpResponseRedirect(before.became or self._list_page())

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        """An action on several rows is done once; deleting asks before it does anything."""
        if request.POST.get("action") == "delete_selected":
            return super().response_action(request, queryset)  # type: ignore[misc]

        def act() -> Any:
            return super(TwoAtOnce, self).response_action(request, queryset)  # type: ignore[misc]

        try:
            return once(request.POST.get("token") or new_token(), act)
        except SentBefore:
            said = _("This page was sent before, so nothing was done again.")
            messages.warning(request, said)
            return HttpResponseRedirect(request.get_full_path())

    def _page_seen(self, request: HttpRequest, row: Any) -> str:
        rows = self.get_queryset(request)  # type: ignore[attr-defined]
        if not rows.filter(pk=row.pk).exists():
            return self._list_page()
        return self._page_of(row)

    def _page_of(self, row: Any) -> str:
        return reverse(f"admin:{self._named}_change", args=[row.pk])

    def _list_page(self) -> str:
        return reverse(f"admin:{self._named}_changelist")

    @property
    def _named(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"  # type: ignore[attr-defined]

    # Both versions ------------------------------------------------------------------------

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        row = context.get("original")
        context["token"] = request.POST.get("token") or new_token()
        if request.method == "POST":
            context["version"] = request.POST.get(versions.NAME, "")
        elif row is not None and self.has_change_permission(request, row):  # type: ignore[attr-defined]
            lists = [
                part
                for each in context["inline_admin_formsets"]
                if each.has_change_permission
                for part in parts_in(each.formset)
            ]
            context["version"] = stamp_of(row, context["adminform"].form, lists)
        return super().render_change_form(request, context, *args, **kw)  # type: ignore[misc]

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, *args: Any
    ) -> HttpResponse:
        # In the transaction that saves.
        if request.method == "POST" and object_id is not None:
            row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
            if row is not None and self.has_change_permission(request, row):  # type: ignore[attr-defined]
                hold(row, request.user)
                try:
                    if (theirs := self.settle(request, row)) is not None:
                        return theirs
                    self._compare(request, self.get_object(request, unquote(object_id)))  # type: ignore[attr-defined]
                except Clash as clash:
                    return self.both(request, row, clash)
        return super()._changeform_view(request, object_id, *args)  # type: ignore[misc,no-any-return]

    def settle(self, request: HttpRequest, row: Any) -> HttpResponse | None:
        """Put in what was chosen on the page of both versions; where theirs is kept, go there."""
        decided = request.POST.get(versions.DECIDED)
        if decided == versions.THEIRS:
            said = _("Their version stands. Nothing of yours was saved.")
            messages.success(request, said)
            return HttpResponseRedirect(self._page_of(row))
        sent = request.POST
        if decided and not versions.not_chosen(sent):
            # Rows that one of them removed come last: what is chosen for the others names places.
            merged = versions.settled(name_of(row), sent, lambda name: place_of(name, sent))
            request.POST = without_removed(merged, sent)  # type: ignore[assignment]
        if decided == versions.EDIT:
            said = _("Both versions are put together below. Nothing is saved yet.")
            request.refused = ValidationError(said)  # type: ignore[attr-defined]
        return None

    def _compare(self, request: HttpRequest, row: Any) -> None:
        fields = flatten_fieldsets(self.get_fieldsets(request, row))  # type: ignore[attr-defined]
        form = self.get_form(request, row, change=True, fields=fields)(instance=row)  # type: ignore[attr-defined]
        lists: list[versions.Part] = []
        removed: list[versions.Difference] = []
        prefixes: dict[str, int] = {}
        for kind, inline in self.get_formsets_with_inlines(request, row):  # type: ignore[attr-defined]
            prefix = kind.get_default_prefix()
            prefixes[prefix] = prefixes.get(prefix, 0) + 1
            if prefixes[prefix] != 1:
                prefix = f"{prefix}-{prefixes[prefix]}"
            if not inline.has_change_permission(request, row):
                continue
            formset = kind(instance=row, prefix=prefix, queryset=inline.get_queryset(request))
            lists += parts_in(formset, request.POST)
            removed += removed_from(formset, request.POST)
        check(row, form, request.POST, lists, removed)

    def both(self, request: HttpRequest, row: Any, clash: Clash) -> HttpResponse:
        """Show both versions, with everything that was typed."""
        return TemplateResponse(
            request,
            "admin/versions.html",
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "opts": self.opts,  # type: ignore[attr-defined]
                "original": row,
                "title": _("Somebody else saved this meanwhile"),
                "subtitle": str(row),
                "clash": clash,
                "who": who(row, clash),
                "carried": versions.carried(request.POST),
                "missing": versions.not_chosen(request.POST),
            },
        )
