from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    RESTRICTION,
    ListedInline,
    ReadOnlyAdmin,
    WrittenByVerb,
    dated,
    restriction,
    seen_filter,
)
from barnetwatch.lib.columns import NOT_GIVEN, when
from barnetwatch.lib.dates import Precision
from scrutiny import record
from scrutiny.models import Promise, PromiseChange

#: What only scrutiny.promises changes, each time with a reason beside it.
CHANGED_BY_VERB = ("words", *dated("due"), "due_words", "status")


class ChangesListed(ListedInline):
    model = PromiseChange
    fk_name = "promise"
    addable = False
    fields = ["kind", "reason", "was_due_on", "due_on", "status", "recorded_by", "recorded_at"]
    verbose_name_plural = _("changes")


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
                    ("made_by", "made_by_public"),
                    ("made_by_role", "organisation"),
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
    inlines = [ChangesListed]
    list_display = ["words", "made_by", when("made_on"), "due", "age", "status", restriction]
    list_filter = [PromiseFilter, "status", "body", seen_filter("contract"), "restriction"]
    search_fields = ["words", "made_by", "organisation", "contract__reference"]
    date_hierarchy = "made_on"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = CHANGED_BY_VERB if obj is not None else ()
        return [*super().get_readonly_fields(request, obj), *fixed]

    @admin.display(description=_("age in days"), ordering="-made_on")
    def age(self, row: Promise) -> str:
        days = row.age_in_days(timezone.localdate())
        if days is None:
            return NOT_GIVEN
        # A date known to the month counts from its last day: it may be older than that.
        return f"{days:,}" if row.made_precision == Precision.DAY else f"at least {days:,}"

    def write(self, fields: dict[str, Any], by: Any) -> Promise:
        return record.promise(**fields, by=by)


@admin.register(PromiseChange)
class PromiseChangeAdmin(ReadOnlyAdmin):
    """Changes of promises, each as it was recorded. They are made on the promise's page."""

    fieldsets = [
        (None, {"fields": ["promise", "kind", "reason", "said_by", dated("changed"), "source"]}),
        (_("Before"), {"fields": [dated("was_due"), "was_due_words", "was_status", "was_words"]}),
        (
            _("From then on"),
            {"fields": [dated("due"), "due_words", "status", "words", "superseded_by"]},
        ),
        (_("Recorded"), {"fields": [("recorded_by", "recorded_at")]}),
    ]
    list_display = ["promise", "kind", "reason", "said_by", when("due_on"), "status", "recorded_at"]
    list_filter = ["kind", "status"]
    search_fields = ["promise__words", "reason", "said_by"]
    date_hierarchy = "recorded_at"
