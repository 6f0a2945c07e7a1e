"""A supplier in one paragraph, from its figures."""

from decimal import Decimal

from barnetwatch.lib.money import in_prose
from barnetwatch.pages.suppliers.rows import SupplierRow


def summary(row: SupplierRow, goes_to_it: Decimal) -> str:
    """“1 contract was let to it, for £320 million. Beside it £4,364,176 is at risk, …”.

    `goes_to_it` is at risk beside contracts, whoever holds them, and paid or to be paid to it.
    """
    sentences = [_contracts(row)]
    if row.at_risk:
        where = "it" if row.contracts == 1 else "them"
        firm = f"{in_prose(row.firm)} of it" if row.firm else "none of it"
        sentences.append(f"Beside {where} {in_prose(row.at_risk)} is at risk, {firm} firm.")
    if goes_to_it:
        sentences.append(f"Of what is spent beside contracts, {in_prose(goes_to_it)} goes to it.")
    if row.apart:
        sentences.append(f"{in_prose(row.apart)} more goes to it in no contract’s total.")
    sentences.append(_open(row))
    return " ".join(sentences)


def _contracts(row: SupplierRow) -> str:
    if not row.contracts:
        return "No contract on this record was let to it."
    verb = "was" if row.contracts == 1 else "were"
    let = f"{_counted(row.contracts, 'contract')} {verb} let to it"
    if row.awards is None:
        return f"{let}; no award is known."
    together = " together" if row.contracts > 1 else ""
    return f"{let}, for {in_prose(row.awards)}{together}."


def _open(row: SupplierRow) -> str:
    if not (row.alerts or row.failures):
        return "No overrun and no failure is open."
    found = [
        _counted(number, noun)
        for number, noun in ((row.alerts, "overrun"), (row.failures, "failure"))
        if number
    ]
    verb = "is" if row.alerts + row.failures == 1 else "are"
    return f"{' and '.join(found)} {verb} open."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
