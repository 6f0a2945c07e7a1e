"""Asking to see what one cannot find, the answers, and who may see which record."""

from barnetwatch.pages.access import answering, mine, restrictions

PAGES = [*mine.PAGES, *answering.PAGES, *restrictions.PAGES]
