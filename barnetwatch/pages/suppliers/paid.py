"""The cost lines that name a supplier as the one who is paid."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html

from barnetwatch.lib.money import NOTHING
from barnetwatch.lib.tables import PoundsColumn, SiteTable
from contracts.models import Contract, Supplier
from costs.models import CostLine
from costs.stages import line_totals
from costs.totals import nets_on


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A cost line with what it comes to on a day."""

    line: CostLine
    title: str
    kind: str
    contract: Contract | None
    firm: Decimal
    at_risk: Decimal
    paid: Decimal


def paid_lines(supplier: Supplier, user: Any, on: dt.date) -> list[PaidLine]:
    """The lines paid to a supplier that a person may see, with their figures on a day."""
    seen = CostLine.objects.visible_to(user).filter(supplier=supplier)
    lines = list(seen.select_related("contract").order_by("title", "pk"))
    nets = nets_on([line.pk for line in lines], on)
    found = []
    for line in lines:
        totals = line_totals(nets.get(line.pk, {}))
        found.append(
            PaidLine(
                line=line,
                title=line.title,
                kind=line.get_kind_display(),
                contract=line.contract,
                firm=totals.firm,
                at_risk=totals.at_risk,
                paid=totals.paid,
            )
        )
    return found


def going_beside(lines: list[PaidLine]) -> Decimal:
    """What is at risk on those of the lines that are in some contract's total."""
    return sum(
        (row.at_risk for row in lines if row.contract and row.line.is_supplementary), NOTHING
    )


class PaidTable(SiteTable):
    """Cost lines with their figures."""

    title = tables.Column("Cost")
    contract = tables.Column("Beside contract")
    kind = tables.Column("Kind")
    firm = PoundsColumn(verbose_name="Firm")
    at_risk = PoundsColumn(verbose_name="At risk")
    paid = PoundsColumn(verbose_name="Paid")

    def render_title(self, record: PaidLine) -> str:
        return format_html('<a href="{}">{}</a>', record.line.get_absolute_url(), record.title)

    def render_contract(self, value: Contract) -> str:
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)


def paid_table(lines: list[PaidLine], which: str) -> PaidTable | None:
    """Them as a table, without the column that says nothing; None where there are none."""
    captions = {
        "apart": "Costs in no contract’s total",
        "beside": "Costs paid to it beside a contract",
    }
    left_out = ["contract"] if which == "apart" else []
    if not lines:
        return None
    return PaidTable(lines, caption=captions[which], exclude=left_out, orderable=False)
