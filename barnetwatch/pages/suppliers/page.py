"""One supplier: what it holds, what it is paid, what failed."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from barnetwatch.pages.contractrows import ContractTable, contract_rows
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.suppliers.failing import FailureTable, failures_of
from barnetwatch.pages.suppliers.paid import going_beside, paid_lines, paid_table
from barnetwatch.pages.suppliers.rows import supplier_rows
from barnetwatch.pages.suppliers.summary import summary
from contracts.models import Contract, Source, Supplier, SupplierName

#: Contracts that a supplier's page lists; the register has the others.
SHOWN = 50


@needs("contracts.view_supplier")
def supplier_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One supplier; what a person may not see answers as if it were not there."""
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=pk)
    return site_page(
        request,
        "site/suppliers/supplier.html",
        supplier.name,
        about=supplier,
        crumbs=[("Suppliers", reverse("admin:suppliers"))],
        supplier=supplier,
        **_who(supplier, request.user),
        **_holds(supplier, request.user, timezone.localdate()),
    )


def _who(supplier: Supplier, user: Any) -> dict[str, Any]:
    """Its names and its group, as far as a person may see them."""
    seen = Supplier.objects.visible_to(user)
    return {
        "names": SupplierName.objects.visible_to(user).filter(supplier=supplier),
        "group": seen.filter(pk=supplier.group_id).first() if supplier.group_id else None,
        "members": seen.filter(group=supplier),
    }


def _holds(supplier: Supplier, user: Any, on: dt.date) -> dict[str, Any]:
    """Its contracts, costs, failures and sources, as far as a person may see them."""
    contracts = Contract.objects.visible_to(user).filter(supplier=supplier)
    first = contracts.order_by("reference", "pk").values_list("pk", flat=True)[:SHOWN]
    lines = paid_lines(supplier, user, on)
    failures = failures_of(supplier, user)
    row = supplier_rows([supplier.pk], user, on)[0]
    return {
        "row": row,
        "summary": summary(row, going_beside(lines)),
        "contracts": ContractTable(
            contract_rows(first, user, on), orderable=False, exclude=["supplier"]
        ),
        "apart": paid_table([line for line in lines if not line.contract], "apart"),
        "beside": paid_table([line for line in lines if line.contract], "beside"),
        "failures": FailureTable(failures, orderable=False) if failures else None,
        "sources": _sources(contracts, [row.line for row in lines], failures, user),
        "shown": SHOWN,
    }


def _sources(contracts: Any, lines: list[Any], failures: list[Any], user: Any) -> Any:
    """Where the facts of this page were read; what a person may not see is not among them."""
    cited = (
        Q(pk__in=contracts.order_by().values("source"))
        | Q(pk__in=[line.source_id for line in lines])
        | Q(incidents__in=[failure.pk for failure in failures])
    )
    found = Source.objects.visible_to(user).filter(cited).distinct()
    return found.order_by("publisher", "title", "pk")
