"""What admins and inlines have in common: everything listed, chosen or posted is something the
person may see.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import URLField
from django.http import HttpRequest

from accounts.backoffice.forms import RecordForm
from accounts.backoffice.rows import rows_seen, rows_shown
from accounts.backoffice.widgets import SeenMultipleChoiceField, SeenSelect, SeenSelectMultiple
from accounts.visibility import Visible
from barnetwatch.lib.columns import as_read
from barnetwatch.lib.money import PoundsField

#: Rows that a select holds for those who browse without JavaScript.
OFFERED = 200


class Door:
    """Comes before Django's own class, which would ask the default manager."""

    form = RecordForm
    formfield_overrides = {
        # Django's own choice for whole numbers takes no pounds sign and no comma.
        PoundsField: {"widget": AdminTextInputWidget},
        # A link typed without its scheme.
        URLField: {"assume_scheme": "https"},
    }
    #: The admin's link by content type answers for hidden rows too.
    view_on_site = False
    #: What a list or an inline names besides what its rows belong to, loaded with them.
    select_also: Sequence[str] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = rows_shown(self.model, request.user)  # type: ignore[attr-defined]
        if self.select_also:
            rows = rows.select_related(*self.select_also)
        if isinstance(self, InlineModelAdmin) and not self.has_view_or_change_permission(request):
            return rows.none()
        ordering = self.get_ordering(request)  # type: ignore[attr-defined]
        return rows.order_by(*ordering) if ordering else rows

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        model = db_field.remote_field.model
        if issubclass(model, Visible):
            return rows_seen(model, request.user)
        return super().get_field_queryset(db, db_field, request)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", self.select(SeenSelect, db_field))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", self.select(SeenSelectMultiple, db_field))
        kwargs.setdefault("form_class", SeenMultipleChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def select(self, kind: type, db_field: Any) -> Any:
        """A select that searches; the many of an inline carry no rows in the page."""
        offered = 0 if isinstance(self, InlineModelAdmin) else OFFERED
        return kind(db_field, self.admin_site, offered=offered)  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if self.only_shown(request, obj):
            return as_read(self.model, fieldsets)  # type: ignore[attr-defined]
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        if not (isinstance(self, InlineModelAdmin) and self.only_shown(request, obj)):
            return fixed
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))
        return [*fixed, *(name for name in shown if name not in fixed)]

    def only_shown(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the page shows and takes no input."""
        raise NotImplementedError
