"""Search: by words, over everything a person may see."""

from barnetwatch.pages.search.page import search_page

PAGES = [("search/", "search", search_page)]
