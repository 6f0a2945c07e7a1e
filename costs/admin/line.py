from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import RESTRICTION, WrittenByVerb, restriction, seen_filter
from accounts.backoffice.rows import rows_shown, unseen
from barnetwatch.lib.columns import Column
from barnetwatch.lib.money import in_table
from contracts.register import ask_recheck
from costs import ledger
from costs.entries import can_be_reversed, reverse_page, state_of
from costs.models import CostEntry, CostLine
from costs.stages import Stage, line_totals
from costs.totals import nets_on

#: What one must be allowed to write the ledger.
PERMISSION = "costs.add_costentry"
#: Entries shown on the page of their line; the rest have a list of their own.
LATEST = 20


def total(name: str, label: Any) -> Column:
    """A column: one of the totals that `complete` worked out for a line."""

    @admin.display(description=label)
    def column(line: Any) -> str:
        return in_table(getattr(line.totals_now, name))

    column.__name__ = f"{name}_in_pounds"
    return column


@admin.register(CostLine)
class CostLineAdmin(WrittenByVerb):
    """Things that cost money, each with its ledger, which is written on the site's own pages."""

    change_form_template = "admin/costs/costline/change_form.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    "kind",
                    ("contract", "supplier"),
                    "funded_by",
                    "source",
                    "note",
                ]
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["contract", "supplier", "source"]
    list_display = [
        "title",
        "kind",
        "contract",
        "supplier",
        total("firm", _("firm")),
        total("at_risk", _("at risk")),
        total("paid", _("paid")),
        restriction,
    ]
    list_filter = ["kind", seen_filter("contract"), seen_filter("supplier"), "restriction"]
    search_fields = ["title", "note", "contract__reference", "contract__title", "supplier__name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["contract", "kind"] if obj is not None else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def buttons(self, request: HttpRequest, row: CostLine) -> list[tuple[str, Any]]:
        others = super().buttons(request, row)
        if not request.user.has_perm(PERMISSION):
            return others
        pages = (("admin:cost_post", _("Post")), ("admin:cost_revise", _("Revise")))
        return [(reverse(name, args=[row.pk]), label) for name, label in pages] + others

    def complete(self, rows: list[Any], request: HttpRequest) -> None:
        nets = nets_on([row.pk for row in rows], timezone.localdate())
        for row in rows:
            row.totals_now = line_totals(nets.get(row.pk, {}))

    def write(self, fields: dict[str, Any], by: Any) -> CostLine:
        return ledger.open_line(**fields, by=by)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.contract is not None:
            # Its restriction may have changed, and with it which alerts rest on open rows alone.
            ask_recheck(obj.contract)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        if context.get("original") is not None:
            context["ledger"] = self.ledger(request, context["original"])
        return super().render_change_form(request, context, *args, **options)

    def ledger(self, request: HttpRequest, line: CostLine) -> dict[str, Any]:
        """What the line comes to today, and its latest entries."""
        nets = nets_on([line.pk], timezone.localdate()).get(line.pk, {})
        totals = line_totals(nets)
        entries = (
            rows_shown(CostEntry, request.user)
            .filter(line=line)
            .select_related("reversal")
            .order_by("-effective_on", "-pk")
        )
        may_reverse = request.user.has_perm(PERMISSION)
        latest = list(entries[: LATEST + 1])
        everything = reverse("admin:costs_costentry_changelist")
        return {
            "sums": [
                *((stage.label, in_table(nets[stage])) for stage in Stage if nets.get(stage)),
                (_("firm"), in_table(totals.firm)),
                (_("at risk"), in_table(totals.at_risk)),
            ],
            "entries": [
                {
                    "entry": entry,
                    "sum": in_table(entry.amount),
                    "source": None if "source" in unseen(entry) else entry.source,
                    "state": state_of(entry),
                    "reverse": may_reverse and can_be_reversed(entry) and reverse_page(entry),
                }
                for entry in latest[:LATEST]
            ],
            "rest": f"{everything}?line__id__exact={line.pk}" if len(latest) > LATEST else None,
        }
