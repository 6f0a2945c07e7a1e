"""The register of contracts, with what is spent beside each."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from barnetwatch.lib.registers import DayFilter, Register, SiteFilterSet, TickFilter
from barnetwatch.pages.contractrows import (
    ContractRow,
    ContractTable,
    contract_rows,
    open_alerts,
    open_failures,
    with_figure,
)
from contracts.models import Contract, Supplier
from contracts.terms import last_day_figure


class ContractFilter(SiteFilterSet):
    """Filters whose choices and answers rest only on what the reader may see."""

    words = django_filters.CharFilter(
        label="Words in its title",
        method="with_words",
        help_text="In its reference or in other names it goes by, too.",
    )
    supplier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        empty_label="All suppliers",
    )
    status = django_filters.ChoiceFilter(choices=Contract.Status, empty_label="Any status")
    ends_after = DayFilter(label="Ends on or after", method="not_before")
    ends_before = DayFilter(label="Ends on or before", method="not_after")
    overrun = TickFilter(label="Has an overrun open", method="overrunning")
    failure = TickFilter(label="Has a failure open", method="failing")

    class Meta:
        model = Contract
        fields: list[str] = []

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        """Every word somewhere in its names."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(reference__icontains=word)
                | Q(other_titles__icontains=word)
            )
        return rows

    def not_before(self, rows: Any, _name: str, value: Any) -> Any:
        """Its last day, after variations of its term, is this one or later."""
        return rows.annotate(last_day=last_day_figure()).filter(last_day__gte=value)

    def not_after(self, rows: Any, _name: str, value: Any) -> Any:
        """The same, this one or earlier."""
        return rows.annotate(last_day=last_day_figure()).filter(last_day__lte=value)

    def overrunning(self, rows: Any, _name: str, value: bool) -> Any:
        """An overrun is open that the reader may see."""
        return self._having(rows, open_alerts(self.request.user))

    def failing(self, rows: Any, _name: str, value: bool) -> Any:
        """A failure is open that the reader may see."""
        return self._having(rows, open_failures(self.request.user))

    def _having(self, rows: Any, others: Any) -> Any:
        return rows.filter(Exists(others.filter(contract=OuterRef("pk"))))


class Contracts(Register):
    """The contracts a person may see, filtered and sorted as the address says."""

    title = "Contracts"
    noun, nouns = "contract", "contracts"
    permission = "contracts.view_contract"
    filterset_class = ContractFilter
    table_class = ContractTable
    template_name = "site/contracts.html"
    default_sort = ("reference",)

    def get_rows(self, request: HttpRequest) -> Any:
        # What a page prints is read for its fifty rows, not for all that it is cut from.
        return Contract.objects.visible_to(request.user).only("pk")

    def with_figure(self, rows: Any, name: str, request: HttpRequest) -> Any:
        return with_figure(rows, name, request.user, timezone.localdate())

    def finish(self, rows: list[Any], request: HttpRequest) -> list[ContractRow]:
        return contract_rows([row.pk for row in rows], request.user, timezone.localdate())


PAGES = [("contracts/", "contracts", Contracts.as_view())]
