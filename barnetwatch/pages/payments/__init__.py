"""Payments: the council's own files, what was paid under a contract, and what it was spent on."""

from barnetwatch.pages.payments import allocating, files, importing, unallocated

PAGES = [*importing.PAGES, *files.PAGES, *allocating.PAGES, *unallocated.PAGES]
