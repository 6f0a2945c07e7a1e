"""Failures: the register, the page of one, the form that reports one, and what is done with it."""

from barnetwatch.pages.failures import acts, page, register, reporting

PAGES = [*register.PAGES, *reporting.PAGES, *page.PAGES, *acts.PAGES]
