from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import RESTRICTION, ListedInline, WrittenByVerb, dated, seen_filter
from barnetwatch.lib.columns import pounds, when
from scrutiny import record
from scrutiny.models import Statement


class AnswersListed(ListedInline):
    model = Statement
    fk_name = "answers"
    addable = False
    fields = ["speaker", "said_on", "words"]
    verbose_name_plural = _("answers")


class AnsweredFilter(admin.SimpleListFilter):
    """Claims by whether anybody has answered them."""

    title = _("claims")
    parameter_name = "claims"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("unanswered", _("Nobody has answered"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "unanswered":
            return queryset
        answered = Statement.objects.visible_to(request.user).filter(answers__isnull=False)
        return queryset.claims().exclude(pk__in=answered.order_by().values("answers"))


@admin.register(Statement)
class StatementAdmin(WrittenByVerb):
    """Claims, the answers to them, and figures. None of their sums enters a total."""

    fieldsets = [
        (
            None,
            {
                "fields": [
                    "kind",
                    "answers",
                    ("speaker", "speaker_public"),
                    ("role", "organisation", "political_group"),
                    dated("said"),
                    "words",
                    "is_quotation",
                    ("contract", "supplier", "incident"),
                    "source",
                    "note",
                ]
            },
        ),
        (
            _("A sum it names"),
            {
                "fields": [("amount", "amount_status"), ("amount_on", "amount_precision")],
                "classes": ["collapse"],
                "description": _("It is shown with its speaker and enters no total."),
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["answers", "contract", "supplier", "incident", "source"]
    inlines = [AnswersListed]
    list_display = ["speaker", "words", "kind", when("said_on"), pounds("amount"), "about"]
    list_filter = ["kind", AnsweredFilter, "amount_status", seen_filter("contract"), "restriction"]
    search_fields = [
        "speaker",
        "organisation",
        "political_group",
        "words",
        "contract__reference",
        "supplier__name",
    ]
    date_hierarchy = "said_on"

    @admin.display(description=_("about"))
    def about(self, row: Statement) -> str:
        return str(row.contract or row.supplier or row.incident)

    def buttons(self, request: HttpRequest, row: Statement) -> list[Any]:
        others = super().buttons(request, row)
        if row.kind == Statement.Kind.RESPONSE or not self.has_add_permission(request):
            return others
        given = {"kind": Statement.Kind.RESPONSE.value, "answers": row.pk}
        for name in ("contract", "supplier", "incident"):  # It concerns what the claim concerns.
            if key := getattr(row, f"{name}_id"):
                given[name] = key
        page = reverse("admin:scrutiny_statement_add")
        return [(f"{page}?{urlencode(given)}", _("Record an answer")), *others]

    def write(self, fields: dict[str, Any], by: Any) -> Statement:
        return record.state(**fields, by=by)
