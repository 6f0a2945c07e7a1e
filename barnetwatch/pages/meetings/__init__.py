"""Meetings: the register, the page of one, and the forms that record and change them."""

from barnetwatch.pages.meetings import page, recording, register

PAGES = [*register.PAGES, *recording.PAGES, *page.PAGES]
