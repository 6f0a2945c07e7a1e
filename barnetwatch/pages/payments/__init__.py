"""Payments: the council's own files, what was paid under a contract, and what it was spent on."""

from barnetwatch.pages import Page

PAGES: list[Page] = []
