"""The back office of scrutiny: one file a subject. Importing them registers their pages."""

from scrutiny.admin import body, decision, meeting, promise, statement

__all__ = ["body", "decision", "meeting", "promise", "statement"]
