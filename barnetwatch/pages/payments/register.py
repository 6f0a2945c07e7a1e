"""The register of payments: every one that counts, in the order of the files it was read in.

Millions of rows: only what an index serves is sorted by, and a page is cut by its last row.
"""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from barnetwatch.lib.dates import may_begin
from barnetwatch.lib.forms import SourceDateField
from barnetwatch.lib.registers import Register, SiteFilterSet, TickFilter
from barnetwatch.lib.tables import PoundsColumn, SiteTable
from barnetwatch.pages.payments.standing import standing_of
from contracts.models import Contract, Supplier
from costs.models import AttributionRule, FileReading, Payee, Payment
from costs.payments import decided
from costs.payments.attributing import deciding

REDACTED = "Redacted"
NOT_YET = "not yet attributed"


def payee_of(payment: Payment) -> str:
    """Who was paid, as far as the publisher says."""
    return REDACTED if payment.redacted else payment.payee.name


class PaymentTable(SiteTable):
    """The list. A page shows what a reader looks for; a file has every column."""

    caption = "Payments"
    paid = tables.Column("Paid", accessor="paid_on", orderable=False, default="not given")
    payee = tables.Column("Paid to", accessor="paid_to", orderable=False)
    amount = PoundsColumn(verbose_name="Sum", orderable=False)
    spent_on = tables.Column("For", orderable=False, exclude_from_export=True, default="not given")
    contract = tables.Column("Contract", accessor="of_contract", orderable=False, default=NOT_YET)
    supplier = tables.Column(
        "Supplier", accessor="of_supplier", visible=False, orderable=False, default=""
    )
    directorate = tables.Column("Directorate", visible=False, orderable=False)
    department = tables.Column("Department", visible=False, orderable=False)
    expenditure_type = tables.Column("Expenditure type", visible=False, orderable=False)
    purpose = tables.Column("Purpose", visible=False, orderable=False)
    reference = tables.Column("Reference", visible=False, orderable=False)
    place = tables.Column("File and line", accessor="line", order_by=("file",))
    line = tables.Column("Line", visible=False, orderable=False)

    class Meta(SiteTable.Meta):
        empty_text = "No payment matches these filters."

    def render_paid(self, record: Payment) -> str:
        return str(record.paid)

    def value_paid(self, value: dt.date | None) -> dt.date | None:
        return value

    def render_payee(self, value: str, record: Payment) -> str:
        page = reverse("admin:payment", args=[record.pk])
        return format_html('<a href="{}">{}</a>', page, value or "no name given")

    def value_payee(self, value: str) -> str:
        return value

    def render_contract(self, value: Contract) -> str:
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)

    def value_contract(self, record: Any) -> str:
        return str(record.of_contract or "")

    def value_supplier(self, record: Any) -> str:
        return str(record.of_supplier or "")

    def render_place(self, record: Payment) -> str:
        page = reverse("admin:payment_file", args=[record.file_id])
        return format_html('<a href="{}">{}</a>, line {}', page, record.file, record.line)

    def value_place(self, record: Payment) -> str:
        return str(record.file)


class PeriodFilter(django_filters.Filter):
    """A month, a day or a year in three boxes."""

    field_class = SourceDateField


class PaymentFilter(SiteFilterSet):
    """Filters whose choices and answers rest only on what the reader may see."""

    words = django_filters.CharFilter(
        label="Words in the published name", method="with_words", max_length=200
    )
    supplier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        method="of_supplier",
        empty_label="All suppliers",
    )
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        method="of_contract",
        empty_label="All contracts",
    )
    directorate = django_filters.CharFilter(
        label="Directorate", lookup_expr="iexact", help_text="Written as the files write it."
    )
    paid_from = PeriodFilter(
        label="Paid in or after", method="since", help_text="Such as 4 2018, without a day."
    )
    paid_to = PeriodFilter(
        label="Paid in or before", method="until", help_text="Such as 3 2019, without a day."
    )
    waiting = TickFilter(label="Not yet attributed", method="not_attributed")

    class Meta:
        model = Payment
        fields: list[str] = []

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        """Every word somewhere in the name; of those kept back, none is found by its name."""
        payees = Payee.objects.all()
        for word in value.split()[:10]:
            payees = payees.filter(name__icontains=word)
        return rows.filter(payee__in=payees.values("pk"), redacted=False)

    def of_supplier(self, rows: Any, _name: str, value: Supplier) -> Any:
        """Those that a rule gives to the supplier."""
        return rows.filter(decided.of_supplier(value.pk, self._rules))

    def of_contract(self, rows: Any, _name: str, value: Contract) -> Any:
        """Those that its total counts."""
        return rows.filter(decided.of_contract(value.pk))

    def since(self, rows: Any, _name: str, value: tuple[dt.date, str]) -> Any:
        """From the first day of the month; only files that reach so far are looked into."""
        first = may_begin(*value)
        files = FileReading.objects.filter(last_on__gte=first).values("file")
        return rows.filter(file__in=files, paid_on__gte=first)

    def until(self, rows: Any, _name: str, value: tuple[dt.date, str]) -> Any:
        """To the last day of the month."""
        files = FileReading.objects.filter(first_on__lte=value[0]).values("file")
        return rows.filter(file__in=files, paid_on__lte=value[0])

    def not_attributed(self, rows: Any, _name: str, value: bool) -> Any:
        """Of names that a rule speaks of, what no rule gives to a contract."""
        return rows.filter(decided.not_attributed(self._rules))

    @property
    def _rules(self) -> Any:
        return AttributionRule.objects.visible_to(self.request.user)


class Payments(Register):
    """The payments that count."""

    title = "Payments"
    noun, nouns = "payment", "payments"
    permission = "costs.view_payment"
    filterset_class = PaymentFilter
    table_class = PaymentTable
    template_name = "site/payments/register.html"
    #: The file imported last comes first, and its last line: the order of the one index.
    default_sort = ("-place",)
    last_sort = "-line"

    def get_rows(self, request: HttpRequest) -> Any:
        rows = Payment.objects.visible_to(request.user).counted_in_a_list()
        # Not joined: SQLite would begin at the names, and sort all that was paid to them.
        return rows.prefetch_related("payee", "file").defer("raw")

    def sort_of(self, request: HttpRequest) -> list[str]:
        sort = super().sort_of(request)
        self.last_sort = "-line" if sort[0].startswith("-") else "line"
        return sort

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        found = deciding(rows, AttributionRule.objects.visible_to(request.user))
        for row in rows:
            rule = found.get(row.pk)
            row.paid_to = payee_of(row)
            row.of_contract = rule and rule.contract
            row.of_supplier = rule and rule.supplier
            parts = dict.fromkeys([row.purpose or row.expenditure_type, row.directorate])
            row.spent_on = ", ".join(filter(None, parts))
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"standing": standing_of(request.user)}


PAGES = [("payments/", "payments", Payments.as_view())]
