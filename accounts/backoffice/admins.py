"""The admin classes that the back office of every app is made of."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import restricting
from accounts.authorship import Recorded
from accounts.backoffice import journal, saving
from accounts.backoffice.acts import WithActs
from accounts.backoffice.deletion import has_hidden_relatives
from accounts.backoffice.door import Door
from accounts.backoffice.fieldsets import DECIDED, RECORDED
from accounts.backoffice.lists import RecordList, holds_nul
from accounts.backoffice.refusals import refusal
from accounts.backoffice.twoatonce import TwoAtOnce
from accounts.visibility import Restrictable
from barnetwatch.lib.once import new_token


class RecordAdmin(WithActs, TwoAtOnce, Door, admin.ModelAdmin):
    """The admin of rows of the record. A hidden row answers like an absent one."""

    list_per_page = 50

    def only_shown(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    # Lists ------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        return RecordList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if holds_nul(request):
            return HttpResponseRedirect(f"{request.path}?e=1")
        extra_context = {"token": new_token(), **(extra_context or {})}
        return super().changelist_view(request, extra_context)

    def complete(self, rows: list[Any], request: HttpRequest) -> None:
        """Work out for the rows of one page what their columns need beyond the rows."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list offers: a lookup along a relation would answer for hidden rows."""
        first = lookup.split("__")[0]
        try:
            self.opts.get_field(first)
        except FieldDoesNotExist:
            return super().lookup_allowed(lookup, value, request)
        return first in self.offered(request) and super().lookup_allowed(lookup, value, request)

    def offered(self, request: HttpRequest) -> set[str | None]:
        """The names that the list's own links use: its filters and its dates."""
        names = {self.date_hierarchy}
        for entry in self.get_list_filter(request):
            own = entry[0] if isinstance(entry, list | tuple) else entry
            names.add(str(getattr(own, "parameter_name", own)).split("__")[0])
        return names

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return super().get_search_results(request, queryset, search_term.replace("\x00", ""))

    # Pages of one row -------------------------------------------------------------------

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, *about: Any) -> HttpResponse:
        raise Http404

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        def send() -> HttpResponse:
            return super(RecordAdmin, self).changeform_view(request, object_id, *args, **kwargs)

        try:
            if request.method == "POST" and object_id is None:
                return self.sent_once(request, send)
            return send()
        except (ValidationError, IntegrityError) as error:
            request.refused = refusal(error)  # type: ignore[attr-defined]
        # Nothing was written. The same form again, which now says why.
        return send()

    def buttons(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        offered = super().buttons(request, row)
        if not (
            isinstance(row, Restrictable)
            and self.has_change_permission(request, row)
            and request.user.has_perm("accounts.view_restrictionchange")
        ):
            return offered
        page = reverse("admin:restriction", args=[row._meta.label_lower, row.pk])
        return [*offered, (page, _("Decide who may see it"))]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, DECIDED] if _is_decided(obj) else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = flatten_fieldsets([DECIDED]) if _is_decided(obj) else []
        return [*super().get_readonly_fields(request, obj), *kept]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.refused = getattr(request, "refused", None)
        return form

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        request.wrote = obj  # type: ignore[attr-defined]
        return self.out_of_sight(request, obj) or super().response_add(
            request, obj, *args, **kwargs
        )

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self.out_of_sight(request, obj) or super().response_change(request, obj)

    def out_of_sight(self, request: HttpRequest, obj: Any) -> HttpResponse | None:
        """Where to go after saving what one may not see; None where one still does."""
        if self.get_queryset(request).filter(pk=obj.pk).exists():
            return None
        said = _("It was saved. You are not cleared for it, so you do not find it any more.")
        self.message_user(request, said, messages.WARNING)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows = list(objs)
        if has_hidden_relatives(rows, request.user):
            return [], {}, set(), [_("other parts of the record, which use it")]
        return super().get_deleted_objects(rows, request)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """The record's page of the audit trail, which has more than Django's own."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        page = reverse("admin:history", args=[self.opts.label_lower, row.pk])
        return HttpResponseRedirect(page)

    # The audit trail ------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        saving.of_form(request.user, obj, form, change=change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        held = [each for each in formset.deleted_forms if each.instance.pk]
        for each in held:
            saving.of_deleted(request.user, each.instance)
        super().save_formset(request, form, formset, change)
        saving.of_formset(request.user, formset)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        saving.of_deleted(request.user, obj)
        super().delete_model(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        restricting.settle(form.instance, by=request.user)

    # The log ----------------------------------------------------------------------------

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        said = super().construct_change_message(request, form, None, add)
        return [*said, *journal.of_formsets(formsets)]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return journal.write(request.user, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return journal.write(request.user, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [journal.write(request.user, row, DELETION) for row in queryset]


def _is_decided(row: Any) -> bool:
    """Whether somebody decided on who may see a row, which its page then says."""
    return getattr(row, "restriction_decided_at", None) is not None


class WrittenByVerb(RecordAdmin):
    """An admin whose new rows are written by a verb of the app, which names who writes."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, RECORDED] if obj is not None and self.is_recorded else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = flatten_fieldsets([RECORDED]) if self.is_recorded else []
        return [*super().get_readonly_fields(request, obj), *kept]

    @property
    def is_recorded(self) -> bool:
        """Whether its rows keep who wrote them."""
        return issubclass(self.model, Recorded)

    def write(self, fields: dict[str, Any], by: Any) -> models.Model:
        """Write a new row from the form's fields."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.__dict__.update(self.write(dict(form.cleaned_data), request.user).__dict__)


class AppendOnlyAdmin(WrittenByVerb):
    """Rows that are added, read, and never changed."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(RecordAdmin):
    """Rows that the system keeps, and people read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
