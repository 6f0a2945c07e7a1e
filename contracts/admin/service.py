from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    EditableInline,
    ListedInline,
    RecordAdmin,
    dated,
    given_filter,
    seen_filter,
)
from barnetwatch.lib.columns import when
from contracts.models import Capability, CapabilityGap, Service


class CapabilityInline(EditableInline):
    model = Capability
    fields = ["name", *dated("live")]
    show_change_link = True


class GapsListed(ListedInline):
    model = CapabilityGap
    fields = [*dated("since"), "not_before", "first_reported_on", "restored_on", "source"]
    verbose_name = _("time it did not work")
    verbose_name_plural = _("times it did not work")


@admin.register(Service)
class ServiceAdmin(RecordAdmin):
    """The services that contracts deliver, and what each must be able to do."""

    fields = ["contract", "name", "description", ("left_on", "left_why"), "source"]
    autocomplete_fields = ["contract", "source"]
    inlines = [CapabilityInline]
    list_display = ["name", "contract", when("left_on", "left the contract on", empty="no")]
    list_filter = [given_filter("left_on"), seen_filter("contract")]
    search_fields = ["name", "contract__reference", "contract__title"]


@admin.register(Capability)
class CapabilityAdmin(RecordAdmin):
    """What services must be able to do."""

    fields = ["service", "name", dated("live")]
    autocomplete_fields = ["service"]
    inlines = [GapsListed]
    list_display = ["name", "service", when("live_on", "live since")]
    search_fields = ["name", "service__name", "service__contract__reference"]


@admin.register(CapabilityGap)
class CapabilityGapAdmin(RecordAdmin):
    """Live but not working: what is missing, and for how many days."""

    fields = [
        "capability",
        dated("since"),
        "not_before",
        ("first_reported_on", "restored_on"),
        "source",
        "note",
    ]
    autocomplete_fields = ["capability", "source"]
    list_display = [
        "capability",
        when("since_on", "not working since", empty="start not known"),
        when("first_reported_on"),
        when("restored_on", "worked again", empty="not yet"),
        "days",
    ]
    list_filter = [given_filter("restored_on")]
    search_fields = ["capability__name", "capability__service__name", "note"]
    date_hierarchy = "first_reported_on"

    @admin.display(description=_("days, counted from the first known"))
    def days(self, gap: CapabilityGap) -> Any:
        return gap.days_missing(timezone.localdate())
