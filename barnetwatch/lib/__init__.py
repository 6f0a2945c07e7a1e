"""Subjects that know no model: money, imprecise dates, append-only tables."""
