"""How the installation stands, for administrators."""

from barnetwatch.pages.status.page import PAGES

__all__ = ["PAGES"]
