"""Costs: the lines, the ledger, and the pages on which it is written."""

from barnetwatch.pages.costs import checking, ledger, line, posting, register

PAGES = [*ledger.PAGES, *checking.PAGES, *register.PAGES, *line.PAGES, *posting.PAGES]
