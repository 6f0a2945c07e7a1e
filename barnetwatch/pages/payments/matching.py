"""Matching: which published name is which supplier, and which of its contracts is paid."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from barnetwatch.lib.money import NOTHING, in_table
from barnetwatch.pages.page import Crumbs, needs, site_page
from barnetwatch.pages.payments.standing import MATCHING
from contracts.models import Contract, Supplier, SupplierName
from costs.models import AttributionRule, Payee, Publisher
from costs.payments.moves import Conflict, Published, conflicts, names_paid, payees_of
from costs.payments.paid import Proposal, Undecided, proposals, undecided

#: Rows of each list; what is beyond is told by its sum.
SHOWN = 25


@dataclass(frozen=True)
class Waiting:
    """A published name with what there is to do about it, and where."""

    name: str
    amount: str
    payments: int
    url: str
    supplier: Supplier | None = None
    contract: Contract | None = None
    hint: str = ""


@dataclass(frozen=True)
class Worklist:
    """The first rows of one list, and what the others come to."""

    rows: list[Waiting]
    count: int
    together: str

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


@needs(MATCHING)
def matching(request: HttpRequest) -> HttpResponse:
    """What waits for a finance officer, largest sum first."""
    user = request.user
    seen = AttributionRule.objects.visible_to(user)
    proposed = proposals(
        Supplier.objects.visible_to(user),
        SupplierName.objects.visible_to(user),
        Contract.objects.visible_to(user),
    )
    waiting = undecided(seen)
    words = request.GET.get("words", "").split()[:10]
    listed = {row.key for row in proposed} | {row.key for row in waiting}
    ruled = set(seen.standing().values_list("key", flat=True))
    others = names_paid(words, listed | ruled, SHOWN + 1)
    payees = payees_of(
        [*(row.key for row in proposed[:SHOWN]), *(row.key for row in waiting[:SHOWN])]
    )
    return site_page(
        request,
        "site/payments/matching.html",
        "Match payments",
        crumbs=crumbs(),
        proposed=_listed(proposed, [_proposed(row, payees) for row in proposed[:SHOWN]]),
        waiting=_listed(waiting, [_undecided(row, payees) for row in waiting[:SHOWN]]),
        conflicts=[_at_odds(row) for row in conflicts(seen)[:SHOWN]],
        others=[_other(row) for row in others[:SHOWN]],
        has_more=len(others) > SHOWN,
        words=" ".join(words),
        imported=Publisher.objects.filter(files__isnull=False).exists(),
        shown=SHOWN,
    )


def crumbs() -> Crumbs:
    """The pages above it."""
    return [("Payments", reverse("admin:payments"))]


def page_of(payee: int, supplier: int | None = None, contract: int | None = None) -> str:
    """Where a rule about a name is confirmed, with what is proposed filled in."""
    given = {"supplier": supplier, "contract": contract}
    query = urlencode({name: pk for name, pk in given.items() if pk})
    page = reverse("admin:payments_match", args=[payee])
    return f"{page}?{query}" if query else page


def _proposed(row: Proposal, payees: dict[str, Payee]) -> Waiting:
    only = row.contracts[0] if len(row.contracts) == 1 else None
    return Waiting(
        row.name,
        in_table(row.amount),
        row.payments,
        page_of(payees[row.key].pk, row.supplier.pk, only and only.pk),
        row.supplier,
        only,
        "" if only or not row.contracts else "it holds several contracts",
    )


def _undecided(row: Undecided, payees: dict[str, Payee]) -> Waiting:
    payee = payees[row.key]
    page = page_of(payee.pk, row.supplier.pk)
    return Waiting(payee.name, in_table(row.amount), row.payments, page, row.supplier)


def _other(row: Published) -> Waiting:
    return Waiting(row.name, in_table(row.amount), row.payments, page_of(row.payee))


def _at_odds(row: Conflict) -> dict[str, Any]:
    return {
        "key": row.key,
        "amount": in_table(row.weight.amount),
        "payments": row.weight.payments,
        "rules": [
            (rule, reverse("admin:payments_rule_take_back", args=[rule.pk])) for rule in row.rules
        ],
    }


def _listed(every: list[Any], rows: list[Waiting]) -> Worklist:
    together = sum((row.amount for row in every), NOTHING)
    return Worklist(rows, len(every), in_table(together))


PAGES = [("payments/matching/", "payments_matching", matching)]
