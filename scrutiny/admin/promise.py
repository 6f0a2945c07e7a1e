from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import RESTRICTION, WrittenByVerb, dated, restriction, seen_filter
from barnetwatch.lib.columns import NOT_GIVEN, when
from barnetwatch.lib.dates import Precision
from scrutiny import record
from scrutiny.models import Promise


class PromiseFilter(admin.SimpleListFilter):
    """Open promises by what is known of their date."""

    title = _("open promises")
    parameter_name = "promises"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("dateless", _("No date named")), ("late", _("Past their date"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "dateless":
                return queryset.dateless()
            case "late":
                return queryset.unkept().filter(due_on__lt=timezone.localdate())
        return queryset


@admin.register(Promise)
class PromiseAdmin(WrittenByVerb):
    """What bodies were told would be done, in the exact words."""

    fieldsets = [
        (
            None,
            {
                "fields": [
                    "words",
                    ("made_by", "organisation"),
                    "body",
                    dated("made"),
                    dated("due"),
                    "due_words",
                    "status",
                    ("contract", "incident"),
                    "source",
                    "note",
                ]
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["body", "contract", "incident", "source"]
    list_display = ["words", "made_by", when("made_on"), "due", "age", "status", restriction]
    list_filter = [PromiseFilter, "status", "body", seen_filter("contract"), "restriction"]
    search_fields = ["words", "made_by", "organisation", "contract__reference"]
    date_hierarchy = "made_on"

    @admin.display(description=_("age in days"), ordering="-made_on")
    def age(self, row: Promise) -> str:
        days = row.age_in_days(timezone.localdate())
        if days is None:
            return NOT_GIVEN
        # A date known to the month counts from its last day: it may be older than that.
        return f"{days:,}" if row.made_precision == Precision.DAY else f"at least {days:,}"

    def write(self, fields: dict[str, Any], by: Any) -> Promise:
        return record.promise(**fields, by=by)
