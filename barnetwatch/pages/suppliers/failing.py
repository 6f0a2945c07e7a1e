"""What failed under a supplier's contracts, or with the supplier itself."""

from typing import Any

import django_tables2 as tables
from django.db.models import Case, Q, Value, When
from django.utils.html import format_html

from barnetwatch.lib.tables import DayColumn, SiteTable
from contracts.models import Supplier
from incidents.models import Incident

#: Failures that a supplier's page lists; their register has the others.
SHOWN = 50


def failures_of(supplier: Supplier, user: Any) -> list[Incident]:
    """Those a person may see, the unfinished ones first, then the latest."""
    its = Q(contract__supplier=supplier) | Q(supplier=supplier)
    done = Case(
        When(status__in=(Incident.Status.RESOLVED, Incident.Status.CLOSED), then=Value(1)),
        default=Value(0),
    )
    found = Incident.objects.visible_to(user).filter(its).select_related("contract")
    return list(found.order_by(done, "-recorded_at", "-pk")[:SHOWN])


class FailureTable(SiteTable):
    """Failures, each with where it stands."""

    caption = "Failures"
    title = tables.Column("Failure")
    contract = tables.Column("Contract", default="none named")
    severity = tables.Column("Severity")
    status = tables.Column("Status")
    occurred_on = DayColumn(verbose_name="Happened")

    class Meta(SiteTable.Meta):
        empty_text = "No failure is recorded."

    def render_title(self, record: Incident) -> str:
        return format_html(
            '<a href="{}">{}</a><span class="bw-under">{}</span>',
            record.get_absolute_url(),
            record.reference,
            record.title,
        )

    def render_contract(self, value: Any) -> str:
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)
