from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import ReadOnlyAdmin, seen_filter
from barnetwatch.lib.columns import pounds
from costs.entries import can_be_reversed, reverse_page, state_of
from costs.models import CostEntry


@admin.display(description=_("counts from"), ordering="effective_on")
def effective(entry: CostEntry) -> str:
    """A column: the day an entry counts from, as precisely as it is known."""
    return str(entry.effective)


class ReversalFilter(admin.SimpleListFilter):
    """Entries that cancel others, that were cancelled, and the rest."""

    title = _("reversal")
    parameter_name = "reversal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("stands", _("Neither reversed nor a reversal")),
            ("reversed", _("Reversed")),
            ("reversal", _("A reversal")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "stands":
                return queryset.filter(reverses__isnull=True, reversal__isnull=True)
            case "reversed":
                return queryset.filter(reversal__isnull=False)
            case "reversal":
                return queryset.filter(reverses__isnull=False)
        return queryset


@admin.register(CostEntry)
class CostEntryAdmin(ReadOnlyAdmin):
    """The ledger, entry by entry. Posted, revised and reversed on the cost line's page."""

    fields = [
        "line",
        "stage",
        "amount",
        effective,
        "stated_by",
        "source",
        "note",
        "reverses",
        ("recorded_by", "recorded_at"),
    ]
    list_display = [
        "line",
        "stage",
        pounds("amount"),
        effective,
        "stated_by",
        "source",
        "state",
        "recorded_at",
    ]
    list_filter = ["stage", ReversalFilter, seen_filter("line")]
    search_fields = ["line__title", "line__contract__reference", "stated_by", "note"]
    date_hierarchy = "effective_on"
    ordering = ["-effective_on", "-pk"]
    select_also = ["reversal"]
    # A second count of a ledger of millions, only to say how many there are in all.
    show_full_result_count = False

    @admin.display(description=_("reversal"))
    def state(self, entry: CostEntry) -> str:
        return state_of(entry)

    def buttons(self, request: HttpRequest, row: CostEntry) -> list[Any]:
        if not (request.user.has_perm("costs.add_costentry") and can_be_reversed(row)):
            return []
        return [(reverse_page(row), _("Reverse"))]
