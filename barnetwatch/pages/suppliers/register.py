"""The register of suppliers."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from barnetwatch.lib.registers import Register, SiteFilterSet, TickFilter
from barnetwatch.pages.contractrows import open_alerts, open_failures
from barnetwatch.pages.suppliers.rows import (
    SupplierRow,
    SupplierTable,
    supplier_rows,
    with_figure,
)
from contracts.models import Supplier, SupplierName


class SupplierFilter(SiteFilterSet):
    """Filters whose answers rest only on what the reader may see."""

    words = django_filters.CharFilter(
        label="Words in its name",
        method="with_words",
        help_text="Names it has in published payments count, too.",
    )
    overrun = TickFilter(label="Has an overrun open", method="overrunning")
    failure = TickFilter(label="Has a failure open", method="failing")

    class Meta:
        model = Supplier
        fields: list[str] = []

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        """Every word in its name or in one of those it is published under."""
        for word in value.split():
            published = SupplierName.objects.visible_to(self.request.user)
            alias = published.filter(supplier=OuterRef("pk"), name__icontains=word)
            rows = rows.filter(Q(name__icontains=word) | Exists(alias))
        return rows

    def overrunning(self, rows: Any, _name: str, value: bool) -> Any:
        """An overrun of one of its contracts is open that the reader may see."""
        alerts = open_alerts(self.request.user)
        return rows.filter(Exists(alerts.filter(contract__supplier=OuterRef("pk"))))

    def failing(self, rows: Any, _name: str, value: bool) -> Any:
        """A failure of its, or under one of its contracts, is open that the reader may see."""
        its = Q(contract__supplier=OuterRef("pk")) | Q(supplier=OuterRef("pk"))
        return rows.filter(Exists(open_failures(self.request.user).filter(its)))


class Suppliers(Register):
    """The suppliers a person may see, filtered and sorted as the address says."""

    title = "Suppliers"
    noun, nouns = "supplier", "suppliers"
    permission = "contracts.view_supplier"
    filterset_class = SupplierFilter
    table_class = SupplierTable
    template_name = "site/suppliers/register.html"
    default_sort = ("name",)

    def get_rows(self, request: HttpRequest) -> Any:
        return Supplier.objects.visible_to(request.user).only("pk")

    def with_figure(self, rows: Any, name: str, request: HttpRequest) -> Any:
        return with_figure(rows, name, request.user, timezone.localdate())

    def finish(self, rows: list[Any], request: HttpRequest) -> list[SupplierRow]:
        return supplier_rows([row.pk for row in rows], request.user, timezone.localdate())
