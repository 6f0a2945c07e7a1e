"""The back office of contracts: one file a subject. Importing them registers their pages."""

from contracts.admin import (
    commitment,
    contract,
    discrepancy,
    recheck,
    service,
    source,
    supplier,
    value,
    withdrawal,
)

__all__ = [
    "commitment",
    "contract",
    "discrepancy",
    "recheck",
    "service",
    "source",
    "supplier",
    "value",
    "withdrawal",
]
