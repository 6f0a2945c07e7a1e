"""Payments: the council's own files, what was paid under a contract, and what it was spent on."""

from barnetwatch.pages.payments import (
    allocating,
    confirming,
    files,
    importing,
    matching,
    payment,
    plan,
    plancontract,
    register,
    rules,
    transparency,
    unallocated,
)

PAGES = [
    *register.PAGES,
    *importing.PAGES,
    *files.PAGES,
    *payment.PAGES,
    *matching.PAGES,
    *confirming.PAGES,
    *rules.PAGES,
    *plan.PAGES,
    *plancontract.PAGES,
    *allocating.PAGES,
    *unallocated.PAGES,
    *transparency.PAGES,
]
