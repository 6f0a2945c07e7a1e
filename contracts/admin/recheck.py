from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.backoffice import ReadOnlyAdmin
from barnetwatch.lib.columns import when
from contracts.models import Contract, Recheck


@admin.register(Recheck)
class RecheckAdmin(ReadOnlyAdmin):
    """Contracts whose overruns wait to be worked out again; the worker empties this list."""

    fields = ["contract", "asked_at", "moved_on", "only_rose"]
    list_display = ["contract", "asked_at", when("moved_on", empty="any day"), "only_rose"]
    list_select_related = ["contract"]
    search_fields = ["contract__reference", "contract__title"]
    ordering = ["asked_at", "pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = Contract.objects.visible_to(request.user)
        return super().get_queryset(request).filter(contract__in=seen)
