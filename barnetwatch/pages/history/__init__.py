"""The audit trail: the history of each record, and the whole of it for those who audit."""

from barnetwatch.pages.history import record, trail

PAGES = [*trail.PAGES, *record.PAGES]
