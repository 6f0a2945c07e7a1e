"""The back office of costs: one file a subject. Importing them registers their pages."""

from costs.admin import alert, entry, line, threshold

__all__ = ["alert", "entry", "line", "threshold"]
