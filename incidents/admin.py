"""Failed deliveries, their stories and what they cost."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    RESTRICTION,
    AppendOnlyAdmin,
    ListedInline,
    WrittenByVerb,
    dated,
    given_filter,
    restriction,
    seen_filter,
)
from barnetwatch.lib.columns import when
from incidents import casework
from incidents.acts import ACTS
from incidents.attention import waiting
from incidents.models import Incident, IncidentCost, IncidentUpdate


class UpdatesListed(ListedInline):
    model = IncidentUpdate
    addable = False
    fields = ["text", "status_after", "recorded_by", "recorded_at"]
    verbose_name_plural = _("story")


class CostsListed(ListedInline):
    model = IncidentCost
    fields = ["line", "why"]
    verbose_name = _("cost it caused")
    verbose_name_plural = _("costs it caused")


class WaitingFilter(admin.SimpleListFilter):
    """Failures that wait for somebody."""

    title = _("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Silent for 30 days, or past the next action"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "yes":
            return queryset
        seen = Incident.objects.visible_to(request.user)
        return queryset.filter(pk__in=waiting(seen, timezone.localdate()).order_by().values("pk"))


@admin.register(Incident)
class IncidentAdmin(WrittenByVerb):
    """Failed deliveries. Their status moves only by the named acts."""

    acts = ACTS
    fieldsets = [
        (
            _("What failed"),
            {
                "fields": [
                    ("reference", "status"),
                    "title",
                    ("contract", "supplier"),
                    "services",
                    ("category", "severity"),
                    "description",
                    "affected",
                ],
                "description": _(
                    "Minor: an inconvenience with a workaround. Moderate: a service is worse or "
                    "dearer than agreed. Major: a service fails for some people, or money or data "
                    "are at risk. Critical: it fails for many or for vulnerable people, or a large "
                    "sum is lost. No names of clients and none of their details."
                ),
            },
        ),
        (
            _("When"),
            {"fields": [dated("occurred"), dated("noticed"), dated("reported")]},
        ),
        (
            _("For a notice of breach"),
            {"fields": ["obligation", "impact", "duration"], "classes": ["collapse"]},
        ),
        (
            _("Whose it is"),
            {"fields": ["officer", ("next_action", "next_action_on"), "sources"]},
        ),
        RESTRICTION,
    ]
    readonly_fields = ["reference", "status"]
    autocomplete_fields = ["contract", "supplier", "services", "sources"]
    inlines = [UpdatesListed, CostsListed]
    list_display = [
        "reference",
        "title",
        "contract",
        "severity",
        "status",
        "officer",
        when("next_action_on", "next action", empty="none set"),
        "last_word",
        restriction,
    ]
    list_filter = [
        WaitingFilter,
        "status",
        "severity",
        "category",
        seen_filter("contract"),
        given_filter("officer"),
        "restriction",
    ]
    search_fields = ["reference", "title", "description", "contract__reference", "supplier__name"]
    date_hierarchy = "reported_on"
    select_also = ["officer"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            return fieldsets
        (name, first), *others = fieldsets
        return [(name, {**first, "fields": first["fields"][1:]}), *others]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_last_word()

    @admin.display(description=_("last word"), ordering="last_word_at")
    def last_word(self, incident: Any) -> Any:
        return timezone.localdate(incident.last_word_at)

    def write(self, fields: dict[str, Any], by: Any) -> Incident:
        return casework.report(**fields, by=by)


@admin.register(IncidentUpdate)
class IncidentUpdateAdmin(AppendOnlyAdmin):
    """Steps in the stories of failures."""

    fields = ["incident", "text"]
    autocomplete_fields = ["incident"]
    list_display = ["incident", "text", "status_after", "recorded_by", "recorded_at"]
    list_filter = ["status_after"]
    search_fields = ["incident__reference", "incident__title", "text"]
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at", "-pk"]
    select_also = ["recorded_by"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.status_after:
            return fieldsets
        return [*fieldsets, (_("It moved"), {"fields": [("status_before", "status_after")]})]

    def write(self, fields: dict[str, Any], by: Any) -> IncidentUpdate:
        return casework.update(**fields, by=by)


@admin.register(IncidentCost)
class IncidentCostAdmin(WrittenByVerb):
    """Costs that failures caused. The cost line itself knows nothing of it."""

    fields = ["incident", "line", "why"]
    autocomplete_fields = ["incident", "line"]
    list_display = ["incident", "line", "why", "recorded_by", "recorded_at"]
    search_fields = ["incident__reference", "incident__title", "line__title", "why"]
    select_also = ["recorded_by"]

    def write(self, fields: dict[str, Any], by: Any) -> IncidentCost:
        return casework.attribute(**fields, by=by)
