"""Timelines: what happened, was said, decided, promised and spent, of a failure or a contract."""

from barnetwatch.pages.timeline import page

PAGES = page.PAGES
