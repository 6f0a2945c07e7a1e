"""Overruns: which totals are above a mark, since when, and every entry behind the figure."""

from barnetwatch.pages.alerts import acknowledging, adding, page, register

PAGES = [*register.PAGES, *page.PAGES, *acknowledging.PAGES, *adding.PAGES]
