"""The council's own file for the Local Government Transparency Code, written from payments.

The 22 columns of the Local Government Association's guidance. What the payments do not hold stays
empty: nothing is guessed. Read in again by our own importer, nothing that a payment holds is lost.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from barnetwatch.lib.exports import reversible_text
from costs.models import Payment, PaymentFile, Publisher
from costs.payments.cells import is_kept_back

#: What the guidance has in the place of a name that is kept back.
REDACTED = "REDACTED PERSONAL DATA"

#: Each column with what a payment has for it; None where payments do not hold it.
_COLUMNS: tuple[tuple[str, Callable[[Payment], str] | None], ...] = (
    ("OrganisationLabel", lambda payment: payment.payee.publisher.name),
    ("OrganisationURI", None),
    ("OrganisationalUnit", lambda payment: payment.directorate),
    ("ServiceCategoryLabel", lambda payment: payment.department),
    ("ServiceCategoryURI", None),
    ("BeneficiaryName", lambda payment: beneficiary_of(payment)),
    ("BeneficiaryOtherID", None),
    ("CompaniesHouseRegistrationNumber", None),
    ("CharityCommissionNumber", None),
    ("VCSEGrant", None),
    ("PaymentDate", lambda payment: _day(payment.paid_on)),
    ("TransactionNumber", lambda payment: payment.reference),
    ("Amount", lambda payment: f"{payment.amount:.2f}"),
    ("IrrecoverableVATAmount", None),
    ("Purpose", lambda payment: payment.purpose),
    ("CategoryInternalName", lambda payment: payment.expenditure_type),
    ("CPVLabel", None),
    ("CPVCode", None),
    ("ProclassLabel", None),
    ("ProclassCode", None),
    ("CardTransaction", None),
    ("ContractRef", lambda payment: payment.contract_reference),
)
HEADINGS = tuple(name for name, _ in _COLUMNS)
#: Columns that hold no text anybody wrote.
_PLAIN = frozenset({"PaymentDate", "Amount"})


def payments_of(publisher: Publisher, first: dt.date, last: dt.date) -> Any:
    """The publisher's payments that count of some days, both included, in the order of its files.

    Payments of files that give no day are of no day, so that they are left out.
    """
    # Of the files that reach into the days; a month of millions is not looked for in all of them.
    files = PaymentFile.objects.current().filter(
        publisher=publisher, reading__first_on__lte=last, reading__last_on__gte=first
    )
    rows = Payment.objects.filter(file__in=files.values("pk"), paid_on__range=(first, last))
    return rows.select_related("payee__publisher").defer("raw").order_by("file", "line")


def lines(payments: Iterable[Payment]) -> Iterator[str]:
    """The file's lines, its heading first, each made as it is asked for."""
    hand_back = _HandsBack()
    writer = csv.writer(hand_back)
    yield writer.writerow(HEADINGS)
    for payment in payments:
        yield writer.writerow(_cells(payment))


def beneficiary_of(payment: Payment) -> str:
    """The name as published; a name that the publisher keeps back is never written out."""
    name = payment.payee.name
    return name if not payment.redacted or is_kept_back(name) else REDACTED


def _cells(payment: Payment) -> list[str]:
    return [
        "" if of is None else of(payment) if name in _PLAIN else reversible_text(of(payment))
        for name, of in _COLUMNS
    ]


def _day(day: dt.date | None) -> str:
    return "" if day is None else f"{day:%d/%m}/{day.year:04}"


class _HandsBack:
    """A file that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line
