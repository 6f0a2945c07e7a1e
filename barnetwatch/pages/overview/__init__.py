"""The first page: what changed this week, what stands, and what waits for somebody."""

from barnetwatch.pages.overview.page import overview

__all__ = ["overview"]
