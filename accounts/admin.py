"""People, their roles and their clearances."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, inviting, people, secondfactor
from accounts.audit import Act
from accounts.backoffice import Act as Button
from accounts.backoffice import (
    EditableInline,
    ListedInline,
    ReadOnlyAdmin,
    RecordAdmin,
    given_filter,
)
from accounts.models import Clearance, Grant, User
from accounts.peopleforms import (
    AskAgain,
    ClearanceFormSet,
    NewPersonForm,
    PersonForm,
    ReasonForm,
)
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
        (None, {"fields": ["email", "name", "job_title"]}),
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
                "fields": ["email", "name", "job_title"],
                "description": gettext_lazy(
                    "An invitation goes to this address. Its link leads to where they set their "
                    "own password, and works for three days. Give them a role on the next page."
                ),
            },
        )
    ]
    acts = (
        Button(
            slug="invite",
            label=gettext_lazy("Send the invitation again"),
            permission="accounts.change_user",
            form=AskAgain,
            do=people.invite_again,
            done=gettext_lazy("The invitation is on its way. Earlier ones no longer work."),
            applies=inviting.is_waiting,
            explains=gettext_lazy("They have set no password yet."),
        ),
        Button(
            slug="reset-second-factor",
            label=gettext_lazy("Reset the second factor"),
            permission="accounts.change_user",
            form=ReasonForm,
            do=people.reset_factor,
            done=gettext_lazy(
                "The second factor is gone, and they are signed out everywhere. If their role "
                "needs one, they set it up when they next sign in."
            ),
            applies=secondfactor.has,
            explains=gettext_lazy(
                "For somebody who has lost both their phone and their recovery codes. Make sure "
                "that it is they who ask: after this their password alone is enough to set up "
                "another."
            ),
        ),
    )
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

    def get_urls(self) -> list[Any]:
        """Nobody sets another person's password."""
        return [each for each in super().get_urls() if each.name != "auth_user_password_change"]

    def buttons(self, request: HttpRequest, row: Any) -> Any:
        offered = super().buttons(request, row) if self.may_act_on(request, row) else []
        if not request.user.has_perm("accounts.change_user"):
            return offered
        export = reverse("admin:person_export", args=[row.pk])
        return [*offered, (export, _("Export what is held about them"))]

    def act_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and not self.may_act_on(request, row):
            raise PermissionDenied
        return super().act_view(request, object_id, slug)

    def may_act_on(self, request: HttpRequest, person: User) -> bool:
        """Whether somebody may do with a person's account what they may not do with their own."""
        return person.pk != request.user.pk and self.has_change_permission(request, person)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            transaction.on_commit(lambda: self.invite(request, obj))

    def invite(self, request: HttpRequest, person: User) -> None:
        """Send the invitation of somebody new, and say whether it went."""
        if inviting.invite(person):
            audit.record(Act.INVITED, by=request.user, subject=person)
            said = _("An invitation is on its way to %(address)s.")
            messages.success(request, said % {"address": person.email})
        else:
            said = _("The invitation could not be sent. Send it again from this page.")
            messages.warning(request, said)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is not None and obj.pk == request.user.pk:
            return [*fixed, *POWERS]
        return fixed if request.user.is_superuser else [*fixed, "is_superuser"]

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
# allauth's own: keys of second factors and of sessions are for nobody to read.
admin.site.unregister([EmailAddress, Authenticator, UserSession])


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
