"""The register of commitments: target, who measures, when last, and what is breached now."""

from collections import defaultdict
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import HttpRequest

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import DayColumn, SiteTable
from barnetwatch.pages.commitments.summary import summary
from barnetwatch.pages.commitments.words import breached_since, in_order, size_of, tag_of
from barnetwatch.pages.contract.delivery import found_in_words, target_in_words
from contracts.models import Commitment, Contract, Measurement, Service, Standing

#: What an officer must be allowed who records what was measured.
MEASURES = "contracts.add_measurement"


class CommitmentTable(SiteTable):
    """The list."""

    caption = "Commitments"
    title = tables.Column("Commitment", accessor="name", linkify=True, order_by="title")
    contract = tables.Column("Contract", order_by="contract__reference")
    service = tables.Column("Service", order_by="service__name", default="none named")
    tier = tables.Column("Tier", default="none")
    target = tables.Column("Target", orderable=False, accessor="target_words")
    measured_by = tables.Column("Who measures")
    latest_on = DayColumn(verbose_name="Last measured", empty_values=())
    found = tables.Column("Found", orderable=False, accessor="found_words", default="")
    standing = tables.Column("Stands", order_by="severity", initial_sort_descending=True)
    size = tables.Column("Misses by", orderable=False, accessor="size_words", default="")
    since = tables.Column("Breached since", orderable=False, accessor="since_words", default="")

    class Meta(SiteTable.Meta):
        empty_text = "No commitment matches these filters."

    def value_contract(self, record: Commitment) -> str:
        return str(record.contract)

    def render_service(self, record: Any) -> str:
        return str(record.service.name)

    def value_service(self, record: Any) -> str:
        return str(record.service.name)

    def render_latest_on(self, value: Any, record: Any) -> str:
        if record.latest is None:
            return "never"
        precision, inferred = record.latest_precision, record.latest_year_inferred
        return in_words(value, precision, inferred) if value else "date not known"

    def value_latest_on(self, value: Any) -> Any:
        return value or ""

    def render_standing(self, value: str) -> str:
        return tag_of(value)

    def value_standing(self, value: str) -> str:
        return str(Standing(value).label)


class CommitmentFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words in the title or the note", method="with_words")
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    service = django_filters.ModelChoiceFilter(
        queryset=lambda request: (
            Service.objects.visible_to(request.user)
            .filter(commitments__isnull=False)
            .select_related("contract")
            .distinct()
        ),
        empty_label="All services",
    )
    tier = django_filters.CharFilter(label="Tier", lookup_expr="iexact")
    measured_by = django_filters.ChoiceFilter(
        label="Who measures", choices=Commitment.Measurer, empty_label="Anybody"
    )
    standing = django_filters.ChoiceFilter(
        label="Stands",
        choices=[
            ("breached", "Breached now"),
            ("met", "Met"),
            ("unknown", "Measured, not known"),
            ("never", "Never measured"),
        ],
        empty_label="Any",
    )

    class Meta:
        model = Commitment
        fields = ["q", "contract", "service", "tier", "measured_by", "standing"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the title or the note."""
        for word in value.split()[:10]:
            rows = rows.filter(Q(title__icontains=word) | Q(note__icontains=word))
        return rows


class Commitments(Register):
    """The commitments a person may see."""

    title = "Commitments"
    noun, nouns = "commitment", "commitments"
    permission = "contracts.view_commitment"
    filterset_class = CommitmentFilter
    table_class = CommitmentTable
    template_name = "site/commitments/register.html"
    default_sort = ("-standing",)

    def get_rows(self, request: HttpRequest) -> Any:
        measured = Measurement.objects.visible_to(request.user)
        rows = Commitment.objects.visible_to(request.user).with_standing(measured)
        return rows.select_related("contract", "service")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        of: dict[int, list[Measurement]] = defaultdict(list)
        measured = Measurement.objects.visible_to(request.user).filter(commitment__in=rows)
        for measurement in measured.order_by():
            of[measurement.commitment_id].append(measurement)
        for row in rows:
            ordered = in_order(of[row.pk])
            latest = ordered[-1] if ordered else None
            row.target_words = target_in_words(row)
            row.found_words = found_in_words(row, latest) if latest else ""
            row.size_words = size_of(row, latest)
            row.since_words = breached_since(row, ordered)
            if latest:
                row.latest_precision = latest.measured_precision
                row.latest_year_inferred = latest.measured_year_inferred
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "summary": summary(request.user),
            "may_add": request.user.has_perm("contracts.add_commitment"),
        }


PAGES = [("commitments/", "commitments", Commitments.as_view())]
