from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, ActForm, AppendOnlyAdmin, seen_filter
from costs import thresholds
from costs.models import Threshold

RETIRE = Act(
    slug="retire",
    label=_("Retire"),
    permission="costs.change_threshold",
    form=ActForm,
    do=lambda row, fields, by: thresholds.retire_threshold(row, by=by),
    done=_("It is retired. Its open alerts are cleared within a minute."),
    applies=lambda row: row.retired_at is None,
    explains=_(
        "A retired mark raises nothing any more, and the alerts that are open over it are "
        "cleared. What it measured stays on the record. To change a mark, retire it and set "
        "another."
    ),
)


class InForceFilter(admin.SimpleListFilter):
    """Whether a mark still raises alerts."""

    title = _("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("In force")), ("no", _("Retired"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(retired_at__isnull=self.value() == "yes")


@admin.register(Threshold)
class ThresholdAdmin(AppendOnlyAdmin):
    """Marks that totals must not exceed. Reaching a mark is not exceeding it."""

    acts = (RETIRE,)
    fields = ["measure", "percentage", "amount", "severity", "contract"]
    autocomplete_fields = ["contract"]
    list_display = ["mark_shown", "measure", "severity", "over", "state"]
    list_filter = [InForceFilter, "measure", "severity", seen_filter("contract")]
    search_fields = ["contract__reference", "contract__title"]

    def write(self, fields: dict[str, Any], by: Any) -> Threshold:
        return thresholds.set_threshold(by=by, **fields)

    @admin.display(description=_("mark"))
    def mark_shown(self, row: Threshold) -> str:
        return row.mark

    @admin.display(description=_("over"), ordering="contract__reference")
    def over(self, row: Threshold) -> str:
        return str(row.contract) if row.contract else str(_("every contract"))

    @admin.display(description=_("in force"), ordering="retired_at", boolean=True)
    def state(self, row: Threshold) -> bool:
        return row.retired_at is None
