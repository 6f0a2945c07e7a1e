"""Decisions: the register, the page of one, and the forms that record and change them."""

from barnetwatch.pages.decisions import page, recording, register

PAGES = [*register.PAGES, *recording.PAGES, *page.PAGES]
