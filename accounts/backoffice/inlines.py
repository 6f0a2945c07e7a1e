"""Rows on the page of what they belong to: entered there, or only listed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from accounts.backoffice.door import Door


class EditableInline(Door, admin.TabularInline):
    """Rows that are entered and put right on the page of what they belong to."""

    extra = 1

    def only_shown(self, request: HttpRequest, obj: Any) -> bool:
        return not (
            self.has_add_permission(request, obj) or self.has_change_permission(request, obj)
        )


class ListedInline(Door, admin.TabularInline):
    """Rows listed on the page of what they belong to, each with a page of its own."""

    template = "admin/listed_inline.html"
    extra = 0
    can_delete = False
    #: Whether the list ends with a link to add another.
    addable = True

    def only_shown(self, request: HttpRequest, obj: Any) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        meta = self.model._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    @property
    def has_page(self) -> bool:
        """Whether each row has a page of its own."""
        return self.admin_site.is_registered(self.model)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        meta = self.model._meta
        may_add = request.user.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        if self.addable and may_add and obj is not None:
            page = reverse(f"admin:{meta.app_label}_{meta.model_name}_add")
            formset.add_url = f"{page}?{formset.fk.name}={obj.pk}"
        return formset
