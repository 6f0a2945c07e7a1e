from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    RESTRICTION,
    AppendOnlyAdmin,
    EditableInline,
    ListedInline,
    RecordAdmin,
    restriction,
    seen_filter,
)
from contracts import register
from contracts.models import Discrepancy, Reading, ReadingPreference


class ReadingInline(EditableInline):
    model = Reading
    fields = ["says", "source"]
    autocomplete_fields = ["source"]
    show_change_link = True
    verbose_name_plural = _("what each source says")


class PreferencesListed(ListedInline):
    model = ReadingPreference
    fields = ["reason", "recorded_by", "recorded_at"]


@admin.register(Discrepancy)
class DiscrepancyAdmin(RecordAdmin):
    """Facts on which sources disagree; what each says stands side by side."""

    fieldsets = [(None, {"fields": ["contract", "question", "note"]}), RESTRICTION]
    autocomplete_fields = ["contract"]
    inlines = [ReadingInline]
    list_display = ["question", "contract", restriction]
    list_filter = [seen_filter("contract"), "restriction"]
    search_fields = ["question", "note", "contract__reference"]


@admin.register(Reading)
class ReadingAdmin(RecordAdmin):
    """What one source says on a fact in dispute."""

    fields = ["discrepancy", "says", "source"]
    autocomplete_fields = ["discrepancy", "source"]
    inlines = [PreferencesListed]
    list_display = ["says", "discrepancy", "source"]
    search_fields = ["says", "discrepancy__question"]


@admin.register(ReadingPreference)
class ReadingPreferenceAdmin(AppendOnlyAdmin):
    """Which reading of a fact in dispute is the one to use, and why; the latest mark holds."""

    fields = ["reading", "reason"]
    autocomplete_fields = ["reading"]
    list_display = ["reading", "reason", "recorded_by", "recorded_at"]
    search_fields = ["reading__says", "reason"]
    select_also = ["recorded_by"]
    date_hierarchy = "recorded_at"

    def write(self, fields: dict[str, Any], by: Any) -> ReadingPreference:
        return register.prefer_reading(**fields, by=by)
