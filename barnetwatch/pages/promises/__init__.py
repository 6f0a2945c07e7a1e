"""Promises: the register, the page of one, and what becomes of it."""

from barnetwatch.pages.promises import changing, page, recording, register

PAGES = [*register.PAGES, *recording.PAGES, *page.PAGES, *changing.PAGES]
