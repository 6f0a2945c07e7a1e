from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    RESTRICTION,
    EditableInline,
    ListedInline,
    RecordAdmin,
    dated,
    given_filter,
    restriction,
    seen_filter,
)
from barnetwatch.lib.columns import when
from barnetwatch.lib.money import in_table
from contracts.attention import near_dates, without_award
from contracts.awards import standing_awards
from contracts.models import (
    Award,
    Commitment,
    Contract,
    ContractedSum,
    Discrepancy,
    Service,
    Variation,
)
from contracts.register import ask_recheck


class AwardsListed(ListedInline):
    model = Award
    fields = ["amount", "source", "note", "recorded_at"]
    verbose_name_plural = _("awards, as sources give them")


class ContractedSumsListed(ListedInline):
    model = ContractedSum
    fields = ["starts_on", "ends_on", "amount", "source"]


class VariationsListed(ListedInline):
    model = Variation
    fields = ["title", "kind", "takes_effect_on", "value_after", "end_after"]


class CommitmentsListed(ListedInline):
    model = Commitment
    fields = ["title", "tier", "measure", "direction", "target", "unit", "measured_by"]


class DiscrepanciesListed(ListedInline):
    model = Discrepancy
    fields = ["question", "note"]
    verbose_name_plural = _("facts on which sources disagree")


class ServiceInline(EditableInline):
    model = Service
    fields = ["name", "left_on", "left_why", "source"]
    autocomplete_fields = ["source"]
    show_change_link = True


class AwardFilter(admin.SimpleListFilter):
    """Contracts whose percentages are not evaluated."""

    title = _("award to reckon with")
    parameter_name = "award"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("none", _("None: not known, or sources disagree"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "none":
            return queryset
        seen = Contract.objects.visible_to(request.user)
        return queryset.filter(pk__in=without_award(seen, request.user))


class DatesFilter(admin.SimpleListFilter):
    """Contracts with dates that somebody must not miss."""

    title = _("dates")
    parameter_name = "dates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("near", _("Near, or the last day has passed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "near":
            return queryset
        seen = Contract.objects.visible_to(request.user)
        near = near_dates(seen, request.user, timezone.localdate())
        return queryset.filter(pk__in={date.contract.pk for date in near})


@admin.register(Contract)
class ContractAdmin(RecordAdmin):
    """Contracts, with what was agreed and promised in them."""

    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("reference", "title"),
                    "other_titles",
                    "buyer",
                    "supplier",
                    "description",
                    ("regime", "status"),
                    "manager",
                    "source",
                ]
            },
        ),
        (
            _("Its term"),
            {
                "fields": [
                    dated("signed"),
                    ("starts_on", "ends_on"),
                    ("notice_months", "review_on"),
                ]
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["supplier", "source"]
    inlines = [
        AwardsListed,
        ContractedSumsListed,
        VariationsListed,
        ServiceInline,
        CommitmentsListed,
        DiscrepanciesListed,
    ]
    list_display = [
        "reference",
        "title",
        "supplier",
        "status",
        "award",
        when("ends_on", "last day as let"),
        "manager",
        restriction,
    ]
    list_filter = [
        "status",
        "regime",
        AwardFilter,
        DatesFilter,
        seen_filter("supplier"),
        given_filter("manager"),
        "restriction",
    ]
    search_fields = ["reference", "title", "other_titles", "supplier__name"]
    select_also = ["manager"]

    def complete(self, rows: list[Contract], request: HttpRequest) -> None:
        awards = standing_awards([row.pk for row in rows])
        for row in rows:
            row.award_now = awards.get(row.pk)  # type: ignore[attr-defined]

    @admin.display(description=_("award"))
    def award(self, contract: Any) -> str | None:
        return None if contract.award_now is None else in_table(contract.award_now.amount)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # Its restriction may have changed, and with it which alerts rest on open rows alone.
        ask_recheck(obj)
