"""Claims and responses: who says what, who has answered, and who has not. No verdict of ours."""

from barnetwatch.pages.claims import page, register, writing

PAGES = [*register.PAGES, *writing.PAGES, *page.PAGES]
