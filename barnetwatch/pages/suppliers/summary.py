"""A supplier in one paragraph, from its figures."""

from barnetwatch.lib.money import in_prose
from barnetwatch.pages.suppliers.rows import SupplierRow


def summary(row: SupplierRow) -> str:
    """“It holds 1 contract, let for £320 million. Beside it £4,364,176 is at risk, …”."""
    sentences = [_contracts(row)]
    if row.at_risk:
        where = "it" if row.contracts == 1 else "them"
        firm = f"{in_prose(row.firm)} of it" if row.firm else "none of it"
        sentences.append(f"Beside {where} {in_prose(row.at_risk)} is at risk, {firm} firm.")
    if row.apart:
        sentences.append(f"{in_prose(row.apart)} more is in no contract’s total.")
    sentences.append(_open(row))
    return " ".join(sentences)


def _contracts(row: SupplierRow) -> str:
    if not row.contracts:
        return "It holds no contract on this record."
    held = f"It holds or held {_counted(row.contracts, 'contract')}"
    if row.awards is None:
        return f"{held}, and no award is known."
    together = " together" if row.contracts > 1 else ""
    return f"{held}, let for {in_prose(row.awards)}{together}."


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
