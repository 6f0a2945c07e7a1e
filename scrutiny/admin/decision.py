from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    RESTRICTION,
    ListedInline,
    WrittenByVerb,
    dated,
    restriction,
    seen_filter,
)
from accounts.backoffice.forms import RecordForm
from barnetwatch.lib.columns import pounds, when
from barnetwatch.lib.dates import Precision
from scrutiny import record
from scrutiny.models import Decision, DecisionCost


class CostsListed(ListedInline):
    model = DecisionCost
    fields = ["line", "amount", "words"]
    verbose_name = _("cost it authorises")
    verbose_name_plural = _("costs it authorises")


class DecisionForm(RecordForm):
    """A body decides only while it exists; the verb says so of new decisions."""

    def clean(self) -> dict[str, Any] | None:
        fields = super().clean() or {}
        body, day = fields.get("body"), fields.get("taken_on")
        if body and day and not body.sits_on(day, fields.get("taken_precision") or Precision.DAY):
            said = _("%(body)s did not exist on that day. Check the date or the body.")
            self.add_error("taken_on", ValidationError(said % {"body": body}))
        return fields


@admin.register(Decision)
class DecisionAdmin(WrittenByVerb):
    """Decisions and motions, with their votes as far as the record gives them."""

    form = DecisionForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind", "reference"),
                    "title",
                    "body",
                    ("taken_by", "taken_by_public", "taken_by_role"),
                    dated("taken"),
                    "text",
                    ("outcome", "is_key"),
                    "contract",
                    "other_contracts",
                    "incidents",
                    "source",
                    "note",
                ]
            },
        ),
        (
            _("An officer's decision"),
            {"fields": ["reasons", "alternatives", "interests"], "classes": ["collapse"]},
        ),
        (
            _("The vote"),
            {
                "fields": [
                    ("mover", "seconder"),
                    ("votes_for", "votes_against", "votes_abstained"),
                    "casting_vote",
                    "votes_note",
                ],
                "classes": ["collapse"],
                "description": _("Counts that the record does not give stay empty."),
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["body", "contract", "other_contracts", "incidents", "source"]
    inlines = [CostsListed]
    list_display = [
        "title",
        "kind",
        "decided_by",
        when("taken_on"),
        "outcome",
        "votes",
        restriction,
    ]
    list_filter = ["kind", "outcome", "body", seen_filter("contract"), "restriction"]
    search_fields = ["title", "reference", "text", "taken_by", "contract__reference"]
    date_hierarchy = "taken_on"
    select_also = ["body"]

    @admin.display(description=_("decided by"))
    def decided_by(self, row: Decision) -> str:
        return str(row.body or row.taken_by)

    def write(self, fields: dict[str, Any], by: Any) -> Decision:
        return record.decide(**fields, by=by)


@admin.register(DecisionCost)
class DecisionCostAdmin(WrittenByVerb):
    """Costs that decisions authorised. The cost line itself knows nothing of it."""

    fields = ["decision", "line", "amount", "words"]
    autocomplete_fields = ["decision", "line"]
    list_display = ["decision", "line", pounds("amount"), "words", "recorded_at"]
    search_fields = ["decision__title", "line__title", "words"]

    def write(self, fields: dict[str, Any], by: Any) -> DecisionCost:
        return record.authorise(**fields, by=by)
