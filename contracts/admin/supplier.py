from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.backoffice import RESTRICTION, EditableInline, RecordAdmin, given_filter, restriction
from contracts.models import Contract, Recheck, Supplier, SupplierName
from contracts.register import ask_recheck


class SupplierNameInline(EditableInline):
    model = SupplierName
    fields = ["name"]
    verbose_name_plural = "names in published payments"


@admin.register(Supplier)
class SupplierAdmin(RecordAdmin):
    """Companies that a council pays."""

    fieldsets = [
        (None, {"fields": ["name", "group", "company_number", "note"]}),
        RESTRICTION,
    ]
    inlines = [SupplierNameInline]
    autocomplete_fields = ["group"]
    list_display = ["name", "group", "company_number", restriction]
    list_filter = [given_filter("group"), "restriction"]
    search_fields = ["name", "company_number", "names__name"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            return
        if "restriction" in form.changed_data:
            # Its cost lines may stand beside any contract, hidden ones among them.
            rows = [Recheck(contract=contract) for contract in Contract.all_rows.all()]
            Recheck.objects.bulk_create(rows)
        else:
            for contract in Contract.objects.visible_to(request.user).filter(supplier=obj):
                ask_recheck(contract)
