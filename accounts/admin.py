"""People, their roles and their clearances."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.audit import Act
from accounts.backoffice import (
    EditableInline,
    ListedInline,
    ReadOnlyAdmin,
    RecordAdmin,
    given_filter,
)
from accounts.models import Clearance, Grant, User
from accounts.peopleforms import ClearanceFormSet, NewPersonForm, PersonForm
from barnetwatch.lib.columns import when

#: What decides how much somebody may do; nobody changes these of themself.
POWERS = ("is_active", "is_staff", "is_superuser", "groups")


class ClearanceInline(EditableInline):
    """Clearances are granted and taken away, never changed: each keeps who granted it and why."""

    model = Clearance
    formset = ClearanceFormSet
    fk_name = "user"
    fields = ["paragraph", "reason", "ends_on", "granted_by", "granted_at"]
    readonly_fields = ["granted_by", "granted_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.by = request.user
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "reason":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "cols": 40})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class GrantInline(ListedInline):
    """Leave to see single records, named by kind and number: who reads this may not see them."""

    model = Grant
    fk_name = "user"
    fields = ["record", "ends_on", "given_by", "ended_at"]
    readonly_fields = fields
    addable = False


@admin.register(User)
class PersonAdmin(RecordAdmin, UserAdmin):
    """People. Only a superuser makes or changes a superuser."""

    form = PersonForm
    add_form = NewPersonForm
    fieldsets = [
        (None, {"fields": ["email", "name", "job_title", "password"]}),
        (
            gettext_lazy("What they may do"),
            {
                "fields": ["is_active", "is_staff", "groups", "is_superuser"],
                "description": gettext_lazy(
                    "A role says what somebody does here. Exempt papers need a clearance besides, "
                    "whatever the role."
                ),
            },
        ),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "email",
                    "name",
                    "job_title",
                    "usable_password",
                    "password1",
                    "password2",
                ]
            },
        )
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    inlines = [ClearanceInline, GrantInline]
    list_display = ["name", "email", "job_title", "roles", "is_active", "is_superuser"]
    list_filter = ["groups", "is_active", "is_superuser"]
    search_fields = ["name", "email", "job_title"]
    ordering = ["name", "pk"]

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all()) or _("none")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
            kwargs |= {"label": gettext_lazy("Roles"), "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.only_shown(request, obj):
            return fieldsets
        (name, first), *others = fieldsets
        shown = [each for each in first["fields"] if each != "password"]
        return [(name, {"fields": shown}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is not None and obj.pk == request.user.pk:
            return [*fixed, *POWERS]
        return fixed if request.user.is_superuser else [*fixed, "is_superuser"]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if answer.status_code == 302:
                person = self.get_object(request, unquote(id))
                audit.record(Act.PASSWORD_SET, by=request.user, subject=person)
        return answer

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for clearance in formset.save(commit=False):
            clearance.granted_by = request.user
            clearance.save()
            audit.record(
                Act.GRANTED,
                by=request.user,
                subject=clearance,
                after=audit.fields_of(clearance),
                reason=clearance.reason,
            )
        for clearance in formset.deleted_objects:
            before = audit.fields_of(clearance)
            audit.record(Act.TAKEN_AWAY, by=request.user, subject=clearance, before=before)
            clearance.delete()


@admin.register(Clearance)
class ClearanceAdmin(ReadOnlyAdmin):
    """Who is cleared for what, by whom and why. Granted on the person's own page."""

    fields = ["user", "paragraph", "reason", "ends_on", "granted_by", "granted_at"]
    list_display = [
        "user",
        "paragraph",
        "reason",
        when("ends_on", empty="no end"),
        "granted_by",
        "granted_at",
    ]
    list_filter = ["paragraph", given_filter("ends_on")]
    list_select_related = ["user", "granted_by"]
    search_fields = ["user__name", "user__email", "reason"]
    date_hierarchy = "granted_at"


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    """Who was let in to see one record, by whom, why and until when; in answer to a request."""

    fields = [
        *("user", "record", "reason", "ends_on", "given_by", "given_at"),
        *("ended_at", "ended_by", "ended_reason"),
    ]
    readonly_fields = ["record"]
    list_display = ["user", "record", when("ends_on"), "given_by", "given_at", "ended_at"]
    list_filter = [given_filter("ended_at")]
    list_select_related = ["user", "given_by"]
    search_fields = ["user__name", "user__email", "reason"]
    date_hierarchy = "given_at"

    def buttons(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        offered = super().buttons(request, row)
        may_end = request.user.has_perm("accounts.change_grant")
        if not (may_end and row.holds(timezone.localdate())):
            return offered
        return [*offered, (reverse("admin:access_end", args=[row.pk]), _("End it early"))]


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """The roles, with what each may do. They are written in the program, not here."""

    fields = ["name", "may"]
    list_display = ["name", "people"]
    search_fields = ["name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(held_by=models.Count("user"))

    @admin.display(description=gettext_lazy("people"), ordering="held_by")
    def people(self, role: Any) -> int:
        return role.held_by

    @admin.display(description=gettext_lazy("may do"))
    def may(self, role: Group) -> str:
        return "\n".join(role.permissions.order_by("name").values_list("name", flat=True))
