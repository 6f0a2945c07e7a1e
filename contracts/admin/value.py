"""What contracts were let for and how that changed: rows that are added and withdrawn."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, seen_filter
from barnetwatch.lib.columns import pounds, when
from contracts import register
from contracts.admin.withdrawal import (
    WITHDRAW,
    ReasonForm,
    StandingAdmin,
    WithdrawnFilter,
    stands,
)
from contracts.models import Award, AwardPreference, ContractedSum, Variation
from contracts.plan import change_size

PREFER = Act(
    slug="prefer",
    label=_("Use this figure"),
    permission="contracts.add_awardpreference",
    form=ReasonForm,
    do=lambda row, fields, by: register.prefer(row, by=by, **fields),
    done=_("This is now the figure to reckon with."),
    applies=stands,
    explains=_("Where sources disagree, one figure is used. Say why this one."),
)


@admin.register(Award)
class AwardAdmin(StandingAdmin):
    """Sums that contracts were let for, each as one source has it."""

    acts = (PREFER, WITHDRAW)
    fields = ["contract", "amount", "source", "note"]
    autocomplete_fields = ["contract", "source"]
    list_display = ["contract", pounds("amount"), "source", "note", "standing", "recorded_at"]
    list_filter = [WithdrawnFilter, seen_filter("contract")]
    search_fields = ["contract__reference", "contract__title", "note"]
    date_hierarchy = "recorded_at"

    def write(self, fields: dict[str, Any], by: Any) -> Award:
        return register.award(**fields, by=by)


@admin.register(AwardPreference)
class AwardPreferenceAdmin(StandingAdmin):
    """Which of several awards is the figure to use, and why; the latest mark holds."""

    fields = ["award", "reason"]
    autocomplete_fields = ["award"]
    list_display = ["award", "reason", "standing", "recorded_by", "recorded_at"]
    list_filter = [WithdrawnFilter]
    search_fields = ["award__contract__reference", "reason"]
    date_hierarchy = "recorded_at"

    def write(self, fields: dict[str, Any], by: Any) -> AwardPreference:
        return register.prefer(**fields, by=by)


@admin.register(ContractedSum)
class ContractedSumAdmin(StandingAdmin):
    """How the award is spread over the term."""

    fields = ["contract", ("starts_on", "ends_on"), "amount", "source", "note"]
    autocomplete_fields = ["contract", "source"]
    list_display = [
        "contract",
        when("starts_on", "from"),
        when("ends_on", "to"),
        pounds("amount"),
        "standing",
    ]
    list_filter = [WithdrawnFilter, seen_filter("contract")]
    search_fields = ["contract__reference", "contract__title", "note"]
    date_hierarchy = "starts_on"

    def write(self, fields: dict[str, Any], by: Any) -> ContractedSum:
        return register.contract_for(**fields, by=by)


@admin.register(Variation)
class VariationAdmin(StandingAdmin):
    """Legal changes of contracts: their value, their term or what is to be done."""

    fieldsets = [
        (None, {"fields": ["contract", "kind", "title", "takes_effect_on", "rationale", "source"]}),
        (
            _("Value"),
            {
                "fields": [("value_before", "value_after"), "value_moves"],
                "description": _("For a variation of value; or the sum that comes with a term."),
            },
        ),
        (_("Term"), {"fields": [("end_before", "end_after"), "term_moves"]}),
        (_("Scope"), {"fields": ["scope_before", "scope_after"]}),
    ]
    readonly_fields = ["value_moves", "term_moves"]
    autocomplete_fields = ["contract", "source"]
    list_display = [
        "title",
        "contract",
        "kind",
        when("takes_effect_on"),
        pounds("value_after"),
        when("end_after", "last day from then on", empty="as before"),
        "standing",
    ]
    list_filter = ["kind", WithdrawnFilter, seen_filter("contract")]
    search_fields = ["title", "rationale", "contract__reference", "contract__title"]
    date_hierarchy = "takes_effect_on"

    def write(self, fields: dict[str, Any], by: Any) -> Variation:
        return register.vary(**fields, by=by)

    @admin.display(description=_("moves the value by"), empty_value="–")
    def value_moves(self, row: Variation) -> str | None:
        return _per_cent(_size(row).value)

    @admin.display(description=_("moves the term by"), empty_value="–")
    def term_moves(self, row: Variation) -> str | None:
        return _per_cent(_size(row).term)


def _size(row: Variation) -> Any:
    start = row.contract.starts_on if row.contract_id else None
    return change_size(row.value_before, row.value_after, start, row.end_before, row.end_after)


def _per_cent(number: Any) -> str | None:
    return None if number is None else f"{number}%"
