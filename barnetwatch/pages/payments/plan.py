"""Paid against plan: each contract, each supplier with its group, and the council."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.exports import FORMATS, Column, export
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.payments.planrows import Council, Figures, council
from costs.models import PaymentFile

COLUMNS = (
    Column("Row"),
    Column("Supplier"),
    Column("Contract"),
    Column("Title"),
    Column("Contracted to date", is_pounds=True),
    Column("Paid to date", is_pounds=True),
    Column("Over plan", is_pounds=True),
    Column("Over plan, %"),
    Column("Unexplained", is_pounds=True),
    Column("Not yet attributed", is_pounds=True),
    Column("Last day covered"),
    Column("Why not said"),
)


@needs("costs.view_payment")
def plan_page(request: HttpRequest) -> HttpResponseBase:
    """The table, or the same as a file."""
    found = council(request.user, timezone.localdate())
    if (kind := request.GET.get("export", "")) in FORMATS:
        return export(kind, COLUMNS, _rows(found), "paid-against-plan")
    return site_page(
        request,
        "site/payments/plan.html",
        "Paid against plan",
        crumbs=[("Payments", reverse("admin:payments"))],
        council=found,
        lead=lead(found),
        imported=bool(found.groups) or PaymentFile.objects.current().exists(),
        formats=[(kind, kind.upper()) for kind in FORMATS],
    )


def lead(found: Council) -> str:
    """How the council stands, in a sentence; nothing where no contract has both sides."""
    together = found.together
    if together.over is None:
        return ""
    contracts = "1 contract" if found.counted == 1 else f"{found.counted} contracts"
    when = f"By {together.day}" if together.at else "By the last day that each one’s files cover"
    word = "under" if together.over < 0 else "over"
    percent = "" if together.share is None else f", {abs(together.share)}%"
    return (
        f"{when} {in_sentence(together.paid)} was paid against "
        f"{in_sentence(together.contracted or together.paid)} contracted, {contracts} counted: "
        f"{in_sentence(abs(together.over))} {word}{percent}."
    )


def _rows(found: Council) -> Iterator[list[Any]]:
    for group in found.groups:
        for row in group.contracts:
            contract = row.contract
            yield [
                "contract",
                str(group.supplier),
                contract.reference,
                contract.title,
                *_figures(row.figures, None),
            ]
        yield [
            "supplier",
            str(group.supplier),
            "",
            "",
            *_figures(group.together, group.not_attributed),
        ]
    yield ["council", "", "", "", *_figures(found.together, found.not_attributed)]


def _figures(each: Figures, not_attributed: Any) -> list[Any]:
    known = each.at is not None or each.contracted is not None
    return [
        each.contracted,
        each.paid if known else None,
        each.over,
        each.share,
        each.unexplained,
        not_attributed,
        each.at,
        each.why_not,
    ]


PAGES = [("payments/plan/", "payments_plan", plan_page)]
