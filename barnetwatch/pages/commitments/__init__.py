"""Commitments: what was promised, who measures it, and what nobody measures."""

from barnetwatch.pages.commitments import page, register, writing

PAGES = [*register.PAGES, *writing.PAGES, *page.PAGES]
